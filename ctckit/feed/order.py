"""In which order the samples of an epoch come."""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=2)
def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of the samples in one epoch: the numbers 0…count-1, shuffled."""
    return np.random.default_rng([seed, epoch]).permutation(count)
