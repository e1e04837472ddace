"""The IAM Handwriting Database: `words.txt`, `lines.txt` or `sentences.txt`, and the images.

Each file says at its head how its lines are to be read. `a01-000u-00-00 ok 154 408 768 27 51 AT A`
is a word: id, whether the segmentation is good, grey level, box, grammatical tag, text.
`a01-000u-00 ok 154 19 408 746 1661 89 A|MOVE|to` is a line; in `sentences.txt` a number comes after
the id. The image is `words/a01/a01-000u/a01-000u-00-00.png`:
https://fki.tic.heia-fr.ch/databases/iam-handwriting-database
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.heads import head
from ctckit.sources.files.tree import Tree, join
from ctckit.sources.listing import Listing
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions

KINDS = ("words", "lines", "sentences")  # of texts; the images of each lie in a folder of this name
PLACES = ("", "ascii")
LINE = re.compile(
    r"(?P<id>(?P<form>(?P<writer>[a-z]\d\d)-\d{3}[a-z]?)(-s?\d+)+)"
    r"(?P<sentence> \d+)? (?P<state>ok|err?) \d+( -?\d+){4,5} (?P<text>.+)"
)


def find_iam(tree: Tree) -> str | None:
    """Return the list whose images are there; of several words, then lines, then sentences."""
    names = [join(place, f"{kind}.txt") for kind in KINDS for place in PLACES]
    names = [name for name in names if tree.has(name) and shows_iam(tree, name)]
    with_images = [name for name in names if _kind(name) in tree.folders]
    return next(iter(with_images or names), None)


def shows_iam(tree: Tree, name: str) -> bool:
    """Say whether the first line of a file, after its remarks, is one of IAM."""
    if not name.lower().endswith(".txt"):
        return False
    lines = [line for line in head(tree, name).splitlines() if line.strip() and line[0] != "#"]
    return bool(lines) and LINE.match(lines[0]) is not None


def read_iam(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of a list of IAM.

    Those whose segmentation is bad (`err`) are left out, by name: their images may show other text.
    In lines and sentences `|` becomes a blank.

    Raises:
        InputError: a line has another form, or the images are missing.
    """
    place = tree.address(name)
    bad: list[LeftOut] = []
    rows = list(_rows(tree.text(name), place, _kind(name), bad))
    listing = listing_of_rows(tree, name, rows, name, options.images_root)
    if not bad:
        return listing
    number = counted(len(rows) + len(bad), "text")
    note = f"{name} marks {len(bad)} of {number} err: left out"
    return listing._replace(left_out=[*listing.left_out, *bad], notes=[*listing.notes, note])


def _rows(text: str, place: str, kind: str, bad: list[LeftOut]) -> Iterator[Row]:
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if found is None:
            raise InputError(
                f"expected a line of IAM in {place}, line {number}, received '{line[:80]}'; "
                "correct it there"
            )
        image = f"{kind}/{found['writer']}/{found['form']}/{found['id']}.png"
        label = _text(found["text"], kind)
        if found["state"] == "ok":
            yield Row(image, label, number)
        else:
            bad.append(LeftOut(image, label, "marked err in the list"))


def _text(text: str, kind: str) -> str:
    """Return the text of a line; that of a word comes after its grammatical tag."""
    return text.partition(" ")[2] if kind == "words" else text.replace("|", " ")


def _kind(name: str) -> str:
    stem = PurePosixPath(name).stem.lower()
    return next((kind for kind in KINDS if kind in stem), KINDS[0])
