"""Which characters there are in images without labels, as far as the large base is sure."""

from collections.abc import Sequence

from ctckit import base
from ctckit.inference.reader import ImageToWordModel

LOOKED_AT = 200  # images
SURE = 0.8  # confidence


def characters_by_base(images: Sequence[str]) -> str:
    """Return the characters that the large base reads surely somewhere, sorted; no white space.

    Few labels do not show all characters that there are, and what no label shows cannot be read.

    Args:
        images: of which up to two hundred are looked at; those that cannot be read do not count.
    """
    some = images[:: -(-len(images) // LOOKED_AT)] if len(images) else []
    reader = ImageToWordModel(base.LARGE)
    found: set[str] = set()
    for chunk in reader.chunks(some, unreadable=lambda place, error: None, with_pixels=False):
        for text, confidence in chunk.readings:
            if confidence >= SURE:
                found.update(text)
    return "".join(sorted(one for one in found if not one.isspace()))
