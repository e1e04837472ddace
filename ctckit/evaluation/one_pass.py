"""Read labelled images once, for everything that is to be known of them."""

from collections.abc import Sequence
from time import perf_counter
from typing import Protocol

import numpy as np

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.evaluation import NUM_WORST, Evaluation, Prediction, badness
from ctckit.inference.reader import Chunk, ImageToWordModel
from ctckit.log import progress
from ctckit.text.error_rates import count_edits

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
) -> Evaluation:
    """Read all `samples`, with a progress bar, and compare with their labels.

    Args:
        model: reads.
        samples: addresses of images, and what they show.
        batch_size: images that the network reads at once.
        checks: are shown everything in the same pass, a part of the images at a time, so that no
            image is decoded twice. Their time does not count as time of reading.

    Raises:
        InputError: there is no sample, or an image cannot be read.
    """
    if not len(samples):
        raise InputError("expected at least one labelled image, received none", argument="samples")
    predictions: list[Prediction] = []
    worst: list[tuple[Prediction, np.ndarray]] = []
    seconds = 0.0
    part = IMAGES_BETWEEN_CHECKS if checks else len(samples)
    with progress((), "reading", total=len(samples), unit="img") as bar:
        for start in range(0, len(samples), part):
            names = [sample.image for sample in samples[start : start + part]]
            seen: list[tuple[Sequence[Sample], Chunk]] = []
            began = perf_counter()
            for chunk in model.chunks(names, batch_size):
                own = samples[len(predictions) : len(predictions) + len(chunk.readings)]
                new = [
                    Prediction(*sample, *reading, count_edits(reading.text, sample.label))
                    for sample, reading in zip(own, chunk.readings, strict=True)
                ]
                predictions += new
                both = [*worst, *zip(new, chunk.pixels, strict=True)]
                worst = sorted(both, key=lambda one: badness(one[0]))[:NUM_WORST]
                bar.update(len(new))
                if checks:
                    seen.append((own, chunk))
            seconds += perf_counter() - began
            for own, chunk in seen:
                for check in checks:
                    check.add(own, chunk)
    kept = {prediction.image: pixels for prediction, pixels in worst}
    return Evaluation(predictions, seconds, model.metadata.to_facts(), kept)
