from pathlib import Path

import numpy as np
import pytest

import ctckit.image
from ctckit.data.check import scan
from ctckit.data.samples import Dataset, Sample
from ctckit.errors import InputError
from ctckit.image.address import (
    MANY_IN_A_FOLDER,
    absolute,
    absolute_all,
    address_from,
    exists,
    join_address,
    name_of,
    read_bytes,
)
from ctckit.image.decode import ImageReader
from tests.drawing import draw_text, write_image
from tests.image.zips import change_member, damage_member, make_zip

MEMBERS = [
    # archive, member, why
    ("set.zip", "a.png", "a member"),
    ("set.zip", "photos/more/a.png", "a member in folders"),
    ("SET.ZIP", "a.png", "the suffix in capitals"),
    ("my set!.zip", "a!b.png", "exclamation marks on both sides"),
    ("set.zip", "b.zip!a.png", "a member that reads as an address itself"),
    ("old.zip!/set.zip", "a.png", "a folder that reads as an address itself"),
    ("set.zip", "photos\\a.png", "backslashes, as some programs of Windows write them"),
    ("set.zip", "a//b/./c.png", "a name that paths would tidy up"),
    ("set.zip", "../a.png", "a name that leads out of a folder"),
    ("set.zip", f"{'a' * 300}.png", "a name too long for a file"),
    ("набор.zip", "验证码.png", "other scripts"),
]


@pytest.mark.parametrize(
    ("archive", "member"), [row[:2] for row in MEMBERS], ids=[row[2] for row in MEMBERS]
)
def test_members_of_any_name(tmp_path, monkeypatch, archive, member):
    (tmp_path / archive).parent.mkdir(exist_ok=True)
    make_zip(tmp_path / archive, {member: b"content", "other.png": b"other"})
    address = f"{tmp_path / archive}!{member}"
    assert join_address(tmp_path / archive, member) == address
    assert read_bytes(address) == b"content"
    assert exists(address)
    monkeypatch.chdir(tmp_path)
    relative = f"{archive}!{member}"
    assert read_bytes(relative) == b"content"
    assert absolute(relative) == address
    assert address_from(tmp_path, relative) == address
    assert address_from(tmp_path / "elsewhere", address) == address


@pytest.mark.parametrize("name", ["a.png", "set.zip!a.png", "a!b.png", "set.zip!"])
def test_plain_files_of_any_name_win(tmp_path, monkeypatch, name):
    make_zip(tmp_path / "set.zip", {"a.png": b"member"})
    path = tmp_path / name
    path.write_bytes(b"plain")
    monkeypatch.chdir(tmp_path)
    for address in (path, str(path), name):
        assert read_bytes(address) == b"plain"
        assert exists(address)
        assert absolute(address) == str(path)
        assert name_of(address) == name
    path.unlink()
    assert exists(path) == (name == "set.zip!a.png")


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("photos/a.png", "a.png"),
        ("set.zip!a.png", "a.png"),
        ("sets/set.zip!photos/a.png", "a.png"),
        ("set.zip!photos\\a.png", "a.png"),
        ("set.zip!a!b.png", "a!b.png"),
        ("photos!/a.png", "a.png"),
        ("set.tar!a.png", "set.tar!a.png"),
    ],
)
def test_the_name_to_show_is_the_last_part(address, name):
    assert name_of(address) == name


@pytest.mark.parametrize(
    "address",
    ["gone.png", "gone.zip!a.png", "set.zip!gone.png", "folder", "folder!a.png", "x" * 300, ""],
)
def test_what_does_not_exist(tmp_path, monkeypatch, address):
    make_zip(tmp_path / "set.zip", {"a.png": b"a"})
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert not exists(address)
    with pytest.raises(InputError) as caught:
        read_bytes(address)
    assert str(caught.value).startswith(f"cannot read {address}: ")
    assert "\n" not in str(caught.value)


def test_a_linked_archive_keeps_its_name(tmp_path, monkeypatch):
    """Caches keep files under names without a suffix and link to them."""
    make_zip(tmp_path / "set.zip", {"a.png": b"a"}).rename(tmp_path / "8c1f03")
    (tmp_path / "set.zip").symlink_to("8c1f03")
    monkeypatch.chdir(tmp_path)
    assert absolute("set.zip!a.png") == f"{tmp_path / 'set.zip'}!a.png"
    assert read_bytes(absolute("set.zip!a.png")) == b"a"


