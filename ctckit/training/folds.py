"""Every image read by a model that never saw it, and what that says about the labels."""

from collections.abc import Callable, Sequence
from csv import reader as csv_reader
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from ctckit.data.groups import key_of_groups
from ctckit.data.split import split_folds
from ctckit.evaluation.suspicion import label_suspicions
from ctckit.files import write_table
from ctckit.image.decode import ImageReader
from ctckit.log import LOGGER
from ctckit.report.grid import caption, image_grid, save_png
from ctckit.run_folder import RunFolder
from ctckit.text.error_rates import ErrorCounts, count_errors
from ctckit.text.greedy import decode_members, greedy_decode, vote
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.configs import TrainConfigs
from ctckit.training.ctc_model import CTCModel
from ctckit.training.devices import open_devices
from ctckit.training.ensemble import ensemble, predict_all
from ctckit.training.fitting import train_on
from ctckit.training.members import keeper_of
from ctckit.training.provider import DataProvider
from ctckit.training.start import with_fitting_start


class OutOfFold(NamedTuple):
    """What the models of a fold read on an image of that fold.

    `suspicion` is how much more probable the text read is than the label, in nats: 0 where they
    agree, large where a model that never saw the image is sure of something else. With several
    models a fold `text` is what their vote gave and `texts` what each of them read.
    """

    image: str
    label: str
    fold: int
    text: str
    confidence: float
    suspicion: float
    texts: tuple[str, ...]


def cross_validate(
    provider: DataProvider,
    make_model: Callable[[TrainConfigs], CTCModel],
    configs: TrainConfigs,
    run: RunFolder,
) -> dict[str, Any]:
    """Read every image with models that never saw it; list the labels that look wrong.

    Folds that the list of the run has already are not trained again, nor the models of a fold that
    are done.

    Args:
        provider: all images, with the augmentors to train with.
        make_model: builds and compiles a network.
        configs: of the run; its `models` vote in each fold.
        run: where the rows and the lists go.

    Returns:
        Figures, ready for JSON; rates are 0…1.
    """
    devices = open_devices(configs.devices)
    interrupt = StopOnInterrupt(ends_well=False, devices=devices)  # a part is no result

    configs = with_fitting_start(make_model, configs, run)
    done = read_rows(run.out_of_fold) if run.out_of_fold.is_file() else []
    numbers = count(1 + max((row.fold for row in done), default=0))

    def train(rest: DataProvider) -> keras.Model:
        fold = next(numbers)
        for state in run.state.glob(f"fold_{fold - 1}_*.npz"):
            state.unlink()  # that fold is read
        networks = []
        for index in range(configs.models):
            keeper = keeper_of(run, f"fold_{fold}_model_{index + 1}", configs, interrupt)
            own = configs.replace(seed=configs.seed + index)
            model = train_on(rest, make_model, own, callbacks=[interrupt], keeper=keeper)
            networks.append(model.reader)
        return ensemble(networks)

    vocabulary = configs.vocabulary
    rows = read_folds(
        provider, train, vocabulary, run.out_of_fold, num_folds=configs.folds, seed=configs.seed,
        group_by=configs.group_by, done=done,
    )  # fmt: skip
    save_label_errors(rows, run.label_errors)
    return fold_figures(rows)


def read_folds(
    provider: DataProvider,
    train: Callable[[DataProvider], keras.Model],
    vocabulary: Vocabulary,
    csv: Path,
    *,
    num_folds: int,
    seed: int,
    group_by: str | None = None,
    done: Sequence[OutOfFold] = (),
) -> list[OutOfFold]:
    """Train a model per fold on the other folds and read the fold with it.

    Nothing of a fold is used for its model, not even to choose an epoch.

    Args:
        provider: all images, with the augmentors to train with.
        train: returns a network, images to probabilities, trained on the data it is given; or
            several in one, as `ensemble` makes.
        vocabulary: characters of the networks.
        csv: file that gets all rows so far after each fold, so that nothing is lost.
        num_folds: number of parts, each read once.
        seed: of the parts.
        group_by: what keeps images in one part, as in the configuration.
        done: rows of folds that are not to be read again, as `read_rows` gives them.

    Returns:
        One row per sample, fold by fold; none of an image that cannot be read any more.
    """
    rows = list(done)
    read = {row.fold for row in rows}
    group_of = None if group_by is None else key_of_groups(group_by)
    folds = split_folds(provider.samples, num_folds, seed, group_of=group_of)
    for fold, (rest, held_out) in enumerate(folds, start=1):
        if fold in read:
            continue
        keras.utils.clear_session()
        network = train(provider.with_(dataset=rest))
        own = _read(network, provider.with_(dataset=held_out), vocabulary, fold)
        rows += own
        errors = _count(own)
        LOGGER.info(
            "fold %*d/%d   %d of %d images misread   CER %.2f%%", len(str(num_folds)), fold,
            num_folds, errors.wrong_texts, errors.texts, errors.cer * 100,
        )  # fmt: skip
        write_rows(rows, csv)
    return rows


