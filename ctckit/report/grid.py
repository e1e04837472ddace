"""Pictures of what a model sees and reads, as one image of many cells."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.evaluation.evaluation import Evaluation
from ctckit.files import replace_atomically
from ctckit.image.widths import own_image
from ctckit.report.drawing import Color, draw_line

PAPER: Color = (255, 255, 255)
NEUTRAL: Color = (70, 62, 55)
RIGHT: Color = (72, 118, 34)
WRONG: Color = (42, 38, 205)
EDGE: Color = (208, 204, 200)

_GAP = 14  # between cells, in pixels
_TEXT = 15  # height of captions
_CAPTION = 26  # rows below an image for its caption


def image_grid(
    images: Sequence[np.ndarray],
    captions: Sequence[str],
    flags: Sequence[bool] | None = None,
    *,
    columns: int = 4,
    cell_width: int = 240,
) -> np.ndarray:
    """Lay out images, each with a caption below it, from left to right and down.

    Args:
        images: uint8 (H, W, 3) in the order BGR, (H, W, 1) or (H, W); sizes may differ, each is
            scaled into its cell. Or int16 of a batch of several widths: what lies beyond the end
            of an image is not shown.
        captions: one line for each image.
        flags: True draws the caption in green, False in red with a thick red frame around the
            image; None draws all alike.
        columns: cells side by side.
        cell_width: in pixels; its height is that of the tallest image at this width, but no
            more than the width.

    Returns:
        uint8 (H, W, 3), BGR.

    Raises:
        InputError: there is no image, or not one caption and flag for each.
    """
    marks: Sequence[bool | None] = [None] * len(images) if flags is None else flags
    if not images or not len(images) == len(captions) == len(marks):
        raise InputError(
            f"image grid: expected images with one caption and flag each, received "
            f"{len(images)} images, {len(captions)} captions and {len(marks)} flags"
        )
    images = [own_image(image) if image.dtype == np.int16 else image for image in images]
    cell_height = min(cell_width, max(_scaled_height(image, cell_width) for image in images))
    cells = [
        _cell(image, caption, flag, cell_height, cell_width)
        for image, caption, flag in zip(images, captions, marks, strict=True)
    ]
    columns = min(columns, len(cells))
    cells += [np.full_like(cells[0], PAPER)] * (-len(cells) % columns)
    rows = [np.hstack(cells[start : start + columns]) for start in range(0, len(cells), columns)]
    return cv2.copyMakeBorder(np.vstack(rows), _GAP, 0, _GAP, 0, cv2.BORDER_CONSTANT, value=PAPER)


def predictions_grid(evaluation: Evaluation, limit: int = 48) -> np.ndarray:
    """Show up to `limit` predictions, the worst first: uint8 (H, W, 3), BGR.

    Right ones carry their text in green, wrong ones "truth → prediction" in red.

    Raises:
        InputError: an image cannot be read any more.
    """
    shown = evaluation.worst(limit)
    return image_grid(
        [evaluation.pixels(prediction) for prediction in shown],
        [caption(prediction.label, prediction.text) for prediction in shown],
        [prediction.is_right for prediction in shown],
    )


def save_png(path: str | Path, image: np.ndarray) -> Path:
    """Write `image`, uint8 (H, W, 3) BGR or (H, W), as PNG; the name may be of any script."""
    _, data = cv2.imencode(".png", image)
    with replace_atomically(path) as temporary:
        temporary.write_bytes(data.tobytes())
    return Path(path)


def caption(truth: str, text: str) -> str:
    """Return the text where it was read exactly, else "truth → text"."""
    return text if text == truth else f"{truth} → {text or '(nothing)'}"


def _scaled_height(image: np.ndarray, width: int) -> int:
    height, old_width = image.shape[:2]
    return max(1, round(int(height) * width / int(old_width)))


def _cell(
    image: np.ndarray, caption: str, flag: bool | None, height: int, width: int
) -> np.ndarray:
    """Draw one image of at most (height, width), its frame, its caption and the gaps after it."""
    cell = np.full((height + _CAPTION + _GAP, width + _GAP, 3), PAPER, np.uint8)
    pixels = _fit(image, height, width)
    top, left = height - pixels.shape[0], (width - pixels.shape[1]) // 2
    bottom, right = top + pixels.shape[0], left + pixels.shape[1]
    cell[top:bottom, left:right] = pixels
    if flag is False:  # one pixel in from the edge, so that all three lie on the image
        cv2.rectangle(cell, (left + 1, top + 1), (right - 2, bottom - 2), WRONG, 3)
    else:
        cv2.rectangle(cell, (left, top), (right - 1, bottom - 1), EDGE, 1)
    color = {None: NEUTRAL, True: RIGHT, False: WRONG}[flag]
    draw_line(cell, caption, left=2, baseline=height + 18, size=_TEXT, color=color, width=width)
    return cell


def _fit(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scale to the largest size within (height, width) that keeps the form; BGR."""
    image = (
        image
        if image.ndim == 3 and image.shape[2] == 3
        else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    )
    scale = min(height / image.shape[0], width / image.shape[1])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(image, size, interpolation=method)
