"""Open a set of labelled images, whatever its layout.

A layout is a function that finds out whether a tree of files is one, and a function that reads it;
the table `LAYOUTS` names them all, and the first one that is found is taken.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ctckit.data.samples import Dataset
from ctckit.errors import InputError, nearest_name
from ctckit.log import LOGGER
from ctckit.remote.fetching import fetched
from ctckit.sources.cleaning import cleaned
from ctckit.sources.files.images import images_of
from ctckit.sources.files.tree import MAX_DEPTH, Tree, first, folder_tree, zip_tree
from ctckit.sources.garbage import collection_paused
from ctckit.sources.listing import PARTS, Listing, joined, part_of_folder, shown
from ctckit.sources.lists.json_rows import find_json_rows, read_json_rows, shows_json_rows
from ctckit.sources.lists.sidecars import find_sidecars, read_sidecars
from ctckit.sources.lists.text_lists import SUFFIXES as LIST_SUFFIXES
from ctckit.sources.lists.text_lists import find_list, read_list, refuse_useless_list, shows_list
from ctckit.sources.names.folders import find_folders, find_names, read_folders, read_names
from ctckit.sources.options import SourceOptions
from ctckit.sources.tools.cvat import find_cvat, read_cvat, shows_cvat
from ctckit.sources.tools.doctr import find_doctr, read_doctr, shows_doctr
from ctckit.sources.tools.huggingface import find_huggingface, read_huggingface, shows_huggingface
from ctckit.sources.tools.iam import find_iam, read_iam, shows_iam
from ctckit.sources.tools.label_studio import (
    find_label_studio,
    read_label_studio,
    shows_label_studio,
)
from ctckit.sources.tools.lmdb_sets import find_lmdb, read_lmdb, shows_lmdb
from ctckit.sources.tools.mjsynth import find_mjsynth, read_mjsynth, shows_mjsynth
from ctckit.sources.tools.mmocr import find_mmocr, read_mmocr, shows_mmocr
from ctckit.sources.tools.ppocr_labels import (
    find_ppocr_labels,
    read_ppocr_labels,
    shows_ppocr_labels,
)

MANY_FOLDERS = 200  # are looked into for lists


class Layout(NamedTuple):
    """How labelled images may lie.

    Attributes:
        name: to choose it by.
        summary: for people.
        find: returns the file of a tree that shows this layout, "" if the tree itself does, or None
            where it is another one.
        read: returns what the tree holds, given what `find` returned.
        shows: says whether a single file shows this layout; None where no file does.
    """

    name: str
    summary: str
    find: Callable[[Tree], str | None]
    read: Callable[[Tree, str, SourceOptions], Listing]
    shows: Callable[[Tree, str], bool] | None = None


def find_parts(tree: Tree) -> str | None:
    """Return "" if folders have a list of their own: several, or those of the parts of a set."""
    with_lists = [folder for folder in tree.folders[:MANY_FOLDERS] if _has_list(tree.sub(folder))]
    parts = {part_of_folder(folder) for folder in tree.folders} - {""}
    several = len(with_lists) > 1 or (len(with_lists) == 1 and len(parts) > 1)
    return "" if several else None


def _has_list(tree: Tree) -> bool:
    return any(layout.find(tree) is not None for layout in LAYOUTS if layout.shows is not None)


def read_parts(tree: Tree, name: str, options: SourceOptions) -> Listing:
    """Return what the folders of a tree hold, each read for itself, together.

    Folders called as parts of a set are these; where none is, all are learned from.

    Raises:
        InputError: one of them cannot be read; some are parts and others are not; or there is none
            to train on.
    """
    kinds = {folder: part_of_folder(folder) for folder in tree.folders}
    if any(kinds.values()):
        others = [
            folder for folder, part in kinds.items() if not part and _has_list(tree.sub(folder))
        ]
        if others or "train" not in kinds.values():
            received = f"also {first(others)}" if others else "none to train on"
            raise InputError(
                f"expected folders for the parts of a set, train, val and test, in {tree.place}, "
                f"received {received}; give a list of all, or call them so",
                argument="layout",
            )
    found = {
        folder: (part or "train", read_tree(tree.sub(folder), options))
        for folder, part in kinds.items()
        if (part or not any(kinds.values())) and _holds_samples(tree.sub(folder))
    }

    said = "; ".join(f"{folder} with {each.said}" for folder, (_, each) in [*found.items()][:3])
    return joined(found.values(), said)


def _holds_samples(tree: Tree) -> bool:
    return _has_list(tree) or bool(images_of(tree).by_folder)


LAYOUTS = (
    Layout("lmdb", "LMDB of deep-text-recognition-benchmark, PARSeq, MMOCR: data.mdb, set.lmdb",
           find_lmdb, read_lmdb, shows_lmdb),
    Layout("mjsynth", "MJSynth: annotation_train.txt, annotation_val.txt, lexicon.txt",
           find_mjsynth, read_mjsynth, shows_mjsynth),
    Layout("iam", "IAM: words.txt, lines.txt, sentences.txt",
           find_iam, read_iam, shows_iam),
    Layout("huggingface", "Hugging Face: metadata.jsonl or metadata.csv beside the images",
           find_huggingface, read_huggingface, shows_huggingface),
    Layout("doctr", "docTR: labels.json beside the folder images",
           find_doctr, read_doctr, shows_doctr),
    Layout("mmocr", "MMOCR: a .json with a data_list",
           find_mmocr, read_mmocr, shows_mmocr),
    Layout("label-studio", "export of Label Studio: JSON, JSON-MIN or CSV",
           find_label_studio, read_label_studio, shows_label_studio),
    Layout("cvat", "export of CVAT: ICDAR Recognition 1.0",
           find_cvat, read_cvat, shows_cvat),
    Layout("ppocr-label", "PPOCRLabel: rec_gt.txt and crop_img beside Label.txt",
           find_ppocr_labels, read_ppocr_labels, shows_ppocr_labels),
    Layout("json", "a list of JSON objects, or one a line",
           find_json_rows, read_json_rows, shows_json_rows),
    Layout("list", "a list of images and labels (CSV, TSV, text), beside the images or by itself",
           find_list, read_list, shows_list),
    Layout("parts", "folders, such as train, val and test, each with a list of its own",
           find_parts, read_parts),
    Layout("sidecars", "a text file beside each image: 0001.png and 0001.txt or 0001.gt.txt",
           find_sidecars, read_sidecars),
    Layout("folders", "a folder for each label: A/1.png", find_folders, read_folders),
    Layout("names", "images called as their labels: 3hx7k.png", find_names, read_names),
)  # fmt: skip

LAYOUT_OF_LISTS = next(layout for layout in LAYOUTS if layout.read is read_list)
# A list of such a name is called after its folder.
PLAIN_NAMES = {
    "annotation", "annotations", "data", "gt", "label", "labels", "metadata", "rec_gt", *PARTS,
}  # fmt: skip


@collection_paused()  # which finds nothing in lists that grow, and takes its time
def open_dataset(
    source: str | Path,
    options: SourceOptions = SourceOptions(),  # noqa: B008 - it is frozen
) -> Dataset:
    """List the labelled images of `source`; no image is read yet.

    Args:
        source: a folder, a `.zip` of one, which is read in place, or a list, such as a CSV, in one
            of the layouts of `LAYOUTS`; or the address of one, which is fetched first.
        options: what to know of it besides; all of it can be left open.

    Returns:
        The samples, sorted by address; labels in the Unicode form of the options. Records that
        cannot be used are in `left_out`, what a person should know is in `notes`.

    Raises:
        InputError: nothing usable there; the message says what was expected and found.
    """
    path = fetched(source)
    try:
        listing = _read(path, options)
    except OSError as error:  # no permission, a name too long for this system
        raise InputError(f"cannot read {source}: {error.strerror or error}") from error
    return replace(cleaned(name_of_source(path), listing, options), place=str(path))


def load_dataset(
    source: str | Path,
    *,
    datasets_dir: str | Path | None = None,
    label_separator: str | None = None,
) -> Dataset:
    """Return `open_dataset(source)`; nothing is unpacked to `datasets_dir` any more."""
    return open_dataset(source, SourceOptions(label_separator=label_separator))


def log_source(dataset: Dataset) -> None:
    """Log how the images and labels of a dataset lie, the first three, and what to know of them."""
    LOGGER.info("layout      %s", dataset.layout)
    for line in shown(dataset.samples):
        LOGGER.info("            %s", line)
    for note in dataset.notes:
        LOGGER.warning("note        %s", note)


def name_of_source(path: Path) -> str:
    """Return what a dataset of this source is called."""
    if path.is_dir():
        return path.resolve().name
    says_nothing = path.suffix.lower() != ".zip" and path.stem.lower() in PLAIN_NAMES
    return (says_nothing and path.resolve().parent.name) or path.stem


def tree_of(path: Path) -> Tree:
    """Return the files of a folder or a zip, from the outermost folder that holds several things.

    Raises:
        InputError: it is neither, or cannot be read.
    """
    tree = folder_tree(path) if path.is_dir() else zip_tree(path)
    for _ in range(MAX_DEPTH):
        if tree.files or len(tree.folders) != 1:
            break
        tree = tree.sub(tree.folders[0])
    return tree


def find_layout(tree: Tree, options: SourceOptions) -> tuple[Layout, str]:
    """Return the first layout that `tree` shows, and the file that shows it.

    Raises:
        InputError: the one that the options ask for is not shown.
    """
    candidates = _candidates(options)
    for layout in candidates:
        if (name := layout.find(tree)) is not None:
            return layout, name
    wanted = " or ".join(layout.summary for layout in candidates)
    raise InputError(f"expected {wanted} in {tree.place}, received none", argument="layout")


def read_tree(tree: Tree, options: SourceOptions) -> Listing:
    """Return what the files of a folder or a zip hold, in the layout that they show.

    Raises:
        InputError: they cannot be read in it.
    """
    layout, name = find_layout(tree, options)
    if layout.name == "names" and not options.tell_labels:
        refuse_useless_list(tree)
    return _with_name(layout, layout.read(tree, name, options))


def _read(path: Path, options: SourceOptions) -> Listing:
    if path.is_dir() or (path.suffix.lower() == ".zip" and path.is_file()):
        return read_tree(tree_of(path), options)
    if not path.is_file():
        raise InputError(f"expected a folder, a .zip or a list of images, {path} does not exist")
    tree = folder_tree(path.parent, whole=False)
    for layout in _candidates(options):
        if layout.shows is not None and layout.shows(tree, path.name):
            return _with_name(layout, layout.read(tree, path.name, options))
    if path.suffix.lower() not in LIST_SUFFIXES:
        raise InputError(f"expected a folder, a .zip or a list of images, received the file {path}")
    # A list all the same; what is wrong with it is told in reading.
    return _with_name(LAYOUT_OF_LISTS, read_list(tree, path.name, options))


def _with_name(layout: Layout, listing: Listing) -> Listing:
    return listing._replace(said=f"{layout.name}: {listing.said}")


def _candidates(options: SourceOptions) -> Sequence[Layout]:
    """Return the layouts that come into question."""
    names = [layout.name for layout in LAYOUTS]
    if options.layout is not None:
        if options.layout not in names:
            raise InputError(
                f"expected one of {', '.join(names)}, received '{options.layout}'."
                f"{nearest_name(options.layout, names)}",
                argument="layout",
            )
        return [layout for layout in LAYOUTS if layout.name == options.layout]
    if options.label_separator is not None or options.label_pattern is not None:
        return [layout for layout in LAYOUTS if layout.name == "names"]
    if options.columns is not None:
        return [layout for layout in LAYOUTS if layout.shows is not None or layout.name == "parts"]
    return LAYOUTS
