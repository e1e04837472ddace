"""What a container is built of; docs/serving.md tells how its steps were tried."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_its_opencv_is_that_of_the_constraints():
    name = r"opencv-python(?:-headless)?==(\S+)"
    wanted = re.search(name, (ROOT / "constraints.txt").read_text())[1]
    assert re.findall(name, (ROOT / "Dockerfile").read_text()) == [wanted]


def test_what_the_build_needs_is_sent_to_it():
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"}
    copied = [
        node.value
        for node in ast.walk(ast.parse((ROOT / "setup.py").read_text()))
        if isinstance(node, ast.Constant) and str(node.value).endswith((".py", "README.md"))
    ]
    assert copied and {*copied, "ctckit", "pyproject.toml", "LICENSE", "README.md"} <= sent
    assert all((ROOT / name).exists() for name in sent)
