"""How a network is trained: optimizer and course of the learning rate."""

import math

import keras
import tensorflow as tf

from ctckit.networks.fused import FusedAdamW, keep_freed_memory
from ctckit.training.configs import TrainConfigs

WARM_UP = 0.25  # share of the run in which the rate rises
START = 0.04  # first rate, as a share of the peak
END = 1e-4  # last rate, as a share of the peak
CLEAN_SHARE = 0.4  # of a run, at most, shows the images unvaried
CLEAN_EPOCHS = 4  # at most: with few images, more would be learnt by heart


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


def is_clean(epoch: int, progress: float) -> bool:
    """Return whether an epoch shows the images unvaried: the last four, and no more than 40 %.

    Varied images differ from those to be read; at small learning rates the network adapts to
    the difference. Source: Ge et al. 2021, https://arxiv.org/abs/2107.08430, who stop the
    strongest augmentations fifteen epochs before the end.

    Args:
        epoch: counted from 0.
        progress: share of the run that is done when the epoch begins, 0…1.

    >>> [is_clean(epoch, epoch / 23) for epoch in (0, 18, 19)]
    [False, False, True]
    """
    if not epoch or 1 - progress > CLEAN_SHARE:
        return False
    return round(epoch * (1 - progress) / progress) <= CLEAN_EPOCHS


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
