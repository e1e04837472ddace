"""A list beside the images, or for itself: `labels.csv`, `gt.txt`, `train.tsv` and the like."""

import re
from collections.abc import Iterator

from ctckit.errors import InputError
from ctckit.log import counted
from ctckit.sources.files.images import images_of
from ctckit.sources.files.suffixes import parted
from ctckit.sources.files.tree import Tree, first, join
from ctckit.sources.listing import PARTS, Listing, joined, part_of_folder
from ctckit.sources.lists.delimiters import image_share
from ctckit.sources.lists.locator import IMAGE_FOLDERS, Locator
from ctckit.sources.lists.parts import files_of_parts, part_of
from ctckit.sources.lists.rows import listing_of_rows
from ctckit.sources.lists.tables import MANY, parse_table
from ctckit.sources.options import SourceOptions

SUFFIXES = (".csv", ".tsv", ".txt", ".tab", ".list")
# What lists are in that cannot be read here.
OTHER_TABLES = frozenset({
    ".xlsx", ".xls", ".ods", ".json", ".xml", ".yaml", ".yml", ".md", ".parquet", ".arrow", ".pkl",
    ".db", ".sqlite", ".npy", ".mat",
})  # fmt: skip
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

    Raises:
        InputError: several lists without such a name are as likely.
    """
    inner = [folder for folder in tree.folders if folder.lower() in IMAGE_FOLDERS]
    others = [folder for folder in tree.folders if not part_of_folder(folder)]
    inner = inner or (others if len(others) == len(tree.folders) == 1 else [])
    for folder in ["", *inner]:
        lists = [join(folder, name) for name in tree.entries(folder).files if _may_be_list(name)]
        candidates = sorted(lists, key=lambda name: (_rank(name), name))[:FEW]
        found = [
            name for name in candidates if shows_list(tree, name) and not _was_read(tree, name)
        ]
        alike = [name for name in found if _rank(name)[0] == _rank(found[0])[0] == 1]
        if len(alike) > 1:
            raise InputError(
                f"expected one list in {tree.place}, received {first(alike)}; give one of these "
                "files, or call the one that is meant labels"
            )
        if found:
            return found[0]
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
    by_part = {
        part: file for part, file in files_of_parts(tree, name).items() if shows_list(tree, file)
    }
    if len(by_part) < 2 or "train" not in by_part:
        listing = read_one_list(tree, name, options)
        return listing._replace(notes=[*listing.notes, *_not_used(tree, [name], listing)])
    listings = {part: read_one_list(tree, file, options) for part, file in by_part.items()}
    said = f"{', '.join(by_part.values())}: {listings['train'].said.partition(': ')[2]}"
    together = joined(listings.items(), said)
    not_used = _not_used(tree, list(by_part.values()), together)
    return together._replace(notes=[*together.notes, *not_used])


def read_one_list(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return the images that one list names; errors are those of `read_list`."""
    locator, text = Locator(tree, name, options.images_root), tree.text(name)
    near = image_share(text, locator.is_near) > 0  # the usual case, which takes less time
    is_image = locator.is_near if near else locator.is_anywhere
    table = parse_table(text, options, tree.address(name), is_image)
    return listing_of_rows(tree, name, table.rows, f"{name}: {table.said}", options.images_root)


def _not_used(tree: Tree, lists: list[str], listing: Listing) -> Iterator[str]:
    """Yield a line on images that the lists do not name, and one on lists beside them."""
    if not tree.whole:
        return
    folder = lists[0].rpartition("/")[0]
    beside = {join(folder, file) for file in tree.entries(folder).files} - {*lists}
    others = [name for name in sorted(filter(_may_be_list, beside))[:FEW] if shows_list(tree, name)]
    alone = lists if len(lists) == 1 else []
    if others and any(part_of(name.rpartition("/")[2]) for name in (*others, *alone)):
        raise InputError(
            "expected lists of the parts of a set that are called alike, as train.csv and val.csv, "
            f"received {first([*lists, *others])}; give one of these files, or call them so"
        )
    if others:
        yield f"not used, beside {lists[0]}: {counted(len(others), 'list')}: {first(others)}"
    parts = (listing.samples, listing.validation, listing.test)
    listed = {sample.image for part in parts for sample in part}
    images = images_of(tree).names
    missing = [image for image in images if tree.address(image) not in listed]
    if missing and (len(images) - len(missing)) * 2 >= len(listed):  # else they are elsewhere
        yield f"not used, not in {lists[0]}: {counted(len(missing), 'image')}: {first(missing)}"


def refuse_useless_list(tree: Tree) -> None:
    """Refuse a tree in which a file looks like the labels of its images, but is no list of them.

    Such a file is called as lists are, or it has as many lines as there are images.

    Raises:
        InputError: there is one: what it holds is to be learned, not what the files are called.
    """
    number = len(images_of(tree).names)
    for name in sorted(tree.files):
        stem, suffix = parted(name)
        meant = _means_list(name) or stem.lower() in PARTS
        if meant and suffix in OTHER_TABLES:
            raise InputError(
                f"expected a list as CSV, TSV, text or JSON of a known form, received "
                f"{tree.address(name)}; save it as CSV with the columns image,label, or choose the "
                "layout names if the files are called as their labels",
                argument="layout",
            )
        if not _may_be_list(name) or not (meant or _has_lines_for(tree, name, number)):
            continue
        lines = [line for line in tree.text(name).splitlines() if line.strip()]
        if lines:
            raise InputError(
                f"expected {tree.address(name)} to name the images beside it and their labels, "
                f"received lines such as '{lines[0][:80]}'; put the name of each image before "
                "its label, or choose the layout names if the files are called as their labels",
                argument="layout",
            )


def _has_lines_for(tree: Tree, name: str, number: int) -> bool:
    """Say whether a file has a line for each of many images, and perhaps a header."""
    try:
        lines = tree.read(name).splitlines()
    except InputError:
        return False
    return number >= MANY and sum(map(bool, map(bytes.strip, lines))) in (number, number + 1)


def _may_be_list(name: str) -> bool:
    stem, suffix = parted(name)
    return suffix in SUFFIXES and not NO_LISTS.fullmatch(stem)


def _was_read(tree: Tree, name: str) -> bool:
    """Say whether a list is what a model has read, not what a person knows."""
    header = tree.text(name).lstrip().partition("\n")[0].lower()
    return "confidence" in re.split(r"[,;\t]", header.strip())


def _rank(name: str) -> tuple[int, int]:
    """Return what sorts lists: names that mean one first, then CSV, TSV, text."""
    stem, suffix = parted(name)
    meant = _means_list(name) or part_of(stem + suffix)
    return (0 if meant else 1, SUFFIXES.index(suffix))


def _means_list(name: str) -> bool:
    return LIST_NAMES.fullmatch(parted(name)[0].lower()) is not None
