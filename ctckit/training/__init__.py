"""Training: batches, loss, metric, recipe and callbacks. Imports Keras and TensorFlow."""

from ctckit.training.callbacks import (
    BestCheckpoint,
    Model2onnx,
    OneCycle,
    ProgressBar,
    StopOnInterrupt,
    TrainLogger,
    ValidationImages,
)
from ctckit.training.ctc_model import CTCModel
from ctckit.training.curves import save_learning_curves
from ctckit.training.layers import residual_block
from ctckit.training.losses import CTCloss
from ctckit.training.metrics import CWERMetric
from ctckit.training.provider import DataProvider
from ctckit.training.recipe import make_optimizer, one_cycle

__all__ = [
    "BestCheckpoint",
    "CTCModel",
    "CTCloss",
    "CWERMetric",
    "DataProvider",
    "Model2onnx",
    "OneCycle",
    "ProgressBar",
    "StopOnInterrupt",
    "TrainLogger",
    "ValidationImages",
    "make_optimizer",
    "one_cycle",
    "residual_block",
    "save_learning_curves",
]
