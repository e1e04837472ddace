from .address import read_bytes as read_bytes
from .decode import ImageReader as ImageReader
from .resize import ImageResizer as ImageResizer
from .steps import Step as Step
from .steps import apply_steps as apply_steps
from .steps import image_steps as image_steps
