from pathlib import Path

import matplotlib
import pytest

from ctckit.render.faces import Face, find_faces

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzäß.,:-%$é"
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")  # DejaVu, STIX, and those of TeX


@pytest.fixture(scope="session")
def faces() -> list[Face]:
    """Return the faces of the fonts that come with Matplotlib."""
    return find_faces([FONTS], CHARACTERS)
