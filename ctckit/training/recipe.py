"""How a network is trained: optimizer and course of the learning rate."""

import math
from dataclasses import dataclass

import keras
import tensorflow as tf

from ctckit.networks.fused import FusedAdamW, keep_freed_memory
from ctckit.training.configs import TrainConfigs
from ctckit.training.length import COOL_DOWN

WARM_UP = 0.15  # share of the usual run in which the rate rises
START = 0.04  # first rate, as a share of the peak
END = 1e-4  # last rate, as a share of the peak
CLEAN_PASSES = 4  # through the images, at most, show them unvaried: more would be learnt by heart


@dataclass
class Course:
    """The course of the learning rate: it rises, holds, and falls to almost nothing.

    Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395 ("warmup-stable-decay"); Hägele et al.
    2024, https://arxiv.org/abs/2405.18392: it ends where a cycle laid out beforehand does, and
    need not know when that will be. Positions are steps, or seconds where the clock leads.

    Attributes:
        warm_up: position up to which it rises.
        cool_from: position from which it falls; infinite where that is not decided yet.
        end: position of the end, or the latest one possible.
    """

    warm_up: float
    cool_from: float
    end: float

    @classmethod
    def of_length(cls, length: float) -> "Course":
        """Return the course of a run whose length is known."""
        return cls(WARM_UP * length, (1 - COOL_DOWN) * length, length)

    @classmethod
    def of_open_end(cls, usual: float, most: float) -> "Course":
        """Return that of a run which will be as long as is usual, or longer, up to `most`."""
        return cls(WARM_UP * usual, math.inf, most)

    @property
    def is_open(self) -> bool:
        """It is not decided when the rate falls."""
        return math.isinf(self.cool_from)

    def cool_down(self, position: float, *, multiple: int = 1) -> None:
        """Let the rate fall from now on; the end comes at a multiple of steps, or as it was."""
        self.cool_from = position
        end = math.ceil(position / (1 - COOL_DOWN) / multiple) * multiple
        self.end = min(end, self.end)

    def rate(self, position: float) -> float:
        """Return the learning rate, as a share of its peak.

        >>> course = Course.of_length(100)
        >>> [round(course.rate(position), 4) for position in (0, 15, 60, 100)]
        [0.04, 1.0, 1.0, 0.0001]
        """
        if position < self.warm_up:
            return START + (1 - START) * (1 - math.cos(math.pi * position / self.warm_up)) / 2
        if position < self.cool_from:
            return 1.0
        done = min((position - self.cool_from) / (self.end - self.cool_from), 1.0)
        return END + (1 - END) * (1 + math.cos(math.pi * done)) / 2

    def is_clean(self, position: float, pass_length: float) -> bool:
        """Return whether images are shown unvaried from here: in the last four passes of the fall.

        Varied images differ from those to be read; at small learning rates the network adapts to
        the difference. Source: Ge et al. 2021, https://arxiv.org/abs/2107.08430, who stop the
        strongest augmentations fifteen epochs before the end.

        Args:
            position: where an epoch begins.
            pass_length: of one pass through the images.
        """
        return position >= max(self.cool_from, self.end - (CLEAN_PASSES + 0.5) * pass_length)


def make_optimizer(
    *, learning_rate: float, weight_decay: float, clip_norm: float
) -> keras.optimizers.Optimizer:
    """Return AdamW (https://arxiv.org/abs/1711.05101) with the norm of all gradients clipped.

    Args:
        learning_rate: the peak; the callback `Schedule` lowers it where the course wants.
        weight_decay: per step, times the learning rate.
        clip_norm: largest norm of all gradients together; 0 for no limit.
    """
    return FusedAdamW(learning_rate, weight_decay=weight_decay, global_clipnorm=clip_norm or None)


def prepare_keras(configs: TrainConfigs) -> None:
    """Set what holds for the whole process: seeds, determinism, numbers of 16 or 32 bits."""
    keep_freed_memory()
    keras.utils.set_random_seed(configs.seed)
    if configs.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.config.set_dtype_policy(
        mixed_precision_policy() if configs.mixed_precision else "float32"
    )


def mixed_precision_policy() -> str:
    """Return the 16-bit policy of this machine: float16 on a GPU, bfloat16 on a CPU."""
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "mixed_bfloat16"
