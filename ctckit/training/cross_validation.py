"""Every image read by a model that never saw it, and what that says about the labels."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from ctckit.console import LOGGER
from ctckit.data import ImageReader, Sample, split_folds
from ctckit.files import write_table
from ctckit.inference import caption, image_grid, save_png
from ctckit.text import ErrorCounts, Vocabulary, count_errors, greedy_decode
from ctckit.training.losses import EPSILON, CTCloss
from ctckit.training.provider import DataProvider


class OutOfFold(NamedTuple):
    """What the model of a fold read on an image of that fold.

    `suspicion` is how much more probable the text read is than the label, in nats: 0 where they
    agree, large where a model that never saw the image is sure of something else.
    """

    image: str
    label: str
    fold: int
    text: str
    confidence: float
    suspicion: float


def cross_validate(
    samples: Sequence[Sample],
    *,
    num_folds: int,
    seed: int,
    train: Callable[[list[Sample]], keras.Model],
    make_provider: Callable[[list[Sample]], DataProvider],
    vocabulary: Vocabulary,
    keep: Callable[[list[OutOfFold]], None],
) -> list[OutOfFold]:
    """Train a model per fold on the other folds and read the fold with it.

    Nothing of a fold is used for its model, not even to choose an epoch.

    Args:
        samples: all images.
        num_folds: number of parts, each read once.
        seed: of the parts.
        train: returns a network, images to probabilities, trained on the samples it is given.
        make_provider: returns batches of samples as the network expects them, unvaried.
        vocabulary: characters of the networks.
        keep: called with all rows so far after each fold, so that nothing is lost.

    Returns:
        One row per sample, fold by fold.
    """
    rows: list[OutOfFold] = []
    for fold, (rest, held_out) in enumerate(split_folds(samples, num_folds, seed), start=1):
        keras.utils.clear_session()
        network = train(rest)
        provider = make_provider(held_out)
        provider.shuffle = False
        rows += _read(network, provider, vocabulary, fold)
        errors = _count(rows[-len(held_out) :])
        LOGGER.info(
            "fold %*d/%d   %d of %d images misread   CER %.2f%%", len(str(num_folds)), fold,
            num_folds, errors.wrong_texts, errors.texts, errors.cer * 100,
        )  # fmt: skip
        keep(rows)
    return rows


def _read(
    network: keras.Model, provider: DataProvider, vocabulary: Vocabulary, fold: int
) -> list[OutOfFold]:
    batches = [provider[index] for index in range(len(provider))]
    probabilities = np.concatenate([network(x.astype(np.float32)) for x, _ in batches])
    ids = np.concatenate([labels for _, labels in batches])
    texts, confidences = greedy_decode(probabilities, vocabulary)
    suspicions = label_suspicions(probabilities, ids, texts, vocabulary)
    return [
        OutOfFold(*sample, fold, text, float(confidence), float(suspicion))
        for sample, text, confidence, suspicion in zip(
            provider.samples, texts, confidences, suspicions, strict=True
        )
    ]


def label_suspicions(
    probabilities: np.ndarray, label_ids: np.ndarray, texts: list[str], vocabulary: Vocabulary
) -> np.ndarray:
    """Return log P(text read) − log P(label), in nats, at least 0: float32 (N,).

    Args:
        probabilities: (N, T, V + 1).
        label_ids: (N, L), padded with the blank.
        texts: what was read, N texts.
        vocabulary: the characters.
    """
    blank = vocabulary.blank_id
    text_ids = np.full((len(texts), probabilities.shape[1]), blank, np.int32)
    for row, text in zip(text_ids, texts, strict=True):
        row[: len(text)] = vocabulary.encode(text)
    is_empty = np.array([not text for text in texts])
    text_ids[is_empty, 0] = 0  # the kernel takes no empty text; its loss is replaced below
    loss = CTCloss(reduction=None)
    all_blank = -np.log(probabilities[..., blank] + EPSILON).sum(axis=-1)
    text_loss = np.where(is_empty, all_blank, loss(text_ids, probabilities))
    return np.maximum(np.asarray(loss(label_ids, probabilities)) - text_loss, 0)


def likely_label_errors(rows: Sequence[OutOfFold]) -> list[OutOfFold]:
    """Return the rows whose label was not read, the most suspicious first."""
    differing = [row for row in rows if row.text != row.label]
    return sorted(differing, key=lambda row: row.suspicion, reverse=True)


def write_rows(rows: Sequence[OutOfFold], path: str | Path) -> Path:
    """Write rows as CSV with the names of the fields as header, whole or not at all."""
    formatted = (row[:4] + (f"{row[4]:.6f}", f"{row[5]:.4f}") for row in rows)
    return write_table(path, OutOfFold._fields, formatted)


def save_label_errors(rows: Sequence[OutOfFold], folder: Path, limit: int = 48) -> None:
    """Write label_errors.csv, the most suspicious first, and a picture of the first ones."""
    suspects = likely_label_errors(rows)
    write_rows(suspects, folder / "label_errors.csv")
    if suspects:
        shown, read = suspects[:limit], ImageReader(channels=3)
        images = [read(row.image, "")[0] for row in shown]
        captions = [caption(row.label, row.text) for row in shown]
        save_png(folder / "label_errors.png", image_grid(images, captions, [False] * len(shown)))


def fold_figures(rows: Sequence[OutOfFold]) -> dict:
    """Return the figures over all folds, ready for JSON; rates are 0…1."""
    errors = _count(rows)
    return {
        "folds": max(row.fold for row in rows),
        "CER": errors.cer,
        "WER": errors.wer,
        "WER_interval": errors.wer_interval,
        "misread": errors.wrong_texts,
    }


def _count(rows: Sequence[OutOfFold]) -> ErrorCounts:
    return count_errors([row.text for row in rows], [row.label for row in rows])
