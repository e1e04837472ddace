import multiprocessing
import os
import pickle
import random
import sys
import threading
import tracemalloc
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.zips import (
    MAX_OPEN,
    close_archive,
    has_member,
    list_members,
    read_member,
)
from tests.image.zips import change_member, damage_member, make_zip

FILES = Path("/dev/fd")  # those this process has open
CONTENT = {f"{i:03}.png": random.Random(i).randbytes(5000 + i) for i in range(100)}


def count_open_files():
    return len(list(FILES.iterdir()))


@pytest.fixture
def archive(tmp_path):
    return str(make_zip(tmp_path / "set.zip", CONTENT))


def misread(samples):
    """Return the samples whose content is not the expected one; read several times over."""
    return [sample for sample in samples * 3 if read_bytes(sample.image) != CONTENT[sample.label]]


def samples_of(archive):
    return [Sample(f"{archive}!{name}", name) for name in CONTENT]


def test_listed_are_files_not_folders(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"set/": b"", "set/a.png": b"a", "b.txt": b"bb"})
    members = list_members(str(archive))
    assert [(info.filename, info.file_size) for info in members] == [("set/a.png", 1), ("b.txt", 2)]


def test_of_two_members_with_one_name_the_later_counts(tmp_path):
    archive = str(tmp_path / "set.zip")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.png", b"old")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("a.png", b"newer")
    assert [info.file_size for info in list_members(archive)] == [5]
    assert read_member(archive, "a.png") == b"newer"


def test_threads_read_at_once(archive):
    start = threading.Barrier(8)

    def read(_):
        start.wait(timeout=60)
        return misread(samples_of(archive))

    with ThreadPoolExecutor(8) as pool:
        assert not sum(pool.map(read, range(8)), [])


@pytest.mark.skipif(not FILES.is_dir(), reason="open files cannot be counted")
def test_each_thread_has_its_own_archive_as_long_as_it_lives(archive):
    def read():
        read_member(archive, "001.png")
        read_member(archive, "002.png")
        meet.wait(timeout=60)
        meet.wait(timeout=60)

    meet, before = threading.Barrier(4), count_open_files()
    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    meet.wait(timeout=60)
    assert count_open_files() == before + 3
    meet.wait(timeout=60)
    for thread in threads:
        thread.join()
    assert count_open_files() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_processes_read_beside_their_parent(archive):
    samples = samples_of(archive)
    assert not misread(samples)  # the archive is open in the parent
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        parts = [pool.submit(misread, samples) for _ in range(3)]
        assert not misread(samples)
        assert not sum((part.result() for part in parts), [])


def test_a_pickled_list_of_samples_is_read_in_another_process(archive):
    samples = samples_of(archive)
    assert not misread(samples)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(misread, pickle.loads(pickle.dumps(samples))).result() == []


@pytest.mark.skipif(not FILES.is_dir(), reason="open files cannot be counted")
def test_only_so_many_archives_stay_open(tmp_path):
    archives = [
        str(make_zip(tmp_path / f"{index}.zip", {"a.png": b"%d" % index}))
        for index in range(3 * MAX_OPEN)
    ]
    before = count_open_files()
    for _ in range(2):
        for index, archive in enumerate(archives):
            assert read_member(archive, "a.png") == b"%d" % index
    assert count_open_files() <= before + MAX_OPEN


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be removed there")
def test_an_archive_that_vanishes_while_it_is_open(archive):
    assert read_member(archive, "001.png") == CONTENT["001.png"]
    Path(archive).unlink()
    with pytest.raises(InputError, match=r"^cannot read .*set\.zip!001\.png: No such file"):
        read_member(archive, "001.png")


def test_an_archive_that_changes_while_it_is_open_gives_one_error(archive, tmp_path):
    assert read_member(archive, "001.png") == CONTENT["001.png"]
    make_zip(tmp_path / "set.zip", {"001.png": b"another"})
    with pytest.raises(InputError, match=r"set\.zip!001\.png: the archive changed .*start again"):
        read_member(archive, "001.png")
    assert read_member(archive, "001.png") == b"another"


def test_listing_starts_again(archive, tmp_path):
    assert len(list_members(archive)) == len(CONTENT)
    make_zip(tmp_path / "set.zip", {"new.png": b"another"})
    assert [info.filename for info in list_members(archive)] == ["new.png"]
    assert read_member(archive, "new.png") == b"another"


