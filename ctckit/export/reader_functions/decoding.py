"""From the probabilities of a network to ids and the confidence in them."""

from ctckit.export.reader_functions.text import DOMAIN, HEADER

# Greedy CTC decoding of probabilities (N, T, V + 1): best class of each step, repeats merged, no
# blanks. TopK moves the steps that stay to the front, in their order; `starts` tells which they
# are, and `ends`, found likewise, the step behind the last one of each character: (N, T), -1 after
# the last character. The best path is the one that `ctckit.text.align` finds for its own text.
DECODE = f"""{HEADER}
decode <blank> (probabilities) => (ids, lengths, starts, ends)
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

    one_after = Constant <value = int64[2] {{0, 1}}> ()
    earlier = Pad (best, one_after, blank_id, time_axis)
    second = Constant <value_ints = [1]> ()
    behind_last = Constant <value_ints = [2147483647]> ()
    next = Slice (earlier, second, behind_last, time_axis)
    goes_on = Equal (best, next)
    changes_next = Not (goes_on)
    leaves = And (is_character, changes_next)
    end_ranks = Where (leaves, countdown, zero)
    sorted_end_ranks, last_steps = TopK <axis = 1> (end_ranks, num_steps)
    steps_behind = Add (last_steps, second)
    is_text = GreaterOrEqual (ids, zero)
    starts = Where (is_text, order, none)
    ends = Where (is_text, steps_behind, none)
}}
"""

# The places of a path through each text, (N, P): blank, character, blank, …, blank. And the moves
# between them, (N, P, P): to each place from itself, from the one before and, over a blank between
# characters that differ, from the second before. Shorter texts are filled up with -1, which as an
# index is the last class: the blank.
LATTICE = f"""{HEADER}
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
FORWARD = f"""{HEADER}
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

# sigmoid(logit(p) / temperature), as `ctckit.inference.confidence.calibrated`.
CALIBRATE = f"""{HEADER}
calibrate (raw, temperature) => (confidence)
{{
    one = Constant <value = double {{1.0}}> ()
    largest = Constant <value_float = 0.99999994> ()
    precise_divisor = Cast <to = 11> (temperature)
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
