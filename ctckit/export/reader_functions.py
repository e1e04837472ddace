"""What the reader form puts around a network: functions in ONNX's textual syntax.

Syntax: https://onnx.ai/onnx/repo-docs/Syntax.html. Operators: https://onnx.ai/onnx/operators/.
Types in attributes `to` are those of TensorProto: 1 float32, 6 int32, 7 int64, 11 float64.
"""

DOMAIN = "ctckit"
_HEADER = f'<domain: "{DOMAIN}", opset_import: ["": 20, "{DOMAIN}": 1]>'

# The image uint8 (N, H, W, C), stretched to the network's size: float32 of whole numbers 0…255.
STRETCH = f"""{_HEADER}
stretch <height, width> (image) => (pixels)
{{
    new_height = Constant <value_ints: ints = @height> ()
    new_width = Constant <value_ints: ints = @width> ()
    values = Cast <to = 1> (image)
    planes = Transpose <perm = [0, 3, 1, 2]> (values)
    resized = {DOMAIN}.resize (planes, new_height, new_width)
    pixels = Transpose <perm = [0, 2, 3, 1]> (resized)
}}
"""

# The same, but scaled until it fits and centred on white.
FIT = f"""{_HEADER}
fit <height, width> (image) => (pixels)
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
}}
"""

# (N, C, H, W) to the new size, rounded. Resizing is linear in the pixels of a row and in those of
# a column: a product with one matrix from the left and one from the right.
RESIZE = f"""{_HEADER}
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
WEIGHTS = f"""{_HEADER}
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

# Greedy CTC decoding of probabilities (N, T, V + 1): best class of each step, repeats merged, no
# blanks. TopK moves the steps that stay to the front, in their order.
DECODE = f"""{_HEADER}
decode <blank> (probabilities) => (ids, lengths)
{{
    none = Constant <value_int = -1> ()
    zero = Constant <value_int = 0> ()
    time_axis = Constant <value_ints = [1]> ()
    blank_id = Constant <value_int: int = @blank> ()
    best = ArgMax <axis = 2, keepdims = 0> (probabilities)
    one_before = Constant <value = int64[2] {{1, 0}}> ()
    later = Pad (best, one_before, blank_id, time_axis)
    start = Constant <value_ints = [0]> ()
    before_last = Constant <value_ints = [-1]> ()
    previous = Slice (later, start, before_last, time_axis)
    repeats = Equal (best, previous)
    changes = Not (repeats)
    is_character = Less (best, blank_id)
    stays = And (is_character, changes)

    num_steps = Shape <start = 1> (best)
    steps = Squeeze (num_steps)
    countdown = Range (steps, zero, none)
    ranks = Where (stays, countdown, zero)
    sorted_ranks, order = TopK <axis = 1> (ranks, num_steps)
    characters = Where (stays, best, none)
    ids = GatherElements <axis = 1> (characters, order)
    counted = Cast <to = 7> (stays)
    lengths = ReduceSum <keepdims = 0> (counted, time_axis)
}}
"""

# The places of a path through each text, (N, P): blank, character, blank, …, blank. And the moves
# between them, (N, P, P): to each place from itself, from the one before and, over a blank between
# characters that differ, from the second before. Shorter texts are filled up with -1, which as an
# index is the last class: the blank.
LATTICE = f"""{_HEADER}
lattice <blank> (ids, lengths) => (places, moves)
{{
    zero = Constant <value_int = 0> ()
    one = Constant <value_int = 1> ()
    two = Constant <value_int = 2> ()
    start = Constant <value_ints = [0]> ()
    first = Constant <value_ints = [1]> ()
    second = Constant <value_ints = [2]> ()
    blank_id = Constant <value_int: int = @blank> ()
    longest_text = ReduceMax <keepdims = 0> (lengths)
    longest = Max (longest_text, one)
    end = Unsqueeze (longest, start)
    kept = Slice (ids, start, end, first)
    columns = Unsqueeze (kept, second)
    one_before = Constant <value = int64[2] {{1, 0}}> ()
    pairs = Pad (columns, one_before, blank_id, second)
    row_form = Constant <value_ints = [0, -1]> ()
    row = Reshape (pairs, row_form)
    one_after = Constant <value = int64[2] {{0, 1}}> ()
    places = Pad (row, one_after, blank_id, first)

    two_before = Constant <value = int64[2] {{2, 0}}> ()
    later = Pad (places, two_before, blank_id, first)
    before_last_two = Constant <value_ints = [-2]> ()
    second_before = Slice (later, start, before_last_two, first)
    equal = Equal (places, second_before)
    differs = Not (equal)
    may_skip = Unsqueeze (differs, second)
    num_places = Shape <start = 1> (places)
    count = Squeeze (num_places)
    numbers = Range (zero, count, one)
    targets = Unsqueeze (numbers, first)
    distances = Sub (targets, numbers)
    by_none = Equal (distances, zero)
    by_one = Equal (distances, one)
    by_two = Equal (distances, two)
    by_one_at_most = Or (by_none, by_one)
    skips = And (by_two, may_skip)
    allowed = Or (by_one_at_most, skips)
    moves = Cast <to = 11> (allowed)
}}
"""

