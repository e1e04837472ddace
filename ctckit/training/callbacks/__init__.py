"""What happens around the epochs of a run, one concept per file."""

from ctckit.training.callbacks.best_checkpoint import BestCheckpoint
from ctckit.training.callbacks.clean_finish import CleanFinish
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.model2onnx import Model2onnx
from ctckit.training.callbacks.one_cycle import OneCycle
from ctckit.training.callbacks.progress_bar import ProgressBar
from ctckit.training.callbacks.train_logger import TrainLogger
from ctckit.training.callbacks.validation_images import ValidationImages

__all__ = [
    "BestCheckpoint",
    "CleanFinish",
    "Model2onnx",
    "OneCycle",
    "ProgressBar",
    "StopOnInterrupt",
    "TrainLogger",
    "ValidationImages",
]
