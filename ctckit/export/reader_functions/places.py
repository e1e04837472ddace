"""Where in the given image its characters are."""

from ctckit.export.reader_functions.text import HEADER

# Steps (N, T), -1 where there is none, as shares of the length of the image: the network's input
# shows it from the share `left` on, and `covered` of the input long.
SHARES = f"""{HEADER}
shares (steps, left, covered) => (places)
{{
    zero = Constant <value = double {{0.0}}> ()
    one = Constant <value = double {{1.0}}> ()
    none = Constant <value = double {{-1.0}}> ()
    num_steps = Shape <start = 1> (steps)
    all_steps = Cast <to = 11> (num_steps)
    precise = Cast <to = 11> (steps)
    of_input = Div (precise, all_steps)
    from_left = Sub (of_input, left)
    of_image = Div (from_left, covered)
    within = Clip (of_image, zero, one)
    is_step = GreaterOrEqual (precise, zero)
    known = Where (is_step, within, none)
    places = Cast <to = 1> (known)
}}
"""
