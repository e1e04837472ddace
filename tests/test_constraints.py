"""constraints.txt fits pyproject.toml and requirements.txt, and names all that they name."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DIRECT = [
    *PROJECT["dependencies"],
    *(line for lines in PROJECT["optional-dependencies"].values() for line in lines),
    *(
        line
        for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith(("#", "-"))
    ),
]
LINES = [
    line
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
EXACT = {name: version for name, _, version in (line.partition("==") for line in LINES)}


def test_every_line_is_one_version_of_one_package():
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][a-z0-9.+!]*", line) for line in LINES)
    assert sorted(EXACT) == [line.partition("==")[0] for line in LINES], "in order, none twice"
    assert "ctckit" not in EXACT


@pytest.mark.parametrize("line", DIRECT)
def test_what_the_project_asks_for_is_there_and_fits(line):
    wanted = Requirement(line)
    assert EXACT[re.sub(r"[-_.]+", "-", wanted.name).lower()] in wanted.specifier
