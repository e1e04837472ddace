"""Packages load their parts at the first use of a name; the stub beside them lists the names."""

import ast
import importlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STUBS = {
    ".".join(stub.parent.relative_to(ROOT).parts): stub
    for stub in sorted((ROOT / "ctckit").rglob("__init__.pyi"))
}


def offered(package: str) -> dict[str, str]:
    """Return the names that the stub of a package lists, and the module of each."""
    tree = ast.parse(STUBS[package].read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_package_has_a_stub():
    packages = {".".join(path.parent.relative_to(ROOT).parts)
                for path in (ROOT / "ctckit").glob("*/__init__.py")}  # fmt: skip
    assert packages == {name for name in STUBS if name.count(".") == 1}


@pytest.mark.parametrize("package", STUBS)
def test_every_name_of_a_stub_is_that_of_its_module(package):
    loaded = importlib.import_module(package)
    names = offered(package)
    assert names
    for name, module in names.items():
        own = getattr(importlib.import_module(f"{package}.{module}"), name)
        assert getattr(loaded, name) is own, name
    assert sorted(loaded.__all__) == sorted(names)
    assert set(names) <= set(dir(loaded))


# Names of a module that they come from themselves: of these, lazy_loader takes care.
SAME = {"ctckit.inference": {"description"}, "ctckit.training": {"ensemble"}}


@pytest.mark.parametrize("package", STUBS)
def test_no_name_is_that_of_a_module_beside_it(package):
    """Such a name would be the module for whoever comes after an import of the module."""
    folder = STUBS[package].parent
    beside = {path.stem for path in folder.glob("*.py")}
    beside |= {path.parent.name for path in folder.glob("*/__init__.py")}
    names = offered(package)
    assert beside & names.keys() == SAME.get(package, set())
    assert all(names[name] == name for name in beside & names.keys())


@pytest.fixture
def example(tmp_path, monkeypatch):
    """A package with two parts, the second of which complains on file descriptor 2."""
    folder = tmp_path / "lazy_example"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from ctckit.lazy import attach\n"
        "__getattr__, __dir__, __all__ = attach(__name__, __file__)\n"
    )
    (folder / "__init__.pyi").write_text(
        "from .first import one as one\nfrom .second import two as two\n"
        "from .broken import three as three\n"
    )
    (folder / "first.py").write_text("one = object()\n")
    (folder / "second.py").write_text("import os\nos.write(2, b'a native library')\ntwo = 2\n")
    (folder / "broken.py").write_text("import os\nos.write(2, b'the reason')\nraise ImportError\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("lazy_example")
    for name in [name for name in sys.modules if name.split(".")[0] == "lazy_example"]:
        del sys.modules[name]


def test_a_part_is_loaded_at_the_first_use_of_a_name(example):
    assert not {"lazy_example.first", "lazy_example.second"} & sys.modules.keys()
    one = example.one
    assert "lazy_example.first" in sys.modules and "lazy_example.second" not in sys.modules
    assert example.one is one is sys.modules["lazy_example.first"].one


def test_names_are_known_before_anything_is_loaded(example):
    assert sorted(example.__all__) == ["one", "three", "two"]
    assert {"one", "two", "three"} <= set(dir(example))
    assert "lazy_example.first" not in sys.modules
    with pytest.raises(AttributeError, match="four"):
        _ = example.four


def test_what_native_libraries_say_while_they_load_is_hidden(example, capfd):
    assert example.two == 2
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def test_it_is_shown_if_they_cannot_be_loaded(example, capfd):
    with pytest.raises(ImportError):
        _ = example.three
    assert capfd.readouterr().err == "the reason"
