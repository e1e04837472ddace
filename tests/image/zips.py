"""Make zip archives for the tests, good ones and bad ones."""

import zipfile
from pathlib import Path


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip archive of these contents by name; its folder is made."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def zip_folder(folder: Path, path: Path) -> Path:
    """Write a zip archive of the files of `folder`, enclosed in a folder of its name."""
    files = {f"{folder.name}/{file.name}": file.read_bytes() for file in folder.iterdir()}
    return make_zip(path, files)


def change_member(path: Path, name: str, *, flags: int | None = None, method: int = 8) -> Path:
    """Overwrite flags and compression method of a member, in both of its headers."""
    content, encoded = bytearray(path.read_bytes()), name.encode()
    for start, flags_at, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        header = content.index(start)
        while content[header + name_at : header + name_at + len(encoded)] != encoded:
            header = content.index(start, header + 1)
        if flags is not None:
            content[header + flags_at : header + flags_at + 2] = flags.to_bytes(2, "little")
        content[header + flags_at + 2 : header + flags_at + 4] = method.to_bytes(2, "little")
    path.write_bytes(content)
    return path


def damage_member(path: Path, name: str) -> Path:
    """Turn around a byte within the compressed data of a member."""
    content = bytearray(path.read_bytes())
    content[content.index(name.encode()) + len(name.encode()) + 10] ^= 0xFF
    path.write_bytes(content)
    return path


class _Member(zipfile.ZipInfo):
    """A member whose name is written as bytes of a code page, without the mark of UTF-8."""

    encoding: str

    def _encodeFilenameFlags(self):  # noqa: N802 - zipfile's name
        return self.filename.encode(self.encoding), self.flag_bits & ~0x800


def zip_in_code_page(path: Path, texts: list[str], encoding: str) -> Path:
    """Write an archive of `<text>.png`, as programs of Windows do; each holds its text in UTF-8."""
    with zipfile.ZipFile(path, "w") as archive:
        for text in texts:
            member = _Member(f"{text}.png")
            member.encoding = encoding
            archive.writestr(member, text.encode())
    return path
