from .description import describe as describe
from .description import description as description
from .metadata import ModelMetadata as ModelMetadata
from .reader import Chunk as Chunk
from .reader import ImageToWordModel as ImageToWordModel
from .reader import Reading as Reading
from .session import OnnxInferenceModel as OnnxInferenceModel
from .session import find_model_file as find_model_file
