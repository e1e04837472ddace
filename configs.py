"""The choices of this project; `python train.py --help` lists every knob."""

import math
from dataclasses import dataclass
from typing import ClassVar

from ctckit.networks.forms import PEERS, Form
from ctckit.training.configs import TrainConfigs


@dataclass(frozen=True)
class ModelConfigs(TrainConfigs):
    """Configuration of a training run; the knobs not named here have the package's defaults."""

    forms: ClassVar = PEERS | {
        "crnn": Form(num_steps=lambda height, width: math.ceil(width / 8), free_width=True),
    }  # a network of your own: its row here, its function in model.py

    architecture: str = "crnn"
    """Network: crnn (ours), mltu_captcha (the mltu tutorial's) or keras_captcha_ocr (the
    Keras example's)."""

    start_from: str | None = "auto"
    """Begin with the weights of base, the network that comes with the package and has learned to
    read drawn texts; of base-large, which has learned more of them, reads hard images better, and
    takes about three times as long; of a run, such as Models/plates_20260102-030405, or a .keras
    file in one, with the same or other characters; or of none. auto: base-large for up to 500
    images, unless time_budget or width_multiplier is given, base for more."""

    height: int = 50
    """Image height that the network sees, pixels."""

    batch_size: int = 16
    """Images per step. Small batches leave the CTC plateau earlier per image seen."""

    learning_rate: float = 5e-3
    """Highest learning rate."""

    usual_steps: ClassVar[int] = 1300  # crnn leaves the plateau within half of them on easy sets
