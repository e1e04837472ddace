"""Load the parts of a package at the first use of one of its names (PEP 562).

What a package offers stands in its `__init__.pyi`, for this, for type checkers and for editors.
"""

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import lazy_loader

from ctckit.log import hidden_native_log

Attached = tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]


def attach(package: str, file: str, moved: Mapping[str, str] | None = None) -> Attached:
    """Return `__getattr__`, `__dir__` and `__all__` of a package.

    What TensorFlow writes to the terminal while it is loaded is hidden.

    Args:
        package: `__name__` of the package.
        file: `__file__` of the package, beside the stub.
        moved: packages, and the names that are there now but were here in the version before, with
            blanks between them; they still work here, with a DeprecationWarning.
    """
    homes = {name: home for home, names in (moved or {}).items() for name in names.split()}
    load, names, everything = lazy_loader.attach_stub(package, file)

    def load_quietly(name: str) -> Any:
        if name in homes:
            message = f"{package}.{name} is now {homes[name]}.{name}; import it from there"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            return getattr(import_module(homes[name]), name)
        with hidden_native_log():
            return load(name)

    return load_quietly, names, everything
