"""The network that comes with the package: it reads drawn texts of many kinds.

Trainings start from it, and it reads what nobody has trained a network for. The folder is that of
a run, made by `ctckit base train`; its card is `README.md`.
"""

from pathlib import Path

NAME = "base"
FOLDER = Path(__file__).parent


def find_run(path: str | Path) -> Path:
    """Return a path as it is; "base" stands for the folder of the base, where there is no such."""
    path = Path(path)
    return FOLDER if path == Path(NAME) and not path.exists() else path