def test_the_same_name_in_another_folder_is_another_archive(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make_zip(tmp_path / name / "set.zip", {"a.png": name.encode()})
    for name in ("one", "two", "one"):
        monkeypatch.chdir(tmp_path / name)
        assert read_member("set.zip", "a.png") == name.encode()


def test_a_closed_archive_is_opened_again(archive):
    close_archive(archive)
    assert has_member(archive, "001.png")
    close_archive(archive)
    assert read_member(archive, "001.png") == CONTENT["001.png"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "expected a zip archive, received none .*not a zip file"),
        (b"", "expected a zip archive, received none .*not a zip file"),
        (None, "No such file"),
    ],
)
def test_what_is_no_archive(tmp_path, content, reason):
    path = tmp_path / "set.zip"
    if content is not None:
        path.write_bytes(content)
    for use in (list_members, lambda it: has_member(it, "a"), lambda it: read_member(it, "a")):
        with pytest.raises(InputError, match=rf"^cannot read .*set\.zip.*: {reason}") as caught:
            use(str(path))
        assert "\n" not in str(caught.value)


def test_a_folder_is_no_archive(tmp_path):
    with pytest.raises(InputError, match="^cannot read .*: Is a directory|Permission denied"):
        list_members(str(tmp_path))


BAD_MEMBERS = [
    (lambda path: damage_member(path, "001.png"), "expected a zip .*damaged one .*; pack it again"),
    (lambda path: change_member(path, "001.png", flags=1), "is encrypted, .*; pack it again"),
    (lambda path: change_member(path, "001.png", method=97), "compression .*; pack it again"),
    (lambda path: change_member(path, "001.png", method=12), "compression .*; pack it again"),
    (lambda path: change_member(path, "001.png", method=14), "compression .*; pack it again"),
]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    BAD_MEMBERS,
    ids=["damaged", "encrypted", "method", "BZIP2", "LZMA"],
)
def test_a_bad_member_leaves_the_others_readable(archive, tmp_path, spoil, reason):
    spoil(tmp_path / "set.zip")
    with pytest.raises(InputError, match=rf"^cannot read .*set\.zip!001\.png: .*{reason}"):
        read_member(archive, "001.png")
    assert read_member(archive, "002.png") == CONTENT["002.png"]
    with pytest.raises(InputError, match="no such member"):
        read_member(archive, "gone.png")


@pytest.mark.parametrize("seed", range(4))
def test_damage_anywhere_gives_the_content_or_one_line(tmp_path, seed):
    """No byte that is turned around makes anything but the right content or an InputError."""
    rng = random.Random(seed)
    path = make_zip(tmp_path / "set.zip", {"a.png": CONTENT["001.png"][:200], "ä.png": b"b" * 50})
    whole = path.read_bytes()
    for _ in range(150):
        content = bytearray(whole)
        content[rng.randrange(len(whole))] ^= rng.randrange(1, 256)
        path.write_bytes(content)
        try:
            list_members(str(path))
            found = read_member(str(path), "a.png")
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert found == CONTENT["001.png"][:200]


# Bombs


@pytest.fixture
def bomb(tmp_path):
    """An archive of one member of 80 MB of zeros, in 80 kB."""
    return make_zip(tmp_path / "set.zip", {"a.png": bytes(80_000_000)})


def peak(use) -> int:
    """Return how many bytes `use`, which must be refused, takes at most."""
    tracemalloc.start()
    with pytest.raises(InputError, match=r"^cannot read .*set\.zip!a\.png: "):
        use()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_a_member_that_grows_a_thousandfold_is_not_unpacked(bomb):
    assert peak(lambda: read_member(str(bomb), "a.png")) < 2_000_000
    with pytest.raises(InputError, match="up to 200 for each packed one, received 80,000,000 of"):
        read_member(str(bomb), "a.png")


def test_a_member_that_says_it_is_small_is_unpacked_so_far_only(bomb):
    content = bomb.read_bytes().replace((80_000_000).to_bytes(4, "little"), b"\x10\0\0\0")
    bomb.write_bytes(content)
    assert list_members(str(bomb))[0].file_size == 16
    assert peak(lambda: read_member(str(bomb), "a.png")) < 2_000_000


def test_what_is_large_or_repeats_itself_is_read(tmp_path):
    noise = random.Random(0).randbytes(1 << 16)
    files = {"blank.bmp": bytes(20_000_000), "list.csv": noise * 8, "empty": b""}
    archive = str(make_zip(tmp_path / "set.zip", files))
    assert all(read_member(archive, name) == content for name, content in files.items())


def test_a_member_without_a_name_is_no_file(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"a": b"x", "b.png": b"y"})
    archive.write_bytes(archive.read_bytes().replace(b"a", b"\0"))  # where a name ends
    assert [info.filename for info in list_members(str(archive))] == ["b.png"]