def _read(
    network: keras.Model, provider: DataProvider, vocabulary: Vocabulary, fold: int
) -> list[OutOfFold]:
    probabilities = predict_all(network, provider)
    members = probabilities if probabilities.ndim == 4 else probabilities[:, None]
    member_texts, member_confidences = decode_members(greedy_decode, members, vocabulary)
    texts, confidences = vote(member_texts, member_confidences)
    labels = [sample.label for sample in provider.samples]
    suspicions = [
        label_suspicions(member, labels, texts, vocabulary) for member in np.moveaxis(members, 1, 0)
    ]
    rows = [
        OutOfFold(
            *sample, fold, text, round(float(confidence), 6), round(float(suspicion), 4), read
        )
        for sample, text, confidence, suspicion, read in zip(
            provider.samples,
            texts,
            confidences,
            np.mean(suspicions, axis=0),
            zip(*member_texts, strict=True),
            strict=True,
        )
    ]
    return [row for place, row in enumerate(rows) if place not in provider.replaced]


def likely_label_errors(rows: Sequence[OutOfFold]) -> list[OutOfFold]:
    """Return the rows whose label was not read, the most suspicious first."""
    differing = [row for row in rows if row.text != row.label]
    return sorted(differing, key=lambda row: row.suspicion, reverse=True)


def write_rows(rows: Sequence[OutOfFold], path: str | Path) -> Path:
    """Write rows as CSV with the names of the fields as header, whole or not at all.

    Several models have columns of their own behind: text_1, text_2 …
    """
    names = [f"text_{index}" for index in range(1, _num_models(rows) + 1)]
    names = names if len(names) > 1 else []
    formatted = (
        row[:4] + (f"{row.confidence:.6f}", f"{row.suspicion:.4f}") + row.texts[: len(names)]
        for row in rows
    )
    return write_table(path, (*OutOfFold._fields[:-1], *names), formatted)


def read_rows(path: str | Path) -> list[OutOfFold]:
    """Return the rows that `write_rows` wrote."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        _, *lines = csv_reader(file)
    return [
        OutOfFold(
            image, label, int(fold), text, float(confidence), float(suspicion),
            tuple(texts) or (text,),
        )
        for image, label, fold, text, confidence, suspicion, *texts in lines
    ]  # fmt: skip


def _num_models(rows: Sequence[OutOfFold]) -> int:
    return len(rows[0].texts) if rows else 0


def save_label_errors(rows: Sequence[OutOfFold], path: Path, limit: int = 48) -> None:
    """Write the rows as CSV, the most suspicious first, and a picture of the first ones."""
    suspects = likely_label_errors(rows)
    write_rows(suspects, path)
    if suspects:
        shown, read = suspects[:limit], ImageReader(channels=3)
        images = [read(row.image, "")[0] for row in shown]
        captions = [caption(row.label, row.text) for row in shown]
        save_png(path.with_suffix(".png"), image_grid(images, captions, [False] * len(shown)))


def fold_figures(rows: Sequence[OutOfFold]) -> dict:
    """Return the figures over all folds, ready for JSON; rates are 0…1."""
    errors = _count(rows)
    return {
        "folds": max(row.fold for row in rows),
        "CER": errors.cer,
        "WER": errors.wer,
        "WER_interval": errors.wer_interval,
        "misread": errors.wrong_texts,
        "misread_by_model": [
            sum(row.texts[index] != row.label for row in rows) for index in range(_num_models(rows))
        ],
    }


def _count(rows: Sequence[OutOfFold]) -> ErrorCounts:
    return count_errors([row.text for row in rows], [row.label for row in rows])
