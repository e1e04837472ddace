"""What is done otherwise where each image has its own width, and so its own number of steps."""

from ctckit.export.reader_functions.text import DOMAIN, HEADER
from ctckit.image.widths import WIDTH_MULTIPLE

# The image uint8 (N, H, W, C), scaled to the network's height; its width follows, times `stretch`,
# a double, and up to a multiple with white: float32 of whole numbers 0…255. The operations of the
# exact width come in the order of `ImageScaler`, so that halves are the same numbers. And which
# share of the width lies left of the image, and which it covers.
SCALE = f"""{HEADER}
scale <height, max_width> (image, stretch) => (pixels, left, covered)
{{
    left = Constant <value = double {{0.0}}> ()
    new_height = Constant <value_ints: ints = @height> ()
    largest = Constant <value_ints: ints = @max_width> ()
    multiple = Constant <value_ints = [{WIDTH_MULTIPLE}]> ()
    one = Constant <value_ints = [1]> ()
    values = Cast <to = 1> (image)
    planes = Transpose <perm = [0, 3, 1, 2]> (values)

    old_height = Shape <start = 2, end = 3> (planes)
    old_width = Shape <start = 3, end = 4> (planes)
    product = Mul (old_width, new_height)
    precise_product = Cast <to = 11> (product)
    precise_height = Cast <to = 11> (old_height)
    stretched = Mul (precise_product, stretch)
    exact = Div (stretched, precise_height)
    whole = Round (exact)
    precise_largest = Cast <to = 11> (largest)
    at_most = Min (whole, precise_largest)
    rounded = Cast <to = 7> (at_most)
    own_width = Max (rounded, one)
    scaled = {DOMAIN}.resize (planes, new_height, own_width)

    negative = Neg (own_width)
    missing = Mod (negative, multiple)
    zero = Constant <value_ints = [0]> ()
    margins = Concat <axis = 0> (zero, missing)
    columns = Constant <value_ints = [3]> ()
    white = Constant <value_float = 255.0> ()
    padded = Pad (scaled, margins, white, columns)
    pixels = Transpose <perm = [0, 2, 3, 1]> (padded)

    padded_width = Add (own_width, missing)
    precise_padded = Cast <to = 11> (padded_width)
    precise_own = Cast <to = 11> (own_width)
    covered = Div (precise_own, precise_padded)
}}
"""

# As `one_by_one`, whatever T is.
ONE_BY_ONE_OF_ANY_LENGTH = f"""{HEADER}
one_by_one_of_any_length (probabilities) => (rows)
{{
    all = Constant <value_ints = [-1]> ()
    steps_and_classes = Shape <start = -2> (probabilities)
    form = Concat <axis = 0> (all, steps_and_classes)
    rows = Reshape (probabilities, form)
}}
"""

# As `spell`, without margins; and an empty text for each image, (N, 1).
SPELL_ANY_LENGTH = f"""{HEADER}
spell_any_length (best_ids, table) => (ids, characters, empty)
{{
    ids = Cast <to = 6> (best_ids)
    none = Constant <value_int = -1> ()
    one_more = Constant <value = int64[4] {{0, 0, 0, 1}}> ()
    longer = Pad (best_ids, one_more, none)
    all = Gather (table, longer)
    start = Constant <value_ints = [0]> ()
    last = Constant <value_ints = [-1]> ()
    end = Constant <value_ints = [2147483647]> ()
    axis = Constant <value_ints = [1]> ()
    characters = Slice (all, start, last, axis)
    empty = Slice (all, last, end, axis)
}}
"""

# As `join_pairs`, of any number: the last of an odd one is joined with nothing, and so is a single
# one, as often as it takes.
JOIN_PAIRS_OF_ANY_NUMBER = f"""{HEADER}
join_pairs_of_any_number (parts, empty) => (pairs)
{{
    even = Concat <axis = 1> (parts, empty)
    zero = Constant <value_ints = [0]> ()
    one = Constant <value_ints = [1]> ()
    two = Constant <value_ints = [2]> ()
    end = Constant <value_ints = [2147483647]> ()
    first = Slice (parts, zero, end, one, two)
    second = Slice (even, one, end, one, two)
    pairs = StringConcat (first, second)
}}
"""
