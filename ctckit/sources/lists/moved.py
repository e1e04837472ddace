"""Images that lie elsewhere than their list says."""

import os
import re
from collections import defaultdict
from functools import cached_property
from pathlib import Path

from ctckit.errors import InputError
from ctckit.image.address import address_from, exists, file_of, join_address, name_of, split_address


class MovedImages:
    """Find the images of a list below another folder.

    Args:
        root: the folder.

    Raises:
        InputError: there is no such folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise InputError(
                f"expected the folder where the images are now, received {root}, which is none; "
                "give an existing one",
                argument="images_root",
            )

    def find(self, address: str) -> str:
        """Return the address of the image that a list calls `address`; "" where there is none.

        None outside of the folder is returned, whatever the list says. It is looked for by its
        path, then by the name of its file, or of its archive, and last, as an archive may have been
        unpacked, by the name of the member: where only one file has that name.
        """
        here = address_from(self.root, address)
        if self._is_below(file_of(here)) and exists(here):
            return here
        name = _name_of_file(file_of(address))
        place = split_address(address)
        if place is None:
            return self._only_file(name)
        archive = self._only_file(name)
        if archive and exists(moved := join_address(archive, place[1])):
            return moved
        return self._only_file(name_of(address))

    def _is_below(self, file: str) -> bool:
        return Path(os.path.normpath(file)).is_relative_to(os.path.normpath(self.root))

    def _only_file(self, name: str) -> str:
        found = self._files.get(name, [])
        return found[0] if len(found) == 1 else ""

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """All files below the folder, by name."""
        files = defaultdict(list)
        for folder, _, names in os.walk(self.root):
            for name in names:
                files[name].append(os.path.join(folder, name))  # noqa: PTH118 - for every image
        return dict(files)


def _name_of_file(path: str) -> str:
    """Return the last part of a path of any system: lists travel from one to another."""
    return re.split(r"[/\\]", path)[-1]
