"""From an image of any size to the network's input, pixel for pixel as `ImageResizer`."""

from ctckit.export.reader_functions.text import DOMAIN, HEADER

# The image uint8 (N, H, W, C), stretched to the network's size: float32 of whole numbers 0…255. And
# which share of that width lies left of the image, and which it covers.
STRETCH = f"""{HEADER}
stretch <height, width> (image) => (pixels, left, covered)
{{
    left = Constant <value = double {{0.0}}> ()
    covered = Constant <value = double {{1.0}}> ()
    new_height = Constant <value_ints: ints = @height> ()
    new_width = Constant <value_ints: ints = @width> ()
    values = Cast <to = 1> (image)
    planes = Transpose <perm = [0, 3, 1, 2]> (values)
    resized = {DOMAIN}.resize (planes, new_height, new_width)
    pixels = Transpose <perm = [0, 2, 3, 1]> (resized)
}}
"""

# The same, but scaled until it fits and centred on white.
FIT = f"""{HEADER}
fit <height, width> (image) => (pixels, left, covered)
{{
    new_height = Constant <value_ints: ints = @height> ()
    new_width = Constant <value_ints: ints = @width> ()
    values = Cast <to = 1> (image)
    planes = Transpose <perm = [0, 3, 1, 2]> (values)

    old_size = Shape <start = 2> (planes)
    new_size = Concat <axis = 0> (new_height, new_width)
    old = Cast <to = 11> (old_size)
    new = Cast <to = 11> (new_size)
    scales = Div (new, old)
    scale = ReduceMin (scales)
    exact = Mul (old, scale)
    whole = Round (exact)
    one = Constant <value = double {{1.0}}> ()
    at_least_one = Max (whole, one)
    size = Cast <to = 7> (at_least_one)
    fitted_height, fitted_width = Split <num_outputs = 2> (size)
    fitted = {DOMAIN}.resize (planes, fitted_height, fitted_width)

    two = Constant <value_ints = [2]> ()
    missing = Sub (new_size, size)
    before = Div (missing, two)
    after = Sub (missing, before)
    margins = Concat <axis = 0> (before, after)
    rows_and_columns = Constant <value_ints = [2, 3]> ()
    white = Constant <value_float = 255.0> ()
    padded = Pad (fitted, margins, white, rows_and_columns)
    pixels = Transpose <perm = [0, 2, 3, 1]> (padded)

    margin_above, margin_left = Split <num_outputs = 2> (before)
    precise_width = Cast <to = 11> (new_width)
    precise_left = Cast <to = 11> (margin_left)
    precise_fitted = Cast <to = 11> (fitted_width)
    left = Div (precise_left, precise_width)
    covered = Div (precise_fitted, precise_width)
}}
"""

# (N, C, H, W) to the new size, rounded. Resizing is linear in the pixels of a row and in those of
# a column: a product with one matrix from the left and one from the right.
RESIZE = f"""{HEADER}
resize (planes, new_height, new_width) => (resized)
{{
    old_height = Shape <start = 2, end = 3> (planes)
    old_width = Shape <start = 3, end = 4> (planes)
    same_height = Equal (old_height, new_height)
    same_width = Equal (old_width, new_width)
    same = And (same_height, same_width)
    resized = If (same) <
        then_branch = keep () => (kept) {{
            kept = Identity (planes)
        }},
        else_branch = scale () => (rounded) {{
            lower = Greater (old_height, new_height)
            narrower = Greater (old_width, new_width)
            shrinks = Or (lower, narrower)
            no_higher = GreaterOrEqual (old_height, new_height)
            no_wider = GreaterOrEqual (old_width, new_width)
            averages = And (no_higher, no_wider)
            left = {DOMAIN}.weights (old_height, new_height, shrinks, averages)
            transposed = {DOMAIN}.weights (old_width, new_width, shrinks, averages)
            right = Transpose (transposed)
            rows = MatMul (left, planes)
            scaled = MatMul (rows, right)
            half = Constant <value_float = 0.5> ()
            higher = Add (scaled, half)
            rounded = Floor (higher)
        }}
    >
}}
"""

# The matrix (new, old) of what each new pixel takes from each old one; its rows sum to 1. A new
# pixel is the mean over a span of old ones. The spans are those of OpenCV's INTER_LINEAR if no
# axis shrinks: one pixel wide, about the middle. Else of its INTER_AREA: if no axis grows, all
# that the new pixel covers; if one does, one pixel wide, with what is covered of the second.
WEIGHTS = f"""{HEADER}
weights (old_size, new_size, shrinks, averages) => (weights)
{{
    zero = Constant <value = double {{0.0}}> ()
    half = Constant <value = double {{0.5}}> ()
    one = Constant <value = double {{1.0}}> ()
    axis = Constant <value_ints = [1]> ()
    old_sizes = Cast <to = 11> (old_size)
    new_sizes = Cast <to = 11> (new_size)
    old = Squeeze (old_sizes)
    new = Squeeze (new_sizes)
    enlargement = Div (new, old)
    scale = Reciprocal (enlargement)
    numbers = Range (zero, new, one)
    rows = Unsqueeze (numbers, axis)
    next_rows = Add (rows, one)
    covered_from = Mul (rows, scale)
    covered_to = Add (covered_from, scale)

    firsts = Floor (covered_from)
    seconds = Add (firsts, one)
    new_seconds = Mul (seconds, enlargement)
    beyond = Sub (next_rows, new_seconds)
    rounded_beyond = Cast <to = 1> (beyond)
    parts_beyond = Cast <to = 11> (rounded_beyond)
    positive_parts = Max (parts_beyond, zero)
    fractions = Mod <fmod = 1> (positive_parts, one)
    first_two = Add (firsts, fractions)

    new_middles = Add (rows, half)
    middles = Mul (new_middles, scale)
    about_middles = Sub (middles, half)

    places = Where (shrinks, first_two, about_middles)
    last = Sub (old, one)
    narrow_from = Clip (places, zero, last)
    narrow_to = Add (narrow_from, one)
    start = Where (averages, covered_from, narrow_from)
    end = Where (averages, covered_to, narrow_to)

    pixels = Range (zero, old, one)
    next_pixels = Add (pixels, one)
    from = Max (start, pixels)
    to = Min (end, next_pixels)
    difference = Sub (to, from)
    overlap = Max (difference, zero)
    width = Sub (end, start)
    share = Div (overlap, width)
    weights = Cast <to = 1> (share)
}}
"""
