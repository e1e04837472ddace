"""How a network is trained: optimizer and schedule.

Every constant here was measured; the reasons stand beside them.
"""

import math

import keras
from keras import ops

WARM_UP = 0.25  # share of the steps in which the rate rises
START = 0.04  # first rate, as a share of the peak
END = 1e-4  # last rate, as a share of the peak


@keras.saving.register_keras_serializable("ctckit")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    """Raise the rate to `peak` along a cosine, then lower it along another to almost nothing.

    Source: Smith and Topin 2017, https://arxiv.org/abs/1708.07120.

    Args:
        peak: highest learning rate.
        num_steps: length of the cycle, in batches.
        warm_up: share of the steps that rise, between 0 and 1.
    """

    def __init__(self, peak: float, num_steps: int, warm_up: float = WARM_UP) -> None:
        self.peak = peak
        self.num_steps = num_steps
        self.warm_up = warm_up

    def __call__(self, step):
        """Return the rate of `step`, counted from 0."""
        progress = ops.cast(step, "float32") / self.num_steps
        rise = (1 - ops.cos(math.pi * progress / self.warm_up)) / 2
        fall = (1 + ops.cos(math.pi * (progress - self.warm_up) / (1 - self.warm_up))) / 2
        fall = ops.where(progress < 1, fall, 0.0)
        return self.peak * ops.where(
            progress < self.warm_up, START + (1 - START) * rise, END + (1 - END) * fall
        )

    def get_config(self) -> dict:
        """Return the arguments of the constructor."""
        return {"peak": self.peak, "num_steps": self.num_steps, "warm_up": self.warm_up}


def make_optimizer(
    *, learning_rate: float, num_steps: int, weight_decay: float, clip_norm: float
) -> keras.optimizers.Optimizer:
    """Return AdamW (https://arxiv.org/abs/1711.05101) on a one-cycle schedule, norm clipped."""
    return keras.optimizers.AdamW(
        OneCycle(learning_rate, num_steps),
        weight_decay=weight_decay,
        global_clipnorm=clip_norm or None,
    )
