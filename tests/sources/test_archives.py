import stat
import zipfile

import pytest

from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.sources.archives import unpack as unpack_images


def unpack(archive, target):
    return unpack_images(archive, target, suffixes={".png"})


def make_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_unpack_drops_the_enclosing_folder_and_junk(tmp_path):
    files = {"set/a.png": b"a", "set/sub/b.png": b"b", "__MACOSX/set/._a.png": b"", "set/.DS": b""}
    target = unpack(make_zip(tmp_path / "set.zip", files), tmp_path / "new" / "set")
    assert content(target) == {"a.png": b"a", "sub/b.png": b"b"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["set"]


def test_unpack_keeps_what_has_no_enclosing_folder(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"a", "sub/b.png": b"b"})
    assert content(unpack(archive, tmp_path / "set")) == {"a.png": b"a", "sub/b.png": b"b"}


def test_unpack_again_reuses_the_same_files(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"a", "b.png": b"b"})
    target = unpack(archive, tmp_path / "set")
    before = (target / "a.png").stat().st_mtime_ns
    assert unpack(archive, tmp_path / "set") == target
    assert (target / "a.png").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "other",
    [
        {"a.png": b"a"},
        {"a.png": b"a", "b.png": b"longer"},
        {"a.png": b"a", "b.png": b"b", "c": b""},
    ],
    ids=["a file is missing", "a file has another size", "a file too many"],
)
def test_unpack_never_overwrites_other_content(tmp_path, other):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"a", "b.png": b"b"})
    target = tmp_path / "set"
    target.mkdir()
    for name, data in other.items():
        (target / name).write_bytes(data)
    with pytest.raises(InputError, match="holds something else; move it away"):
        unpack(archive, target)
    assert content(target) == other


@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/evil.png", "C:/evil.png", "..\\evil.png"]
)
def test_members_that_point_out_of_the_archive_are_refused(tmp_path, name):
    archive = make_zip(tmp_path / "set.zip", {"good.png": b"a", name: b"x"})
    with pytest.raises(InputError, match="refused to unpack .*points out of the archive"):
        unpack(archive, tmp_path / "inner" / "set")
    assert [path.name for path in tmp_path.rglob("*")] == ["set.zip"]


def test_links_are_refused(tmp_path):
    archive = tmp_path / "set.zip"
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="'link.png' is a link"):
        unpack(archive, tmp_path / "set")


def test_not_a_zip(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"<html>")
    with pytest.raises(InputError, match=r"expected a zip archive, received .*set\.zip"):
        unpack(tmp_path / "set.zip", tmp_path / "set")


def test_damaged_member_leaves_nothing_behind(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"a" * 5000, "b.png": bytes(range(256))})
    data = bytearray(archive.read_bytes())
    position = data.index(b"b.png") + 40
    data[position] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(InputError, match="expected a zip archive"):
        unpack(archive, tmp_path / "set")
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


def test_encrypted_member(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"a"})
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of encryption, in both headers
    data[data.index(b"PK\x03\x04") + 6] |= 1
    archive.write_bytes(data)
    with pytest.raises(InputError, match="cannot unpack .*encrypted"):
        unpack(archive, tmp_path / "set")


def test_too_little_space(tmp_path, monkeypatch):
    archive = make_zip(tmp_path / "set.zip", {"a.png": b"a" * 100})
    usage = type("usage", (), {"free": 10})
    monkeypatch.setattr("ctckit.sources.archives.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="GB are free"):
        unpack(archive, tmp_path / "set")


def test_new_folder_appears_only_when_the_block_succeeds(tmp_path):
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "new") as folder:
        (folder / "half").write_text("x")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_new_folder_takes_the_place_of_an_empty_one(tmp_path):
    (tmp_path / "new").mkdir()
    with new_folder(tmp_path / "new") as folder:
        (folder / "file").write_text("x")
    assert content(tmp_path / "new") == {"file": b"x"}


def test_new_folder_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(InputError, match="cannot write to .*file"),
        new_folder(tmp_path / "file" / "new"),
    ):
        pass


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"x"}])
def test_an_archive_without_images_leaves_nothing_behind(tmp_path, files):
    archive = make_zip(tmp_path / "set.zip", files)
    with pytest.raises(InputError, match="expected images"):
        unpack(archive, tmp_path / "set")
    assert [entry.name for entry in tmp_path.iterdir()] == ["set.zip"]


def test_a_colon_in_a_name_is_no_drive(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"12:40.png": b"a"})
    assert content(unpack(archive, tmp_path / "set")) == {"12:40.png": b"a"}


def test_a_name_too_long_for_the_system(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {f"{'a' * 300}.png": b"a"})
    with pytest.raises(InputError, match="cannot unpack"):
        unpack(archive, tmp_path / "set")
    assert [entry.name for entry in tmp_path.iterdir()] == ["set.zip"]
