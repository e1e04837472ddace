import numpy as np
import pytest
from mltu.utils import text_utils as mltu

from ctckit.errors import InputError
from ctckit.text.error_rates import ErrorCounts, count_errors, get_cer, get_wer


@pytest.mark.parametrize(
    ("predictions", "targets", "cer", "wer"),
    [
        ("abc", "abc", 0.0, 0.0),
        ("abd", "abc", 1 / 3, 1.0),
        ("", "abc", 1.0, 1.0),
        ("abcdef", "abc", 1.0, 1.0),  # insertions count as well
        ("aaaa", "b", 4.0, 1.0),  # and may pass 1
        (
            ["a", "bbbb"],
            ["x", "bbbb"],
            1 / 5,
            1 / 2,
        ),  # the sums are divided, not the rates averaged
        ([], [], 0.0, 0.0),
        ([""], [""], 0.0, 0.0),
        (["", "x", "abc"], ["", "", ""], 4 / 3, 2 / 3),  # of images without text: edits per text
        (["", "x"], ["", "x"], 0.0, 0.0),
        ("a b", "a c", 1 / 3, 1.0),  # one text is one word
        ("é", "e", 1.0, 1.0),
    ],
)
def test_rates(predictions, targets, cer, wer):
    assert get_cer(predictions, targets) == pytest.approx(cer)
    assert get_wer(predictions, targets) == pytest.approx(wer)


def test_counts_add_up():
    first, second = count_errors(["ab"], ["ac"]), count_errors(["x", "y"], ["x", "yz"])
    assert first + second == count_errors(["ab", "x", "y"], ["ac", "x", "yz"])
    assert sum([first, second], ErrorCounts()) == ErrorCounts(2, 5, 2, 3)


def test_lengths_must_match():
    with pytest.raises(InputError, match="received 1 and 2"):
        count_errors(["a"], ["a", "b"])


def test_parity_with_mltu():
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcd"), rng.integers(1, 8))) for _ in range(400)]
    predictions, targets = words[:200], words[200:]
    assert get_cer(predictions, targets) == mltu.get_cer(predictions, targets)
    assert get_wer(predictions, targets) == mltu.get_wer(predictions, targets)
    for prediction, target in zip(predictions, targets, strict=True):
        assert get_cer(prediction, target) == mltu.get_cer(prediction, target)
        assert get_wer(prediction, target) == mltu.get_wer(prediction, target)
