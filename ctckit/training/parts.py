"""Which images are learned from, and which choose the best epoch."""

from collections.abc import Sequence

from ctckit.data.characters import characters_only_in
from ctckit.data.groups import key_of_groups
from ctckit.data.samples import Dataset, Sample
from ctckit.data.split import split_samples
from ctckit.log import LOGGER
from ctckit.training.configs import TrainConfigs
from ctckit.training.start import find_start


def split_dataset(
    dataset: Dataset, configs: TrainConfigs
) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """Return what is learned from, and what is held back to choose the best epoch.

    That is the part of the dataset that came to validate with; or else a share drawn at random, by
    groups if the configuration says so. What is held back has no influence on the weights.

    Raises:
        InputError: one of the two would be empty, or there is no such run to start from.
    """
    train, val = dataset.samples, dataset.validation
    if not len(val):
        rule = configs.group_by
        train, val = split_samples(
            dataset.samples,
            1 - configs.validation_fraction,
            configs.seed,
            group_of=None if rule is None else key_of_groups(rule),
        )
    start = find_start(configs)
    known = "" if start is None else start.configs.vocabulary.characters
    for line in characters_only_in((s.label for s in val), (s.label for s in train), known):
        LOGGER.warning("note        %s", line)
    return train, val
