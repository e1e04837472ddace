"""Objects of other libraries as ours; in `mltu`, the names that scripts made for it import."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
