"""From ids to text."""

from ctckit.export.reader_functions.header import HEADER

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
