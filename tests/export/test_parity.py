import keras
import numpy as np
import pytest

from ctckit.export.parity import ExportError, Parity, compare
from ctckit.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary("ab")
SAID = [[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]


class Fake:
    """Stands for an exported file that returns what it is told."""

    class metadata:  # noqa: N801
        vocabulary = VOCABULARY

    def __init__(self, shift: np.ndarray) -> None:
        self.shift = shift

    def predict_probabilities(self, batch: np.ndarray) -> np.ndarray:
        return np.tile(np.float32(SAID), (len(batch), 1, 1)) + self.shift


def constant_network() -> keras.Model:
    """Return a network that says the same of every image."""
    images = keras.layers.Input((4, 4, 1))
    rows = keras.ops.zeros_like(images[:, :2, :3, 0]) + np.float32(SAID)
    return keras.Model(images, rows)


BATCHES = [np.zeros((2, 4, 4, 1)), np.zeros((1, 4, 4, 1))]


@pytest.mark.parametrize(
    ("shift", "passed", "different_texts", "reason"),
    [
        (0.0, True, 0, "equal"),
        (5e-5, True, 0, "within the tolerance"),
        (5e-4, False, 0, "beyond the tolerance"),
        (np.float32([-0.4, 0, 0]), False, 3, "another text"),
        (np.nan, False, 3, "not a number never passes"),
    ],
)
def test_compare(shift, passed, different_texts, reason):
    parity = compare(constant_network(), Fake(np.float32(shift)), BATCHES)
    assert parity.images == 3
    assert parity.passed is passed, reason
    if parity.largest_difference < 1:
        assert parity.different_texts == different_texts, reason


@pytest.mark.parametrize(
    ("images", "shift", "passed", "reason"),
    [
        (100, 5e-4, True, "rounding, magnified in one image of a hundred"),
        (99, 5e-4, False, "more than one in a hundred"),
        (100, 2e-2, False, "more than rounding can make"),
        (100, np.nan, False, "not a number never passes"),
    ],
)
def test_one_image_in_a_hundred_may_differ_more(images, shift, passed, reason):
    shifts = np.zeros((images, 1, 1), np.float32)
    shifts[7] = shift
    parity = compare(constant_network(), Fake(shifts), [np.zeros((images, 4, 4, 1))])
    assert parity.passed is passed, reason
    assert parity.beyond == 1


def test_require_raises_with_the_figures():
    with pytest.raises(
        ExportError, match=r"received 0\.5, more than that in 1 of 10 images, and 2 different texts"
    ):
        Parity(images=10, largest_difference=0.5, different_texts=2, beyond=1).require()
