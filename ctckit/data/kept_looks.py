"""What a look at each image found, kept beside the images, so that none is opened again.

The file is `.ctckit-check.npz` in a folder of images and `.NAME.ctckit-check.npz` beside an archive
or a list; where nothing can be written, it is in the user's folder for caches. An image is known
by what a look at it depends on: its address, size and time of change, or those of its archive, and
its label. A file made by other versions, or for images turned otherwise, is not used.
"""

import os
import time
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np

from ctckit import __version__
from ctckit.data.look import FORM, Looks, look_at
from ctckit.data.samples import Samples
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.image.address import split_address
from ctckit.log import LOGGER, counted

MAX_CHECKED = 100_000  # images that are looked at; of more, those that are drawn
NAME = "ctckit-check.npz"
_RECENT_S = 2  # a file that has just changed may change again within the same tick of its clock


class KeptLooks:
    """Looks at the images of a source that were kept, as far as the images are still the same.

    Args:
        source: a folder, an archive or a list.
        rotate: how images will be turned, see `ImageRotator`; None: they stay.
        anew: nothing that was kept is believed.
    """

    def __init__(
        self, source: str | Path, rotate: str | None = None, *, anew: bool = False
    ) -> None:
        self._places = [_beside(Path(source)), _in_cache(Path(source))]
        self._rotate = rotate
        self._anew = anew
        self._made_by = f"ctckit {__version__}, OpenCV {cv2.__version__}, rotate {rotate}"

    def look_at(
        self, samples: Samples, drawn: np.ndarray, *, full: bool, workers: int | None = None
    ) -> tuple[np.ndarray, Looks]:
        """Return what is known of images, and look at some of those of which nothing is.

        These are all, if there are at most 100,000 of them; else the drawn ones.

        Args:
            samples: all of them.
            drawn: positions of some.
            full: look at all of which nothing is known, and keep what is known then.
            workers: threads that read, see `look.look_at`.

        Returns:
            Positions, int (M,), in order; and a look at each.
        """
        keys = keys_of(samples)
        known, forms = self.find(keys)
        wanted: np.ndarray = np.ones(len(samples), bool)
        if not full and np.count_nonzero(~known) > MAX_CHECKED:
            wanted = known | np.isin(np.arange(len(samples)), drawn)
        new = np.flatnonzero(wanted & ~known)
        if known.any():
            LOGGER.info(
                "checked     %s of %s are as `ctckit data check` found them; %s to be read",
                f"{np.count_nonzero(known):,}", counted(len(samples), "image"), f"{len(new):,}",
            )  # fmt: skip
        looks = look_at(samples[new], workers=workers, rotate=self._rotate)
        forms[new] = looks.forms
        errors = {int(new[place]): error for place, error in looks.errors.items()}
        if full and len(new):
            readable: np.ndarray = keys[:, 0] != 0
            readable[[*errors]] = False
            self.keep(keys[readable], forms[readable])
        places = np.flatnonzero(wanted)
        at = np.searchsorted(places, [*errors]).tolist()
        return places, Looks(forms[places], dict(zip(at, errors.values(), strict=True)))

    def find(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return of which keys, uint64 (N, 2), something was kept, bool (N,), and what: `FORM`."""
        known: np.ndarray = np.zeros(len(keys), bool)
        forms = np.zeros(len(keys), FORM)
        place = max(filter(os.path.isfile, self._places), key=_changed, default=None)
        if place is None or self._anew:
            return known, forms
        try:
            kept_keys, kept_forms = self._load(place)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, MemoryError) as error:
            LOGGER.warning("note        not used: the check in %s (%s)", place, error)
            return known, forms
        at = np.searchsorted(kept_keys[:, 0], keys[:, 0]).clip(max=len(kept_keys) - 1)
        known = (kept_keys[at] == keys).all(axis=1)
        forms[known] = kept_forms[at[known]]
        return known, forms

    def _load(self, place: Path) -> tuple[np.ndarray, np.ndarray]:
        with np.load(place, allow_pickle=False) as file:
            made_by, keys, forms = str(file["made_by"]), file["keys"], file["forms"]
        if made_by != self._made_by:
            raise ValueError(f"made by {made_by}, not by {self._made_by}")
        is_right = keys.dtype == np.uint64 and keys.shape == (len(forms), 2) and len(keys)
        if not is_right or forms.dtype != FORM or forms.ndim != 1:
            raise ValueError(f"keys {keys.dtype} {keys.shape}, forms {forms.shape}")
        return keys, forms

    def keep(self, keys: np.ndarray, forms: np.ndarray) -> None:
        """Write what is known where that is possible; who reads meanwhile finds the old file."""
        if not len(keys):
            return
        order = np.argsort(keys[:, 0])
        for place in self._places:
            try:
                with replace_atomically(place) as temporary, temporary.open("wb") as file:
                    np.savez(file, made_by=self._made_by, keys=keys[order], forms=forms[order])
            except (InputError, OSError):  # read-only, full, or something else has its name
                continue
            LOGGER.info("kept        what the images are, for trainings: %s", place)
            return
        LOGGER.warning("note        what the images are is not kept: nothing can be written to %s",
                       " or ".join(str(place.parent) for place in self._places))  # fmt: skip


def _beside(source: Path) -> Path:
    if source.is_dir():
        return source / f".{NAME}"
    return source.with_name(f".{source.name}.{NAME}")


def _in_cache(source: Path) -> Path:
    """Return a place in the user's folder for caches, as freedesktop.org names it."""
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():  # no other is valid
        caches = Path(os.path.expanduser("~"), ".cache")  # noqa: PTH111 - Path fails without a home
    name = blake2b(os.fsencode(source.resolve()), digest_size=8).hexdigest()
    return caches / "ctckit" / "checks" / f"{name}.{NAME}"


def _changed(file: Path) -> float:
    return file.stat().st_mtime


def keys_of(samples: Samples) -> np.ndarray:
    """Return what stands for what a look at each image depends on, uint64 (N, 2).

    Zeros stand for what cannot be known again: no such file, or one that has just changed.
    """
    recent = time.time_ns() - _RECENT_S * 10**9
    folders: dict[str, str] = {}
    archives: dict[str, str] = {}

    def state(file: str) -> str:
        folder, name = os.path.split(file)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        try:
            found = os.stat(file)  # noqa: PTH116 - for each image
        except OSError:
            return ""
        if found.st_mtime_ns > recent:
            return ""
        return f"{folders[folder]}\0{name}\0{found.st_size}\0{found.st_mtime_ns}"

    def key(image: str, label: str) -> bytes:
        place = split_address(image)
        if place is None:
            known, member = state(image), ""
        else:
            archive, member = place
            if archive not in archives:
                archives[archive] = state(archive)
            known = archives[archive]
        text = f"{known}\0{member}\0{label}".encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=16).digest() if known else bytes(16)

    digests = b"".join(map(key, samples.images, samples.labels))
    return np.frombuffer(digests, "<u8").reshape(-1, 2)
