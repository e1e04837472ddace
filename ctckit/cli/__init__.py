"""Command lines: `ctckit VERB …`, `python train.py` and `python inferenceModel.py`."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
