"""Validate, save and keep means of weights instead of the last weights."""

from typing import Any

import tensorflow as tf

from ctckit.training.callbacks.export import reading_network
from ctckit.training.callbacks.resumable import ResumableCallback

MOMENTUM = 0.99  # of the mean: about a hundred steps count
EVERY = 4  # steps between two weights that are counted


class AveragedWeights(ResumableCallback):
    """Keep an exponential mean of all weights, and hold it in the model while it is validated.

    At high learning rates the weights jump from step to step, and the statistics of the batch
    normalisation, which follow slowly, fit none of them: a validation loss of 0.3 is 50 an epoch
    later. The mean of both does not jump. Source: Polyak and Juditsky 1992; Izmailov et al. 2018,
    https://arxiv.org/abs/1803.05407.

    A network that did not begin with drawn weights has learned things that its new images do not
    show, and forgets them; what lies between the weights that it began with and that mean reads
    new images better than either. Source: Wortsman et al. 2022, https://arxiv.org/abs/2109.01903.

    From a validation to the beginning of the next epoch, and after the training, the model has the
    mean, so that callbacks save what was validated. This callback comes first.

    Args:
        start_share: how much of the weights that the training begins with is in what the model
            gets, 0…1.
    """

    def __init__(self, start_share: float = 0.0) -> None:
        super().__init__()
        self.start_share = start_share

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Begin with the weights as they are."""
        floats = [weight for weight in self.model.weights if "float" in weight.dtype]
        self._weights = [weight.value for weight in floats]  # not the states of generators
        self._means = [tf.Variable(weight, trainable=False) for weight in self._weights]
        self._held = [tf.Variable(weight, trainable=False) for weight in self._weights]
        reads = {id(weight) for weight in reading_network(self.model).weights}  # no auxiliary head
        self._starts = [
            weight.numpy() if self.start_share and id(weight) in reads else None
            for weight in floats
        ]
        self._steps, self._has_mean = 0, False
        self._count = tf.function(self._count_weights, autograph=False)
        self._swap = tf.function(self._hold_mean, autograph=False)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the weights of the step."""
        self._steps += 1
        if self._steps % EVERY == 0:
            # The first steps are forgotten sooner.
            momentum = min(MOMENTUM, self._steps / (self._steps + 10))
            self._count(tf.constant(momentum**EVERY, tf.float32))

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Put the mean into the model."""
        self.hold_mean()

    def hold_mean(self) -> None:
        """Put the mean into the model, until the next epoch begins."""
        if not self._has_mean and self._steps >= EVERY:
            self._swap()
            self._has_mean = True

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Go on from the last weights."""
        if self._has_mean:
            for weight, held in zip(self._weights, self._held, strict=True):
                weight.assign(held)
            self._has_mean = False

    def on_train_end(self, logs: dict | None = None) -> None:
        """Leave the mean in the model."""
        self.hold_mean()

    def memory(self) -> dict[str, Any]:
        """Remember the mean; while steps are done the model has the weights themselves."""
        means = {f"mean_{place}": mean.numpy() for place, mean in enumerate(self._means)}
        starts = {
            f"start_{place}": start for place, start in enumerate(self._starts) if start is not None
        }
        return {"steps": self._steps, "start_share": self.start_share, **means, **starts}

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on with that mean."""
        self._steps = memory["steps"]
        for place, mean in enumerate(self._means):
            mean.assign(memory[f"mean_{place}"])
        self.start_share = memory.get("start_share", 0.0)  # none in older states
        self._starts = [memory.get(f"start_{place}") for place in range(len(self._means))]

    def _count_weights(self, momentum: tf.Tensor) -> None:
        for mean, weight in zip(self._means, self._weights, strict=True):
            mean.assign_add((1 - momentum) * (weight - mean))

    def _hold_mean(self) -> None:
        parts = zip(self._means, self._weights, self._held, self._starts, strict=True)
        for mean, weight, held, start in parts:
            held.assign(weight)
            weight.assign(mean if start is None else mean + self.start_share * (start - mean))
