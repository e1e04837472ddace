import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctckit.cli.running import require_opencv

ROOT = Path(__file__).parents[2]


def test_opencv_is_there():
    require_opencv()


@pytest.mark.parametrize("library", ["libGL.so.1", "libgthread-2.0.so.0"])
def test_missing_library_gives_one_line(tmp_path, library):
    reason = f"{library}: cannot open shared object file: No such file or directory"
    (tmp_path / "cv2.py").write_text(f"raise ImportError({reason!r})\n")
    done = subprocess.run(
        [sys.executable, str(ROOT / "inferenceModel.py"), "--help"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    for part in (library, "apt-get install libgl1", "pip install opencv-python-headless"):
        assert part in done.stderr


def test_another_fault_is_not_hidden(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)  # makes the import fail
    with pytest.raises(ImportError):
        require_opencv()
