"""Characters and ids, network output to text, and how wrong a text is. Plain NumPy."""

from ctckit.text.alignment import Character, align
from ctckit.text.beam_search import Candidate, beam_search
from ctckit.text.constraints import Constraint, constrained_decode
from ctckit.text.decoding import ctc_decoder, decode_members, greedy_decode, vote
from ctckit.text.error_rates import ErrorCounts, count_edits, count_errors, get_cer, get_wer
from ctckit.text.forward import text_probabilities
from ctckit.text.vocabulary import Vocabulary, normalise

__all__ = [
    "Candidate",
    "Character",
    "Constraint",
    "ErrorCounts",
    "Vocabulary",
    "align",
    "beam_search",
    "constrained_decode",
    "count_edits",
    "count_errors",
    "ctc_decoder",
    "decode_members",
    "get_cer",
    "get_wer",
    "greedy_decode",
    "normalise",
    "text_probabilities",
    "vote",
]
