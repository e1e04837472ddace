"""Images whose names are their labels: in a folder, or in a zip archive of one."""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from zipfile import ZipInfo

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import join_address
from ctckit.image.zips import list_members
from ctckit.log import LOGGER
from ctckit.sources.file_names import labels_of_stems

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})
ENCRYPTED, IN_UTF_8 = 1 << 0, 1 << 11  # flags of a member of a zip archive


def folder_samples(folder: Path, label_separator: str | None = None) -> list[Sample]:
    """Return the images of `folder`, or of its only subfolder that has some.

    Raises:
        InputError: there are none, or they are in several subfolders.
        OSError: the folder cannot be read.
    """
    names = _images_of_one_folder(_list_folder(folder), folder)
    return _samples({name: str(folder / name) for name in names}, label_separator)


def zip_samples(archive: Path, label_separator: str | None = None) -> list[Sample]:
    """Return the images of the outermost folder in `archive` that has some; all stay in place.

    Raises:
        InputError: no zip archive, no images in it, encrypted ones, or in several folders.
    """
    # Some programs of Windows write `photos\\a.png`.
    members = {info.filename.replace("\\", "/"): info for info in list_members(str(archive))}
    names = _images_of_one_folder(members, archive)
    _check_images([members[name] for name in names], archive)
    addresses = {name: join_address(archive, members[name].filename) for name in names}
    return _samples(addresses, label_separator)


def find_images(folder: Path) -> list[Path]:
    """Return the images that `folder_samples` finds, sorted; none where it refuses."""
    groups = list(group_images(_list_folder(folder)).values())
    return [folder / name for name in groups[0]] if len(groups) == 1 else []


def group_images(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the images among `names` by folder, sorted: the outermost folders that have some.

    Images are known by their suffix. Hidden files and folders and `__MACOSX` are skipped.

    Args:
        names: relative paths of files, their parts separated by `/`.

    >>> group_images(["set/a.png", "set/more/b.png", "__MACOSX/set/._a.png", "notes.txt"])
    {'set': ['set/a.png']}
    """
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        *folders, file = [part for part in name.split("/") if part not in ("", ".", "..")] or [""]
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in (*folders, file))
        if not hidden and PurePosixPath(file).suffix.lower() in IMAGE_SUFFIXES:
            groups[tuple(folders)].append(name)
    outermost = min(map(len, groups), default=0)
    return {
        "/".join(folders): sorted(images)
        for folders, images in sorted(groups.items())
        if len(folders) == outermost
    }


def _images_of_one_folder(names: Iterable[str], place: Path) -> list[str]:
    groups = group_images(names)
    if len(groups) == 1:
        return next(iter(groups.values()))
    found = "no image"
    if groups:
        found = f"images in several folders: {_first(list(groups))}; give those of one, or a CSV"
    elif place.is_dir() and not any(place.iterdir()):
        found = "an empty folder"
    raise InputError(
        f"expected images ({' '.join(sorted(IMAGE_SUFFIXES))}) in {place}, found {found}"
    )


def _check_images(members: list[ZipInfo], archive: Path) -> None:
    """Refuse encrypted images; log that names may be read wrongly."""
    if locked := [info.filename for info in members if info.flag_bits & ENCRYPTED]:
        raise InputError(
            f"expected images without a password in {archive}, received {len(locked)} encrypted "
            f"ones: {_first(locked)}; pack them again without"
        )
    unmarked = [
        info.filename
        for info in members
        if not info.filename.isascii() and not info.flag_bits & IN_UTF_8
    ]
    if unmarked:
        LOGGER.warning(
            "%d names in %s are not marked as UTF-8, such as %s: if labels look wrong, unpack it "
            "and give the folder", len(unmarked), archive, unmarked[0],
        )  # fmt: skip


def _list_folder(folder: Path) -> list[str]:
    """Return the files in `folder`; where none is an image, also those in its subfolders."""
    files, folders = _entries(folder)
    if group_images(files):
        return files
    return files + [f"{inner}/{file}" for inner in folders for file in _entries(folder / inner)[0]]


def _entries(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the files and of the folders in `folder`."""
    files, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file():
                files.append(entry.name)
            elif entry.is_dir():
                folders.append(entry.name)
    return files, folders


def _samples(addresses: dict[str, str], label_separator: str | None) -> list[Sample]:
    """Return samples out of the address of each name."""
    labels = labels_of_stems([PurePosixPath(name).stem for name in addresses], label_separator)
    return [Sample(*pair) for pair in zip(addresses.values(), labels, strict=True)]


def _first(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
