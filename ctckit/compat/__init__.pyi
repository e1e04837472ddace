from .adapt import adapt_augmentor as adapt_augmentor
from .adapt import adapt_step as adapt_step
