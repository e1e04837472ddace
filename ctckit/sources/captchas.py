"""The images that `train.py` trains on when it is given none."""

import os
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

from ctckit.data.samples import Dataset
from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.image.zips import close_archive
from ctckit.log import LOGGER
from ctckit.remote.downloads import download
from ctckit.sources.files.images import images_of
from ctckit.sources.files.tree import zip_tree
from ctckit.sources.layouts import open_dataset
from ctckit.sources.names.folders import find_images
from ctckit.sources.stand_in import generate_captchas

URL = "https://github.com/AakashKumarNain/CaptchaCracker/raw/master/captcha_images_v2.zip"
NUM_IMAGES = 1040
DIGEST = "f83e7970779fbdbb7ea0bd4f761cb33b"
DEADLINE_S = 10.0
LIMIT_S = 600.0
LIMIT_BYTES = 64 << 20  # seven times the archive


def default_dataset(datasets_dir: str | Path) -> Dataset:
    """Return `captcha_images_v2`, downloaded if need be, else a generated stand-in of its form.

    Raises:
        InputError: What was downloaded, or lies there already, is not the complete set.
    """
    folder = fetch_captcha_images(datasets_dir)
    if folder is None:
        folder = Path(datasets_dir) / "generated"
        LOGGER.warning(
            "No network: captcha_images_v2 cannot be downloaded. Training on a generated "
            "stand-in, %s; give a dataset to train on your own images.",
            folder,
        )
        generate_captchas(folder)
    return open_dataset(folder)


def fetch_captcha_images(
    datasets_dir: str | Path,
    *,
    url: str = URL,
    num_images: int = NUM_IMAGES,
    digest: str = DIGEST,
    deadline_s: float = DEADLINE_S,
    limit_s: float = LIMIT_S,
    limit_bytes: int = LIMIT_BYTES,
) -> Path | None:
    """Return the folder `captcha_images_v2` of `datasets_dir`, downloaded if it is not there.

    Args:
        datasets_dir: Where data sets lie.
        url: Of the zip archive; https.
        num_images: How many images make the set complete.
        digest: What `digest_of` returns for the right images; others are told in the log.
        deadline_s: Seconds to wait for the server; also the longest pause within the download.
        limit_s: Seconds that the download may take.
        limit_bytes: That the archive may have.

    Returns:
        The folder, or None if the archive cannot be reached.

    Raises:
        InputError: The download is no zip, or the folder has another number of images.
    """
    target = Path(datasets_dir) / "captcha_images_v2"
    if target.is_dir() and any(target.iterdir()):
        _check(target, num_images, digest, str(target), "remove it to download it again")
        return target
    with TemporaryDirectory() as scratch:
        archive = Path(scratch) / "captcha_images_v2.zip"
        if not download(
            url, archive, deadline_s=deadline_s, limit_s=limit_s, limit_bytes=limit_bytes
        ):
            return None
        with new_folder(target) as folder:
            found = _unpack(archive, folder, url, num_images)
            _require_number(found, num_images, f"the download of {url}", "try again later")
            _check(folder, num_images, digest, f"the download of {url}", "try again later")
    return target


def digest_of(folder: Path) -> str:
    """Return what stands for names and bytes of the images of `folder`: 32 hexadecimal digits."""
    digest = blake2b(digest_size=16)
    for path in find_images(folder):
        content = path.read_bytes()
        digest.update(b"%s\0%d\0" % (os.fsencode(path.name), len(content)) + content)
    return digest.hexdigest()


def _check(folder: Path, num_images: int, digest: str, origin: str, advice: str) -> None:
    """Refuse another number of images; log that they are others."""
    if digest_of(folder) == digest:
        return
    found = len(find_images(folder))
    _require_number(found, num_images, origin, advice)
    LOGGER.warning(
        "The %d images in %s are not those of captcha_images_v2 as published: results are not "
        "comparable with others'.", found, origin,
    )  # fmt: skip


def _require_number(found: int, expected: int, origin: str, advice: str) -> None:
    if found != expected:
        raise InputError(
            f"expected {expected} images in {origin}, received {found}; {advice}, "
            "or give other images"
        )


def _unpack(archive: Path, folder: Path, url: str, num_images: int) -> int:
    """Return how many images an archive holds; unpack them if they are as many as there should be.

    Nothing of a name but its last part is used.
    """
    try:
        members = zip_tree(archive)
        names = images_of(members).names
        for name in names if len(names) == num_images else ():
            (folder / name.rpartition("/")[2]).write_bytes(members.read(name))
        return len(names)
    except InputError as error:
        raise InputError(f"the download of {url} is damaged, try again: {error}") from error
    finally:
        close_archive(str(archive))  # Windows removes no open file
