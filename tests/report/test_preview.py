import numpy as np
import pytest

from ctckit.augment.defaults import default_augmentors
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.steps import image_steps
from ctckit.report.preview import preview_grid
from tests.drawing import draw_text, write_image

STEPS = image_steps(height=30, width=120, channels=3)


@pytest.fixture
def samples(tmp_path):
    texts = ["23", "", "4"]
    return [Sample(str(write_image(tmp_path / f"a{t}.png", draw_text(t))), t) for t in texts]


def test_a_row_for_each_image_as_it_is_and_varied(samples):
    grid = preview_grid(samples, STEPS, default_augmentors())
    rows, columns = (grid.shape[0] - 14) // 3, (grid.shape[1] - 14) // 4
    assert grid.shape[1] == 14 + 4 * (240 + 14)
    cells = [grid[14 : 14 + 60, 14 + i * columns : 14 + i * columns + 240] for i in range(4)]
    assert rows == 60 + 26 + 14
    assert not any(np.array_equal(cells[0], cell) for cell in cells[1:])


def test_the_seed_repeats_it(samples):
    first, again, other = (
        preview_grid(samples, STEPS, default_augmentors(), seed=seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_without_augmentors_every_image_comes_once(samples):
    assert preview_grid(samples, STEPS, []).shape[1] == 14 + 3 * (240 + 14)


def test_an_image_has_gone(samples):
    with pytest.raises(InputError, match=r"gone\.png"):
        preview_grid([Sample("gone.png", "a")], STEPS, [])
