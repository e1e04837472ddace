import logging
import os
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ctckit.data.check
import ctckit.data.kept_looks
import ctckit.data.look
from ctckit.data.check import scan
from ctckit.data.kept_looks import KeptLooks
from ctckit.sources.layouts import open_dataset
from tests.drawing import draw_folder, draw_text, write_image

LOOK = ctckit.data.look._look


@pytest.fixture(autouse=True)
def opened(monkeypatch, tmp_path, caplog):
    """The names of the images that are opened from now on."""
    caplog.set_level(logging.INFO, "ctckit")
    names = []

    def look(sample, *, rotator):
        names.append(Path(sample.image).name.rpartition("!")[2])
        return LOOK(sample, rotator=rotator)

    monkeypatch.setattr(ctckit.data.look, "_look", look)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return names


@pytest.fixture
def folder(tmp_path):
    draw_folder(tmp_path / "set", count=6)
    shutil.copy(min((tmp_path / "set").iterdir()), tmp_path / "set" / "zz.png")  # a copy
    (tmp_path / "set" / "zzz.png").write_bytes(b"no image")
    age(tmp_path / "set")
    return tmp_path / "set"


def age(folder):
    """Let nothing in a folder have changed within the last minute."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (time.time() - 60, time.time() - 60))


def check(source, *, full=True, **options):
    kept = KeptLooks(source, options.get("rotate"), anew=options.pop("anew", False))
    return scan(open_dataset(source), full=full, kept=kept, **options)


def test_what_was_checked_is_known_and_no_image_is_opened(folder, opened, caplog):
    first = check(folder)
    assert len(opened) == 8
    assert f"kept        what the images are, for trainings: {folder}" in caplog.text
    opened.clear()
    caplog.clear()
    again = check(folder, full=False)
    assert opened == ["zzz.png"]  # which could not be read: perhaps it can be by now
    assert again == first == scan(open_dataset(folder))
    assert (
        "checked     7 of 8 images are as `ctckit data check` found them; 1 to be read"
        in caplog.text
    )


@pytest.mark.parametrize("name", ["set.zip", "list.csv"])
def test_archives_and_lists_have_it_beside_them(folder, opened, tmp_path, name):
    (folder / "zzz.png").unlink()
    source = tmp_path / name
    if name == "list.csv":
        rows = [f"set/{path.name},{path.stem}\n" for path in folder.iterdir()]
        source.write_text("image,label\n" + "".join(rows))
    else:
        with zipfile.ZipFile(source, "w") as archive:
            for path in folder.iterdir():
                archive.write(path, path.name)
    age(tmp_path)
    first = check(source)
    assert (tmp_path / f".{name}.ctckit-check.npz").is_file() and len(opened) == 7
    opened.clear()
    assert check(source, full=False) == first and not opened
    if name == "set.zip":
        os.utime(source, (time.time() - 30, time.time() - 30))
        check(source, full=False)
        assert len(opened) == 7


def test_only_what_changed_is_looked_at_again(folder, opened):
    (folder / "zzz.png").unlink()
    check(folder)
    first, second, third, *_ = sorted(folder.glob("*.png"))
    content, times = first.read_bytes(), (first.stat().st_atime_ns, first.stat().st_mtime_ns)
    write_image(first, draw_text("9", height=20, width=50))
    first.write_bytes(first.read_bytes().ljust(len(content), b"\0"))
    age_of_first = times[1] + 10**9
    os.utime(first, ns=(age_of_first, age_of_first))  # as large as it was, but changed
    second.rename(folder / "newly.png")  # another label
    third.unlink()
    write_image(folder / "more.png", draw_text("7"))
    opened.clear()
    found = check(folder, full=False)
    assert sorted(opened) == sorted([first.name, "more.png", "newly.png"])
    assert found == scan(open_dataset(folder))
    opened.clear()
    check(folder, full=False)
    assert len(opened) == 3  # a training keeps nothing
    check(folder)
    opened.clear()
    check(folder, full=False)
    assert opened == ["more.png"]  # it has changed within the last two seconds
    check(folder, anew=True)
    assert len(opened) == 1 + 7


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"no archive", "cut", "bit", "other", "keys", "none"],
)
def test_what_cannot_be_understood_is_told_and_written_anew(folder, opened, caplog, content):
    (folder / "zzz.png").unlink()
    check(folder)
    place = folder / ".ctckit-check.npz"
    whole = place.read_bytes()
    if content == "cut":
        place.write_bytes(whole[: len(whole) // 2])
    elif content == "bit":
        place.write_bytes(whole[:600] + bytes([whole[600] ^ 1]) + whole[601:])
    elif isinstance(content, bytes):
        place.write_bytes(content)
    else:
        with np.load(place) as file:
            parts = dict(file)
        changes = {
            "other": {"made_by": "ctckit 0"},
            "keys": {"keys": parts["keys"][:-1]},
            "none": {"keys": parts["keys"][:0], "forms": parts["forms"][:0]},
        }
        np.savez(place, **(parts | changes[content]))
    opened.clear()
    caplog.clear()
    check(folder)
    assert len(opened) == 7
    (line,) = [line for line in caplog.messages if "not used" in line]
    assert str(place) in line and "\n" not in line
    opened.clear()
    check(folder, full=False)
    assert not opened


def test_images_that_will_be_turned_are_looked_at_again(folder, opened, caplog):
    check(folder)
    opened.clear()
    check(folder, full=False, rotate="90")
    assert len(opened) == 8 and "rotate 90" in caplog.text


def test_where_nothing_can_be_written_it_is_in_the_cache(folder, opened, tmp_path, caplog):
    (folder / ".ctckit-check.npz").mkdir()
    check(folder)
    (kept,) = (tmp_path / "caches" / "ctckit" / "checks").iterdir()
    assert str(kept) in caplog.text
    opened.clear()
    check(folder, full=False)
    assert opened == ["zzz.png"]
    kept.unlink()
    kept.mkdir()
    caplog.clear()
    check(folder)
    assert "nothing can be written to" in caplog.text


def test_very_many_images_are_all_known_and_the_form_is_that_of_the_drawn_ones(
    folder, opened, monkeypatch
):
    (folder / "zzz.png").unlink()
    monkeypatch.setattr(ctckit.data.kept_looks, "MAX_CHECKED", 3)
    monkeypatch.setattr(ctckit.data.check, "MAX_CHECKED", 3)
    monkeypatch.setattr(ctckit.data.check, "SAMPLE_SIZE", 2)
    before = check(folder, full=False)
    assert before.sampled == len(opened) == 2
    check(folder)
    opened.clear()
    known = check(folder, full=False)
    assert not opened and known.sampled is None
    assert [record.reason[:11] for record in known.dataset.left_out] == ["same pixels"]
    assert known.shapes == before.shapes and sum(known.sizes.values()) == 6
    for path in sorted(folder.glob("*.png"))[:4]:
        os.utime(path, (time.time() - 30, time.time() - 30))
    some = check(folder, full=False)
    assert len(opened) <= 2 and some.sampled == 3 + len(opened)
    assert replace(some.dataset, notes=(), fingerprint="").samples


def test_images_that_have_just_changed_are_not_kept(tmp_path, opened):
    draw_folder(tmp_path / "set", count=3)
    check(tmp_path / "set")
    assert not [*(tmp_path / "set").glob(".*")]
    opened.clear()
    check(tmp_path / "set", full=False)
    assert len(opened) == 3
