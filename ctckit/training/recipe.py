"""How a network is trained: optimizer and course of the learning rate."""

import math

import keras
import tensorflow as tf

from ctckit.networks.fused import FusedAdamW

WARM_UP = 0.25  # share of the run in which the rate rises
START = 0.04  # first rate, as a share of the peak
END = 1e-4  # last rate, as a share of the peak


def one_cycle(progress: float, warm_up: float = WARM_UP) -> float:
    """Return the learning rate at `progress` (0…1) of a run, as a share of its peak.

    It rises along a cosine and falls along another to almost nothing. Source: Smith and
    Topin 2017, https://arxiv.org/abs/1708.07120.

    >>> [round(one_cycle(progress), 4) for progress in (0, 0.25, 1)]
    [0.04, 1.0, 0.0001]
    """
    progress = min(max(progress, 0.0), 1.0)
    if progress < warm_up:
        return START + (1 - START) * (1 - math.cos(math.pi * progress / warm_up)) / 2
    fall = (1 + math.cos(math.pi * (progress - warm_up) / (1 - warm_up))) / 2
    return END + (1 - END) * fall


def make_optimizer(
    *, learning_rate: float, weight_decay: float, clip_norm: float
) -> keras.optimizers.Optimizer:
    """Return AdamW (https://arxiv.org/abs/1711.05101) with the norm of all gradients clipped.

    Args:
        learning_rate: the peak; the callback `OneCycle` lowers it where the schedule wants.
        weight_decay: per step, times the learning rate.
        clip_norm: largest norm of all gradients together; 0 for no limit.
    """
    return FusedAdamW(learning_rate, weight_decay=weight_decay, global_clipnorm=clip_norm or None)


def mixed_precision_policy() -> str:
    """Return the 16-bit policy of this machine: float16 on a GPU, bfloat16 on a CPU."""
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "mixed_bfloat16"
