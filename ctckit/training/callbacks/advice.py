"""Say, once, where a training does not go as it should, and what to try."""

import math
from collections.abc import Sequence

import keras

from ctckit.data.samples import Sample
from ctckit.log import LOGGER

PLATEAU = 0.5  # share of the loss of guessing above which nothing has been learned yet
BY_HEART = 0.25  # share of the validation's errors that the training has where it is by heart
MANY_WRONG = 0.1  # share of texts misread from which that is worth a line


class Advice(keras.callbacks.Callback):
    """Warn where the loss stays that of guessing, and where images are learned by heart.

    CTC begins on a plateau: the network says blank, or guesses characters, and the loss is about
    `loss_of_guessing`. Networks leave it within the usual length of a run, or there is a reason.

    Args:
        samples: that are learned from.
        num_characters: of the vocabulary.
        usual_epochs: after which the plateau should lie behind.
        larger: a start that reads hard images better than that of the run, if there is one.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        num_characters: int,
        usual_epochs: int,
        *,
        larger: str | None = None,
    ) -> None:
        super().__init__()
        self.larger = larger
        self.loss_of_guessing = loss_of_guessing(samples, num_characters)
        self.usual_epochs = usual_epochs

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Begin anew."""
        self._logs: dict[str, float] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Look whether the plateau lies behind by now."""
        self._logs = dict(logs)
        if epoch + 1 == self.usual_epochs and logs["loss"] > PLATEAU * self.loss_of_guessing:
            LOGGER.warning(
                "the loss is %.1f after %d epochs, and guessing costs %.1f: little is learned yet. "
                "Look whether labels and images belong together (report/training_samples.png of a "
                "short run); if they do, try images of a greater height, a smaller batch_size, or "
                "more images", logs["loss"], epoch + 1, self.loss_of_guessing,
            )  # fmt: skip

    def on_train_end(self, logs: dict | None = None) -> None:
        """Compare the training images with those to validate with; name a larger start."""
        if self.larger is not None and self._logs.get("val_WER", 0.0) > MANY_WRONG:
            LOGGER.info(
                "note        %.0f%% of the validation texts are misread: --start-from %s reads "
                "hard images better, and takes about three times as long",
                self._logs["val_WER"] * 100, self.larger,
            )  # fmt: skip
        seen, unseen = self._logs.get("CER", 0.0), self._logs.get("val_CER", 0.0)
        if seen < BY_HEART * unseen and self._logs.get("val_WER", 0.0) > MANY_WRONG:
            LOGGER.warning(
                "%.1f%% of the characters are wrong where they were learned, %.1f%% where they "
                "were not: learned by heart. More images help most; a stronger augment may help",
                seen * 100, unseen * 100,
            )  # fmt: skip


def loss_of_guessing(samples: Sequence[Sample], num_characters: int) -> float:
    """Return about what a text costs, in nats, where any character is as likely as another."""
    length = sum(len(label) for _, label in samples) / len(samples)
    return length * math.log(max(2, num_characters))
