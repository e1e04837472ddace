from .captchas import default_dataset as default_dataset
from .captchas import fetch_captcha_images as fetch_captcha_images
from .layouts import load_dataset as load_dataset
from .layouts import open_dataset as open_dataset
from .options import SourceOptions as SourceOptions
from .stand_in import generate_captchas as generate_captchas
from .unlabelled import list_images as list_images
