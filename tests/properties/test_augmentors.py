"""Whatever the image: augmentors keep its shape and type, and leave it and its label alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctckit.augment.strengths import STRENGTHS, augmentors_of, later_augmentors_of
from tests.augment.test_augmentors import ALL

SIZES = st.tuples(st.integers(1, 70), st.integers(1, 150), st.sampled_from([1, 3]))
GROUNDS = st.sampled_from([None, 0, 1, 128, 255])  # None: noise
SEEDS = st.integers(0, 2**32)
CHAINS = [
    *([kind(random_chance=1)] for kind in ALL),
    *(chain for name in STRENGTHS for chain in (augmentors_of(name), later_augmentors_of(name))
      if chain),
]  # fmt: skip


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: type(chain[0]).__name__)
@settings(max_examples=25)
@given(SIZES, GROUNDS, SEEDS)
def test_shape_and_type_stay(chain, size, ground, seed):
    image = np.random.default_rng(seed).integers(0, 256, size, np.uint8)
    if ground is not None:
        image[:] = ground
    image.flags.writeable = False
    before, changed, label = image.copy(), image, np.arange(3)
    rng = np.random.default_rng(seed)
    for augmentor in chain:
        changed, label = augmentor(changed, label, rng)
    assert (changed.shape, changed.dtype) == (size, np.uint8)
    assert label.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(image, before)