# The probability of each text, the sum over all its paths, as `ctckit.text.text_probabilities`. A
# path starts from the first place, which only itself leads to: the first row of the moves. It
# ends in the last place or before it: one more move, without a step.
FORWARD = f"""{_HEADER}
forward <blank> (probabilities, ids, lengths) => (confidence)
{{
    places, moves = {DOMAIN}.lattice <blank: int = @blank> (ids, lengths)
    zero = Constant <value_ints = [0]> ()
    one = Constant <value_ints = [1]> ()
    two = Constant <value_int = 2> ()
    column = Constant <value_ints = [2]> ()
    last = Constant <value_ints = [3]> ()
    num_steps = Shape <start = 1, end = 2> (probabilities)
    repeated = Concat <axis = 0> (one, num_steps, one)
    row = Unsqueeze (places, one)
    rows = Expand (row, repeated)
    emitted = GatherElements <axis = 2> (probabilities, rows)
    precise = Cast <to = 11> (emitted)
    steps = Unsqueeze (precise, last)
    first_rows = Gather <axis = 1> (moves, zero)
    start = Transpose <perm = [0, 2, 1]> (first_rows)
    end = Scan <num_scan_inputs = 1, scan_input_axes = [1], body = step (
        double[N, P, 1] before, double[N, P, 1] step_probabilities
    ) => (double[N, P, 1] after) {{
        moved = MatMul (moves, before)
        after = Mul (moved, step_probabilities)
    }}> (start, steps)
    gathered = MatMul (moves, end)
    doubled = Mul (lengths, two)
    last_row = Unsqueeze (doubled, one)
    last_places = Unsqueeze (last_row, column)
    found = GatherElements <axis = 1> (gathered, last_places)
    inner_axes = Constant <value_ints = [1, 2]> ()
    sums = Squeeze (found, inner_axes)
    confidence = Cast <to = 1> (sums)
}}
"""

# The probabilities of M networks, (N, M, T, V + 1), or of one, (N, T, V + 1): (N·M, T, V + 1).
ONE_BY_ONE = f"""{_HEADER}
one_by_one <form> (probabilities) => (rows)
{{
    shape = Constant <value_ints: ints = @form> ()
    rows = Reshape (probabilities, shape)
}}
"""

# The vote of M networks, whose ids (N·M, T) and confidences (N·M) come one image after the other:
# the text that they back with most confidence together, and the mean of the confidence in it. That
# of one network is its own.
VOTE = f"""{_HEADER}
vote <form> (all_ids, all_confidences) => (ids, confidence)
{{
    one = Constant <value_ints = [1]> ()
    two = Constant <value_ints = [2]> ()
    three = Constant <value_ints = [3]> ()
    table = Constant <value_ints: ints = @form> ()
    num_steps = Shape <start = 1> (all_ids)
    tables = Concat <axis = 0> (table, num_steps)
    member_ids = Reshape (all_ids, tables)
    member_confidences = Reshape (all_confidences, table)
    down = Unsqueeze (member_ids, two)
    across = Unsqueeze (member_ids, one)
    same_ids = Equal (down, across)
    same_numbers = Cast <to = 11> (same_ids)
    same_texts = ReduceMin <keepdims = 0> (same_numbers, three)
    weights = Cast <to = 11> (member_confidences)
    row = Unsqueeze (weights, one)
    backing = Mul (same_texts, row)
    shares = ReduceMean <keepdims = 0> (backing, two)
    winner = ArgMax <axis = 1> (shares)
    ids = GatherND <batch_dims = 1> (member_ids, winner)
    share = ReduceMax <keepdims = 0> (shares, one)
    confidence = Cast <to = 1> (share)
}}
"""

# sigmoid(logit(p) / temperature), as `ctckit.inference.confidence.calibrated`.
CALIBRATE = f"""{_HEADER}
calibrate <temperature> (raw) => (confidence)
{{
    one = Constant <value = double {{1.0}}> ()
    largest = Constant <value_float = 0.99999994> ()
    divisor = Constant <value_float: float = @temperature> ()
    precise_divisor = Cast <to = 11> (divisor)
    power = Div (one, precise_divisor)
    below_one = Min (raw, largest)
    p = Cast <to = 11> (below_one)
    rest = Sub (one, p)
    right = Pow (p, power)
    wrong = Pow (rest, power)
    sum = Add (right, wrong)
    calibrated = Div (right, sum)
    confidence = Cast <to = 1> (calibrated)
}}
"""

# The ids as int32, and their characters (N, T) from a table whose last entry, that of -1, is empty.
# `margins` make T a power of two, so that `join_pairs` can halve it until one text is left.
SPELL = f"""{_HEADER}
spell (best_ids, table, margins) => (ids, characters)
{{
    ids = Cast <to = 6> (best_ids)
    none = Constant <value_int = -1> ()
    padded = Pad (best_ids, margins, none)
    characters = Gather (table, padded)
}}
"""

JOIN_PAIRS = f"""{_HEADER}
join_pairs (parts) => (pairs)
{{
    zero = Constant <value_ints = [0]> ()
    one = Constant <value_ints = [1]> ()
    two = Constant <value_ints = [2]> ()
    end = Constant <value_ints = [2147483647]> ()
    first = Slice (parts, zero, end, one, two)
    second = Slice (parts, one, end, one, two)
    pairs = StringConcat (first, second)
}}
"""

ONLY_COLUMN = f"""{_HEADER}
only_column (parts) => (text)
{{
    zero = Constant <value_int = 0> ()
    text = Gather <axis = 1> (parts, zero)
}}
"""

FUNCTIONS = (
    *(STRETCH, FIT, RESIZE, WEIGHTS),
    *(DECODE, LATTICE, FORWARD, CALIBRATE),
    *(ONE_BY_ONE, VOTE),
    *(SPELL, JOIN_PAIRS, ONLY_COLUMN),
)
