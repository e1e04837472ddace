"""What others may rely on: every name that a package offers, with its arguments.

Where this fails, somebody's program may: think twice, tell it in the changelog, then accept it by

    python -m tests.test_public_names > tests/public_names.txt
"""

import ast
import difflib
import inspect
import warnings
from importlib import import_module
from pathlib import Path

import pytest

from ctckit import __version__

ROOT = Path(__file__).parents[1]
LISTED = Path(__file__).with_name("public_names.txt")
pytestmark = pytest.mark.slow


def public_names() -> list[str]:
    lines = []
    for stub in sorted((ROOT / "ctckit").rglob("__init__.pyi")):
        package = ".".join(stub.parent.relative_to(ROOT).parts)
        names = [alias.asname for node in ast.parse(stub.read_text()).body for alias in node.names]
        lines += [f"{package}.{name}{arguments(package, name)}" for name in sorted(names)]
    return lines


def arguments(package: str, name: str) -> str:
    """Return the arguments of a function or class, without types: those of a package may change."""
    item = getattr(import_module(package), name)
    if not callable(item):
        return ""
    try:
        signature = inspect.signature(item)
    except (TypeError, ValueError):
        return "(…)"
    plain = [
        parameter.replace(annotation=parameter.empty, default=_default(parameter))
        for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))


def _default(parameter: inspect.Parameter) -> object:
    plain = (int, float, str, bool, tuple, type(None), type(parameter.empty))
    is_plain = isinstance(parameter.default, plain) and parameter.default != __version__
    return parameter.default if is_plain else _Something()


class _Something:
    def __repr__(self) -> str:
        return "…"


def test_public_names_and_arguments_stay():
    listed = LISTED.read_text(encoding="utf-8").splitlines()
    changes = list(
        difflib.unified_diff(listed, public_names(), "promised", "now", lineterm="", n=0)
    )
    assert not changes, "\n".join([__doc__, *changes])


MOVED = [
    ("ctckit.data", "RandomRotate", "ctckit.augment"),
    ("ctckit.data", "ImageReader", "ctckit.image"),
    ("ctckit.data", "ImageResizer", "ctckit.image"),
    ("ctckit.data", "image_steps", "ctckit.image"),
    ("ctckit.data", "load_dataset", "ctckit.sources"),
    ("ctckit.inference", "evaluate", "ctckit.evaluation"),
    ("ctckit.training", "residual_block", "ctckit.networks"),
    ("ctckit.export", "plain_copy", "ctckit.networks"),
]


@pytest.mark.parametrize(("old", "name", "new"), MOVED)
def test_names_of_the_version_before_work_with_a_warning(old, name, new):
    with pytest.warns(DeprecationWarning, match=f"{old}.{name} is now {new}.{name}"):
        item = getattr(import_module(old), name)
    assert item is getattr(import_module(new), name)


# What the documents of version 0.1 imported.
DOCUMENTED = """
from ctckit.inference import ImageToWordModel, OnnxInferenceModel
from ctckit.text import Constraint, Vocabulary, ctc_decoder, get_cer, get_wer
from ctckit.data import LabelIndexer, LabelPadding, RandomRotate, image_steps, load_dataset
from ctckit.data import ImageReader, ImageResizer, RandomBrightness, RandomErodeDilate
from ctckit.training import CTCloss, CWERMetric, DataProvider, Model2onnx, TrainLogger
"""


@pytest.mark.filterwarnings("ignore:.* is now :DeprecationWarning")
def test_imports_of_the_documents_work():
    exec(DOCUMENTED, {})


def test_moved_names_are_not_where_they_cannot_be():
    with pytest.raises(AttributeError, match="nothing_of_ours"), warnings.catch_warnings():
        _ = import_module("ctckit.data").nothing_of_ours


if __name__ == "__main__":
    print("\n".join(public_names()))
