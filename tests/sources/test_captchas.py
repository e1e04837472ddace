import shutil
from pathlib import Path

import pytest

from ctckit.errors import InputError
from ctckit.sources import captchas
from ctckit.sources.captchas import DIGEST, default_dataset, digest_of, fetch_captcha_images
from tests.drawing import draw_folder
from tests.image.zips import damage_member, zip_folder
from tests.sources.serving import closed_url, serving

COUNT = 5
REAL_ZIP = Path(__file__).parents[3] / "shared" / "datasets" / "captcha_images_v2.zip"


@pytest.fixture
def folder(tmp_path):
    """The right images, in a folder of the right name."""
    draw_folder(tmp_path / "made" / "captcha_images_v2", count=COUNT)
    return tmp_path / "made" / "captcha_images_v2"


@pytest.fixture
def archive(folder, tmp_path):
    return zip_folder(folder, tmp_path / "set.zip").read_bytes()


@pytest.fixture
def datasets(tmp_path):
    return tmp_path / "Datasets"


@pytest.fixture
def fetch(folder, datasets):
    """Return a function that fetches the right images from a server with another content."""

    def start(body=None, **options):
        options = {"num_images": COUNT, "digest": digest_of(folder), **options}
        if body is None:
            return fetch_captcha_images(datasets, url=closed_url(), **options)
        with serving(set=(200, {}, body)) as url:
            return fetch_captcha_images(datasets, url=f"{url}/set", **options)

    return start


def test_download_is_unpacked_into_the_folder(fetch, archive, folder, datasets, log):
    target = fetch(archive)
    assert target == datasets / "captcha_images_v2"
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    assert list(datasets.iterdir()) == [target]
    assert len(log.messages) == 1 and log.messages[0].startswith("Downloading http")


def test_an_empty_folder_is_filled(fetch, archive, datasets):
    (datasets / "captcha_images_v2").mkdir(parents=True)
    assert len(list(fetch(archive).iterdir())) == COUNT


def test_present_folder_is_used_without_a_download(fetch, folder, datasets, log):
    shutil.copytree(folder, datasets / "captcha_images_v2")
    assert fetch() == datasets / "captcha_images_v2"
    assert not log.messages


def test_unpacked_one_level_too_deep_is_fine(fetch, folder, datasets, log):
    shutil.copytree(folder, datasets / "captcha_images_v2" / "inner")
    assert fetch() == datasets / "captcha_images_v2"
    assert not log.messages


def test_other_images_of_the_same_number_are_told_in_one_line(fetch, folder, datasets, log):
    target = datasets / "captcha_images_v2"
    shutil.copytree(folder, target)
    first, second = sorted(target.iterdir())[:2]
    first.write_bytes(second.read_bytes())
    assert fetch() == target
    assert (
        len(log.messages) == 1
        and "5 images in" in log.messages[0]
        and "not those" in log.messages[0]
    )


def test_a_download_of_other_images_is_told_and_kept(fetch, archive, log):
    assert fetch(archive, digest="0").is_dir()
    assert len([message for message in log.messages if "not those" in message]) == 1


def test_present_folder_with_another_number_of_images(fetch, folder, datasets):
    shutil.copytree(folder, datasets / "captcha_images_v2")
    with pytest.raises(InputError, match=f"expected 7 images in .*v2, received {COUNT}; remove it"):
        fetch(num_images=7, digest="0")


def test_download_with_another_number_of_images_leaves_nothing(fetch, archive, datasets):
    with pytest.raises(
        InputError, match=f"7 images in the download of http.*, received {COUNT}; try again"
    ):
        fetch(archive, num_images=7, digest="0")
    assert not list(datasets.iterdir())


def test_download_that_is_no_zip_leaves_nothing(fetch, datasets):
    with pytest.raises(InputError, match="download of http.* is damaged, try again: .* a zip arch"):
        fetch(b"<html>please log in</html>")
    assert not list(datasets.iterdir())


def test_download_with_a_damaged_member_leaves_nothing(fetch, archive, tmp_path, datasets):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(archive)
    damage_member(broken, sorted(path.name for path in (tmp_path / "made").rglob("*.png"))[2])
    with pytest.raises(InputError, match="download of http.* is damaged, try again: .*damaged"):
        fetch(broken.read_bytes())
    assert not list(datasets.iterdir())


def test_a_download_that_was_cut_short_is_begun_again(fetch, archive, datasets):
    """The server says that the half is all."""
    with pytest.raises(InputError, match="download of http.* is damaged, try again"):
        fetch(archive[: len(archive) // 2])
    assert not list(datasets.iterdir())
    assert len(list(fetch(archive).iterdir())) == COUNT


def test_a_download_that_is_too_large_or_takes_too_long_is_given_up(fetch, archive, datasets, log):
    assert fetch(archive, limit_bytes=len(archive) - 1) is None
    assert "bytes at most" in log.messages[-1]
    assert fetch(archive, limit_s=0) is None
    assert "not done in time" in log.messages[-1]
    assert not datasets.exists()
    assert fetch(archive, limit_bytes=len(archive)) is not None


def test_an_archive_of_other_images_is_not_unpacked(fetch, archive, datasets, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(InputError, match=f"expected 4 images in the download.*received {COUNT}"):
        fetch(archive, num_images=4)


def test_what_cannot_be_reached_leaves_nothing(fetch, datasets, log):
    assert fetch() is None
    assert not datasets.exists()
    assert log.messages[-1].startswith("The download failed: ")


def test_the_digest_stands_for_names_and_bytes(folder, tmp_path):
    before = digest_of(folder)
    assert len(before) == len(DIGEST) == 32
    shutil.copytree(folder, tmp_path / "copy" / "inner")
    assert digest_of(tmp_path / "copy") == before
    (folder / "notes.txt").write_text("no image")
    assert digest_of(folder) == before
    image = next(folder.glob("*.png"))
    other = image.rename(image.with_name("other.png"))
    assert digest_of(folder) != before
    other.rename(image)
    assert digest_of(folder) == before
    image.write_bytes(image.read_bytes() + b"x")
    assert digest_of(folder) != before


@pytest.mark.skipif(not REAL_ZIP.exists(), reason="real images are not shipped")
def test_the_digest_is_that_of_the_real_images(datasets, log):
    with serving(set=(200, {}, REAL_ZIP.read_bytes())) as url:
        target = fetch_captcha_images(datasets, url=f"{url}/set")
    assert len(list(target.iterdir())) == 1040
    assert digest_of(target) == DIGEST
    assert len(log.messages) == 1


def test_default_dataset_is_the_downloaded_one(folder, tmp_path, monkeypatch, log):
    monkeypatch.setattr(captchas, "fetch_captcha_images", lambda _: folder)
    dataset = default_dataset(tmp_path)
    assert dataset.name == "captcha_images_v2"
    assert len(dataset.samples) == COUNT
    assert not log.messages


def test_default_dataset_without_network_is_a_stand_in(datasets, monkeypatch, caplog):
    monkeypatch.setattr(captchas, "fetch_captcha_images", lambda _: None)
    draw = captchas.generate_captchas
    monkeypatch.setattr(captchas, "generate_captchas", lambda folder: draw(folder, count=4))
    dataset = default_dataset(datasets)
    assert dataset.name == "generated"
    assert len(dataset.samples) == 4
    notices = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(notices) == 1
    assert "No network" in notices[0].getMessage()
    assert "give a dataset to train on your own images" in notices[0].getMessage()
