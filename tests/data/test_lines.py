import numpy as np
import pytest

from ctckit.data.lines import has_several_lines, runs_downwards
from tests.drawing import draw_text


@pytest.mark.parametrize(
    ("size", "label", "downwards"),
    [
        ((400, 40), "plates", True),
        ((120, 40), "plates", True),  # turned by 90°
        ((60, 50), "AB1234", False),  # two lines
        ((30, 28), "8", False),  # a single character is higher than wide
        ((40, 40), "ij", False),
    ],
)
def test_runs_downwards(size, label, downwards):
    assert runs_downwards(size, label) is downwards


def lines(*texts, height=64, width=96, noise=0, seed=0):
    """Draw texts below each other."""
    rows = [draw_text(t, height=height // len(texts), width=width, seed=seed) for t in texts]
    image = np.vstack(rows) + np.random.default_rng(seed).normal(0, noise, (height, width, 3))
    return np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0, 15])
@pytest.mark.parametrize("size", [(64, 96), (60, 120), (40, 64), (200, 300)])
def test_two_lines(size, noise):
    height, width = size
    image = lines("AB", "1234", height=height, width=width, noise=noise)
    assert has_several_lines(image, "AB1234")


@pytest.mark.parametrize(
    ("label", "size"),
    [("234", (32, 96)), ("23456", (40, 60)), ("2345", (64, 64)), ("2", (64, 20)), ("", (64, 96))],
)
@pytest.mark.parametrize("seed", range(5))
def test_one_line(label, size, seed):
    height, width = size
    assert not has_several_lines(lines(label, height=height, width=width, seed=seed), label)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (12, 6), (11, 8)])
def test_any_size(size):
    noise = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    assert has_several_lines(noise, "ab" * 50) in (True, False)
