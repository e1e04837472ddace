"""Names in archives and folders that try to lead elsewhere, or on and on."""

import os
import stat
import zipfile

import pytest

from ctckit.errors import InputError
from ctckit.image.decode import ImageReader
from ctckit.sources.files.tree import MAX_DEPTH, folder_tree, zip_tree
from ctckit.sources.layouts import open_dataset, tree_of
from tests.image.zips import change_member, make_zip
from tests.sources.folders import labels, touch

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("../../abc.png", "abc.png"),
        ("/etc/abc.png", "etc/abc.png"),
        ("a/../../b/./abc.png", "a/b/abc.png"),
        (r"..\..\abc.png", "abc.png"),
        (r"C:\photos\abc.png", "C:/photos/abc.png"),
        ("abc\0.png/x.png", "abc"),  # as zipfile has it
    ],
)
def test_names_stay_in_the_archive(tmp_path, monkeypatch, member, name):
    archive = make_zip(tmp_path / "in" / "set.zip", {member.replace("\0", "?"): b"content"})
    archive.write_bytes(archive.read_bytes().replace(b"abc?", b"abc\0"))
    monkeypatch.chdir(tmp_path)
    tree = zip_tree(archive)
    assert tree.all_files == [name]
    assert tree.read(name) == b"content"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["in", "set.zip"]


def test_a_link_in_an_archive_is_the_text_that_it_holds(tmp_path):
    """It is not followed: the text is no image."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    link = zipfile.ZipInfo("abc.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        file.writestr(link, str(secret))
    dataset = open_dataset(tmp_path / "set.zip")
    assert labels(dataset) == ["abc"]
    with pytest.raises(InputError, match="not an image, or a damaged one"):
        ImageReader()(dataset.samples[0].image, "")


@pytest.mark.parametrize("named", ["../secret.png", "{secret}", "../in/set.zip!a.png"])
def test_a_list_in_an_archive_names_nothing_outside(tmp_path, named):
    secret = touch(tmp_path, "secret.png") / "secret.png"
    text = f"image,label\na.png,x\nb.png,z\n{named.format(secret=secret)},y\n"
    files = {"a.png": b"a", "b.png": b"b", "labels.csv": text.encode()}
    dataset = open_dataset(make_zip(tmp_path / "in" / "set.zip", files))
    assert labels(dataset) == ["x", "z"]
    assert [record.reason for record in dataset.left_out] == ["no such file"]


def test_very_deep_members_are_passed_over(tmp_path):
    """Each of their folders would be kept by its whole name: gigabytes, of a few kilobytes."""
    deep = "d/" * (MAX_DEPTH + 1) + "deep.png"
    most = "d/" * MAX_DEPTH + "most.png"
    archive = make_zip(tmp_path / "set.zip", {deep: b"", most: b"", "d/" * 32_000 + "x.png": b""})
    assert zip_tree(archive).all_files == [most]
    assert tree_of(archive).all_files == ["most.png"]


def test_encrypted_images_are_told(tmp_path):
    archive = make_zip(tmp_path / "set.zip", {"abc.png": b"x"})
    with pytest.raises(InputError, match="without a password in .* 1 encrypted ones: abc.png"):
        zip_tree(change_member(archive, "abc.png", flags=1))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_truncated_archive_is_told(tmp_path, share):
    archive = make_zip(tmp_path / "set.zip", {"abc.png": os.urandom(1000)})
    archive.write_bytes(archive.read_bytes()[: int(share * archive.stat().st_size)])
    with pytest.raises(InputError, match="received none or a damaged one"):
        zip_tree(archive)


@pytest.mark.parametrize("name", ["a\0b/c.png", "\ud800/c.png", "x" * 5000])
def test_names_that_no_folder_has(tmp_path, name):
    assert not folder_tree(touch(tmp_path, "a.png")).has(name)


@needs_links
def test_links_in_circles_end(tmp_path):
    """Folders that lead to one another by several links each: every way through them once."""
    for folder, other in (("a", "b"), ("b", "a")):
        touch(tmp_path / folder, f"{folder}.png")
        for number in range(3):
            (tmp_path / folder / f"link{number}").symlink_to(tmp_path / other)
    files = folder_tree(tmp_path).all_files
    assert [name for name in files if name.count("/") == 1] == ["a/a.png", "b/b.png"]
    assert len(files) == 2 + 2 * 3


@needs_links
def test_a_link_to_a_folder_elsewhere_is_followed(tmp_path):
    touch(tmp_path / "elsewhere", "a.png")
    touch(tmp_path / "set", "b.png")
    (tmp_path / "set" / "more").symlink_to(tmp_path / "elsewhere")
    assert folder_tree(tmp_path / "set").all_files == ["b.png", "more/a.png"]
