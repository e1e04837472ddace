"""From an image to the text on it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ctckit.errors import InputError
from ctckit.image.resize import ImageScaler
from ctckit.image.steps import Step, apply_steps, steps_to
from ctckit.image.widths import own_image, stack_images
from ctckit.inference.metadata import READING_WIDTHS, are_reading_widths
from ctckit.inference.session import OnnxInferenceModel
from ctckit.inference.windows import (
    TURNS,
    Prepared,
    batches_by_width,
    batches_in_order,
    batches_of_parts,
)
from ctckit.text.alignment import Character, align_by_reader
from ctckit.text.calibration import calibrated
from ctckit.text.constrained.constraint import Constraint, constrained_decode
from ctckit.text.greedy import ctc_decoder, greedy_decode, with_blanks
from ctckit.text.nbest import Candidate, beam_search

Image = np.ndarray | str | Path | bytes
Unreadable = Callable[[int, InputError], None]  # is told the place of an image, and the reason


class Reading(NamedTuple):
    """The text read, and how sure the model is of it, 0…1.

    The confidence is the probability of the text, the sum over all its paths, brought nearer to
    the share of texts that are right by the `confidence_temperature` of the metadata.
    """

    text: str
    confidence: float


class Chunk(NamedTuple):
    """Images that were read together.

    Attributes:
        pixels: of N images as their files have them, uint8 (height, width, C) each; none where
            they were not asked for.
        batch: what the network saw, uint8 (N, H, W, C); int16 where each image has its own width,
            with `ctckit.image.NO_IMAGE` beyond the end of each.
        probabilities: what it said, float32 (N, T, V+1), or (N, M, T, V+1) of M models.
        readings: what that means.
        places: of the images among those that were given, from 0.
    """

    pixels: list[np.ndarray]
    batch: np.ndarray
    probabilities: np.ndarray
    readings: list[Reading]
    places: Sequence[int]


class ImageToWordModel(OnnxInferenceModel):
    """Read the text of images with a trained model; the `.onnx` file is all it needs.

    Images are paths of files, the bytes of a file, or arrays as `cv2.imread` gives them: uint8
    (H, W), (H, W, 1), (H, W, 3) in the order BGR, or (H, W, 4) in the order BGRA; of any size.
    They pass the same steps as in training. Safe to use from several threads at once.

    Args:
        model_path: an `.onnx` file, a folder with a `model.onnx`, or `hf://owner/name`.
        constraint: what is known about every text; only texts that satisfy it are read.
        reading_widths: factors of the own width of an image at which it is read, which takes as
            many times as long; the readings vote. None: what the metadata say, often 1 alone.
        options: see `OnnxInferenceModel`.

    Use: `ImageToWordModel("Models/captcha_20250101-120000").predict("captcha.png")`
    """

    def __init__(
        self,
        model_path: str | Path,
        *,
        constraint: Constraint | None = None,
        reading_widths: Sequence[float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(model_path, **options)
        facts = self.metadata
        widths = tuple(facts.reading_widths if reading_widths is None else reading_widths)
        if widths != (1.0,) and facts.width is not None:
            raise InputError(
                f"expected none for images of one width, received {widths}; leave it out",
                argument="reading_widths",
            )
        if not are_reading_widths([*widths]):
            raise InputError(
                f"expected {READING_WIDTHS}, received {widths}; try 0.8 1 1.28 1.6",
                argument="reading_widths",
            )
        self.reading_widths = widths
        self.constraint = constraint and constraint.spelled(
            facts.unicode_form, ignore_case=facts.ignore_case
        )
        if self.constraint is not None:
            self.constraint.require_possible(facts.vocabulary)

    def predict_probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Run the network as `OnnxInferenceModel` does; at W widths, M models give (N, WM, …)."""
        if self.reading_widths == (1.0,):
            return super().predict_probabilities(batch)
        run = super().predict_probabilities  # a comprehension has no super of its own
        said = [run(self._at_width(batch, factor)) for factor in self.reading_widths]
        members = [each if each.ndim == 4 else each[:, None] for each in said]
        num_steps = max(each.shape[2] for each in members)
        return np.concatenate([with_blanks(each, num_steps) for each in members], axis=1)

    def _at_width(self, batch: np.ndarray, factor: float) -> np.ndarray:
        """Return the images of a batch in another width."""
        scale = ImageScaler(self.metadata.height, factor, self.metadata.max_width)
        return stack_images([scale(own_image(image), "")[0] for image in np.asarray(batch)])

    def predict(self, image: Image) -> str:
        """Return the text of one image.

        Raises:
            InputError: the image cannot be read.
        """
        probabilities = self.predict_probabilities(self.prepare(image)[None])
        if self.constraint is None and probabilities.ndim == 3:  # no vote asks for a confidence
            return ctc_decoder(probabilities, self.metadata.vocabulary)[0]
        return self.readings_of(probabilities)[0].text

    def read_one(self, image: Image) -> Reading:
        """Return text and confidence of one image; errors are those of `predict`."""
        return self.read_batch(self.prepare(image)[None])[0]

    def read(self, images: Sequence[Image], batch_size: int = 16) -> list[Reading]:
        """Read many images in batches of up to `batch_size`, as many in each thread.

        Raises:
            InputError: one of them cannot be read.
        """
        return list(self.iterate(images, batch_size))

    def iterate(self, images: Sequence[Image], batch_size: int = 16) -> Iterator[Reading]:
        """Yield the readings one after the other; arguments and errors are those of `read`."""
        for rows in self.in_order(images, batch_size):
            yield from (reading for _, reading in rows)

    def in_order(
        self,
        images: Sequence[Image],
        batch_size: int = 16,
        unreadable: Unreadable | None = None,
        *,
        part_size: int | None = None,
    ) -> Iterator[list[tuple[int, Reading]]]:
        """Yield the readings some at a time, in the order of the images, each with its place.

        Arguments and errors are those of `chunks`, whose batches may come in another order.
        """
        waiting: dict[int, Reading | None] = {}  # by place; None: cannot be read
        place = 0

        def skip(place: int, error: InputError) -> None:
            if unreadable is None:
                raise error
            waiting[place] = None
            unreadable(place, error)

        for chunk in self.chunks(
            images, batch_size, unreadable=skip, with_pixels=False, part_size=part_size
        ):
            waiting.update(zip(chunk.places, chunk.readings, strict=True))
            rows = []
            while place in waiting:
                reading = waiting.pop(place)
                rows += [] if reading is None else [(place, reading)]
                place += 1
            yield rows

    def chunks(
        self,
        images: Sequence[Image],
        batch_size: int = 16,
        *,
        unreadable: Unreadable | None = None,
        with_pixels: bool = True,
        part_size: int | None = None,
    ) -> Iterator[Chunk]:
        """Yield what was read, batch by batch.

        Where each image has its own width, a batch holds images of like widths, and the batches of
        a window come one after the other, the narrow images first: `places` tells which they are.
        A window has 8 batches for each thread.

        Args:
            images: to read; only those of the batches at work, or of two windows, are in memory.
            batch_size: images that the network reads at once.
            unreadable: is told the place of an image that cannot be read, and why; the others are
                read. None: such an image raises.
            with_pixels: keep what the files hold until the batch is read. Photographs take much
                memory so.
            part_size: no batch holds images of two parts of so many. What is read of a part is then
                the same to the bit, whatever is read before and behind it. None: all are one.

        Raises:
            InputError: an image cannot be read, or no text that the constraint allows fits.
        """

        def prepare(places: Iterable[int]) -> Iterator[Prepared]:
            return self._prepared(images, places, unreadable, with_pixels)

        by_width = self.metadata.width is None
        batches = batches_by_width if by_width else batches_in_order
        # This thread prepares the images: its many small steps hold Python's lock.
        with ThreadPoolExecutor(self.num_threads) as pool:
            ahead: deque[Future[Chunk]] = deque()
            size = part_size or len(images) or 1
            for prepared in batches_of_parts(
                batches, prepare, len(images), size, batch_size, self.num_threads
            ):
                if prepared:
                    ahead.append(pool.submit(self._read_chunk, prepared))
                if len(ahead) > (TURNS if by_width else 2) * self.num_threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _prepared(
        self,
        images: Sequence[Image],
        places: Iterable[int],
        unreadable: Unreadable | None,
        with_pixels: bool,
    ) -> Iterator[Prepared]:
        """Yield what the network is given of each image that can be read."""
        decode, *rest = self._steps
        for place in places:
            try:
                pixels = decode(images[place], "")[0]
                made = apply_steps(rest, pixels)[0]
            except InputError as error:
                if unreadable is None:
                    raise
                unreadable(place, error)
            else:
                yield Prepared(place, pixels if with_pixels else None, made)

    def _read_chunk(self, prepared: list[Prepared]) -> Chunk:
        places = [one.place for one in prepared]
        pixels = [one.pixels for one in prepared if one.pixels is not None]
        stack = stack_images if self.metadata.width is None else np.stack
        batch = stack([one.made for one in prepared])
        probabilities = self.predict_probabilities(batch)
        return Chunk(pixels, batch, probabilities, self.readings_of(probabilities), places)

    def read_batch(self, batch: np.ndarray) -> list[Reading]:
        """Return the readings of images that `prepare` made, uint8 (N, H, W, C).

        `ctckit.image.stack_images` makes a batch of images of several widths.

        Raises:
            InputError: no text that the constraint allows fits into the network's time steps.
        """
        return self.readings_of(self.predict_probabilities(batch))

    def n_best(self, image: Image, count: int = 5) -> list[Candidate]:
        """Return the most probable texts of one image with their probabilities, the best first.

        They are neither constrained nor calibrated; of several models in one file the first
        tells. Errors are those of `predict`.
        """
        return beam_search(self._members(image)[0], self.metadata.vocabulary, count=count)

    def characters(self, image: Image, text: str | None = None) -> list[Character]:
        """Return the characters of the text read, or of `text`: how probable, and where.

        Of several models in one file the first tells that reads this text by itself, or the first
        of all, at the own width of the image. Errors are those of `predict`, and those of
        `ctckit.text.align` where the text does not fit.
        """
        text = self.predict(image) if text is None else text
        return align_by_reader(self._members(image), text, self.metadata.vocabulary)

    def prepare(self, image: Image) -> np.ndarray:
        """Return the network's input for `image`, uint8 (H, W, C), equal to that of training.

        Where each image has its own width, W is a multiple of 8.
        """
        pixels: np.ndarray = apply_steps(self._steps, image)[0]
        return pixels

    @cached_property
    def _steps(self) -> list[Step]:
        return steps_to(self.metadata)

    def readings_of(
        self, probabilities: np.ndarray, constraint: Constraint | None = None
    ) -> list[Reading]:
        """Return what the probabilities of N images mean, as `predict_probabilities` gives them.

        Args:
            probabilities: (N, T, V+1), or (N, M, T, V+1).
            constraint: spelled as the model writes, in the place of the reader's own.

        Raises:
            InputError: no text that the constraint allows fits into the network's time steps.
        """
        vocabulary, temperature = self.metadata.vocabulary, self.metadata.confidence_temperature
        constraint = constraint or self.constraint
        if constraint is None:
            texts, confidences = greedy_decode(probabilities, vocabulary)
        else:
            texts, confidences = constrained_decode(probabilities, vocabulary, constraint)
        return list(map(Reading, texts, calibrated(confidences, temperature).tolist()))

    def _members(self, image: Image) -> np.ndarray:
        """Return what each of M models says of an image at its own width, float32 (M, T, V+1)."""
        probabilities = super().predict_probabilities(self.prepare(image)[None])
        return np.asarray(probabilities[0] if probabilities.ndim == 4 else probabilities)
