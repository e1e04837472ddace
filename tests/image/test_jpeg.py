import io

import numpy as np
import pytest
from PIL import Image

from ctckit.image.jpeg import look_at_jpeg
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
    "with trailing bytes": PLAIN + bytes(100),
    "followed by another": PLAIN + PLAIN[:300],
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)
def test_whole_files(content):
    assert look_at_jpeg(content) == (48 * 90, True)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("name", list(KINDS)[:6])
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
