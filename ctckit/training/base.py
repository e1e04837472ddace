"""Train a base: a network that reads drawn texts of many kinds, for other trainings to start from.

A base learns from images that are drawn while it trains: in rounds, each of them passed through
several times, varied, while the next one is drawn.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np

from ctckit.augment.strengths import augmentors_of
from ctckit.data.check import required_steps
from ctckit.data.samples import Dataset, Sample, write_csv
from ctckit.errors import InputError
from ctckit.images_root import ImagesRoot
from ctckit.log import progress
from ctckit.render.rounds import Draw, Drawn, Rounds
from ctckit.run_folder import RunFolder
from ctckit.training.callbacks.export import BestCheckpoint, Model2onnx
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.progress import TrainLogger
from ctckit.training.callbacks.progress_page import ProgressPage
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.configs import TrainConfigs
from ctckit.training.events import forget_events
from ctckit.training.finish import finish_run
from ctckit.training.fitting import begin, fit_epochs
from ctckit.training.image_form import own_width
from ctckit.training.members import draw_curves, keeper_of
from ctckit.training.preparation import model_metadata
from ctckit.training.provider import DataProvider, make_provider

FIRST_HELD_BACK = 10**12  # number of the first image to measure with; rounds count from 0
DROPOUT = 1 / 3  # of the rates of dropout that trainings have
NUM_SHOWN = 48  # images in the picture of what is learned from


@dataclass(frozen=True)
class RoundPlan:
    """How much is drawn, and how often it is learned from.

    Attributes:
        images: of a round.
        passes: through each, varied.
        held_back: images to measure with.
        processes: that draw.
    """

    images: int
    passes: int
    held_back: int
    processes: int


def train_base(
    make_model: Callable[[TrainConfigs], keras.Model],
    draw: Draw,
    configs: TrainConfigs,
    run: RunFolder,
    plan: RoundPlan,
) -> dict[str, Any]:
    """Train a base in the folder of a run: a new one, or one that is to go on.

    Ctrl-C ends it: what was learned is kept, as with every run.

    Args:
        make_model: builds and compiles the network.
        draw: returns the image of a number.
        configs: of the network, with nothing left open.
        run: where everything goes.
        plan: how much is drawn.

    Returns:
        What `finish_run` returns, of the images held back.
    """
    val = _held_back(draw, configs, run, plan.held_back)
    metadata = model_metadata(Dataset("drawn texts", samples=(), validation=val), configs)
    first = provider_of_drawn([draw(number) for number in range(NUM_SHOWN)], configs)
    val_provider = make_provider(val, configs).with_(shuffle=False)
    interrupt = StopOnInterrupt()
    keeper = keeper_of(run, "model_1", configs, interrupt)
    if keeper.begun:
        forget_events(run.tensorboard, since=keeper.begun.saved_at)
    schedule = Schedule(
        configs.learning_rate, epochs=configs.train_epochs, time_budget_s=configs.time_budget_s
    )
    logger = TrainLogger(run.path, schedule)
    best = BestCheckpoint(run.checkpoint, keep_last=True)
    model, _ = begin(make_model, configs, keeper)
    _drop_less(model)
    with Rounds(draw, plan.images, plan.processes) as rounds:
        fit_epochs(
            model,
            _providers(rounds, configs, plan.passes),  # an epoch is a pass through a round
            schedule,
            steps=-(-plan.images // configs.batch_size),
            measured={"val": val_provider},
            callbacks=[
                logger, best,
                ProgressPage(run, logger, val_provider, metadata.vocabulary),
                keras.callbacks.TensorBoard(run.tensorboard, write_graph=False, profile_batch=0),
                Model2onnx(run.checkpoint, metadata, best),
                draw_curves(logger, run), interrupt,
            ],
            keeper=keeper,
        )  # fmt: skip
    if interrupt.stopped:
        run.ended_early.touch()
    result = finish_run(run, first, val_provider, [logger.history])
    return {
        "dataset": "drawn texts", "run": str(run.path), "left_out": 0,
        "images": -(-len(logger.history) // plan.passes) * plan.images, **result,
    }  # fmt: skip


def _held_back(draw: Draw, configs: TrainConfigs, run: RunFolder, count: int) -> list[Sample]:
    """Return the images to measure with, as files of the run; they are drawn the first time."""
    folder = run.path / "drawn"
    if not run.val_csv.is_file():
        folder.mkdir(exist_ok=True)
        samples = []
        for number in progress(range(count), "draw", unit="image"):
            image, text = draw(FIRST_HELD_BACK + number)
            if _is_wide_enough((image, text), configs):
                path = folder / f"{number:05}.png"
                path.write_bytes(cv2.imencode(".png", image)[1].tobytes())
                samples.append(Sample(str(path), text))
        ImagesRoot.seen_from(run.path, folder.resolve()).save(run.path)
        write_csv(samples, run.val_csv, root=folder.resolve())
    with run.val_csv.open(encoding="utf-8", newline="") as file:
        return [Sample(str(folder / row["image"]), row["label"]) for row in csv.DictReader(file)]


def _drop_less(model: keras.Model) -> None:
    """Lower the rates of dropout: no image comes back often enough to be learned by heart."""
    for layer in getattr(model, "network", model).layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate *= DROPOUT


def _providers(rounds: Rounds, configs: TrainConfigs, passes: int) -> Callable[[int], DataProvider]:
    """Return what returns the data of an epoch: a round, varied anew in each pass through it."""
    held: dict[int, DataProvider] = {}  # the round at work, by its number

    def provider_of(epoch: int) -> DataProvider:
        number = epoch // passes
        if number not in held:
            held.clear()
            held[number] = provider_of_drawn(rounds.take(number), configs)
        return held[number]

    return provider_of


def provider_of_drawn(drawn: Sequence[Drawn], configs: TrainConfigs) -> DataProvider:
    """Return the way of drawn images into batches, varied as `configs.augment` says.

    The places of images that are too narrow for their texts are taken by others of them.

    Raises:
        InputError: all are.
    """
    kept = [one for one in drawn if _is_wide_enough(one, configs)]
    if not kept:
        raise InputError(
            "expected images wide enough for their texts, received none; draw shorter texts, or "
            "give a greater stretch",
            argument="stretch",
        )
    filled = (kept * -(-len(drawn) // len(kept)))[: len(drawn)]
    samples = [Sample(str(place), text) for place, (_, text) in enumerate(filled)]
    provider = make_provider(samples, configs.replace(cache="off"))
    take = _Taken([image for image, _ in filled])
    return provider.with_(
        data_preprocessors=[take, *provider.data_preprocessors],
        augmentors=augmentors_of(configs.augment),
    )


class _Taken:
    """The step that takes an image by its place instead of reading a file."""

    def __init__(self, images: Sequence[np.ndarray]) -> None:
        self._images = images

    def __call__(self, image: str, label: Any) -> tuple[np.ndarray, Any]:
        return self._images[int(image)], label


def _is_wide_enough(drawn: Drawn, configs: TrainConfigs) -> bool:
    """Tell whether the network has as many steps for an image as CTC needs for its text."""
    image, text = drawn
    num_steps = configs.forms[configs.architecture].num_steps
    height, width = image.shape[:2]
    return num_steps(configs.height, own_width(configs, (height, width))) >= required_steps(text)
