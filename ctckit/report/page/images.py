"""The images of the page: a card for each with its texts, the differences marked."""

from base64 import b64encode
from html import escape
from pathlib import Path

import cv2
import numpy as np

from ctckit.evaluation.evaluation import Prediction
from ctckit.image.decode import ImageReader
from ctckit.report.page.parts import NOTHING, count, marked, percent

MAX_IMAGES = 48
SHOWN_AT_ONCE = 12  # the others are folded away


def images_lead(images: int, misread: int) -> str:
    """Return a line that says which of all images are shown and how."""
    shown = min(images, MAX_IMAGES)
    if not misread:
        return f"None was misread. The {count(shown, 'image')} with the least confidence:"
    lead = "What the image shows → what was read, and the confidence."
    if misread > shown:
        return f"{lead} The worst {shown} of {misread:,}."
    if misread < shown:
        return f"{lead} After the misread ones, those read exactly with the least confidence."
    return lead


def image_cards(predictions: list[Prediction]) -> str:
    """Return a card for each image, those after the first `SHOWN_AT_ONCE` folded away.

    Raises:
        InputError: an image cannot be read any more.
    """
    read = ImageReader(channels=3)
    cards = [_card(prediction, read) for prediction in predictions]
    first, more = cards[:SHOWN_AT_ONCE], cards[SHOWN_AT_ONCE:]
    page = f'<ul class="cards">\n{"".join(first)}</ul>'
    if more:
        page += (
            f"\n<details><summary>{len(more)} more</summary>\n"
            f'<ul class="cards">\n{"".join(more)}</ul></details>'
        )
    return page


def inline_png(image: np.ndarray, longest: int = 400) -> str:
    """Return `image`, uint8 (H, W, 3) BGR, as a data URI; no side longer than `longest`."""
    scale = longest / max(image.shape[:2])
    if scale < 1:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if (image == image[..., :1]).all():
        image = image[..., 0]  # grey takes less
    _, data = cv2.imencode(".png", image)
    return f"data:image/png;base64,{b64encode(data).decode('ascii')}"


def _card(prediction: Prediction, read: ImageReader) -> str:
    """Show an image, its texts, the confidence, and the name of the file."""
    pixels, _ = read(prediction.image, "")
    height, width = pixels.shape[:2]
    kind = "right" if prediction.is_right else "wrong"
    return (
        f'<li class="card {kind}"><img src="{inline_png(pixels)}" '
        f'alt="{escape(_alt(prediction))}" width="{width}" height="{height}">\n'
        f'<div><p class="text">{_texts(prediction)}</p>'
        f'<p class="note">{percent(prediction.confidence)} · '
        f"<bdi>{escape(Path(prediction.image).name)}</bdi></p></div></li>\n"
    )


def _alt(prediction: Prediction) -> str:
    if prediction.is_right:
        return f"Image of “{prediction.label}”, read exactly"
    return f"Image of “{prediction.label}”, read as “{prediction.text}”"


def _texts(prediction: Prediction) -> str:
    if prediction.is_right:
        return f'✓ <bdi class="truth">{escape(prediction.label)}</bdi>'
    label, text = marked(prediction.label, prediction.text)
    return (
        f'<bdi class="truth">{label or NOTHING}</bdi> → <bdi class="read">{text or NOTHING}</bdi>'
    )
