"""The faces that texts are drawn in: which characters each can draw, so that they can be read."""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ctckit.errors import InputError
from ctckit.log import LOGGER, progress

SUFFIXES = (".otf", ".ttc", ".ttf", ".woff")
SYSTEM_FONTS = (
    Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts",
    Path("/Library/Fonts"), Path("C:/Windows/Fonts"),
)  # fmt: skip
SIZE = 32  # at which faces are compared, in pixels
CASED = "abdeghnrt"  # letters whose capitals have another form
JUDGED = "0123456789ABDEGHKMNRTabdeghknrt"  # what it must be possible to tell apart
LEGIBLE = 0.5  # share of them
STRANGE = 0.05  # the same of faces that look unlike print
ENOUGH = 10  # families, from which on it is known what characters look like
LEAST = 10  # characters without which a face is none to write texts in

# What faces are called that look unlike print; all in a folder of such a name are taken for it.
MANNERS = {
    "segments": "dseg|segment",
    "dots": "dotgothic|misaki|terminus|matrix|3270|glasstty",
    "hand": "apropal|because|breip|comic|dancing|delphine|dkg|domestic|ecolier|femkeklaver|hand|"
    "havana|humor|isabella|kalapi|kaushan|kristi|leckerli|purisa|rufscript|script|seto|"
    "skechers|staypuft|summersby|tomson|yozfont",
}  # fmt: skip
SEVEN = "0123456789-.:°"  # all that seven segments show in the way that people know


class Face(NamedTuple):
    """A face in a file of fonts.

    Attributes:
        path: of the file.
        number: of the face in it, from 0.
        characters: that it draws, each in a way of its own, sorted.
        manner: "print", or one of `MANNERS`.
    """

    path: str
    number: int
    characters: str
    manner: str

    @property
    def family(self) -> str:
        """What the faces of one design have in common: folder, and beginning of the name."""
        path = Path(self.path)
        return f"{path.parent.name}/{re.split('[-_]', path.stem.lower())[0]}"

    def font(self, size: int) -> ImageFont.FreeTypeFont:
        """Return it in a size in pixels."""
        return _font(self.path, self.number, size)


@lru_cache(maxsize=4000)
def _font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index, layout_engine=ImageFont.Layout.BASIC)


def find_faces(places: Iterable[Path], characters: str) -> list[Face]:
    """Return the legible faces of the fonts in some folders, sorted by their files.

    A face is legible if half of its letters and digits are told apart by what those of all
    families look like, of handwriting and displays a twentieth: symbols, mazes and letters of
    other scripts are left out.

    Args:
        places: folders, or files of fonts.
        characters: that are to be drawn.

    Raises:
        InputError: there is none.
    """
    places = list(places)
    files = {str(file): _manner(file, place) for place in places for file in _files(place)}
    jobs_of_files = [(file, files[file], characters) for file in sorted(files)]
    with get_context("spawn").Pool() as pool:
        jobs = pool.imap(_faces, jobs_of_files, chunksize=8)
        found = [each for faces in progress(jobs, "fonts", total=len(files)) for each in faces]
    if not found:
        raise InputError(
            f"expected fonts ({', '.join(SUFFIXES)}) with {LEAST} of the characters in "
            f"{', '.join(map(str, places))}, received none; install some, or name another folder",
            argument="fonts",
        )
    kept = _legible(found)
    LOGGER.info(
        "fonts       %d faces of %d families, %d left out that cannot be read", len(kept),
        len({face.family for face in kept}), len(found) - len(kept),
    )  # fmt: skip
    return kept


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    else:
        yield from (file for file in place.rglob("*") if file.suffix.lower() in SUFFIXES)


Forms = Mapping[str, np.ndarray]  # what some characters look like, float32 (n,)


def _faces(job: tuple[str, str, str]) -> list[tuple[Face, Forms]]:
    """Return the faces of a file that draw enough, and the forms of what is judged."""
    file, manner, characters = job
    found: list[tuple[Face, Forms]] = []
    if "dseg7" in file.lower():
        characters = "".join(set(characters) & set(SEVEN))
    for index, known in enumerate(_known(file)):
        glyphs = _glyphs(_font(file, index, SIZE), {*characters, *JUDGED} & known)
        forms = {one: _form(glyphs[one]) for one in {*JUDGED, *CASED.upper()} if one in glyphs}
        if _is_of_capitals(forms):
            glyphs = {one: pixels for one, pixels in glyphs.items() if not one.islower()}
            forms = {one: form for one, form in forms.items() if not one.islower()}
        drawn = "".join(sorted({*characters} & glyphs.keys()))
        if len(drawn) >= min(LEAST, len(characters)):
            found.append((Face(file, index, drawn, manner), forms))
    return found


