from .export import BestCheckpoint as BestCheckpoint
from .export import Model2onnx as Model2onnx
from .interrupt import StopOnInterrupt as StopOnInterrupt
from .one_cycle import OneCycle as OneCycle
from .progress import ProgressBar as ProgressBar
from .progress import TrainLogger as TrainLogger
from .validation_images import ValidationImages as ValidationImages
