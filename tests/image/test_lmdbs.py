import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ctckit.errors import InputError
from ctckit.image.address import (
    absolute,
    address_from,
    exists,
    expect_bytes,
    file_of,
    name_of,
    read_bytes,
)
from ctckit.image.lmdbs import close_if_changed, close_lmdb, items, keys
from tests.image.lmdbs import make_lmdb
from tests.image.zips import make_zip

FILES = [
    # file, why
    ("data.mdb", "as DTRB writes it"),
    ("set.lmdb", "a single file"),
    ("SET.LMDB", "the suffix in capitals"),
    ("my set!.mdb", "an exclamation mark"),
    ("old.zip!/data.mdb", "a folder that reads as an address itself"),
    ("set.lmdb/data.mdb", "a folder that is called as a file"),
]


@pytest.mark.parametrize("name", [row[0] for row in FILES], ids=[row[1] for row in FILES])
def test_values_have_addresses(tmp_path, monkeypatch, name):
    file = make_lmdb(tmp_path / name, {"image-1": b"content", "image-2": b"other"})
    address = f"{file}!image-1"
    assert read_bytes(address) == b"content"
    assert exists(address)
    assert not exists(f"{file}!image-3")
    assert not exists(f"{tmp_path}/gone.mdb!image-1")
    assert name_of(address) == "image-1"
    assert file_of(address) == str(file)
    monkeypatch.chdir(tmp_path)
    assert read_bytes(f"{name}!image-1") == b"content"
    assert absolute(f"{name}!image-1") == address
    assert address_from(tmp_path, f"{name}!image-1") == address


def test_plain_files_win(tmp_path):
    make_lmdb(tmp_path / "data.mdb", {"a.png": b"value"})
    (tmp_path / "data.mdb!a.png").write_bytes(b"plain")
    assert read_bytes(tmp_path / "data.mdb!a.png") == b"plain"


