"""Where the network lies that comes with the package, and what is known of it.

Trainings start from it, and it reads what nobody has trained a network for. The folder is that of
a run, made by `ctckit base train`; its card is `README.md`.
"""

from pathlib import Path

NAME = "base"
NETWORK = "crnn"
WIDTHS = (0.8, 1.0, 1.28, 1.6)  # at which it reads each image: nobody knows how wide characters are
FOLDER = Path(__file__).parent


def find_run(path: str | Path) -> Path:
    """Return a path as it is; "base" stands for the folder of the base, whatever lies here."""
    path = Path(path)
    return FOLDER if path == Path(NAME) else path
