"""Keep a page up to date that shows how a training goes."""

import time

import keras

from ctckit.errors import InputError
from ctckit.image.widths import own_image
from ctckit.log import LOGGER
from ctckit.report.page.images import inline_png
from ctckit.report.page.progress_page import ReadCard, save_progress
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.callbacks.progress import TrainLogger
from ctckit.training.callbacks.shown_images import ShownImages
from ctckit.training.provider import DataProvider

LIMIT = 24  # images
SHARE = 0.02  # of the time, at most


class ProgressPage(keras.callbacks.Callback):
    """Write `report/progress.html` after each epoch: curves, and what is read of some images.

    Where the epochs are so short that this takes more than 2 % of the time, some are passed over.

    Args:
        run: the folder of the run, or of one of its models.
        logger: has the figures; it comes before this callback.
        provider: images held back; the first ones are shown.
        vocabulary: characters of the network.
        report: address of the report from the page. None: of the same run.
    """

    def __init__(
        self,
        run: RunFolder,
        logger: TrainLogger,
        provider: DataProvider,
        vocabulary: Vocabulary,
        *,
        report: str | None = None,
    ) -> None:
        super().__init__()
        self.run = run
        self.logger = logger
        self.provider = provider
        self.vocabulary = vocabulary
        self.report = run.evaluation.page.name if report is None else report

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Read the images once."""
        self._shown = ShownImages(self.provider, LIMIT, self.vocabulary)
        self._sources = [inline_png(own_image(one)) for one in self._shown.images]
        self._next, self._is_full = 0.0, False

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the page, if there is time."""
        began = time.perf_counter()
        if began >= self._next:
            self._write()
            ended = time.perf_counter()
            self._next = ended + (ended - began) / SHARE

    def on_train_end(self, logs: dict | None = None) -> None:
        """Write the page for the last time."""
        if self.logger.history:
            self._write(is_over=True)

    def _write(self, *, is_over: bool = False) -> None:
        if self._is_full:
            return
        texts = self._shown.texts(self.model)
        cards = map(ReadCard, self._sources, self._shown.labels, texts)
        try:
            save_progress(
                self.logger.history, cards, self.run.progress, title=self.run.path.name,
                report=self.report, is_over=is_over,
            )  # fmt: skip
        except InputError as error:  # no reason to end a training
            self._is_full = True
            LOGGER.warning("the page of the training stays as it is: %s", error)
