import io

import numpy as np
import pytest
from PIL import Image

from ctckit.image.jpeg import MAX_SCANS, look_at_jpeg
from tests.drawing import draw_text

PICTURE = Image.fromarray(draw_text("2345", height=48, width=90))


def encoded(**options) -> bytes:
    file = io.BytesIO()
    PICTURE.save(file, "JPEG", **options)
    return file.getvalue()


PLAIN = encoded()
# An application segment that holds a whole JPEG, as cameras write it for a preview.
THUMBNAIL = PLAIN[:2] + b"\xff\xe1" + (len(PLAIN) + 2).to_bytes(2, "big") + PLAIN + PLAIN[2:]
KINDS = {
    "plain": PLAIN,
    "progressive": encoded(progressive=True),
    "with restarts": encoded(restart_marker_rows=1),
    "with a comment": encoded(comment=b"\xff\xd9 is no end here"),
    "with a thumbnail": THUMBNAIL,
    "with fill bytes": PLAIN[:2] + b"\xff\xff" + PLAIN[2:],
    "with bytes that are no marker": PLAIN[:2] + b"\0\xff\0junk\xff\x01\xff\xd0" + PLAIN[2:],
    "with trailing bytes": PLAIN + bytes(100),
    "followed by another": PLAIN + PLAIN[:300],
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)
def test_whole_files(content):
    assert look_at_jpeg(content) == (48 * 90, True)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("name", list(KINDS)[:7])
def test_cut_files(name, share):
    content = KINDS[name]
    assert not look_at_jpeg(content[: int(share * len(content))])[1]
    assert not look_at_jpeg(content[:-1])[1]


def test_a_file_that_ends_with_its_thumbnail_is_cut():
    assert look_at_jpeg(THUMBNAIL[: 6 + len(PLAIN)]) == (0, False)


@pytest.mark.parametrize(
    "content", [b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xc0\0\x11"]
)
def test_hardly_anything(content):
    assert look_at_jpeg(content) == (0, False)


def test_noise_ends_somewhere():
    noise = np.random.default_rng(0).integers(0, 256, 10_000, np.uint8).tobytes()
    assert look_at_jpeg(b"\xff\xd8\xff" + noise) is not None


def test_a_file_of_very_many_scans_counts_as_cut():
    """Each goes over the whole image: a small file could take hours."""
    scan = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0"
    content = PLAIN[:-2] + scan * (MAX_SCANS - 1) + PLAIN[-2:]
    assert look_at_jpeg(content) == (48 * 90, True)
    assert look_at_jpeg(content[:-2] + scan + content[-2:]) == (0, False)
