"""Before TensorFlow is loaded: the images of a run, and what is chosen for them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from ctckit.data.check import leave_out_labels, log_left_out, scan
from ctckit.data.groups import require_groups
from ctckit.data.kept_looks import KeptLooks
from ctckit.data.samples import Dataset, Sample, Samples
from ctckit.data.scan_result import ScanResult
from ctckit.data.unlabelled import images_that_are_others
from ctckit.errors import InputError
from ctckit.image.address import absolute
from ctckit.inference.metadata import ModelMetadata
from ctckit.log import LOGGER, counted
from ctckit.remote.fetching import DATASETS_DIR, without_secret
from ctckit.run_folder import RunFolder
from ctckit.sources.captchas import default_dataset
from ctckit.sources.layouts import log_source, open_dataset
from ctckit.sources.names.no_labels import refuse_labels_without_meaning
from ctckit.sources.unlabelled import list_images
from ctckit.training.characters_by_base import characters_by_base
from ctckit.training.configs import AUTO, NOTHING, TrainConfigs
from ctckit.training.image_form import Shapes, differ, narrowness, own_steps, with_image_form
from ctckit.training.start import FEW, find_start, with_possible_start
from ctckit.training.width_for_base import stretch_for_base

MAX_SHOWN = 100  # characters, in the log
VARIATIONS = {"growing": "light; in a long run strong, once half of the training texts are read"}

Configs = TypeVar("Configs", bound=TrainConfigs)


def prepare_data(configs: Configs, datasets_dir: Path = DATASETS_DIR) -> tuple[Dataset, Configs]:
    """Find the images, leave out what cannot be used, choose what the configuration left open.

    Args:
        configs: of the run; without a dataset, captcha_images_v2 or its stand-in is taken.
        datasets_dir: where these lie.

    Raises:
        InputError: there are no such images, or too few of them can be used; or there is no run
            to start from.
    """
    find_start(configs)  # what cannot be is refused before the images are looked for
    if configs.dataset is None:
        dataset = default_dataset(datasets_dir)
    else:
        dataset = open_dataset(configs.dataset, configs)
    if configs.validation is not None:
        own = open_dataset(configs.validation, configs)
        dataset = with_validation(dataset, own)
    labelled = dataset.everything
    if configs.unlabelled is not None:
        others = images_that_are_others(list_images(configs.unlabelled), labelled)
        dataset = replace(dataset, unlabelled=tuple(others))
    kept = KeptLooks(dataset.place, configs.rotate)
    found = scan(dataset, rotate=configs.rotate, kept=kept)
    dataset, configs = choose(found, with_further_characters(configs, found.dataset))
    _compare_fingerprints(configs.dataset_fingerprint, dataset.fingerprint)
    start = find_start(configs)
    if start is not None and start.configs.dataset_fingerprint == dataset.fingerprint:
        LOGGER.warning(
            "note        %s learned from these images: what is read of those that are held back is "
            "no test, unless seed and validation_fraction are those of that run and there are no "
            "folds", configs.start_from,
        )  # fmt: skip
    return dataset, configs.replace(
        dataset=without_secret(configs.dataset or str(datasets_dir / dataset.name)),
        dataset_fingerprint=dataset.fingerprint,
    )


def choose(
    found: ScanResult, configs: Configs, *, validates: bool = True
) -> tuple[Dataset, Configs]:
    """Return what is learned from, and the configuration with nothing left open.

    Args:
        found: the images, looked at.
        configs: of the run.
        validates: whether some of the images are to be held back; else all are learned from.

    Raises:
        InputError: nothing can be learned from the labels, or there are too few of them.
    """
    dataset = found.dataset
    learned = [*_learned(dataset).labels]
    refuse_labels_without_meaning(learned, taken_as_told=configs.tell_labels)
    shapes = _learned_shapes(found.turned(configs.rotate), dataset)
    configs = with_possible_start(configs, len(dataset.everything), are_varied=differ(shapes))
    configs = with_image_form(
        configs, shapes, is_grey=found.is_grey, wider=_wider(configs, dataset.samples)
    )
    dataset = leave_out_labels(
        dataset,
        num_steps=configs.num_steps,
        own_steps=own_steps(configs, shapes),
        max_length=configs.max_text_length,
        characters=configs.vocab and configs.spell(configs.vocab),
    )
    if configs.folds:
        dataset = _for_folds(dataset)
    if configs.group_by is not None:
        require_groups(dataset.samples, configs.group_by)
    if validates:
        _require_enough(dataset, configs)
    return dataset, configs.with_labels(
        [*_learned(dataset).labels],
        num_held_back=(len(dataset.validation) or None) if validates else 0,
        narrowness=narrowness(configs, shapes),
    )


def with_further_characters(configs: Configs, dataset: Dataset) -> Configs:
    """Return settings with the characters that images without labels show and few labels do not."""
    from_nothing = configs.start_from in (None, NOTHING)  # it would never read them
    is_few = len(dataset.everything) <= FEW
    if configs.vocab is not None or from_nothing or not is_few or not dataset.unlabelled:
        return configs
    used = set(configs.spell("".join(dataset.everything.labels)))
    further = set(configs.spell(characters_by_base(dataset.unlabelled))) - used
    if not further:
        return configs
    LOGGER.info(
        "characters  %d more than in the labels, read surely in images without: %s",
        len(further), "".join(sorted(further)),
    )  # fmt: skip
    return configs.replace(vocab="".join(sorted(used | further)))


def _learned(dataset: Dataset) -> Samples:
    """Return the images to learn from, also those to validate with."""
    return Samples.of(dataset.samples) + dataset.validation


def _wider(configs: TrainConfigs, samples: Sequence[Sample]) -> float | None:
    """Return how much wider than they are the base wants few images; None: it is not asked."""
    is_open = configs.width in (None, AUTO) and configs.stretch is None
    if not is_open or configs.keep_aspect_ratio or len(samples) > FEW:
        return None
    start = find_start(configs)
    run = start and RunFolder(start.checkpoint.parent)
    if run is None or not run.is_base:
        return None
    return stretch_for_base(run, configs, samples)


def _learned_shapes(found: ScanResult, dataset: Dataset) -> Shapes:
    """Return the shapes of the images to learn from, also those to validate with, if looked at."""
    return {sample: found.shapes[sample] for sample in _learned(dataset) if sample in found.shapes}


def _for_folds(dataset: Dataset) -> Dataset:
    """Return a dataset in which each image is held back once, so that none is set apart for it."""
    notes = list(dataset.notes)
    if len(dataset.validation):
        number = counted(len(dataset.validation), "image")
        notes.append(f"in the folds like the others: {number} of the validation part")
    if len(dataset.test):
        number = counted(len(dataset.test), "image")
        notes.append(f"not used, as folds leave no model to test: {number} of the test part")
    return replace(
        dataset, samples=_learned(dataset).sorted(), validation=(), test=(), notes=tuple(notes)
    )


def with_validation(dataset: Dataset, validation: Dataset) -> Dataset:
    """Return `dataset` with all images of another one to choose the epoch by."""
    notes = list(dataset.notes)
    if len(dataset.validation):
        notes.append(f"{len(dataset.validation)} images of its own validation part are not used")
    notes += [f"{validation.name}: {note}" for note in validation.notes]
    theirs = {absolute(image) for image, _ in validation.everything}
    samples = Samples.of(dataset.samples)
    kept = samples.where(absolute(image) not in theirs for image in samples.images)
    if shared := len(dataset.samples) - len(kept):
        notes.append(f"not learned from, as they are to validate with: {counted(shared, 'image')}")
    if not kept:
        raise InputError(
            "expected other images than those to learn from, received the same; leave it out to "
            "hold back a share of them",
            argument="validation",
        )
    return replace(
        dataset,
        samples=kept,
        validation=validation.everything,
        left_out=[*dataset.left_out, *validation.left_out],
        notes=tuple(notes),
    )


def _require_enough(dataset: Dataset, configs: TrainConfigs) -> None:
    """Refuse too few images for the parts they are to be split into."""
    num_images = len(dataset.samples)
    if len(dataset.validation):
        return
    if configs.folds and configs.folds > num_images:
        raise InputError(
            f"expected no more than there are images, received {configs.folds} and "
            f"{num_images} images; use fewer folds",
            argument="folds",
        )
    held_back = num_images - round(num_images * (1 - configs.validation_fraction))
    if not configs.folds and not 0 < held_back < num_images:
        raise InputError(
            f"expected to hold back some images and to keep some, received "
            f"{configs.validation_fraction:g}, which holds back {held_back} of {num_images}; "
            "use more images or another fraction",
            argument="validation_fraction",
        )


def _compare_fingerprints(expected: str | None, received: str) -> None:
    if expected is not None and expected != received:
        LOGGER.warning(
            "these are other images or labels than those that the configuration was made for "
            "(fingerprint %s there, %s here); vocabulary, sizes and epochs are those of the others",
            expected[:8], received[:8],
        )  # fmt: skip


def log_data(dataset: Dataset, configs: TrainConfigs) -> None:
    """Log what is trained on and with."""
    log_source(dataset)
    log_left_out(dataset)
    LOGGER.info("dataset     %s: %s", dataset.name, _parts(dataset))
    LOGGER.info("texts       up to %d of %s", configs.max_text_length, _alphabet(configs.vocab))
    LOGGER.info("network     %s, %s", configs.architecture, _image_form(configs))
    LOGGER.info("variation   %s", VARIATIONS.get(configs.augment, configs.augment))
    enough = configs.steps_per_character * configs.max_text_length
    if configs.num_steps < enough:
        LOGGER.warning(
            "%d time steps are few for texts of %d characters: expect many of them misread, or "
            "let the network see wider images, for %d steps or more",
            configs.num_steps, configs.max_text_length, enough,
        )  # fmt: skip


def _alphabet(characters: str) -> str:
    """Return the characters, or some of very many."""
    if len(characters) <= MAX_SHOWN:
        return characters
    every = characters[:: math.ceil(len(characters) / MAX_SHOWN)]
    return f"{len(characters):,} characters, among them {every}"


def _image_form(configs: TrainConfigs) -> str:
    height, width, channels = configs.height, configs.fixed_width, configs.channels
    if width is not None:
        return f"images {height} x {width} x {channels}, {configs.num_steps} time steps"
    stretched = f", stretched {configs.stretch:g} times" if configs.stretch != 1 else ""
    return f"images {height} x own width{stretched} x {channels}, up to {configs.max_width} wide"


def _parts(dataset: Dataset) -> str:
    """Return how many images there are, and how many of them came as parts."""
    parts = [f"{len(dataset.samples)} images"]
    if len(dataset.validation):
        parts.append(f"{len(dataset.validation)} more to choose the epoch by")
    if len(dataset.test):
        parts.append(f"{len(dataset.test)} to test with in the end")
    if len(dataset.unlabelled):
        parts.append(f"{len(dataset.unlabelled)} without labels")
    return ", ".join(parts)


def model_metadata(dataset: Dataset, configs: TrainConfigs) -> ModelMetadata:
    """Return what the ONNX file will say about itself."""
    return ModelMetadata(
        vocabulary=configs.vocabulary,
        height=configs.height,
        width=configs.fixed_width,
        channels=configs.channels,
        keep_aspect_ratio=configs.keep_aspect_ratio,
        stretch=configs.stretch or 1.0,
        max_width=configs.max_width,
        rotate=configs.rotate,
        dataset=dataset.name,
        unicode_form=configs.unicode_form,
        ignore_case=configs.ignore_case,
        empty_labels=configs.empty_labels,
        extra={
            "architecture": configs.architecture,
            "models": configs.models,
            "seed": configs.seed,
            "images": len(dataset.samples) + len(dataset.validation),
            "images_looked_at": _looked_at(dataset),
            "dataset_fingerprint": dataset.fingerprint,
            "trained": datetime.now().astimezone().isoformat(timespec="seconds"),
            "libraries": {name: version(name) for name in ("tensorflow", "keras", "tf2onnx")},
            "start_from": _name_of_start(Path(configs.start_from or NOTHING)),
        },
    )


def _name_of_start(path: Path) -> str:
    return path.parent.name if path.suffix == ".keras" else path.name


def _looked_at(dataset: Dataset) -> str:
    """Return how many images were looked at before the training."""
    if dataset.sampled is None:
        return "all"
    return f"{dataset.sampled:,}, drawn at random: others may be copies or unreadable"
