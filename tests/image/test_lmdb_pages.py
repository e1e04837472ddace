"""Pages of an LMDB file that lead to nowhere; those of real files do not."""

import struct

import lmdb
import pytest

from ctckit.image.lmdb_pages import DamagedPagesError, LmdbFile
from tests.image.lmdbs import make_lmdb

PAGE = 4096
META = 16  # behind the header of a page


@pytest.fixture
def damage(tmp_path, monkeypatch):
    """Return what writes a number into a page of a file of three levels, and reads all of it."""
    values = {f"image-{number:0300}": bytes(PAGE) for number in range(200)}
    file = make_lmdb(tmp_path / "set.mdb", values)
    with lmdb.open(str(file), subdir=False, lock=False) as environment:
        found = environment.stat()
        assert found["psize"] == PAGE and found["depth"] == 3, "as the tests expect it"
    content = bytearray(file.read_bytes())

    def apply(page: int, offset: int, form: str, number: int) -> None:
        struct.pack_into(form, content, page * PAGE + offset, number)
        file.write_bytes(content)
        for read in (one_by_one, in_order):
            with pytest.raises(DamagedPagesError):
                read(LmdbFile(str(file)))

    def one_by_one(opened: LmdbFile) -> None:
        for key in values:
            if opened.value(key.encode()) is None:
                raise DamagedPagesError("a key is not found")

    def in_order(opened: LmdbFile) -> None:
        for _ in opened.items(b""):
            pass

    newer = max((0, 1), key=lambda page: struct.unpack_from("<Q", content, page * PAGE + 144)[0])
    root = struct.unpack_from("<Q", content, newer * PAGE + META + 24 + 48 + 40)[0]
    pages = {"meta": newer, "root": root}
    for above, below in (("root", "branch"), ("branch", "leaf")):
        node = pages[above] * PAGE + struct.unpack_from("<H", content, pages[above] * PAGE + 16)[0]
        pages[below] = struct.unpack_from("<I", content, node)[0]
        pages[f"{above} node"] = node % PAGE
    pages["leaf node"] = struct.unpack_from("<H", content, pages["leaf"] * PAGE + 16)[0]
    apply.pages = pages
    return apply


@pytest.mark.parametrize("count", [0, 1, 3, 3000])
@pytest.mark.parametrize("size", [0, 5, 1000, 9000])
def test_what_lmdb_wrote_is_read(tmp_path, count, size):
    values = {f"image-{number:09}": b"%d" % number + bytes(size) for number in range(count)}
    file = make_lmdb(tmp_path / "set.mdb", values)
    expected = [(key.encode(), value) for key, value in values.items()]
    opened = LmdbFile(str(file))
    assert list(opened.items(b"")) == list(opened.items(b"image-")) == expected
    assert list(opened.keys(b"")) == [key for key, _ in expected]
    assert [opened.value(key) for key, _ in expected] == [value for _, value in expected]
    for key in (b"", b"a", b"image-000000000x", b"image-0000015", b"z"):
        assert opened.value(key) is None and not opened.has(key)


def test_prefixes_between_and_beside_keys(tmp_path):
    names = [f"{letter}-{number:0200}" for letter in "bdf" for number in range(500)]
    opened = LmdbFile(str(make_lmdb(tmp_path / "set.mdb", dict.fromkeys(names, b"x"))))
    for prefix in ("", "a", "b", "b-", "c", "d-" + "0" * 198 + "4", "f-", "f-" + "0" * 198, "g"):
        expected = [name for name in names if name.startswith(prefix)]
        assert [key.decode() for key in opened.keys(prefix.encode())] == expected


def test_a_file_that_was_written_again(tmp_path):
    for size in (10, 3000, 0):
        file = make_lmdb(tmp_path / "set.mdb", {f"{size}-{one}": bytes(size) for one in range(99)})
    with (
        lmdb.open(str(file), subdir=False, lock=False) as environment,
        environment.begin(write=True) as transaction,
    ):
        for number in range(0, 99, 2):
            transaction.delete(f"3000-{number}".encode())
        expected = sorted(key for key, _ in transaction.cursor())
    opened = LmdbFile(str(file))
    assert list(opened.keys(b"")) == expected
    assert opened.value(b"3000-1") == bytes(3000) and opened.value(b"3000-2") is None


FIELDS = ("page", "offset", "form", "number")
FAULTS = [
    # page, where in it, form, number, why
    ("meta", META + 24 + 48 + 4, "<H", 4, "keys of several values"),
    ("meta", META + 24 + 48 + 6, "<H", 2, "a tree less high"),
    ("meta", META + 24 + 48 + 6, "<H", 4, "a tree higher"),
    ("meta", META + 24 + 48 + 40, "<Q", 10**6, "a root behind the end"),
    ("meta", META + 24 + 48 + 40, "<Q", 0, "a root that is no tree"),
    ("meta", META + 24 + 48 + 48, "<Q", 10**6, "more pages than there are"),
    ("root", 0, "<Q", 5, "another number"),
    ("root", 10, "<H", 2, "a branch that says it is a leaf"),
    ("branch", 10, "<H", 4, "a branch that says it is a value"),
    ("leaf", 10, "<H", 0x22, "a leaf without sizes"),
    ("leaf", 12, "<H", 16, "a leaf without keys"),
    ("branch", 12, "<H", 18, "a branch to one page alone"),
    ("root", 12, "<H", 5000, "more keys than have room"),
    ("root", 14, "<H", 5000, "room behind the end"),
    ("leaf", 16, "<H", PAGE - 4, "a key at the end"),
    ("leaf", 16, "<H", 16, "a key at the beginning"),
]


@pytest.mark.parametrize(FIELDS, [row[:4] for row in FAULTS], ids=[row[4] for row in FAULTS])
def test_a_page_that_misleads_is_refused(damage, page, offset, form, number):
    damage(damage.pages[page], offset, form, number)


NODES = [
    # page, where in its first node, form, number, why
    ("root", 4, "<H", 1, "a page far behind the end"),
    ("root", 6, "<H", 5000, "a key longer than the page"),
    ("leaf", 6, "<H", 5000, "a key longer than the page"),
    ("leaf", 4, "<H", 0, "a long value that says it is in the page"),
    ("leaf", 4, "<H", 5, "several values"),
    ("leaf", 0, "<I", 2**32 - 1, "a value longer than the file"),
    ("leaf", 8 + 306, "<Q", 2**63, "a value far behind the end"),
    ("leaf", 8 + 306, "<Q", 10**4, "a value behind the end"),
]


@pytest.mark.parametrize(FIELDS, [row[:4] for row in NODES], ids=[row[4] for row in NODES])
def test_a_node_that_misleads_is_refused(damage, page, offset, form, number):
    damage(damage.pages[page], damage.pages[f"{page} node"] + offset, form, number)


def test_a_page_in_two_places_is_refused(damage):
    damage(damage.pages["root"], damage.pages["root node"], "<I", damage.pages["root"])
