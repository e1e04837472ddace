"""The floors of the house hold: each imports only what lies below, and reading needs little."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ctckit"
FLOORS = [  # from the ground up; "" holds the modules in no subpackage
    *("", "base", "remote", "text", "image", "augment", "data", "render", "sources", "compat"),
    *("feed", "inference", "labelling", "evaluation", "report", "serve"),
    *("networks", "export", "training", "compat.mltu", "cli"),
]
ROOT_FILES = {"configs", "model", "train", "inferenceModel"}
PLAIN_FLOORS = {  # what the floors without TensorFlow may import from outside
    "base": set(),
    "remote": {"tqdm"},
    "text": {"interegular", "numpy", "rapidfuzz"},
    "image": {"cv2", "kornia_rs", "numpy"},
    "augment": {"cv2", "numpy"},
    "data": {"cv2", "numpy"},
    "render": {"cv2", "fontTools", "numpy", "PIL"},
    "sources": {"captcha"},
    "compat": {"cv2", "mltu", "numpy"},
    "feed": {"cv2", "numpy"},
    "inference": {"numpy", "onnxruntime"},
    "labelling": {"cv2", "fastapi", "numpy", "pydantic"},
    "evaluation": {"numpy", "rapidfuzz"},
    "report": {"cv2", "jinja2", "matplotlib", "numpy"},
    "serve": {
        *("fastapi", "fastapi_offline", "numpy", "prometheus_client", "pydantic"),
        *("python_multipart", "starlette", "uvicorn"),
    },
    "cli": {"tqdm"},
}
HEAVY = {
    *("tensorflow", "keras", "tf2onnx", "onnx", "tensorboard"),
    *("pandas", "matplotlib", "mltu", "PIL", "captcha", "yaml", "rich"),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def floor_name(module: str) -> str:
    """Return the longest of `FLOORS` that the module lies in."""
    path = module.removeprefix("ctckit").removeprefix(".")
    return max((name for name in FLOORS if f"{path}.".startswith(f"{name}.")), key=len, default="")


def floor(module: str) -> int:
    """Return the floor of a module of the package, 0 for those in no subpackage."""
    return len(FLOORS) if module == "ctckit.__main__" else FLOORS.index(floor_name(module))


def imports(module: str, *, lazy: bool = True) -> set[str]:
    """Return the modules that `module` imports; without `lazy`, only those it always does."""
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if lazy else _always_run(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports in full"
            members = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in members if name in FILES}
            found |= {node.module} if members - FILES.keys() else set()
    return found


def _always_run(node: ast.AST):
    """Yield the statements that run when the module is imported, those in `try` and `if`, too."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield child
            yield from _always_run(child)


@pytest.mark.parametrize("module", FILES)
def test_a_floor_imports_only_floors_below(module):
    own = {name for name in imports(module) if name.split(".")[0] == "ctckit"}
    higher = {name for name in own if floor(name) > floor(module)}
    assert not higher


@pytest.mark.parametrize("module", FILES)
def test_the_package_never_imports_root_files(module):
    assert not {name.split(".")[0] for name in imports(module)} & ROOT_FILES


def test_there_is_no_circle():
    edges = {module: imports(module) & FILES.keys() for module in FILES}
    while free := [module for module, needed in edges.items() if not needed & edges.keys()]:
        for module in free:
            del edges[module]
    assert not edges, "these modules import each other"


@pytest.mark.parametrize("module", [name for name in FILES if floor_name(name) in PLAIN_FLOORS])
def test_plain_floors_import_little(module):
    outside = {name.split(".")[0] for name in imports(module, lazy=False)} - {"ctckit"}
    outside -= sys.stdlib_module_names
    assert outside <= PLAIN_FLOORS[floor_name(module)]
    assert not {name.split(".")[0] for name in imports(module)} & {"tensorflow", "keras"}


def test_reading_loads_nothing_heavy():
    reading = ("text", "image", "inference", "evaluation")
    names = [name for name in FILES if name.split(".")[1:2] and name.split(".")[1] in reading]
    code = (
        "import importlib, json, sys\n"
        f"for name in {['inferenceModel', *names]!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert {"ctckit", "inferenceModel", "onnxruntime"} <= loaded
    assert not {name.split(".")[0] for name in loaded} & HEAVY
    reader = {"ctckit.sources", "ctckit.augment", "ctckit.feed", "ctckit.report"} & loaded
    assert reader <= {"ctckit.sources", "ctckit.report"}  # lists of labels, when they are judged
