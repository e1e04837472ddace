"""What reads files of others: a function of bytes for each parser.

A target may return or raise an InputError of one line. Anything else is a finding.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from ctckit.data.lists import read_lists
from ctckit.errors import InputError
from ctckit.image.address import read_bytes
from ctckit.image.decode import ImageReader
from ctckit.image.lmdbs import close_lmdb
from ctckit.image.zips import list_members, read_member
from ctckit.images_root import IMAGES_FILE, ImagesRoot
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.session import OnnxInferenceModel
from ctckit.run_folder import RunFolder
from ctckit.sources.cleaning import cleaned
from ctckit.sources.files.tree import folder_tree
from ctckit.sources.layouts import LAYOUTS, open_dataset
from ctckit.sources.options import SourceOptions
from ctckit.training.configs import TrainConfigs
from tests.fuzz import seeds


class Target(NamedTuple):
    """A parser to try, and inputs that it reads."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


@cache
def _folder(target: str) -> Path:
    """Return a folder of this process for a target, with empty images; it vanishes with it."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() else None
    folder = tempfile.TemporaryDirectory(prefix=f"fuzz-{target}-", dir=place)
    _KEPT.append(folder)
    for name in seeds.IMAGES:
        path = Path(folder.name, "set", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return Path(folder.name, "set")


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        message = str(error)
        message.encode()
        assert len(message.splitlines()) == 1, message


def image(content: bytes) -> None:
    """Decode an image file."""
    for channels in (1, 3):
        with _refused():
            pixels, _ = ImageReader(channels)(content, "")
            assert pixels.shape[2:] == (channels,) and pixels.size


def png(content: bytes) -> None:
    """Decode a PNG file whose checksums are right, whatever it holds."""
    image(seeds.with_checksums(content))


def zip_archive(content: bytes) -> None:
    """List and read the members of an archive, and open it as a set."""
    path = _folder("zip").parent / "set.zip"
    path.write_bytes(content)
    with _refused():
        for info in list_members(str(path)):
            with _refused():
                read_member(str(path), info.filename)
    with _refused():
        open_dataset(path)
    assert {file.name for file in path.parent.iterdir()} == {"set", "set.zip"}


def lmdb_file(content: bytes) -> None:
    """Open an LMDB file as a set and read its images."""
    path = _folder("lmdb").parent / "set.lmdb"
    path.write_bytes(content)
    try:
        with _refused():
            for sample in open_dataset(path).samples:
                with _refused():
                    read_bytes(sample.image)
    finally:
        close_lmdb(str(path))


def list_of(layout: str, name: str) -> Callable[[bytes], None]:
    """Return what reads a list of images in one of `LAYOUTS`."""
    found = next(each for each in LAYOUTS if each.name == layout)
    options = SourceOptions()

    def run(content: bytes) -> None:
        folder = _folder(name)
        (folder / name).write_bytes(content)
        tree = folder_tree(folder)
        with _refused():
            found.find(tree)
        with _refused():
            cleaned("set", found.read(tree, name if found.shows else "", options), options)

    return run


def configs(content: bytes) -> None:
    """Load the configuration of a training."""
    path = _folder("configs") / "configs.yaml"
    path.write_bytes(content)
    with _refused():
        TrainConfigs.load(path)


def metadata(content: bytes) -> None:
    """Read the metadata of an ONNX file: keys and values in turn."""
    texts = [text.decode("utf-8", "replace") for text in content.split(seeds.BETWEEN)]
    with _refused():
        ModelMetadata.from_strings(dict(zip(texts[::2], texts[1::2], strict=False)))


def onnx_file(content: bytes) -> None:
    """Open an ONNX file."""
    path = _folder("onnx") / "model.onnx"
    path.write_bytes(content)
    with _refused():
        OnnxInferenceModel(path, num_threads=1)


def training_state(content: bytes) -> None:
    """Load the state of a training."""
    from ctckit.training.state import TrainingState  # loads TensorFlow

    path = _folder("state") / "state.npz"
    path.write_bytes(content)
    with _refused():
        TrainingState.load(path)


def run_files(content: bytes) -> None:
    """Load what a run learns from: a list, where its images are, and what the list does not say."""
    from ctckit.training.opening import _load_dataset  # loads TensorFlow

    run = RunFolder(_folder("run"))
    run.dataset.parent.mkdir(exist_ok=True)
    files = (run.train_csv, run.path / IMAGES_FILE, run.dataset)
    for file, part in zip_longest(files, content.split(seeds.BETWEEN)[:3], fillvalue=b""):
        file.write_bytes(part)
    with _refused():
        ImagesRoot.load(run.path)
    with _refused():
        read_lists(run)
    with _refused():
        _load_dataset(run)


TARGETS = {
    "image": Target(image, seeds.images),
    "png": Target(png, seeds.pngs),
    "zip": Target(zip_archive, seeds.zips),
    "lmdb": Target(lmdb_file, seeds.lmdbs),
    "csv": Target(list_of("list", "labels.csv"), seeds.tables),
    "json": Target(list_of("json", "rows.json"), seeds.json_lists),
    "jsonl": Target(list_of("json", "rows.jsonl"), seeds.json_lines),
    "huggingface": Target(list_of("huggingface", "metadata.jsonl"), seeds.json_lines),
    "doctr": Target(list_of("doctr", "labels.json"), seeds.doctr),
    "mmocr": Target(list_of("mmocr", "train.json"), seeds.mmocr),
    "label-studio": Target(list_of("label-studio", "export.json"), seeds.label_studio),
    "label-studio-csv": Target(list_of("label-studio", "export.csv"), seeds.label_studio_tables),
    "cvat": Target(list_of("cvat", "gt.txt"), seeds.cvat),
    "iam": Target(list_of("iam", "words.txt"), seeds.iam),
    "mjsynth": Target(list_of("mjsynth", "annotation_train.txt"), seeds.mjsynth),
    "ppocr-label": Target(list_of("ppocr-label", "Label.txt"), seeds.ppocr_labels),
    "sidecars": Target(list_of("sidecars", "a.txt"), seeds.sidecars),
    "configs": Target(configs, seeds.configs),
    "metadata": Target(metadata, seeds.metadata),
    "onnx": Target(onnx_file, seeds.onnx_files),
    "state": Target(training_state, seeds.training_states),
    "run": Target(run_files, seeds.run_files),
}
