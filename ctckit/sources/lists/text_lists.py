"""A list beside the images, or for itself: `labels.csv`, `gt.txt`, `train.tsv` and the like."""

import re
from collections.abc import Iterator

from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.images import images_of
from ctckit.sources.files.suffixes import parted
from ctckit.sources.files.tree import Tree, first, join
from ctckit.sources.listing import PARTS, Listing
from ctckit.sources.lists.locator import Locator
from ctckit.sources.lists.rows import listing_of_rows
from ctckit.sources.lists.tables import image_share, parse_table
from ctckit.sources.options import SourceOptions

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".list")
# Names that mean a list of labels; a file of such a name that names no image is a mistake.
LIST_NAMES = re.compile(
    r"(rec_)?(gt|labels?|ground_?truth|annotations?.*|transcriptions?|metadata)"
)
# Other files of text that lie beside images.
NO_LISTS = re.compile(
    r"(read.?me|licen[cs]e|copying|notice|changes|changelog|requirements|classes|charset|chars|"
    r"characters|alphabet|vocab|vocabulary|dict|lexicon|fonts?|sources?|credits|citation)",
    re.IGNORECASE,
)
ENOUGH = 0.5  # share of the first lines that name an image
FEW = 20  # files and folders that are looked into: there may be a text file beside each image


def find_list(tree: Tree) -> str | None:
    """Return the list that lies in `tree`, in the outermost folder or in one of images; or None.

    Names that mean a list come first.
    """
    places = ["", *(folder for folder in tree.folders if folder.lower() not in PARTS)]
    for folder in places[:FEW]:
        lists = [join(folder, name) for name in tree.entries(folder).files if _may_be_list(name)]
        candidates = sorted(lists, key=lambda name: (_rank(name), name))[:FEW]
        found = next((name for name in candidates if shows_list(tree, name)), None)
        if found is not None:
            return found
    return None


def shows_list(tree: Tree, name: str) -> bool:
    """Say whether a file of text is a list of images."""
    if not _may_be_list(name):
        return False
    try:
        text = tree.text(name)
    except InputError:
        if _means_list(name):
            raise
        return False
    locator = Locator(tree, name)
    if image_share(text, locator.is_near) >= ENOUGH:
        return True
    return image_share(text, locator.is_anywhere) >= ENOUGH


def read_list(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the images that a list names, and in a whole tree those of other parts beside it.

    Raises:
        InputError: it cannot be understood, or its images are missing.
    """
    by_part = dict(_lists_by_part(tree, name)) if tree.whole else {}
    if len(by_part) < 2 or "train" not in by_part:
        return _read_one(tree, name, options)
    listings = {part: _read_one(tree, file, options) for part, file in by_part.items()}
    everything = listings.values()
    return Listing(
        list(listings["train"].samples),
        f"{', '.join(by_part.values())}: {listings['train'].said.partition(': ')[2]}",
        [record for listing in everything for record in listing.left_out],
        [note for listing in everything for note in listing.notes],
        listings["validation"].samples if "validation" in listings else (),
        listings["test"].samples if "test" in listings else (),
    )


def _read_one(tree: Tree, name: str, options: SourceOptions) -> Listing:
    locator, text = Locator(tree, name, options.images_root), tree.text(name)
    near = image_share(text, locator.is_near) > 0  # the usual case, which takes less time
    is_image = locator.is_near if near else locator.is_anywhere
    table = parse_table(text, options, tree.address(name), is_image)
    listing = listing_of_rows(tree, name, table.rows, f"{name}: {table.said}", options.images_root)
    return listing._replace(notes=[*listing.notes, *_unlisted(tree, name, listing)])


def _unlisted(tree: Tree, name: str, listing: Listing) -> Iterator[str]:
    """Yield a line on images near a list that it does not name."""
    if not tree.whole:
        return
    listed = {*(s.image for s in listing.samples), *(s.image for s in listing.validation)}
    listed |= {sample.image for sample in listing.test}
    images = images_of(tree).names
    missing = [image for image in images if tree.address(image) not in listed]
    if (len(images) - len(missing)) * 2 < len(listed):
        return  # its images are elsewhere
    if missing:
        yield f"not used, not in {name}: {counted(len(missing), 'image')}: {first(missing)}"


def refuse_useless_list(tree: Tree) -> None:
    """Refuse a tree with a list of labels that names none of its images.

    Raises:
        InputError: there is one: what it holds is to be learned, not what the files are called.
    """
    for name in tree.files:
        if _may_be_list(name) and _means_list(name):
            lines = [line for line in tree.text(name).splitlines() if line.strip()]
            if lines:
                raise InputError(
                    f"expected {tree.address(name)} to name the images beside it and their labels, "
                    f"received lines such as '{lines[0][:80]}'; put the name of each image before "
                    "its label, or choose the layout names if the files are called as their labels",
                    argument="layout",
                )


def _lists_by_part(tree: Tree, name: str) -> Iterator[tuple[str, str]]:
    """Yield the part and the name of lists whose names differ only in that: `train.csv`."""
    folder, _, file = name.rpartition("/")
    frame = _part_of(file)
    if frame is None:
        return
    for other in sorted(tree.entries(folder).files):
        found = _part_of(other)
        if found is not None and found[1] == frame[1]:
            yield found[0], join(folder, other)


def _part_of(file: str) -> tuple[str, str] | None:
    """Return the part that a list's name says it is of, and the name with the part left open."""
    words = re.split(r"([-_. ])", file.lower())
    places = [index for index, word in enumerate(words) if word in PARTS]
    if len(places) != 1:
        return None
    part = PARTS[words[places[0]]]
    words[places[0]] = "*"
    return part, "".join(words)


def _may_be_list(name: str) -> bool:
    stem, suffix = parted(name)
    return suffix in SUFFIXES and not NO_LISTS.fullmatch(stem)


def _rank(name: str) -> tuple[int, int]:
    """Return what sorts lists: names that mean one first, then CSV, TSV, text."""
    stem, suffix = parted(name)
    meant = _means_list(name) or _part_of(stem + suffix)
    return (0 if meant else 1, SUFFIXES.index(suffix))


def _means_list(name: str) -> bool:
    return LIST_NAMES.fullmatch(parted(name)[0].lower()) is not None
