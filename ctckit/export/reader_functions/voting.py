"""From the ids of several networks to those that most confidence backs."""

from ctckit.export.reader_functions.header import HEADER

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
