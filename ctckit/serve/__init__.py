"""Read over HTTP: a FastAPI application, and what guards a local one."""

from ctckit.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
