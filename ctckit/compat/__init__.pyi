from .mltu import adapt_augmentor as adapt_augmentor
from .mltu import adapt_step as adapt_step
