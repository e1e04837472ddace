"""A benchmark is run rarely; that it can be run is looked at every time."""

from importlib import import_module
from pathlib import Path

import pytest

import benchmarks

NAMES = sorted(file.stem for file in Path(benchmarks.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_what_it_imports(name):
    import_module(f"benchmarks.{name}")
