from .address import read_bytes as read_bytes
from .decode import ImageReader as ImageReader
from .kinds import looks_like_image as looks_like_image
from .resize import ImageResizer as ImageResizer
from .rotate import ImageRotator as ImageRotator
from .steps import Step as Step
from .steps import apply_steps as apply_steps
from .steps import image_steps as image_steps
