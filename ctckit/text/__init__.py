"""Characters and ids, network output to text, and how wrong a text is. Plain NumPy."""

from ctckit.text.decoding import ctc_decoder, greedy_decode
from ctckit.text.error_rates import ErrorCounts, count_edits, count_errors, get_cer, get_wer
from ctckit.text.vocabulary import Vocabulary, normalise

__all__ = [
    "ErrorCounts",
    "Vocabulary",
    "count_edits",
    "count_errors",
    "ctc_decoder",
    "get_cer",
    "get_wer",
    "greedy_decode",
    "normalise",
]
