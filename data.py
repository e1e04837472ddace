"""The data of a run: from `--dataset` to batches."""

from pathlib import Path
from typing import TYPE_CHECKING

from configs import STEPS_PER_CHARACTER, ModelConfigs
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary

if TYPE_CHECKING:  # imported below when needed, so that the first line comes at once
    from ctckit.data.samples import Dataset, Sample
    from ctckit.training.provider import DataProvider

DATASETS_DIR = Path("Datasets")


def prepare_data(configs: ModelConfigs) -> tuple["Dataset", ModelConfigs]:
    """Find the images, leave out what cannot be used, choose what the configuration left open.

    Raises:
        InputError: there are no such images, or too few of them can be used.
    """
    from ctckit.data.check import leave_out_labels, required_steps, scan
    from ctckit.sources.captchas import default_dataset
    from ctckit.sources.layouts import load_dataset

    if configs.dataset is None:
        dataset = default_dataset(DATASETS_DIR)
    else:
        dataset = load_dataset(
            configs.dataset, datasets_dir=DATASETS_DIR, label_separator=configs.label_separator
        )
    found = scan(dataset)
    configs = configs.with_image_form(
        image_size=found.median_size,
        is_grey=found.is_grey,
        label_steps=max(required_steps(label) for _, label in found.dataset.samples),
    )
    dataset = leave_out_labels(
        found.dataset,
        num_steps=configs.num_steps,
        max_length=configs.max_text_length,
        characters=configs.vocab,
    )
    check_size(len(dataset.samples), configs)
    configs = configs.with_labels([label for _, label in dataset.samples])
    return dataset, configs.replace(dataset=configs.dataset or str(DATASETS_DIR / dataset.name))


def check_size(num_images: int, configs: ModelConfigs) -> None:
    """Refuse too few images for the parts they are to be split into."""
    if configs.folds and configs.folds > num_images:
        raise InputError(f"expected at least {configs.folds} images for --folds {configs.folds}, "
                         f"got {num_images}")  # fmt: skip
    held_back = num_images - round(num_images * (1 - configs.validation_fraction))
    if not configs.folds and not 0 < held_back < num_images:
        raise InputError(
            f"expected enough images to train and to validate, got {num_images}, of which "
            f"--validation-fraction {configs.validation_fraction:g} holds back {held_back}; "
            "use more images or another fraction"
        )


def describe(dataset: "Dataset", configs: ModelConfigs) -> None:
    """Log what is trained on and with."""
    from ctckit.data.check import log_left_out

    log_left_out(dataset)
    LOGGER.info("dataset     %s: %d images", dataset.name, len(dataset.samples))
    LOGGER.info("texts       up to %d of %s", configs.max_text_length, configs.vocab)
    LOGGER.info(
        "network     %s, images %d x %d x %d, %d time steps", configs.architecture,
        configs.height, configs.width, configs.channels, configs.num_steps,
    )  # fmt: skip
    enough = STEPS_PER_CHARACTER * configs.max_text_length
    if configs.num_steps < enough:
        LOGGER.warning(
            "%d time steps are few for texts of %d characters: expect many of them misread, or "
            "give a larger --width, for %d steps or more",
            configs.num_steps, configs.max_text_length, enough,
        )  # fmt: skip


def make_provider(
    samples: list["Sample"], configs: ModelConfigs, *, augment: bool = False
) -> "DataProvider":
    """Define the way of a sample from disk to batch; `augment` varies the images every epoch."""
    from ctckit.augment.defaults import default_augmentors
    from ctckit.data.label_steps import LabelIndexer, LabelPadding
    from ctckit.image.steps import image_steps
    from ctckit.training.provider import DataProvider

    vocabulary = Vocabulary(configs.vocab)
    return DataProvider(
        samples,
        data_preprocessors=image_steps(
            height=configs.height,
            width=configs.width,
            channels=configs.channels,
            keep_aspect_ratio=configs.keep_aspect_ratio,
        ),
        transformers=[
            LabelIndexer(vocabulary),
            LabelPadding(
                max_word_length=configs.max_text_length, padding_value=vocabulary.padding_id
            ),
        ],
        augmentors=default_augmentors() if augment else [],
        batch_size=configs.batch_size,
        use_cache=configs.use_cache,
        seed=configs.seed,
        workers=configs.train_workers,
        use_multiprocessing=configs.use_multiprocessing,
    )


def make_providers(
    dataset: "Dataset", configs: ModelConfigs, run: RunFolder
) -> tuple["DataProvider", "DataProvider"]:
    """Split the images into those to train on, the only ones varied, and those to validate with."""
    provider = make_provider(dataset.samples, configs, augment=configs.augment)
    train_provider, val_provider = provider.split(1 - configs.validation_fraction)
    train_provider.to_csv(run.train_csv)
    val_provider.to_csv(run.val_csv)
    return train_provider, val_provider
