"""Batches of images and labels for Keras."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from ctckit.compat.adapt import adapt_augmentor, adapt_step
from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.data.samples import Sample, Samples, write_csv
from ctckit.data.split import split_samples
from ctckit.errors import InputError
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.feed.cache import CacheRoom, cache_room
from ctckit.feed.order import BATCH_PIXELS, WINDOW, epoch_order, like_widths
from ctckit.feed.processes import BatchProcesses
from ctckit.feed.stream import in_order
from ctckit.image.address import exists
from ctckit.image.steps import Step, steps_to
from ctckit.networks.keras_privates import DataAdapter
from ctckit.training.configs import TrainConfigs

# What two providers may differ in that share images and processes.
_NOT_HELD = {"shuffle", "augmentors", "later_augmentors", "unlabelled", "batch_postprocessors",
             "seed"}  # fmt: skip


class DataProvider(keras.utils.PyDataset, DataAdapter):
    """Turn (image path, text) pairs into batches, the same ones for any number of workers.

    Which samples a step trains on is a function of seed, epoch and step, also in Keras' own `fit`.
    A plain `PyDataset` cannot promise that: Keras permutes its batches by Python's global
    generator, calls its hooks once more before the first epoch, and hands batches fetched for one
    epoch to the next. So the provider is Keras' data adapter, too, which `fit` takes as it is.

    Each pair passes `data_preprocessors`, then `transformers` (deterministic, cached), then
    `augmentors` (random, seeded by seed, epoch and position). mltu's own readers, transformers
    and augmentors are accepted in all three places.

    Args:
        dataset: pairs (image, label), or a pandas DataFrame with these two columns.
        data_preprocessors: callables (image, label) -> (image, label); the first reads the file.
        batch_size: pairs per batch; the last batch of an epoch may be smaller.
        shuffle: draw a new order for every epoch.
        augmentors: callables (image, label, rng) -> (image, label), or without rng.
        later_augmentors: what a long run of `fit` takes in their place when half of the texts
            are read; None: they stay.
        unlabelled: addresses of images without labels, which `fit` learns from, too: see
            `SelfTraining`.
        transformers: callables like the preprocessors, applied after them.
        batch_postprocessors: callables (images, labels) -> (images, labels) on stacked arrays.
        skip_validation: do not check that the image files exist.
        limit: use only the first `limit` pairs.
        use_cache: keep the results of the deterministic steps in memory: in half of what is free,
            or in a room for them; what does not fit is read again in every epoch.
        seed: seed of order, split and augmentation.
        workers: threads that prepare batches; with 0 each is made when it is needed.
        use_multiprocessing: let each of these threads wait for a process of its own, which does
            the work; steps must be picklable then, and each process has a cache of its own.
        max_queue_size: batches that may be ready before they are needed.
        replace_unreadable: another pair comes in the place of one whose image cannot be read, as
            `BatchMaker` says.
        free_width: images keep the widths that the steps give them. Samples of 32 batches are
            sorted by width, so that images of a batch are alike in it; the batches come in an
            order drawn anew. What a batch has beyond the end of an image is `image.NO_IMAGE`.
        batch_pixels: largest batch where the width is free, in pixels, padding included: wide
            images come in smaller batches.
    """

    batch_size: int = 4  # in the place of the adapter's property

    def __init__(
        self,
        dataset: Any,
        data_preprocessors: Sequence[Step] = (),
        batch_size: int = 4,
        shuffle: bool = True,
        augmentors: Sequence[Callable] = (),
        transformers: Sequence[Step] = (),
        batch_postprocessors: Sequence[Step] = (),
        skip_validation: bool = True,
        limit: int | None = None,
        use_cache: bool | CacheRoom = False,
        *,
        later_augmentors: Sequence[Callable] | None = None,
        unlabelled: Sequence[str] = (),
        seed: int = 0,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
        replace_unreadable: bool = False,
        free_width: bool = False,
        batch_pixels: int = BATCH_PIXELS,
    ) -> None:
        # Keras' own multiprocessing forks beside TensorFlow's threads, and anew for every epoch.
        super().__init__(workers=workers, max_queue_size=max_queue_size)
        self.samples = _samples(dataset, limit)
        if batch_size < 1:
            raise InputError(f"expected 1 or more, received {batch_size}", argument="batch_size")
        if not len(self.samples):
            raise InputError(
                "expected at least one (image, label) pair, received none", argument="dataset"
            )
        if not skip_validation:
            self._check_files()
        self.data_preprocessors = tuple(adapt_step(step) for step in data_preprocessors)
        self.transformers = tuple(adapt_step(step) for step in transformers)
        self.augmentors = augmentors
        self.later_augmentors = later_augmentors
        self.unlabelled = unlabelled
        self.batch_postprocessors = list(batch_postprocessors)
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.cache = use_cache if isinstance(use_cache, CacheRoom) else None
        if use_cache is True:
            self.cache = cache_room()
        self.replace_unreadable = replace_unreadable
        self.free_width = free_width
        self.batch_pixels = batch_pixels
        self._sizes = np.zeros((len(self.samples), 2), np.int32)  # (height, width); 0: not known
        self._window: tuple[tuple[int, int], list[np.ndarray]] | None = None
        self.processes = workers if use_multiprocessing else 0
        self.epoch = 0
        self._is_reset = True
        steps = self.data_preprocessors + self.transformers
        self._make = BatchMaker(
            self.samples,
            steps,
            cache=self.cache,
            replace_unreadable=replace_unreadable,
            free_width=free_width,
        )
        self._shape = self._make.shape
        if self.processes:
            self._make = BatchProcesses(self._make, self.processes, batch_size)

    @property
    def augmentors(self) -> list[Callable]:
        """The random steps, for training only; setting them replaces the list."""
        return self._augmentors

    @augmentors.setter
    def augmentors(self, augmentors: Sequence[Callable]) -> None:
        self._augmentors = [adapt_augmentor(augmentor) for augmentor in augmentors]

    @property
    def replaced(self) -> Mapping[int, str]:
        """Why, by the positions of the samples that another one stood in for, so far."""
        return self._make.replaced

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        return -(-len(self.samples) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Return batch `index` of this epoch: images (B, H, W, C) uint8, labels (B, L) int32.

        Where the width is free, images are int16 and as wide as the widest.
        """
        return self._make(self.plan(self.epoch, index))

    def plan(self, epoch: int, step: int) -> BatchPlan:
        """Return what the batch of a step of an epoch holds, both counted from 0."""
        if self.free_width:
            positions = self._batches_of_window(epoch, step // WINDOW)[step % WINDOW]
        else:
            positions = self._order(epoch)[step * self.batch_size : (step + 1) * self.batch_size]
        return self._plan(positions, epoch)

    def _plan(self, positions: np.ndarray, epoch: int) -> BatchPlan:
        return BatchPlan(
            positions.tolist(), self.seed, epoch, self._augmentors, self.batch_postprocessors
        )

    def _batches_of_window(self, epoch: int, window: int) -> list[np.ndarray]:
        """Return the positions of a window's batches: a function of seed, epoch and window."""
        if self._window is None or self._window[0] != (epoch, window):
            size = WINDOW * self.batch_size
            positions = self._order(epoch)[window * size : (window + 1) * size]
            for position in positions[self._sizes[positions, 1] == 0].tolist():
                self.shape(position)  # is remembered
            heights, widths = self._sizes[positions].T
            batches = like_widths(
                positions,
                widths,
                batch_size=self.batch_size,
                batch_columns=self.batch_pixels / heights[0],
            )
            if self.shuffle:
                np.random.default_rng([self.seed, epoch, window]).shuffle(batches)
            self._window = (epoch, window), batches
        return self._window[1]

    def shape(self, position: int) -> tuple[int, int]:
        """Return height and width, in pixels, that the image of a sample has for the network."""
        if not self._sizes[position, 1]:
            self._sizes[position] = self._shape(position)[:2]
        height, width = self._sizes[position].tolist()
        return height, width

    def batches(self, epoch: int, first_step: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the batches of an epoch from a step on, prepared ahead by the workers."""
        yield from self._in_order(self._make, self._plans(epoch, first_step))

    def shares(
        self, epoch: int, first_step: int = 0, *, own: Sequence[int], number: int
    ) -> Generator[tuple[np.ndarray, np.ndarray, np.float32], None, None]:
        """Yield the shares that devices have of the batches of an epoch, from a step on.

        Args:
            epoch: counted from 0.
            first_step: where to begin in it.
            own: the devices whose shares are wanted, in turn, of each batch.
            number: of all devices.

        Yields:
            Images, labels, and how much of the batch they are, 0…1; 0 where they stand in for none.
        """

        def make(wanted: tuple[BatchPlan, int]) -> tuple[np.ndarray, np.ndarray, np.float32]:
            plan, one = wanted
            return *self._make(plan.share(one, number)), np.float32(plan.weight(one, number))

        plans = self._plans(epoch, first_step)
        yield from self._in_order(make, ((plan, one) for plan in plans for one in own))

    def _plans(self, epoch: int, first_step: int) -> Iterator[BatchPlan]:
        return (self.plan(epoch, step) for step in range(first_step, len(self)))

    def _in_order(self, make: Callable, plans: Iterator) -> Iterator[Any]:
        ahead = max(1, self.max_queue_size)
        return in_order(make, plans, workers=self.workers, ahead=ahead)

    def form_of(self, batch: Sequence[np.ndarray]) -> tuple[tf.TensorSpec, ...]:
        """Return the form of any batch, given one: the number of samples is free, or the width."""
        shapes = [[None, *part.shape[1:]] for part in batch]
        if self.free_width:
            shapes[0][2] = None
        return tuple(
            tf.TensorSpec(shape, part.dtype) for shape, part in zip(shapes, batch, strict=True)
        )

    def get_tf_dataset(self) -> tf.data.Dataset:
        """Return one pass over this epoch, for Keras' `fit` and `evaluate`, which call this once.

        Every iterator over it begins a pass of the epoch that it is then.
        """
        self._is_reset = False
        dataset = tf.data.Dataset.from_generator(
            lambda: self.batches(self.epoch), output_signature=self.form_of(self[0])
        )
        options = tf.data.Options()  # our threads prepare the batches, not TensorFlow's
        options.autotune.enabled = False
        options.threading.private_threadpool_size = 1
        return dataset.with_options(options)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch: a new order, new augmentation.

        Keras calls this once more, before the first epoch of a `fit` or `evaluate`.
        """
        if self._is_reset:
            self.epoch += 1
        self._is_reset = True

    def with_(self, **changes: Any) -> Self:
        """Return another provider, which differs in these arguments of the constructor.

        It shares the images that are kept in memory, and the processes, unless it differs in what
        they hold: in dataset, steps, cache or workers.
        """
        arguments = {
            "dataset": self.samples,
            "data_preprocessors": self.data_preprocessors,
            "batch_size": self.batch_size,
            "shuffle": self.shuffle,
            "augmentors": self.augmentors,
            "later_augmentors": self.later_augmentors,
            "unlabelled": self.unlabelled,
            "transformers": self.transformers,
            "batch_postprocessors": self.batch_postprocessors,
            "use_cache": self.cache or False,
            "seed": self.seed,
            "workers": self.workers,
            "use_multiprocessing": self.processes > 0,
            "max_queue_size": self.max_queue_size,
            "replace_unreadable": self.replace_unreadable,
            "free_width": self.free_width,
            "batch_pixels": self.batch_pixels,
        }
        other = type(self)(**(arguments | changes))
        if changes.keys() <= _NOT_HELD:
            other._make, other._shape = self._make, self._shape
            other._sizes = self._sizes
        return other

    def split(self, split: float = 0.9) -> tuple[Self, Self]:
        """Return two providers over disjoint shares of the data, `split` and the rest.

        The first keeps the augmentors, the second has none and does not shuffle.
        """
        first, second = split_samples(self.samples, split, self.seed)
        unvaried = {"augmentors": (), "later_augmentors": None, "unlabelled": ()}
        return self.with_(dataset=first), self.with_(dataset=second, shuffle=False, **unvaried)

    def first(self, limit: int) -> tuple[np.ndarray, np.ndarray]:
        """Return up to `limit` samples of this epoch: images (N, H, W, C), labels (N, L)."""
        return self._make(self._plan(self._order(self.epoch)[:limit], self.epoch))

    def to_csv(self, path: str | Path) -> None:
        """Write the pairs as CSV with the header image,label."""
        write_csv(self.samples, path)

    def _order(self, epoch: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(len(self.samples))
        return epoch_order(len(self.samples), self.seed, epoch)

    def _check_files(self) -> None:
        missing = [sample.image for sample in self.samples if not exists(sample.image)]
        if missing:
            raise InputError(
                f"expected {len(self.samples)} images, received a list of which {len(missing)} "
                f"cannot be found: {', '.join(missing[:3])}",
                argument="dataset",
            )


def make_provider(
    samples: Sequence[Sample], configs: TrainConfigs, *, replace_unreadable: bool = True
) -> DataProvider:
    """Return the way of a sample from its file to a batch, unvaried.

    File → ImageReader → [ImageRotator] → ImageResizer → LabelIndexer → LabelPadding → batch.
    `with_(augmentors=…)` varies the images of every epoch.

    Args:
        samples: to make batches of.
        configs: with nothing left open.
        replace_unreadable: see `DataProvider`: images may vanish while a training runs, and of
            very large sets not all are looked at before.
    """
    vocabulary = configs.vocabulary
    return DataProvider(
        samples,
        data_preprocessors=steps_to(configs),
        transformers=[
            LabelIndexer(vocabulary),
            LabelPadding(
                max_word_length=configs.max_text_length, padding_value=vocabulary.padding_id
            ),
        ],
        batch_size=configs.batch_size,
        use_cache=cache_room(configs.cache) or False,
        seed=configs.seed,
        workers=configs.train_workers,
        use_multiprocessing=configs.use_multiprocessing,
        replace_unreadable=replace_unreadable,
        free_width=configs.fixed_width is None,
        batch_pixels=configs.batch_pixels,
    )


def _samples(dataset: Any, limit: int | None) -> Sequence[Sample]:
    """Return pairs, or the rows of a table of pandas, as samples; samples stay as they are.

    A list of texts becomes columns, which all processes that make batches share.
    """
    rows = dataset.values.tolist() if hasattr(dataset, "values") else dataset
    rows = rows if limit is None else rows[:limit]
    if isinstance(rows, list) and all(type(part) is str for row in rows for part in row):
        return Samples.of(Sample(*row) for row in rows)
    if len(rows) and isinstance(rows[0], Sample):
        return rows
    return [Sample(*row) for row in rows]
