import numpy as np
import pytest

from ctckit.image.steps import apply_steps, image_steps, steps_to
from tests.drawing import draw_text, write_image
from tests.inference.tiny_model import metadata


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
def test_image_steps_give_network_input(tmp_path, channels, keep_aspect_ratio):
    path = write_image(tmp_path / "a.png", draw_text("23"))
    steps = image_steps(height=20, width=80, channels=channels, keep_aspect_ratio=keep_aspect_ratio)
    image, label = apply_steps(steps, path, "23")
    assert image.shape == (20, 80, channels)
    assert image.dtype == np.uint8
    assert label == "23"


def test_network_input_is_bit_equal_for_every_form_of_an_image(tmp_path):
    path = write_image(tmp_path / "a.png", draw_text("23"))
    steps = image_steps(height=20, width=80, channels=1)
    forms = [str(path), path, path.read_bytes(), draw_text("23")]
    first, *others = [apply_steps(steps, form)[0] for form in forms]
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("rotate", [None, "90", "270", "auto"])
def test_images_are_turned_before_they_are_resized(rotate):
    image = np.ascontiguousarray(np.rot90(draw_text("23", height=20, width=80), -1))
    quarters = {None: 0, "90": -1, "270": 1, "auto": 1}[rotate]
    turned = np.rot90(image, quarters)
    steps = image_steps(height=20, width=80, channels=3, rotate=rotate)
    plain = image_steps(height=20, width=80, channels=3)
    assert np.array_equal(apply_steps(steps, image)[0], apply_steps(plain, turned)[0])


def test_steps_are_applied_in_order_to_image_and_label():
    steps = [lambda image, label: (image + 1, label), lambda image, label: (image * 2, label + "!")]
    assert apply_steps(steps, 1, "a") == (4, "a!")
    assert apply_steps([], 1) == (1, "")


@pytest.mark.parametrize("rotate", [None, "90"])
def test_without_a_width_each_image_has_its_own(rotate):
    image = draw_text("23", height=20, width=60)
    options = {"height": 40, "channels": 1, "rotate": rotate, "stretch": 1.5, "max_width": 120}
    steps = image_steps(width=None, **options)
    width = 120 if rotate is None else 24  # 180 squeezed; 20 wide and 60 high once it is turned
    assert apply_steps(steps, image)[0].shape == (40, width, 1)
    of_form = steps_to(metadata(width=None, **options))
    assert np.array_equal(apply_steps(of_form, image)[0], apply_steps(steps, image)[0])
