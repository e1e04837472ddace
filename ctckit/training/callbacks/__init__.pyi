from .averaging import AveragedWeights as AveragedWeights
from .export import BestCheckpoint as BestCheckpoint
from .export import Model2onnx as Model2onnx
from .interrupt import StopOnInterrupt as StopOnInterrupt
from .progress import ProgressBar as ProgressBar
from .progress import TrainLogger as TrainLogger
from .schedule import Schedule as Schedule
from .validation_images import ValidationImages as ValidationImages
