import io

import cv2
import numpy as np
import pytest
from PIL import Image

from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from tests.drawing import draw_text, write_image

COLOR = draw_text("2345", height=24, width=60)
COLOR[4:12, 4:20] = (200, 60, 20)  # not grey, and different in every channel


def read(image, channels=3):
    pixels, label = ImageReader(channels)(image, "text")
    assert label == "text"
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == channels
    assert pixels.flags.c_contiguous
    return pixels


def pillow_bytes(image, **options):
    file = io.BytesIO()
    image.save(file, **{"format": "PNG", **options})
    return file.getvalue()


def pillow_over_white(data):
    """What Pillow makes of the file, composed over white: uint8 (H, W, 3), BGR."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return np.array(Image.alpha_composite(white, image).convert("RGB"))[..., ::-1]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff"])
def test_lossless_formats_give_the_pixels(tmp_path, suffix):
    assert np.array_equal(read(str(write_image(tmp_path / f"a{suffix}", COLOR))), COLOR)


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_lossy_formats_come_close(tmp_path, suffix):
    pixels = read(write_image(tmp_path / f"a{suffix}", draw_text("23")))
    assert np.abs(pixels.astype(int) - draw_text("23")).mean() < 5


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".jpg", ".webp"])
def test_grey_is_opencvs_grey_of_the_colours(tmp_path, suffix):
    path = write_image(tmp_path / f"a{suffix}", COLOR)
    grey = cv2.cvtColor(read(path), cv2.COLOR_BGR2GRAY)
    assert np.array_equal(read(path, channels=1)[..., 0], grey)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif"])
def test_grey_file(tmp_path, suffix):
    grey = COLOR[..., 1]
    path = write_image(tmp_path / f"a{suffix}", grey)
    assert np.array_equal(read(path, channels=1)[..., 0], grey)
    assert np.array_equal(read(path), np.dstack([grey] * 3))


@pytest.mark.parametrize("name", ["验证码", "Ж", "ä ö", "שלום", "a#%'"])
def test_names_in_any_script(tmp_path, name):
    assert np.array_equal(read(write_image(tmp_path / f"{name}.png", COLOR)), COLOR)


def test_path_text_bytes_and_pixels_are_the_same(tmp_path):
    path = write_image(tmp_path / "a.png", COLOR)
    for form in (path, str(path), path.read_bytes(), COLOR):
        assert np.array_equal(read(form), COLOR)


@pytest.mark.parametrize("transparency", [None, 0, bytes([0, 255, 128, 255])])
def test_palette(transparency):
    """The form of many captcha sets: a palette, one of its colours (partly) transparent."""
    indices = np.random.default_rng(0).integers(0, 4, (20, 30), dtype=np.uint8)
    image = Image.fromarray(indices, mode="P")
    image.putpalette([255, 255, 255, 20, 120, 60, 200, 10, 10, 90, 90, 90])
    options = {} if transparency is None else {"transparency": transparency}
    data = pillow_bytes(image, **options)
    assert Image.open(io.BytesIO(data)).mode == "P"
    assert np.abs(read(data).astype(int) - pillow_over_white(data)).max() <= 1
    expected = cv2.cvtColor(read(data), cv2.COLOR_BGR2GRAY)
    assert np.array_equal(read(data, channels=1)[..., 0], expected)


def test_transparent_palette_colour_becomes_white_not_its_own_colour():
    image = Image.fromarray(np.array([[0, 1]], np.uint8), mode="P")
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert read(pillow_bytes(image, transparency=0)).tolist() == [[[255] * 3, [30, 20, 10]]]


def test_every_colour_with_every_alpha_is_composed_exactly():
    color, alpha = np.meshgrid(np.arange(256), np.arange(256))
    pixels = np.dstack([color, color, color, alpha]).astype(np.uint8)
    expected = np.rint((color * alpha + 255.0 * (255 - alpha)) / 255).astype(np.uint8)
    assert np.array_equal(read(pixels), np.dstack([expected] * 3))
    assert np.array_equal(read(pixels, channels=1)[..., 0], expected)


def test_opaque_alpha_changes_nothing():
    opaque = np.dstack([COLOR, np.full(COLOR.shape[:2], 255, np.uint8)])
    assert np.array_equal(read(opaque), COLOR)
    assert np.array_equal(read(opaque, channels=1), read(COLOR, channels=1))


@pytest.mark.parametrize("alpha", [0, 127, 254])
def test_one_pixel_that_is_not_opaque(alpha):
    pixels = np.full((3, 4, 4), (0, 0, 0, 255), np.uint8)
    pixels[1, 2, 3] = alpha
    form = cv2.imencode(".png", pixels)[1].tobytes()
    expected = np.zeros((3, 4, 3), np.uint8)
    expected[1, 2] = 255 - alpha
    for image in (pixels, form, pixels[:, ::-1][:, ::-1], np.asfortranarray(pixels)):
        assert np.array_equal(read(image), expected)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "RGB", "RGBA", "P"])
def test_every_png_mode_as_pillow_reads_it(mode):
    data = pillow_bytes(Image.fromarray(COLOR[..., ::-1]).convert(mode))
    assert np.array_equal(read(data), pillow_over_white(data))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "P"])
def test_every_tiff_mode_as_pillow_reads_it(mode):
    data = pillow_bytes(Image.fromarray(COLOR[..., ::-1]).convert(mode), format="TIFF")
    assert np.array_equal(read(data), pillow_over_white(data))


def test_bmp_of_32_bit_is_opaque():
    """The fourth byte of such files is unused and mostly 0: read as alpha, all were white."""
    data = bytearray(pillow_bytes(Image.fromarray(COLOR[..., ::-1]).convert("RGBA"), format="BMP"))
    start = int.from_bytes(data[10:14], "little")
    data[start + 3 :: 4] = bytes(len(data[start + 3 :: 4]))
    assert np.array_equal(read(bytes(data)), COLOR)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit(tmp_path, suffix):
    values = np.array([[0, 128, 129, 257, 32768, 65407, 65535]], np.uint16)
    expected = np.rint(values / 257).astype(np.uint8)
    assert np.array_equal(read(write_image(tmp_path / f"g{suffix}", values), 1)[..., 0], expected)
    color = np.dstack([values, values // 2, values // 3])
    expected = np.rint(color / 257).astype(np.uint8)
    assert np.array_equal(read(write_image(tmp_path / f"c{suffix}", color)), expected)


def test_jpeg_is_turned_as_its_exif_orientation_says():
    image = Image.fromarray(draw_text("23", height=24, width=60)[..., ::-1])
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to view
    turned = read(pillow_bytes(image, format="JPEG", exif=exif, quality=95))
    plain = read(pillow_bytes(image, format="JPEG", quality=95))
    assert turned.shape == (60, 24, 3)
    assert np.array_equal(turned, np.rot90(plain, k=-1))


def damaged(suffix):
    ok, data = cv2.imencode(
        suffix, np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    )
    assert ok
    return data.tobytes()[: len(data) // 3]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"no image at all", "not an image, or a damaged one"),
        (damaged(".png"), "expected a whole PNG file, received one that is damaged, cut off"),
        (damaged(".webp"), "expected a whole WebP file, received one that is damaged, cut off"),
        (b"\x89PNG\r\n\x1a\n", "expected a whole PNG file, received one that is damaged"),
        (b"BM" + b"\xff" * 60, "not an image, or a damaged one"),
    ],
    ids=["empty", "text", "truncated PNG", "truncated WebP", "PNG signature", "senseless header"],
)
def test_unreadable_files_are_named_with_the_reason(tmp_path, content, reason, capfd):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"cannot read .*bad.png: {reason}"):
        read(path)
    assert "WARN" not in capfd.readouterr().err


def test_header_of_an_absurd_size(tmp_path):
    ok, data = cv2.imencode(".png", COLOR)
    assert ok
    content = bytearray(data.tobytes())
    content[16:24] = b"\x00\x0f\xff\xff" * 2
    (tmp_path / "huge.png").write_bytes(content)
    with pytest.raises(InputError, match="cannot read .*huge.png"):
        read(tmp_path / "huge.png")


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(InputError, match="cannot read .*gone.png: No such file"):
        read(tmp_path / "gone.png")
    with pytest.raises(InputError, match=f"cannot read {tmp_path}: "):
        read(tmp_path)


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 4), np.float32), "expected 8 or 16 bit a channel, received float32"),
        (np.zeros((4, 4, 2), np.uint8), r"expected 1, 3 or 4 channels, received \(4, 4, 2\)"),
        (np.zeros((4,), np.uint8), r"received \(4,\)"),
        (np.zeros((0, 4, 3), np.uint8), r"received \(0, 4, 3\)"),
    ],
    ids=["float", "two channels", "one axis", "no rows"],
)
def test_unfit_pixels(pixels, message):
    with pytest.raises(InputError, match=message):
        read(pixels)


def test_float_tiff(tmp_path):
    path = write_image(tmp_path / "f.tiff", np.full((4, 4), 0.5, np.float32))
    with pytest.raises(
        InputError, match=r"f\.tiff: expected 8 or 16 bit a channel, received float32"
    ):
        read(path)


@pytest.mark.parametrize("channels", [0, 2, 4, "3", None, object])
def test_channels_are_one_or_three(channels):
    with pytest.raises(InputError, match="ImageReader: expected channels 1 or 3, received"):
        ImageReader(channels)
