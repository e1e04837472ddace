import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image import ImageScaler
from ctckit.training.image_form import narrowness, own_steps, own_width, spread, with_image_form


def shapes_of(*sizes, label="abcde"):
    return {Sample(f"{index}.png", label): size for index, size in enumerate(sizes)}


@pytest.mark.parametrize(
    ("image_size", "label", "width", "reason"),
    [
        ((50, 200), "abcde", 200, "the images' own shape"),
        ((80, 240), "abcd", 152, "scaled to height 50, rounded up to a multiple of 8"),
        ((1, 1000), "abcdefghijkl", 2048, "very flat images do not make the network very wide"),
        ((50, 50), "abcdefghijkl", 192, "two time steps of 8 pixels for each character"),
        ((50, 50), "aabbccdd", 192, "and for the blank between equal ones"),
    ],
)
def test_width_of_images_that_are_alike(image_size, label, width, reason):
    chosen = with_image_form(ModelConfigs(), shapes_of(image_size, label=label), is_grey=True)
    assert (chosen.width, chosen.stretch, chosen.channels) == (width, None, 1), reason


def test_joined_letters_get_more_width():
    widths = [
        with_image_form(ModelConfigs(), shapes_of((50, 100), label=label), is_grey=True).width
        for label in ("abababab", "אבאבאבאב", "سلسلسلسل")
    ]
    assert widths == [128, 128, 256]


@pytest.mark.parametrize(
    ("architecture", "is_grey", "channels"),
    [("crnn", True, 1), ("crnn", False, 3), ("mltu_captcha", True, 3),
     ("keras_captcha_ocr", False, 1)],
)  # fmt: skip
def test_channels_come_from_the_data_or_the_architecture(architecture, is_grey, channels):
    configs = ModelConfigs(architecture=architecture)
    assert with_image_form(configs, shapes_of((50, 200)), is_grey=is_grey).channels == channels


@pytest.mark.parametrize(
    ("sizes", "expected", "reason"),
    [
        ([(50, 200)] * 20, 1.0, "all alike"),
        ([(50, 200), (100, 400)], 1.0, "of one shape in several sizes"),
        ([(50, 200)] * 99 + [(50, 900)], 1.0, "one that is not like the others"),
        ([(50, 100), (50, 300)] * 10, 3.0, "texts of several lengths"),
    ],
)
def test_spread(sizes, expected, reason):
    assert spread(shapes_of(*sizes)) == pytest.approx(expected), reason


VARIED = [(50, 100), (50, 300)] * 10


@pytest.mark.parametrize(
    ("given", "sizes", "expected", "reason"),
    [
        ({}, [(50, 150), (50, 300)] * 10, ("auto", 1.0), "shapes differ"),
        ({}, VARIED, ("auto", 1.2), "20 pixels for a character are less than the 24 of own widths"),
        ({}, [(50, 200)], (200, None), "shapes are alike"),
        ({"width": 160}, VARIED, (160, None), "given"),
        ({"width": "auto"}, [(50, 200)], ("auto", 1.0), "given: 40 pixels for a character"),
        ({"stretch": 2.0}, VARIED, ("auto", 2.0), "given"),
        ({"architecture": "mltu_captcha"}, VARIED, (200, None), "a network that cannot"),
        ({"keep_aspect_ratio": True}, VARIED, (200, None), "to be padded to one shape"),
        ({}, [(50, 20), (50, 60)] * 10, ("auto", 6.0), "20 pixels for 5 characters are few"),
    ],
)
def test_width_follows_images_that_differ(given, sizes, expected, reason):
    chosen = with_image_form(ModelConfigs(**given), shapes_of(*sizes), is_grey=True)
    assert (chosen.width, chosen.stretch) == expected, reason


@pytest.mark.parametrize(
    ("given", "sizes"), [({}, [(50, 200)]), ({"width": 160}, VARIED)], ids=["alike", "one width"]
)
def test_images_of_one_width_are_not_stretched(given, sizes):
    with pytest.raises(InputError, match="stretch: .* own widths, received 2 for one in which"):
        with_image_form(ModelConfigs(stretch=2.0, **given), shapes_of(*sizes), is_grey=True)


@pytest.mark.parametrize(
    ("given", "sizes", "expected", "reason"),
    [
        ("auto", VARIED, "growing", "shapes differ"),
        ("auto", [(50, 200)], "light", "shapes are alike"),
        ("light", VARIED, "light", "given"),
        ("strong", [(50, 200)], "strong", "given"),
    ],
)
@pytest.mark.parametrize("width", [None, 160])
def test_augmentation_follows_images_that_differ(given, sizes, expected, reason, width):
    configs = ModelConfigs(augment=given, width=width)
    assert with_image_form(configs, shapes_of(*sizes), is_grey=True).augment == expected, reason


@pytest.mark.parametrize("stretch", [1.0, 1.37])
def test_own_width_is_that_of_the_scaler(stretch):
    configs = ModelConfigs(width="auto", stretch=stretch, max_width=400)
    rng = np.random.default_rng(0)
    for height, width in rng.integers(1, 600, (200, 2)).tolist():
        image = np.zeros((height, width, 1), np.uint8)
        scaled = ImageScaler(50, stretch, 400)(image, "")[0]
        assert own_width(configs, (height, width)) == scaled.shape[1]


def test_steps_are_those_of_the_own_width():
    shapes = shapes_of((50, 100), (50, 300))
    assert list(own_steps(ModelConfigs(width="auto", stretch=1.0), shapes).values()) == [13, 38]
    assert list(own_steps(ModelConfigs(width=160), shapes).values()) == [20, 20]


def test_narrowness_is_what_one_width_would_cost():
    shapes = shapes_of((50, 104), (50, 96))
    assert narrowness(ModelConfigs(width=400), shapes) == 1.0
    assert narrowness(ModelConfigs(width="auto", stretch=1.0), shapes) == pytest.approx(1.04)
    long = shapes_of((50, 96), (50, 304), label="abcdefghijklmnopqrst")
    assert narrowness(ModelConfigs(width="auto", stretch=1.0), long) == pytest.approx(320 / 200)
