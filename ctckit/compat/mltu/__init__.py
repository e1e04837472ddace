"""What scripts made for mltu import, under the names that they know.

`from ctckit.compat.mltu import DataProvider, ImageReader, …` in the place of mltu's many modules;
`examples/mltu_tutorial/` is the tutorial so. Reading loads no TensorFlow.
"""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
