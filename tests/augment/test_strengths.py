import numpy as np
import pytest

from ctckit.augment.defaults import default_augmentors
from ctckit.augment.strengths import STRENGTHS, augmentors_of, later_augmentors_of
from ctckit.errors import InputError
from tests.augment.pictures import picture


def test_none_and_light():
    assert augmentors_of("none") == []
    (light,), (default,) = augmentors_of("light"), default_augmentors()
    assert type(light) is type(default)
    assert vars(light) == vars(default)


def test_growing_begins_as_light_and_becomes_strong():
    def described(augmentors):
        return [(type(one), vars(one)) for one in augmentors]

    assert described(augmentors_of("growing")) == described(augmentors_of("light"))
    assert described(later_augmentors_of("growing")) == described(augmentors_of("strong"))


@pytest.mark.parametrize("strength", ["none", "light", "strong"])
def test_the_others_stay_as_they_are(strength):
    assert later_augmentors_of(strength) is None


def test_unknown_is_refused_with_the_choices():
    with pytest.raises(
        InputError, match="none, light, strong, growing, received 'stong'.*mean 'strong'"
    ):
        augmentors_of("stong")


@pytest.mark.parametrize("value", [True, None, 1])
def test_what_is_no_name_is_refused(value):
    with pytest.raises(InputError, match="expected one of none, light, strong, growing"):
        augmentors_of(value)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("size", [(50, 200), (8, 8), (8, 300)])
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_and_dtype_stay_and_the_generator_decides(strength, size, channels):
    image = np.resize(picture(channels), (*size, channels))

    def varied(seed):
        rng, changed = np.random.default_rng(seed), image
        for augmentor in augmentors_of(strength):
            changed, _ = augmentor(changed, "text", rng)
        return changed

    before = image.copy()
    for seed in range(10):
        assert varied(seed).shape == image.shape
        assert varied(seed).dtype == np.uint8
        assert np.array_equal(varied(seed), varied(seed))
    assert np.array_equal(image, before)


def test_strong_varies_more_than_light():
    def difference(strength):
        rng, plain, total = np.random.default_rng(0), picture(1), 0.0
        for _ in range(100):
            changed = plain
            for augmentor in augmentors_of(strength):
                changed, _ = augmentor(changed, "text", rng)
            total += np.abs(changed.astype(float) - plain).mean()
        return total

    assert difference("strong") > difference("light") > difference("none") == 0
