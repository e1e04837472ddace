"""The images that `train.py` trains on when it is given none."""

import queue
import tempfile
import threading
import urllib.request
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO

from ctckit.data.check import scan
from ctckit.data.samples import Dataset
from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.log import LOGGER, progress
from ctckit.sources.archives import unpack
from ctckit.sources.layouts import IMAGE_SUFFIXES, find_images, load_dataset
from ctckit.sources.stand_in import generate_captchas

URL = "https://github.com/AakashKumarNain/CaptchaCracker/raw/master/captcha_images_v2.zip"
NUM_IMAGES = 1040
DEADLINE_S = 10.0
CHUNK_BYTES = 1 << 16


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
            "stand-in, %s; pass --dataset FOLDER for your own images.",
            folder,
        )
        generate_captchas(folder)
    return load_dataset(folder, datasets_dir=datasets_dir)


def fetch_captcha_images(
    datasets_dir: str | Path,
    *,
    url: str = URL,
    num_images: int = NUM_IMAGES,
    deadline_s: float = DEADLINE_S,
) -> Path | None:
    """Return the folder `captcha_images_v2` of `datasets_dir`, downloaded if it is not there.

    Args:
        datasets_dir: Where data sets lie.
        url: Of the zip archive.
        num_images: How many images make the set complete.
        deadline_s: Seconds until the server must have answered; also the longest pause
            within the download.

    Returns:
        The folder, or None if the archive cannot be reached.

    Raises:
        InputError: The download is no zip, or the folder has another number of images.
    """
    target = Path(datasets_dir) / "captcha_images_v2"
    if not target.is_dir() or not any(target.iterdir()):
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "captcha_images_v2.zip"
            if not _download(url, archive, deadline_s):
                return None
            with new_folder(target) as folder:
                _unpack_download(archive, folder, url)
                _check_complete(folder, num_images, f"the download of {url}", "try again later")
    _check_complete(target, num_images, str(target), "remove it to download it again")
    return target


def _unpack_download(archive: Path, folder: Path, url: str) -> None:
    try:
        unpack(archive, folder, suffixes=IMAGE_SUFFIXES)
    except InputError as error:
        raise InputError(f"the download of {url} is damaged, try again: {error}") from error


def _check_complete(folder: Path, num_images: int, origin: str, advice: str) -> None:
    found = len(find_images(folder))
    if found != num_images:
        raise InputError(
            f"expected {num_images} images in {origin}, found {found}; {advice}, "
            "or choose other images with --dataset"
        )


def _check_readable(folder: Path, url: str) -> None:
    scanned = scan(load_dataset(folder, datasets_dir=folder.parent, label_separator=""))
    if left_out := scanned.dataset.left_out:
        raise InputError(
            f"the download of {url} is damaged, try again: {len(left_out)} images cannot be "
            f"used, such as {Path(left_out[0].image).name}: {left_out[0].reason}"
        )


def _download(url: str, file: Path, deadline_s: float) -> bool:
    """Write what `url` serves to `file`; return False, and log why, if that is not possible."""
    LOGGER.info("Downloading %s", url)
    try:
        with _open(url, deadline_s) as response, file.open("wb") as target:
            _copy(response, target)
    except (OSError, HTTPException) as error:
        LOGGER.info("The download failed: %s", error or type(error).__name__)
        return False
    return True


def _open(url: str, deadline_s: float) -> HTTPResponse:
    """Open `url` within `deadline_s` seconds in all.

    The timeout of urllib does not cover the name lookup, which can block for much longer;
    hence the thread, which is left behind when time is up.
    """
    answers: queue.Queue[HTTPResponse | Exception] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(url, timeout=deadline_s))
        except (OSError, HTTPException) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=deadline_s)
    except queue.Empty:
        raise TimeoutError(f"no answer within {deadline_s:g} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _copy(response: HTTPResponse, target: BinaryIO) -> None:
    total = int(response.headers.get("Content-Length") or 0)
    received = 0
    with progress((), "download", total=total or None, unit="B") as bar:
        while chunk := response.read(CHUNK_BYTES):
            target.write(chunk)
            received += len(chunk)
            bar.update(len(chunk))
    if received < total:
        raise ConnectionError(f"it ended after {received} of {total} bytes")
