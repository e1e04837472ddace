"""Learn from images without labels, too: from what the network itself reads of them, if sure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ctckit.data.label_steps import LabelIndexer
from ctckit.data.samples import Sample, Samples
from ctckit.errors import InputError
from ctckit.feed.cache import CacheRoom, Kept
from ctckit.image.steps import Step, apply_steps
from ctckit.log import LOGGER
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.callbacks.averaging import AveragedWeights
from ctckit.training.callbacks.export import reading_network
from ctckit.training.callbacks.resumable import ResumableCallback
from ctckit.training.ensemble import read_all
from ctckit.training.provider import DataProvider

READS = 0.5  # share of the training texts misread, or less, from which its readings are of use
SURE = 0.8  # confidence from which a reading is learned from
SHARE = 0.5  # of the images of an epoch, at most, that have no label of their own


class SelfTraining(ResumableCallback):
    """Teach a network the texts that its averaged weights are sure of, on varied images.

    After each epoch the mean of the weights reads some of the images, unvaried; those of which it
    is sure make up to half of the next epoch, varied. Sources: mean teacher, Tarvainen and Valpola
    2017, https://arxiv.org/abs/1703.01780; FixMatch, Sohn et al. 2020,
    https://arxiv.org/abs/2001.07685: the teacher sees an image as it is, the student a changed one.

    Args:
        provider: of the images with labels; its `unlabelled` are shown in the same form.
        averaging: has the mean.
    """

    def __init__(self, provider: DataProvider, averaging: AveragedWeights) -> None:
        super().__init__()
        self._images = provider.unlabelled
        self._provider = provider
        self._vocabulary = _vocabulary_of(provider)
        self._averaging = averaging
        # The images stay in memory from epoch to epoch, where they should; threads share them.
        keep = provider.cache and _KeptImages(provider.data_preprocessors, provider.cache)
        self._own = {
            "use_cache": False,
            "use_multiprocessing": False,
            "data_preprocessors": provider.data_preprocessors if keep is None else (keep,),
        }
        lengths = [len(sample.label) for sample in provider.samples]
        self._lengths = range(min(lengths), max(lengths) + 1)
        self._sure: list[Sample] = []

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Begin with the images with labels alone."""
        self._sure = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Read some of the images, if the network reads those with labels by now."""
        if logs.get("WER", 1.0) > READS or self.model.stop_training:
            return
        self._averaging.hold_mean()
        rng = np.random.default_rng([self._provider.seed, epoch])
        wanted = 2 * len(self._provider.samples)
        some = rng.permutation(len(self._images))[:wanted]
        self._sure, number = self._read([self._images[place] for place in some])
        LOGGER.info("without labels: sure of %d of %d", len(self._sure), number)

    def mixed(self, provider: DataProvider, epoch: int) -> DataProvider:
        """Return as many images as `provider` has, up to half of them without labels."""
        if not self._sure:
            return provider
        number = len(provider.samples)
        rng = np.random.default_rng([provider.seed, epoch])
        num_sure = min(int(SHARE * number), len(self._sure))
        places = rng.permutation(number)[: number - num_sure]
        sure = rng.permutation(len(self._sure))[:num_sure]
        return provider.with_(
            dataset=Samples.of(provider.samples)[places] + [self._sure[place] for place in sure],
            **self._own,
        )

    def memory(self) -> dict[str, Any]:
        """Remember of which images it is sure."""
        return {"sure": [list(sample) for sample in self._sure]}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on with those."""
        self._sure = [Sample(*pair) for pair in memory["sure"]]

    def _read(self, images: Sequence[str]) -> tuple[list[Sample], int]:
        """Return the images of which the network is sure, and how many could be read."""
        provider = self._provider.with_(
            dataset=[Sample(image, "") for image in images],
            augmentors=(),
            shuffle=False,
            **self._own,
        )
        try:
            read = read_all(reading_network(self.model), provider, self._vocabulary)
        except InputError as error:
            LOGGER.warning("without labels: none can be read any more (%s)", error)
            return [], 0
        sure = [
            Sample(images[place], text)
            for place, (text, confidence) in read.items()
            if confidence >= SURE and len(text) in self._lengths
        ]
        return sure, len(read)


class _KeptImages:
    """Steps whose results are kept in memory, by the addresses of the images."""

    def __init__(self, steps: Sequence[Step], room: CacheRoom) -> None:
        self._steps = steps
        self._kept: Kept[str] = Kept(room)

    def __call__(self, image: str, label: str) -> tuple[np.ndarray, str]:
        (made,) = self._kept.get(image, lambda image: apply_steps(self._steps, image)[:1])
        return made, label


def _vocabulary_of(provider: DataProvider) -> Vocabulary:
    """Return the characters whose ids the batches of a provider hold."""
    return next(step.vocabulary for step in provider.transformers if isinstance(step, LabelIndexer))
