"""Read labelled images once, for everything that is to be known of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from ctckit.data.samples import LeftOut, Sample
from ctckit.errors import InputError
from ctckit.evaluation.evaluation import NUM_WORST, Evaluation, Prediction, badness
from ctckit.evaluation.leniency import Leniency
from ctckit.inference.reader import Chunk, ImageToWordModel
from ctckit.log import progress
from ctckit.text.error_rates import count_edits
from ctckit.text.vocabulary import normalise

IMAGES_BETWEEN_CHECKS = 512  # so many are in memory at once


class Check(Protocol):
    """Something else that is to see what a model reads, and on which images."""

    def add(self, samples: Sequence[Sample], chunk: Chunk) -> None:
        """Take a batch: the samples, and what the model read on them."""


def evaluate(
    model: ImageToWordModel,
    samples: Sequence[Sample],
    batch_size: int = 16,
    *,
    checks: Sequence[Check] = (),
    leniency: Leniency | None = None,
    skip_unreadable: bool = False,
) -> Evaluation:
    """Read all `samples`, with a progress bar, and compare with their labels.

    Args:
        model: reads.
        samples: addresses of images, and what they show; labels are brought into the Unicode form
            in which the model writes.
        batch_size: images that the network reads at once.
        checks: are shown everything in the same pass, a part of the images at a time, so that no
            image is decoded twice. Their time does not count as time of reading.
        leniency: which differences do not count; None: all do, but for the case of a model that
            writes in lower case only.
        skip_unreadable: images that cannot be read are listed in `Evaluation.unreadable`, and the
            figures are those of the others.

    Raises:
        InputError: there is no sample, or an image cannot be read; with `skip_unreadable`, none.
    """
    if not len(samples):
        raise InputError("expected at least one labelled image, received none", argument="samples")
    facts = model.metadata
    samples = [Sample(image, normalise(label, facts.unicode_form)) for image, label in samples]
    leniency = leniency or Leniency(ignore_case=facts.ignore_case)
    one_pass = _Pass(model, batch_size, leniency, skip_unreadable)
    part = IMAGES_BETWEEN_CHECKS if checks else len(samples)
    with progress((), "reading", total=len(samples), unit="img") as bar:
        for start in range(0, len(samples), part):
            seen = one_pass.read(samples[start : start + part], bar.update, keep=bool(checks))
            for own, chunk in seen:
                for check in checks:
                    check.add(own, chunk)
    return one_pass.evaluation()


class _Pass:
    """What was read so far."""

    def __init__(
        self, model: ImageToWordModel, batch_size: int, leniency: Leniency, skip_unreadable: bool
    ) -> None:
        self._model, self._batch_size, self._leniency = model, batch_size, leniency
        self._skips = skip_unreadable
        self._predictions: list[Prediction] = []
        self._unreadable: list[LeftOut] = []
        self._worst: list[tuple[Prediction, np.ndarray]] = []
        self._seconds = 0.0

    def read(
        self, samples: Sequence[Sample], done: Callable[[int], Any], *, keep: bool
    ) -> list[tuple[list[Sample], Chunk]]:
        """Read `samples`, call `done` with how many at a time; return the batches to `keep`."""
        names = [sample.image for sample in samples]

        def skip(place: int, error: InputError) -> None:
            reason = str(error).removeprefix(f"cannot read {names[place]}: ")
            self._unreadable.append(LeftOut(*samples[place], reason))
            done(1)

        seen = []
        found: dict[int, Prediction] = {}  # by place: batches of like widths come in another order
        began = perf_counter()
        unreadable = skip if self._skips else None
        for chunk in self._model.chunks(names, self._batch_size, unreadable=unreadable):
            own = [samples[place] for place in chunk.places]
            found |= zip(chunk.places, self._take(own, chunk), strict=True)
            done(len(own))
            if keep:
                seen.append((own, chunk))
        self._predictions += [found[place] for place in sorted(found)]
        self._seconds += perf_counter() - began
        return seen

    def evaluation(self) -> Evaluation:
        """Return what came of it."""
        if not self._predictions:
            first = self._unreadable[0]
            raise InputError(
                f"expected some images that can be read, received {len(self._unreadable)} of which "
                f"none can: {first.image}: {first.reason}; choose other images"
            )
        facts = replace(self._model.metadata, reading_widths=self._model.reading_widths).to_facts()
        return Evaluation(
            self._predictions,
            self._seconds,
            facts,
            {prediction.image: pixels for prediction, pixels in self._worst},
            self._unreadable,
            self._leniency,
        )

    def _take(self, samples: list[Sample], chunk: Chunk) -> list[Prediction]:
        compared = self._leniency
        new = [
            Prediction(*sample, *reading, count_edits(compared(reading.text), compared(sample[1])))
            for sample, reading in zip(samples, chunk.readings, strict=True)
        ]
        both = [*self._worst, *zip(new, chunk.pixels, strict=True)]
        self._worst = sorted(both, key=lambda one: badness(one[0]))[:NUM_WORST]
        return new
