"""The files of a folder or of a zip archive, by their names relative to it."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ctckit.errors import InputError
from ctckit.image.address import join_address, read_bytes
from ctckit.image.zips import list_members
from ctckit.sources.files.suffixes import IMAGE_SUFFIXES, parted
from ctckit.sources.files.text_files import decode_text

ENCRYPTED = 1 << 0  # flag of a member of a zip archive
MAX_DEPTH = 20  # of folders; links can lead in circles
SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


class Entries(NamedTuple):
    """What lies in one folder: the names of its files and of its folders, hidden ones left out."""

    files: frozenset[str]
    folders: tuple[str, ...]


NOTHING = Entries(frozenset(), ())


class Tree:
    """Files by name: `a.png`, `train/a.png`. Folders are listed when they are asked for.

    Args:
        place: to name it to people.
        entries: returns what lies in a folder, "" being the outermost.
        address: returns the address of a file.
        folder: where it is on the disk; None in an archive.
        whole: whether all of it belongs to the set; else it is where a list was given from, and
            only files near that are looked at.
    """

    def __init__(
        self,
        place: str,
        entries: Callable[[str], Entries],
        address: Callable[[str], str],
        folder: Path | None = None,
        *,
        whole: bool = True,
    ) -> None:
        self.place = place
        self.folder = folder
        self.whole = whole
        self._entries = entries
        self._address = address
        self._known: dict[str, Entries] = {}

    def entries(self, folder: str = "") -> Entries:
        """Return what lies in `folder`; nothing where there is no such folder."""
        if folder not in self._known:
            self._known[folder] = self._entries(folder)
        return self._known[folder]

    @property
    def files(self) -> frozenset[str]:
        """The names of the outermost files."""
        return self.entries().files

    @property
    def folders(self) -> tuple[str, ...]:
        """The names of the outermost folders, sorted."""
        return self.entries().folders

    @cached_property
    def all_files(self) -> list[str]:
        """The names of all files, folder by folder, each sorted; near ones if it is not whole."""
        return list(self._walk("", MAX_DEPTH if self.whole else 1))

    def _walk(self, folder: str, depth: int) -> Iterator[str]:
        found = self.entries(folder)
        yield from sorted(join(folder, name) for name in found.files)
        for inner in found.folders if depth else ():
            yield from self._walk(join(folder, inner), depth - 1)

    def has(self, name: str) -> bool:
        """Say whether there is such a file."""
        folder, _, file = name.rpartition("/")
        return file in self.entries(folder).files

    def address(self, name: str) -> str:
        """Return the address of a file, as `ctckit.image.address` reads it."""
        return self._address(name)

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            InputError: it cannot be read.
        """
        return read_bytes(self.address(name))

    def text(self, name: str) -> str:
        """Return the content of a text file, whatever its encoding is.

        Raises:
            InputError: it cannot be read, or is no text.
        """
        return decode_text(self.read(name), self.address(name))

    def sub(self, folder: str) -> "Tree":
        """Return what lies in `folder`, by names relative to that."""
        return Tree(
            f"{self.place}/{folder}",
            lambda inner: self.entries(join(folder, inner)),
            lambda name: self.address(join(folder, name)),
            self.folder and self.folder / folder,
            whole=self.whole,
        )


def join(folder: str, name: str) -> str:
    """Return the name of a file in a folder, which may be "".

    >>> join("", "a.png"), join("train", "a.png")
    ('a.png', 'train/a.png')
    """
    return f"{folder}/{name}" if folder and name else folder or name


def folder_tree(root: Path, *, whole: bool = True) -> Tree:
    """Return the files of a folder; `whole` as in `Tree`.

    Raises:
        InputError: a folder in it cannot be read, when it is asked for.
    """

    def entries(folder: str) -> Entries:
        return _scan(os.path.join(root, folder))  # noqa: PTH118 - of any number of folders

    prefix = "" if str(root) == "." else f"{root}".rstrip("/") + "/"
    return Tree(str(root), entries, lambda name: prefix + name, root, whole=whole)


def _scan(folder: str) -> Entries:
    files, folders = [], []
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir() and not _leads_up(entry):
                    folders.append(entry.name)
                elif entry.is_file():
                    files.append(entry.name)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a list may name anything
        return NOTHING
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
    return Entries(frozenset(files), tuple(sorted(folders)))


def _leads_up(entry: os.DirEntry[str]) -> bool:
    """Say whether a link leads to a folder on the way to it: one could follow it for ever."""
    if not entry.is_symlink():
        return False
    target = os.path.realpath(entry.path)
    way = map(os.path.realpath, Path(entry.path).parents)
    return any(os.path.commonpath([target, folder]) == target for folder in way)


def zip_tree(archive: Path) -> Tree:
    """Return the files in a zip archive, which stay in it.

    Raises:
        InputError: it is no zip archive, its files are encrypted, or the names in it are in an
            encoding that is not certain.
    """
    members = {}
    locked = []
    for info in list_members(str(archive)):
        # Some programs of Windows write `photos\\a.png`.
        parts = [p for p in info.filename.replace("\\", "/").split("/") if p not in ("", ".", "..")]
        if 0 < len(parts) <= MAX_DEPTH + 1 and not any(map(is_hidden, parts)):
            members["/".join(parts)] = info.filename
            if info.flag_bits & ENCRYPTED and _is_image(parts[-1]):
                locked.append(info.filename)
    if locked:
        raise InputError(
            f"expected images without a password in {archive}, received {len(locked)} encrypted "
            f"ones: {first(locked)}; pack them again without"
        )
    content = _by_folder(members)
    return Tree(
        str(archive),
        lambda folder: content.get(folder, NOTHING),
        lambda name: join_address(archive, members[name]),
    )


def _is_image(file: str) -> bool:
    return parted(file)[1] in IMAGE_SUFFIXES


def _by_folder(names: Iterable[str]) -> dict[str, Entries]:
    files: dict[str, list[str]] = defaultdict(list)
    folders: dict[str, set[str]] = defaultdict(set)
    for name in names:
        folder, _, file = name.rpartition("/")
        known = folder in files
        files[folder].append(file)
        while folder and not known:  # it, and all that it lies in
            outer, _, last = folder.rpartition("/")
            known = last in folders[outer]
            folders[outer].add(last)
            folder = outer
    everything = files.keys() | folders.keys()
    return {key: Entries(frozenset(files[key]), tuple(sorted(folders[key]))) for key in everything}


def is_hidden(name: str) -> bool:
    """Say whether a file or folder is none of the user's: hidden, or made by a system."""
    return name.startswith(".") or name.lower() in SYSTEM_FILES


def first(names: list[str]) -> str:
    """Return the first three of some names, to show to people."""
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