def test_members_of_zips_stay_members(tmp_path):
    make_zip(tmp_path / "set.zip", {"a.mdb!b": b"member"})
    assert read_bytes(f"{tmp_path}/set.zip!a.mdb!b") == b"member"


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("data.mdb!image-9", "cannot read .*data.mdb!image-9: the file has no such key"),
        ("gone.mdb!a", "cannot read .*gone.mdb!a: No such file"),
        ("text.mdb!a", "cannot read .*text.mdb!a: expected an LMDB file, received none"),
        ("empty.lmdb!a", "cannot read .*empty.lmdb!a: expected an LMDB file"),
        (f"data.mdb!{'x' * 600}", "the file has no such key"),
        ("data.mdb!\udc80", "cannot read .*expected keys in UTF-8"),
    ],
)
def test_what_cannot_be_read(tmp_path, address, message):
    make_lmdb(tmp_path / "data.mdb", {"image-1": b"content"})
    (tmp_path / "text.mdb").write_bytes(b"x" * 100_000)
    (tmp_path / "empty.lmdb").write_bytes(b"")
    with pytest.raises(InputError, match=message) as caught:
        read_bytes(f"{tmp_path}/{address}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [100, 4096, 5000, 8192, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(tmp_path, size):
    """To read behind the end of a file that is mapped into memory would end the process."""
    file = make_lmdb(tmp_path / "data.mdb", {f"image-{n}": bytes(5000) for n in range(99)})
    whole = file.read_bytes()
    file.write_bytes(whole[: size if isinstance(size, int) else int(size * len(whole))])
    for number in (0, 98):
        with pytest.raises(InputError, match="expected an LMDB file, received none or a damaged"):
            read_bytes(f"{file}!image-{number}")
    make_lmdb(tmp_path / "new.mdb", {"image-0": b"content"}).replace(file)
    assert read_bytes(f"{file}!image-0") == b"content"  # nothing of the damaged one is kept


def test_keys_of_one_prefix(tmp_path):
    file = str(make_lmdb(tmp_path / "a.mdb", {"image-2": b"x", "label-10": b"a", "label-9": b"b"}))
    assert list(items(file, "label-")) == [("10", b"a"), ("9", b"b")]
    assert list(keys(file, "image-")) == ["2"]
    assert list(keys(file, "z")) == []


def test_threads_read_from_one_file(tmp_path):
    values = {f"image-{number}": b"%d" % number for number in range(100)}
    file = make_lmdb(tmp_path / "data.mdb", values)
    addresses = [f"{file}!{key}" for key in values] * 20
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_bytes, addresses)) == list(values.values()) * 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system forks no processes")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_opens_it_anew(tmp_path):
    file = make_lmdb(tmp_path / "data.mdb", {"image-1": b"content"})
    assert read_bytes(f"{file}!image-1") == b"content"
    child = os.fork()
    if child == 0:
        os._exit(0 if read_bytes(f"{file}!image-1") == b"content" else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert read_bytes(f"{file}!image-1") == b"content"


def test_links_to_one_file(tmp_path):
    file = make_lmdb(tmp_path / "data.mdb", {"image-1": b"content"})
    (tmp_path / "link.mdb").symlink_to(file)
    os.link(file, tmp_path / "hard.mdb")
    for name in ("data.mdb", "link.mdb", "hard.mdb"):
        assert read_bytes(f"{tmp_path / name}!image-1") == b"content"
    close_lmdb(str(tmp_path / "link.mdb"))
    assert read_bytes(f"{file}!image-1") == b"content"


def test_a_replaced_file_is_opened_anew_when_it_is_asked_for(tmp_path):
    file = make_lmdb(tmp_path / "data.mdb", {"image-1": b"old"})
    assert read_bytes(f"{file}!image-1") == b"old"
    make_lmdb(tmp_path / "new.mdb", {"image-1": b"new", "image-2": b"x"}).replace(file)
    close_if_changed(str(file))
    assert read_bytes(f"{file}!image-1") == b"new"
    close_if_changed(str(file))
    file.unlink()
    close_if_changed(str(file))
    assert not exists(f"{file}!image-1")


def test_the_package_is_not_needed_to_read(tmp_path, monkeypatch):
    file = make_lmdb(tmp_path / "data.mdb", {"image-1": b"content"})
    monkeypatch.setitem(sys.modules, "lmdb", None)
    assert read_bytes(f"{file}!image-1") == b"content"


@pytest.mark.parametrize("size", [0, 7, 2000, 2100, 9000, 50_000])
@pytest.mark.parametrize("count", [1, 3, 700])
def test_what_is_expected_is_what_is_read(tmp_path, size, count):
    values = {f"image-{number:09}": b"%d" % number + bytes(size) for number in range(count)}
    file = make_lmdb(tmp_path / "data.mdb", values)
    addresses = [f"{file}!{key}" for key in values]
    gone = [f"{file}!image-x", f"{tmp_path}/gone.mdb!a", f"{file}!\udc80"]
    expect_bytes([*gone, None, 7, f"{tmp_path}/a.png", *addresses, Path(addresses[0])])
    assert [read_bytes(address) for address in addresses] == list(values.values())
    for address in gone:
        with pytest.raises(InputError, match="^cannot read "):
            read_bytes(address)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system cannot be told")
def test_the_system_is_told_of_whole_values(tmp_path, monkeypatch):
    values = {f"image-{number:03}": bytes([number]) * 9000 for number in range(200)}
    file = make_lmdb(tmp_path / "data.mdb", values)
    told = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, start, size, __: told.append((start, size)))
    expect_bytes([f"{file}!image-007", f"{file}!image-190"])
    content = file.read_bytes()
    values = [content[start : start + size][16:] for start, size in told if size > 4096]
    assert values == [bytes([7]) * 9000, bytes([190]) * 9000]


def test_without_positions_of_their_own_threads_read_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("ctckit.image.lmdb_pages._HAS_PREAD", False)  # as on Windows
    test_threads_read_from_one_file(tmp_path)


def test_no_handle_left_is_no_fault_of_the_file(tmp_path, monkeypatch):
    def refuse(file):
        raise OSError(errno.EMFILE, "Too many open files")

    file = make_lmdb(tmp_path / "data.mdb", {"image-1": b"content"})
    monkeypatch.setattr("ctckit.image.lmdb_pages.FileIO", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        read_bytes(f"{file}!image-1")
