"""MJSynth, nine million drawn words: `annotation_train.txt`, and the same of val and test.

https://www.robots.ox.ac.uk/~vgg/data/text/: a line is `./2425/1/115_Lube_45484.jpg 45484`. The text
is the middle of the file name; the number is that of the word in `lexicon.txt`, where it stands
without its case.
"""

import re
from collections.abc import Iterator
from io import BytesIO

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import exists
from ctckit.log import counted
from ctckit.sources.files.heads import head
from ctckit.sources.files.tree import Tree, first, join
from ctckit.sources.listing import PARTS, Listing
from ctckit.sources.lists.rows import Row, listing_of_rows
from ctckit.sources.options import SourceOptions

NAMES = tuple(f"annotation_{part}.txt" for part in ("train", "val", "test"))
LINE = re.compile(r"\./\S*/\d+_[^/\s]+_\d+\.jpe?g \d+")
MAX_DEPTH = 5  # the archive unpacks to mnt/ramdisk/max/90kDICT32px
LOOKED_FOR = 200  # images of each list, to see whether they are there


def find_mjsynth(tree: Tree) -> str | None:
    """Return the first annotation file of a tree, looked for in the only folder of each level."""
    folder = ""
    for _ in range(MAX_DEPTH):
        names = [join(folder, name) for name in NAMES]
        found = next((name for name in names if tree.has(name) and shows_mjsynth(tree, name)), None)
        folders = tree.entries(folder).folders
        if found is not None or len(folders) != 1:
            return found
        folder = join(folder, folders[0])
    return None


def shows_mjsynth(tree: Tree, name: str) -> bool:
    """Say whether a file is called as one of MJSynth and begins as one."""
    return name.rpartition("/")[2] in NAMES and LINE.match(head(tree, name)) is not None


def read_mjsynth(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the samples of an annotation file, and in a whole tree those of all, each as its part.

    Of each list only some images are looked for: to look for nine million takes minutes, and those
    that cannot be read are left out by name when they are.

    Raises:
        InputError: a line has another form, or most images looked for are missing.
    """
    folder = name.rpartition("/")[0]
    names = [join(folder, file) for file in NAMES] if tree.whole else [name]
    names = [each for each in names if tree.has(each)]
    parts: dict[str, list[Sample]] = {"train": [], "validation": [], "test": []}
    notes: list[str] = []
    for each in names:
        part = PARTS[each[:-4].rpartition("_")[2]] if len(names) > 1 else "train"
        listing = _read_one(tree, each, options.images_root)
        parts[part] = listing.samples
        notes.extend(listing.notes)
    said = f"{first(names)}, text in the middle of each file name"
    return Listing(parts["train"], said, (), notes, parts["validation"], parts["test"])


def _read_one(tree: Tree, name: str, images_root: str | None) -> Listing:
    place = tree.address(name)
    if tree.folder is None:
        rows = [Row(image, label) for image, label in _rows(tree.read(name), place)]
        return listing_of_rows(tree, name, rows, name, images_root)
    folder = place.removesuffix(name.rpartition("/")[2])
    prefix = folder if images_root is None else f"{images_root}/"
    samples = [Sample(prefix + image, label) for image, label in _rows(tree.read(name), place)]
    looked_for = samples[:: len(samples) // LOOKED_FOR + 1]
    missing = [sample.image for sample in looked_for if not exists(sample.image)]
    if len(missing) * 2 >= len(looked_for):
        raise InputError(
            f"expected the images of {place} to exist, {len(missing)} of {len(looked_for)} that "
            f"were looked for are missing: {first(missing)}; put it where the images are"
        )
    if len(looked_for) == len(samples) and not missing:
        return Listing(samples, name)
    note = f"{name}: {len(looked_for)} of {counted(len(samples), 'image')} were looked for, "
    return Listing(samples, name, (), [note + f"{len(missing) or 'none'} missing"])


def _rows(content: bytes, place: str) -> Iterator[tuple[str, str]]:
    """Yield image and label of each line; equal labels are one object."""
    labels: dict[str, str] = {}
    for number, line in enumerate(BytesIO(content), start=1):
        try:
            image = line.partition(b" ")[0].decode().strip()
            _, label, _ = image.rpartition("/")[2].split("_")
        except ValueError as error:  # of either line
            if not line.strip():
                continue
            raise InputError(
                f"expected a line as ./1/2/3_word_4.jpg 4 in {place}, line {number}, received "
                f"{line[:80]!r}; correct it there"
            ) from error
        yield image.removeprefix("./"), labels.setdefault(label, label)
