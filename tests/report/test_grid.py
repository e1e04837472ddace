import cv2
import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.evaluation.evaluation import Evaluation, Prediction
from ctckit.image.widths import stack_images
from ctckit.report import drawing
from ctckit.report import grid as report
from ctckit.report.grid import image_grid, predictions_grid, save_png
from tests.drawing import draw_text, write_image


def has_color(image, color):
    return bool((image == np.array(color)).all(axis=-1).any())


@pytest.fixture(params=["fonts", "strokes"])
def either_opencv(request, monkeypatch):
    """Draw as OpenCV 5 does, and as OpenCV 4 must."""
    if request.param == "strokes":
        monkeypatch.setattr(drawing, "_HAS_FONTS", False)


def test_layout(either_opencv):
    images = [draw_text("23"), draw_text("34")[..., :1], draw_text("45")[..., 0]] * 2
    grid = image_grid(images, ["abc"] * 6, columns=4, cell_width=96)
    assert (grid.dtype, grid.ndim, grid.shape[2]) == (np.uint8, 3, 3)
    cell_height = (grid.shape[0] - 14) // 2
    first = grid[14 : 14 + 32, 14 : 14 + 96]
    np.testing.assert_array_equal(first[1:-1, 1:-1], draw_text("23")[1:-1, 1:-1])  # unscaled
    assert (grid[14 + cell_height :, grid.shape[1] // 2 + 14 :] == 255).all()  # two cells are free


def test_sizes_may_differ():
    images = [np.zeros(shape, np.uint8) for shape in [(200, 10), (1, 300), (50, 200, 3), (1, 1)]]
    assert image_grid(images, [""] * 4, columns=9).shape[1] == 14 + 4 * (240 + 14)


def test_what_is_no_image_is_not_shown():
    images = [np.full((32, width, 1), width, np.uint8) for width in (32, 96)]
    expected = image_grid(images, ["23", "4"])
    np.testing.assert_array_equal(image_grid(list(stack_images(images)), ["23", "4"]), expected)


def test_flags_give_colours():
    images = [draw_text("2")] * 2
    alike, right, wrong = (
        image_grid(images, ["222"] * 2, flags) for flags in (None, [True] * 2, [False, True])
    )
    assert has_color(wrong, report.WRONG)
    assert not has_color(right, report.WRONG)
    assert not has_color(alike, report.WRONG)


@pytest.mark.parametrize("caption", ["", "w" * 500, "é → 漢字 😀", "日本" * 100])
def test_any_caption(either_opencv, caption):
    grid = image_grid([draw_text("2")] * 2, [caption, ""], columns=1)
    assert (grid[:, -8:] == 255).all()  # nothing runs over the edge


@pytest.mark.parametrize(
    ("images", "captions", "flags"), [(0, 0, None), (1, 2, None), (1, 1, [True, True])]
)
def test_counts_must_agree(images, captions, flags):
    with pytest.raises(InputError, match="image grid: expected"):
        image_grid([draw_text("2")] * images, ["x"] * captions, flags)


def test_predictions_grid(tmp_path):
    predictions = [
        Prediction(
            str(write_image(tmp_path / f"{text}.png", draw_text(text))), text, read, 0.5, edits
        )
        for text, read, edits in [("22", "22", 0), ("33", "", 2)]
    ]
    both = predictions_grid(Evaluation(predictions, 1.0))
    worst_only = predictions_grid(Evaluation(predictions, 1.0), limit=1)
    assert both.shape[1] > worst_only.shape[1]
    np.testing.assert_array_equal(both[:, : 14 + 240], worst_only[:, : 14 + 240])
    assert has_color(worst_only, report.WRONG)


def test_save_png(tmp_path):
    image = draw_text("2345")
    path = save_png(tmp_path / "new" / "图.png", image)
    np.testing.assert_array_equal(cv2.imdecode(np.fromfile(path, np.uint8), -1), image)
