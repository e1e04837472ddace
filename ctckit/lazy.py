"""Load the parts of a package at the first use of one of its names (PEP 562).

What a package offers stands in its `__init__.pyi`, for this, for type checkers and for editors.
"""

from collections.abc import Callable
from typing import Any

import lazy_loader

from ctckit.log import hidden_native_log

Attached = tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]


def attach(package: str, file: str) -> Attached:
    """Return `__getattr__`, `__dir__` and `__all__` of a package.

    What TensorFlow writes to the terminal while it is loaded is hidden.

    Args:
        package: `__name__` of the package.
        file: `__file__` of the package, beside the stub.
    """
    load, names, everything = lazy_loader.attach_stub(package, file)

    def load_quietly(name: str) -> Any:
        with hidden_native_log():
            return load(name)

    return load_quietly, names, everything
