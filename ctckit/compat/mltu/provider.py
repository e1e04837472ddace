"""The provider with the arguments that mltu's takes."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Self

from ctckit.image.steps import Step
from ctckit.training.provider import DataProvider as OwnDataProvider


class DataProvider(OwnDataProvider):
    """Turn (image path, text) pairs into batches: see `ctckit.training.DataProvider`.

    The arguments are those of mltu 1.2.5, and so those of the versions before, in their order.

    Args:
        dataset: pairs (image, label), or a pandas DataFrame with these two columns.
        data_preprocessors: as in `training.DataProvider`, and so are those not named here.
        batch_size: pairs per batch.
        shuffle: draw a new order for every epoch.
        initial_epoch: counted from 1, as in mltu.
        augmentors: assigning them later replaces them.
        transformers: applied after the preprocessors, and before the augmentors.
        batch_postprocessors: on stacked arrays.
        skip_validation: do not check that the image files exist.
        limit: use only the first `limit` pairs.
        use_cache: keep the results of the deterministic steps in memory.
        log_level: of no use here: there is one log, `ctckit`.
        numpy: of no use here: batches are arrays.
        options: the further arguments of `training.DataProvider`, such as `workers` and `seed`.
    """

    def __init__(
        self,
        dataset: Any,
        data_preprocessors: Sequence[Step] | None = None,
        batch_size: int = 4,
        shuffle: bool = True,
        initial_epoch: int = 1,
        augmentors: Sequence[Callable] | None = None,
        transformers: Sequence[Step] | None = None,
        batch_postprocessors: Sequence[Step] | None = None,
        skip_validation: bool = True,
        limit: int | None = None,
        use_cache: bool = False,
        log_level: int = logging.INFO,
        numpy: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(
            dataset,
            data_preprocessors or (),
            batch_size,
            shuffle,
            augmentors or (),
            transformers or (),
            batch_postprocessors or (),
            skip_validation,
            limit,
            use_cache,
            **options,
        )
        self.epoch = initial_epoch - 1

    def split(self, split: float = 0.9, shuffle: bool = True) -> tuple[Self, Self]:
        """Return two providers over disjoint shares of the data, `split` and the rest.

        The first keeps the augmentors, the second has none and keeps its order.

        Args:
            split: share of the first.
            shuffle: draw what belongs to which, by the seed; else the first pairs are the first's.
        """
        first, second = super().split(split)
        if shuffle:
            return first, second
        at = len(first.samples)
        return (
            first.with_(dataset=self.samples[:at]),
            second.with_(dataset=self.samples[at:]),
        )
