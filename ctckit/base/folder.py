"""Where the networks lie that come with the package, and what is known of them.

Trainings start from one, and it reads what nobody has trained a network for. Each folder is that
of a run, as `ctckit base train` makes; its card is `README.md`.
"""

from pathlib import Path

NAME = "base"
LARGE = "base-large"  # of twice the width: for texts that are hard to read
LARGE_RATE = 1e-3  # highest learning rate that it is trained on with: a higher one unlearns
NETWORK = "crnn"
FOLDER = Path(__file__).parent
FOLDERS = {NAME: FOLDER, LARGE: FOLDER / "large"}


def find_run(path: str | Path) -> Path:
    """Return a path as it is; "base", "base-large" stand for the package's, whatever lies here."""
    path = Path(path)
    return FOLDERS.get(str(path), path)