def _known(file: str) -> list[set[str]]:
    """Return the characters of each face in a file; none of a file that is damaged."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    logging.getLogger("fontTools").setLevel(logging.CRITICAL)  # small faults of many fonts
    try:
        with (TTCollection if file.lower().endswith(".ttc") else TTFont)(file, lazy=True) as fonts:
            each = fonts.fonts if isinstance(fonts, TTCollection) else [fonts]
            maps = [{chr(code) for code in font.getBestCmap() or ()} for font in each]
        for index in range(len(maps)):
            _font(file, index, SIZE)
    except (TTLibError, OSError, AssertionError, KeyError, ValueError):
        return []
    return maps


def _manner(file: Path, place: Path) -> str:
    """Return what the faces of a file look like: its folder says so, else its name."""
    folders = {folder.name for folder in file.relative_to(place).parents}
    name = file.name.lower()
    by_folder = (manner for manner in MANNERS if manner in folders)
    by_name = (manner for manner, form in MANNERS.items() if re.search(form, name))
    return next(by_folder, next(by_name, "print"))


def _glyphs(font: ImageFont.FreeTypeFont, characters: Iterable[str]) -> dict[str, np.ndarray]:
    """Return what a face draws for characters, cut to it: uint8 (H, W); nothing for blanks."""
    found = {}
    for one in characters:
        left, top, right, bottom = font.getbbox(one)
        if right > left and bottom > top:
            image = Image.new("L", (int(right - left), int(bottom - top)))
            ImageDraw.Draw(image).text((-left, -top), one, font=font, fill=255)
            if box := image.getbbox():
                found[one] = np.asarray(image.crop(box))
    return found


def _form(glyph: np.ndarray) -> np.ndarray:
    """Return a glyph upright, in one size, blurred and of length 1, to compare it: float32 (n,)."""
    moments = cv2.moments(glyph)
    skew = np.clip(moments["mu11"] / (moments["mu02"] or 1), -0.5, 0.5)
    height, width = glyph.shape
    padded = np.pad(glyph, ((0, 0), (height // 2, height // 2)))
    shear = np.array([[1, skew, -skew * height / 2], [0, 1, 0]], np.float32)
    upright = cv2.warpAffine(padded, shear, padded.shape[::-1], flags=cv2.WARP_INVERSE_MAP)
    columns = np.flatnonzero(upright.max(0) > 60)
    if len(columns):
        upright = upright[:, columns[0] : columns[-1] + 1]
    pixels = cv2.resize(upright, (24, 24), interpolation=cv2.INTER_AREA).astype(np.float32)
    blurred = cv2.GaussianBlur(np.pad(pixels, 3), (0, 0), 1.8).ravel()
    blurred -= blurred.mean()
    return blurred / (np.linalg.norm(blurred) + 1e-6)


def _is_of_capitals(forms: Forms) -> bool:
    """Say whether small letters have the form of capitals."""
    pairs = [(one, one.upper()) for one in CASED if one in forms and one.upper() in forms]
    alike = [float(forms[small] @ forms[large]) > 0.93 for small, large in pairs]
    return sum(alike) > len(alike) / 2


def _legible(found: Sequence[tuple[Face, Forms]]) -> list[Face]:
    families: dict[str, list[Forms]] = {}
    for face, forms in found:
        families.setdefault(face.family, []).append(forms)
    if len(families) < ENOUGH:
        return [face for face, _ in found]
    typical = {one: _typical(families.values(), one) for one in JUDGED}
    known = {one: form for one, form in typical.items() if form is not None}
    names, matrix = list(known), np.stack(list(known.values()))
    return [
        face
        for face, forms in found
        if _share_told(forms, names, matrix) >= (LEGIBLE if face.manner == "print" else STRANGE)
    ]


def _typical(families: Iterable[Sequence[Forms]], character: str) -> np.ndarray | None:
    """Return the median of the forms that families give a character."""
    means = [
        np.mean([forms[character] for forms in faces if character in forms], axis=0)
        for faces in families
        if any(character in forms for forms in faces)
    ]
    if not means:
        return None
    median = np.median(means, axis=0)
    return np.asarray(median / np.linalg.norm(median))


def _share_told(forms: Forms, names: Sequence[str], matrix: np.ndarray) -> float:
    """Return the share of characters that are most like what they are."""
    told = [names[int(np.argmax(matrix @ forms[one]))] == one for one in names if one in forms]
    return float(np.mean(told)) if told else 0.0