def test_the_same_member_has_one_absolute_address(tmp_path, monkeypatch):
    make_zip(tmp_path / "set.zip", {"a.png": b"a"})
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path)
    ways = ("set.zip", "./set.zip", "sub/../set.zip", str(tmp_path / "set.zip"))
    assert len({absolute(f"{way}!a.png") for way in ways}) == 1


def test_images_of_an_archive_are_those_of_the_files(tmp_path):
    pixels = draw_text("23")
    content = write_image(tmp_path / "a.png", pixels).read_bytes()
    archive = make_zip(tmp_path / "set.zip", {"a.png": content})
    read, label = ImageReader()(f"{archive}!a.png", "23")
    assert label == "23"
    assert np.array_equal(read, pixels)


def test_images_that_cannot_be_read_in_an_archive_are_left_out_by_name(tmp_path):
    content = write_image(tmp_path / "a.png", draw_text("23")).read_bytes()
    names = ("good.png", "damaged.png", "locked.png", "text.png", "empty.png")
    archive = make_zip(tmp_path / "set.zip", dict.fromkeys(names[:3], content) | {
        "text.png": b"no image", "empty.png": b""})  # fmt: skip
    damage_member(archive, "damaged.png")
    change_member(archive, "locked.png", flags=1)
    samples = [Sample(f"{archive}!{name}", name) for name in names]
    dataset = scan(Dataset("set", samples)).dataset
    assert [sample.label for sample in dataset.samples] == ["good.png"]
    reasons = {record.label: record.reason for record in dataset.left_out}
    for name in names[1:]:
        assert reasons[name].startswith(f"cannot read {archive}!{name}: ")
    assert "damaged" in reasons["damaged.png"]
    assert "encrypted" in reasons["locked.png"]
    assert "not an image" in reasons["text.png"]
    assert "the file is empty" in reasons["empty.png"]


def test_errors_name_the_address_as_it_was_given(tmp_path, monkeypatch):
    make_zip(tmp_path / "set.zip", {"a.png": b"no image"})
    monkeypatch.chdir(tmp_path)
    for address in ("./set.zip!a.png", "set.zip!gone.png", "gone.zip!a.png"):
        with pytest.raises(InputError, match=f"^cannot read {address}: "):
            ImageReader()(address, "")


def test_the_package_offers_what_its_stub_names():
    assert ctckit.image.read_bytes is read_bytes
    for name in ctckit.image.__all__:
        assert getattr(ctckit.image, name), name


def test_many_addresses_are_those_of_one(tmp_path, monkeypatch):
    """Links of files lead where they lead, links of folders too, an archive keeps its name."""
    monkeypatch.chdir(tmp_path)
    folder, other = tmp_path / "a", tmp_path / "b"
    folder.mkdir(), other.mkdir()
    for path in (folder / "1.png", folder / "set.zip", other / "2.png"):
        path.touch()
    (folder / "link.png").symlink_to(other / "2.png")
    (folder / "link.zip").symlink_to(folder / "set.zip")
    (tmp_path / "c").symlink_to(folder)
    addresses = ["a/1.png", "c/1.png", "a/link.png", "c/link.png", "a/../b/2.png", "a/gone.png",
                 "a", ".", "a/link.zip!x.png", "c/set.zip!y/../x.png"]  # fmt: skip
    assert [*absolute_all(addresses)] == [
        str(folder / "1.png"), str(folder / "1.png"), str(other / "2.png"), str(other / "2.png"),
        str(other / "2.png"), str(folder / "gone.png"), str(folder), str(tmp_path),
        f"{folder / 'link.zip'}!x.png", f"{folder / 'set.zip'}!y/../x.png",
    ]  # fmt: skip
    assert [absolute(address) for address in addresses] == [*absolute_all(addresses)]


def test_links_are_followed_in_a_folder_of_many_files_too(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    (tmp_path / "other.png").touch()
    names = [f"{number}.png" for number in range(3 * MANY_IN_A_FOLDER)]
    for number, name in enumerate(names):
        if number % 7:
            (folder / name).touch()
        else:
            (folder / name).symlink_to(tmp_path / "other.png")
    addresses = [str(folder / name) for name in (*names, "gone.png")]
    assert [*absolute_all(addresses)] == [str(Path(address).resolve()) for address in addresses]
