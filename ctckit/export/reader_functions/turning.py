"""Images (N, H, W, C), turned as `ImageRotator` turns them: (N, W, H, C)."""

from ctckit.export.reader_functions.text import DOMAIN, HEADER

TURNS = {"90": "turn_90", "270": "turn_270", "auto": "turn_auto"}  # by `rotate`

# A quarter is an exchange of rows and columns, and a reversal of the new ones.
_QUARTER = f"""{HEADER}
{{name}} (image) => (turned)
{{{{
    exchanged = Transpose <perm = [0, 2, 1, 3]> (image)
    axis = Constant <value_ints = [{{axis}}]> ()
    last = Constant <value_ints = [-1]> ()
    before_first = Constant <value_ints = [-2147483648]> ()
    turned = Slice (exchanged, last, before_first, axis, last)
}}}}
"""
TURN_90 = _QUARTER.format(name="turn_90", axis=2)
TURN_270 = _QUARTER.format(name="turn_270", axis=1)

TURN_AUTO = f"""{HEADER}
turn_auto (image) => (turned)
{{
    height = Shape <start = 1, end = 2> (image)
    width = Shape <start = 2, end = 3> (image)
    is_high = Greater (height, width)
    turned = If (is_high) <
        then_branch = turn () => (quarter) {{
            quarter = {DOMAIN}.turn_270 (image)
        }},
        else_branch = keep () => (kept) {{
            kept = Identity (image)
        }}
    >
}}
"""
