"""Folders that appear whole or not at all, and zip archives unpacked into them."""

import re
import shutil
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path, PurePosixPath
from stat import S_IFDIR, S_IFMT, S_IFREG

from ctckit.errors import InputError
from ctckit.files import new_folder
from ctckit.log import progress

DRIVE = re.compile("[A-Za-z]:")


def unpack(archive: Path, target: Path, *, suffixes: Collection[str]) -> Path:
    """Unpack a zip archive into the folder `target`, whole or not at all.

    One folder that encloses everything in the archive is dropped; hidden files and
    `__MACOSX` are skipped. A `target` that already holds exactly these files (by name and
    size) is used as it is.

    Raises:
        InputError: Not a readable zip, a member that would land outside of `target`, a link,
            an encrypted member, too little free disk, a `target` with other content, or no
            member with one of the lower-case `suffixes`.
    """
    try:
        with zipfile.ZipFile(archive) as source:
            members = _members(source, archive)
            if not any(path.suffix.lower() in suffixes for path in members):
                raise InputError(f"expected images ({' '.join(sorted(suffixes))}) in {archive}")
            if _holds(target, members):
                return target
            _check_free_space(archive, members, target)
            with new_folder(target) as folder:
                for path, info in progress(members.items(), f"unpack {archive.name}", unit="file"):
                    _write(source, info, folder / path)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise InputError(f"expected a zip archive, received {archive}: {error}") from error
    except RuntimeError as error:  # an encrypted member, or a compression zipfile does not know
        raise InputError(f"cannot unpack {archive}: {error}") from error
    except OSError as error:  # a name too long for this system, no permission, a full disk
        raise InputError(f"cannot unpack {archive}: {error.strerror}") from error
    return target


def _members(source: zipfile.ZipFile, archive: Path) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """Return the files to unpack by their path inside the target folder."""
    files = {}
    for info in source.infolist():
        path = PurePosixPath(info.filename)
        _check_member(info, path, archive)
        if not info.is_dir() and not _is_junk(path):
            files[path] = info
    tops = {path.parts[0] for path in files}
    if len(tops) == 1 and all(len(path.parts) > 1 for path in files):
        files = {path.relative_to(path.parts[0]): info for path, info in files.items()}
    return files


def _check_member(info: zipfile.ZipInfo, path: PurePosixPath, archive: Path) -> None:
    """Refuse what could write outside of the target folder, on any operating system."""
    outside = path.is_absolute() or ".." in path.parts or DRIVE.match(info.filename)
    if outside or "\\" in info.filename:
        raise InputError(
            f"refused to unpack {archive}: its member {info.filename!r} points out of the archive"
        )
    if S_IFMT(info.external_attr >> 16) not in (0, S_IFREG, S_IFDIR):
        raise InputError(
            f"refused to unpack {archive}: its member {info.filename!r} is a link or a device"
        )


def _is_junk(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)


def _holds(target: Path, members: dict[PurePosixPath, zipfile.ZipInfo]) -> bool:
    """Say whether `target` holds exactly these members, by name and size."""
    if not target.is_dir():
        return False
    sizes = {
        PurePosixPath(path.relative_to(target).as_posix()): path.stat().st_size
        for path in target.rglob("*")
        if path.is_file()
    }
    found = {path: size for path, size in sizes.items() if not _is_junk(path)}
    return found == {path: info.file_size for path, info in members.items()}


def _check_free_space(archive: Path, members: dict, target: Path) -> None:
    needed = sum(info.file_size for info in members.values())
    parent = next(folder for folder in target.absolute().parents if folder.exists())
    free = shutil.disk_usage(parent).free
    if needed > free:
        raise InputError(
            f"cannot unpack {archive}: it needs {needed / 1e9:.1f} GB, "
            f"{free / 1e9:.1f} GB are free in {parent}"
        )


def _write(source: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with source.open(info) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file)
