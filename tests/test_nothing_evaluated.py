"""No text becomes code: what could do that is called nowhere, or where it is listed here, and why.

The code is read, not searched: a word in a comment is no call.
"""

import ast
import re
from pathlib import Path

import pytest
import yaml

from ctckit import config

ROOT = Path(__file__).parents[1]
FILES = [*sorted((ROOT / "ctckit").rglob("*.py")), *sorted(ROOT.glob("*.py"))]

FORBIDDEN_CALLS = re.compile(
    r"""(builtins\.)?(eval|exec|compile|__import__)
    | (pickle|cPickle|_pickle|dill|cloudpickle|marshal|joblib|jsonpickle)\.\w*(load|Unpickler)\w*
    | shelve\.open | (pd|pandas)\.read_pickle | torch\.load
    | yaml\.(load|load_all|unsafe_load|unsafe_load_all|full_load|full_load_all)
    | os\.(system|popen|exec\w+|spawn\w+|posix_spawn\w*) | pty\.spawn
    | subprocess\.\w+ | asyncio\.create_subprocess_\w+
    | (\w+\.)*(enable_unsafe_deserialization|Lambda|TFSMLayer)
    | (\w+\.)*(register_custom_ops_library|load_op_library|CDLL|LoadLibrary)
    | (\w+\.)*(run_path|run_module|import_module|exec_module|load_module|spec_from_file_location)
    | code\.\w+ | (\w+\.)?(literal_eval) | (\w+\.)?(extractall|unpack_archive)""",
    re.VERBOSE,
)
FORBIDDEN_ARGUMENTS = {("shell", True), ("allow_pickle", True), ("safe_mode", False)}
FORBIDDEN_IMPORTS = {
    *("pickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "jsonpickle", "code"),
    *("subprocess", "pty", "runpy", "ctypes", "imp"),
}
ALLOWED = {
    # A worker and its parent, both of one program, over a pipe that nobody else has; `ctypes` is
    # the type of an array in shared memory.
    "ctckit/feed/processes.py": {"pickle", "pickle.loads", "ctypes"},
    # This very program, once more, to train while somebody types; it ends with us.
    "ctckit/labelling/learner.py": {"subprocess", "subprocess.Popen"},
    # The C library that the process runs with, to set how it keeps memory.
    "ctckit/networks/fused.py": {"ctypes", "ctypes.CDLL"},
    # The recipe that is installed with the package.
    "ctckit/cli/train.py": {"runpy", "runpy.run_path"},
    # configs.py beside the train.py of the folder one works in: code that one runs.
    "ctckit/cli/recipe_configs.py": {"spec_from_file_location", "spec.loader.exec_module"},
    # Modules by the names of a table in the code.
    "ctckit/cli/verbs.py": {"import_module"},
    "ctckit/lazy.py": {"import_module"},
    # The loader is one of SafeLoader's kind; the test below looks.
    "ctckit/config.py": {"yaml.load"},
}


def dangers(code: str) -> set[str]:
    """Return what in `code` could make code of a text."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names} & FORBIDDEN_IMPORTS
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module} & FORBIDDEN_IMPORTS
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            found |= {name} if FORBIDDEN_CALLS.fullmatch(name) else set()
            found |= {
                f"{keyword.arg}={keyword.value.value}"
                for keyword in node.keywords
                if isinstance(keyword.value, ast.Constant)
                and (keyword.arg, keyword.value.value) in FORBIDDEN_ARGUMENTS
            }
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_becomes_code(path):
    allowed = ALLOWED.get(path.relative_to(ROOT).as_posix(), set())
    assert dangers(path.read_text(encoding="utf-8")) <= allowed


def test_what_is_allowed_is_there():
    """A line of the list that is no longer needed goes."""
    for name, allowed in ALLOWED.items():
        assert dangers((ROOT / name).read_text(encoding="utf-8")) == allowed, name


def test_yaml_is_loaded_as_plain_values():
    tree = ast.parse(Path(config.__file__).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    loaders = [call.args[1].id for call in calls if ast.unparse(call.func) == "yaml.load"]
    assert loaders
    assert all(issubclass(getattr(config, name), yaml.SafeLoader) for name in loaders)


@pytest.mark.parametrize(
    "code",
    [
        "eval('1')",
        "exec(text)",
        "compile(text, '', 'exec')",
        "__import__(name)",
        "import pickle",
        "from marshal import loads",
        "pickle.Unpickler(file).load()",
        "yaml.load(text)",
        "yaml.full_load(text)",
        "os.system('ls')",
        "os.execvp('ls', [])",
        "subprocess.run(['ls'])",
        "run(command, shell=True)",
        "np.load(file, allow_pickle=True)",
        "keras.models.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "keras.layers.Lambda(lambda x: x)",
        "options.register_custom_ops_library(path)",
        "importlib.import_module(name)",
        "archive.extractall(folder)",
    ],
)
def test_a_danger_is_seen(code):
    assert dangers(code)


@pytest.mark.parametrize(
    "code", ["model.compile('sgd')", "re.compile('a')", "# eval(x)", "yaml.safe_load(text)"]
)
def test_what_is_harmless_is_not(code):
    assert not dangers(code)
