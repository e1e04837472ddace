"""Training: batches, loss, metric, recipe and callbacks. Imports Keras and TensorFlow."""

from ctckit.training.callbacks import (
    BestCheckpoint,
    CleanFinish,
    Model2onnx,
    OneCycle,
    ProgressBar,
    StopOnInterrupt,
    TrainLogger,
    ValidationImages,
)
from ctckit.training.cross_validation import (
    OutOfFold,
    cross_validate,
    fold_figures,
    likely_label_errors,
    save_label_errors,
    write_rows,
)
from ctckit.training.ctc_model import CTCModel
from ctckit.training.ensemble import ensemble, predict_all, save_ensemble
from ctckit.training.fitting import fit
from ctckit.training.judging import judge
from ctckit.training.layers import residual_block
from ctckit.training.losses import CTCloss
from ctckit.training.memory import keep_freed_memory
from ctckit.training.metrics import CWERMetric
from ctckit.training.provider import DataProvider
from ctckit.training.recipe import make_optimizer, one_cycle
from ctckit.training.report import save_learning_curves, save_training_samples

__all__ = [
    "BestCheckpoint",
    "CTCModel",
    "CTCloss",
    "CWERMetric",
    "CleanFinish",
    "DataProvider",
    "Model2onnx",
    "OneCycle",
    "OutOfFold",
    "ProgressBar",
    "StopOnInterrupt",
    "TrainLogger",
    "ValidationImages",
    "cross_validate",
    "ensemble",
    "fit",
    "fold_figures",
    "judge",
    "keep_freed_memory",
    "likely_label_errors",
    "make_optimizer",
    "one_cycle",
    "predict_all",
    "residual_block",
    "save_ensemble",
    "save_label_errors",
    "save_learning_curves",
    "save_training_samples",
    "write_rows",
]
