"""Files that say they are the state of a training."""

import io
import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.training.state import TrainingState
from tests.image.zips import change_member

STATE = TrainingState(
    epoch=1,
    step=2,
    variables=[np.arange(3, dtype=np.float32)],
    memories={"Schedule": {"done": 1.5, "best": np.ones(2)}},
    saved_at=1.0,
    environment={"cores": 2},
)


def array_file(shape: str = "(2,)", descr: str = "|u1") -> bytes:
    """Return an `.npy` file of no data whose header says that there are some."""
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


def state_file(path, header, **arrays: bytes):
    """Write a state whose arrays are given as they stand in the file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.frombuffer(json.dumps(header).encode(), np.uint8))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("header.npy", file.getvalue())
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_it_comes_back(tmp_path):
    STATE.save(tmp_path / "state.npz")
    again = TrainingState.load(tmp_path / "state.npz")
    assert (again.epoch, again.step, again.environment) == (1, 2, {"cores": 2})
    assert again.variables[0].tolist() == [0, 1, 2]
    assert again.memories["Schedule"]["best"].tolist() == [1, 1]


def test_what_is_packed_is_not_unpacked(tmp_path):
    path = tmp_path / "state.npz"
    np.savez_compressed(path, header=np.zeros(50_000_000, np.uint8))
    tracemalloc.start()
    with pytest.raises(InputError, match="damaged file .it is packed"):
        TrainingState.load(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def objects() -> bytes:
    """Return an array of Python objects: a pickle, which could hold code."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.array([{}], dtype=object), allow_pickle=True)
    return file.getvalue()


HEADER = {"schema": 1, "variables": 0, "memories": {}}


@pytest.mark.parametrize(
    ("header", "arrays"),
    [
        ([], {}),
        ({}, {}),
        (HEADER, {}),
        (HEADER | {"variables": 10**9}, {}),
        (HEADER | {"variables": "many"}, {}),
        (HEADER | {"memories": 7}, {}),
        (HEADER, {"other": objects()}),
        (HEADER, {"other": array_file(shape="(999999999999999,)")}),
        (HEADER, {"other": array_file(shape="(-1,)")}),
        (HEADER, {"other": array_file(shape="(" * 3000)}),
        (HEADER, {"other": array_file(descr="x")}),
        (HEADER, {"other": b"\x93NUMPY\x09\0"}),
        (HEADER, {"other": b""}),
    ],
)
def test_damages_give_one_line(tmp_path, header, arrays):
    path = state_file(tmp_path / "state.npz", header, **arrays)
    with pytest.raises(InputError, match="received a damaged file .*; begin a new run") as caught:
        TrainingState.load(path)
    assert len(str(caught.value).splitlines()) == 1


def test_an_encrypted_file_gives_one_line(tmp_path):
    path = state_file(tmp_path / "state.npz", HEADER)
    change_member(path, "header.npy", flags=1, method=0)
    with pytest.raises(InputError, match="received a damaged file .*encrypted"):
        TrainingState.load(path)
