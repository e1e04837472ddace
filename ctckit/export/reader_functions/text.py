"""What every function of the reader form begins with."""

DOMAIN = "ctckit"
HEADER = f'<domain: "{DOMAIN}", opset_import: ["": 20, "{DOMAIN}": 1]>'


# The ids as int32, and their characters (N, T) from a table whose last entry, that of -1, is empty.
# `margins` make T a power of two, so that `join_pairs` can halve it until one text is left.
SPELL = f"""{HEADER}
spell (best_ids, table, margins) => (ids, characters)
{{
    ids = Cast <to = 6> (best_ids)
    none = Constant <value_int = -1> ()
    padded = Pad (best_ids, margins, none)
    characters = Gather (table, padded)
}}
"""

JOIN_PAIRS = f"""{HEADER}
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

ONLY_COLUMN = f"""{HEADER}
only_column (parts) => (text)
{{
    zero = Constant <value_int = 0> ()
    text = Gather <axis = 1> (parts, zero)
}}
"""


# The probabilities of M networks, (N, M, T, V + 1), or of one, (N, T, V + 1): (N·M, T, V + 1).
ONE_BY_ONE = f"""{HEADER}
one_by_one <form> (probabilities) => (rows)
{{
    shape = Constant <value_ints: ints = @form> ()
    rows = Reshape (probabilities, shape)
}}
"""

# The vote of M networks, whose ids (N·M, T) and confidences (N·M) come one image after the other:
# the text that they back with most confidence together, and the mean of the confidence in it. That
# of one network is its own.
VOTE = f"""{HEADER}
vote <form> (all_ids, all_confidences) => (ids, confidence, winner)
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

# Of a table (N·M, T) the rows of the winners: (N, T).
OF_WINNER = f"""{HEADER}
of_winner <form> (all_rows, winner) => (rows)
{{
    table = Constant <value_ints: ints = @form> ()
    num_steps = Shape <start = 1> (all_rows)
    tables = Concat <axis = 0> (table, num_steps)
    member_rows = Reshape (all_rows, tables)
    rows = GatherND <batch_dims = 1> (member_rows, winner)
}}
"""
