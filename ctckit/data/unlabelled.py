"""Images to learn from without labels: none that have one in the set."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from hashlib import blake2b

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import absolute, read_bytes
from ctckit.log import progress


def images_that_are_others(images: Sequence[str], samples: Iterable[Sample]) -> list[str]:
    """Return the images that are none of the samples', nor copies of their files, in their order.

    Those whose files cannot be read are left out. The addresses are absolute.

    Args:
        images: addresses.
        samples: with labels, of all parts of a set.

    Raises:
        InputError: none is left.
    """
    with_labels = [sample.image for sample in samples]
    places = {absolute(image) for image in with_labels}
    contents = {digest for image in with_labels if (digest := _digest(image)) is not None}
    others = [
        image
        for image in map(absolute, progress(images, "without labels", unit="img"))
        if image not in places and (digest := _digest(image)) is not None and digest not in contents
    ]
    if not others:
        raise InputError(
            "expected images other than those with labels, received only these; leave it out",
            argument="unlabelled",
        )
    return others


def _digest(image: str) -> bytes | None:
    """Return what stands for the content of a file; None if it cannot be read."""
    with suppress(InputError):
        return blake2b(read_bytes(image), digest_size=16).digest()
    return None
