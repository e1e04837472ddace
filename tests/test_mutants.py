"""The table of mutants fits the code, and tells a test that notices from one that does not."""

import ast
import re
from pathlib import Path

import pytest

from tests.mutants import MUTANTS, ROOT, Mutant, apply, copy_tree, failing

each = pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])


@each
def test_the_code_still_holds_the_text_once(mutant, tmp_path):
    (tmp_path / mutant.file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / mutant.file).write_bytes((ROOT / mutant.file).read_bytes())
    apply(mutant, tmp_path)
    changed = (tmp_path / mutant.file).read_text(encoding="utf-8")
    assert changed != (ROOT / mutant.file).read_text(encoding="utf-8")
    ast.parse(changed)


@each
def test_its_tests_exist(mutant):
    assert mutant.tests
    for test in mutant.tests:
        file, name, case = re.fullmatch(r"(.+)::(\w+)(?:\[(.+)\])?", test).groups()
        content = (ROOT / file).read_text(encoding="utf-8")
        functions = [one for one in ast.parse(content).body if isinstance(one, ast.FunctionDef)]
        assert name in [function.name for function in functions]
        assert case is None or f'id="{case}"' in content


@pytest.fixture
def tree(tmp_path) -> Path:
    """Return a project of one function and two tests, of which one looks at what it returns."""
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['.']\n",
        "ctckit/add.py": "def add(a, b):\n    return a + b\n",
        "tests/test_add.py": "from ctckit.add import add\n\n\n"
        "def test_sum():\n    assert add(2, 3) == 5\n\n\n"
        "def test_weak():\n    assert add(2, 3) is not None\n",
    }
    for name, text in files.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(text)
    (tmp_path / "root" / "Models").mkdir()
    return copy_tree(tmp_path / "root", tmp_path / "tree")


MINUS = Mutant("difference", "ctckit/add.py", "a + b", "a - b", ())
TESTS = ["tests/test_add.py::test_sum", "tests/test_add.py::test_weak"]


def test_only_a_test_that_notices_fails(tree):
    assert {path.name for path in tree.iterdir()} == {"pyproject.toml", "ctckit", "tests"}
    assert not failing(tree, TESTS)
    apply(MINUS, tree)
    assert failing(tree, TESTS) == TESTS[:1]


def test_a_test_that_cannot_be_run_is_no_test_that_fails(tree):
    with pytest.raises(RuntimeError, match="test_gone cannot be run"):
        failing(tree, ["tests/test_add.py::test_gone"])


@pytest.mark.parametrize("text", ["a * b", "a"])
def test_a_text_that_is_not_there_exactly_once_is_refused(tree, text):
    with pytest.raises(ValueError, match=r"difference: expected once in ctckit/add\.py"):
        apply(MINUS._replace(text=text), tree)
