"""One model, or several that are kept in one file and vote."""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

import keras
import numpy as np

from ctckit import base
from ctckit.inference.metadata import ModelMetadata
from ctckit.log import LOGGER, counted
from ctckit.report.curves import save_learning_curves
from ctckit.run_folder import RunFolder
from ctckit.text.error_rates import count_errors
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.callbacks.advice import Advice
from ctckit.training.callbacks.export import reading_network
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.progress import TrainLogger
from ctckit.training.callbacks.progress_page import ProgressPage
from ctckit.training.callbacks.state import StateKeeper
from ctckit.training.configs import NOTHING, TrainConfigs
from ctckit.training.devices import open_devices
from ctckit.training.ensemble import read_all, save_ensemble
from ctckit.training.events import forget_events
from ctckit.training.fitting import begin, fit, make_schedule, share_of_start
from ctckit.training.provider import DataProvider
from ctckit.training.start import with_fitting_start

LOOKED_AT = 1000  # images at most, before the first step
History = list[dict[str, float]]  # a row for each epoch, with the columns of history.csv
Callbacks = Callable[
    [RunFolder, TrainConfigs, ModelMetadata, DataProvider], Sequence[keras.callbacks.Callback]
]


def train_models(
    make_model: Callable[[TrainConfigs], keras.Model],
    train_provider: DataProvider,
    val_provider: DataProvider,
    configs: TrainConfigs,
    metadata: ModelMetadata,
    run: RunFolder,
    callbacks: Callbacks,
) -> list[History]:
    """Train as many models as `configs` says, which differ in their seed; keep them in one file.

    Ctrl-C ends it: the epoch to keep so far is kept, and the models trained by then. Where the
    folder of the run has states, those trainings go on from them; models that are done stay.

    Args:
        make_model: builds and compiles one.
        train_provider: data to train on.
        val_provider: data to choose the epoch by.
        configs: of the run.
        metadata: what the ONNX file says about itself.
        run: where the files go; those of one of several models go into its `member` folder.
        callbacks: returns what happens around the epochs of a model besides its log, for the folder
            of the model, the configuration, what its ONNX file says of itself, and the data that
            it is validated with; they write checkpoint and ONNX file.

    Returns:
        The figures of every epoch of each model.

    Raises:
        KeyboardInterrupt: interrupted before a model was finished.
    """
    devices = open_devices(configs.devices)
    interrupt = StopOnInterrupt(devices=devices)
    configs = with_fitting_start(make_model, configs, run)

    def train_one(member: RunFolder, seed: int) -> History:
        keeper = keeper_of(run, f"model_{seed - configs.seed + 1}", configs, interrupt)
        if keeper.is_done:
            return keeper.memory_of(TrainLogger)["history"]
        if keeper.begun:
            forget_events(member.tensorboard, since=keeper.begun.saved_at)
        schedule = make_schedule(configs, train_provider, val_provider)
        logger = TrainLogger(member.path, schedule)
        own = replace(metadata, extra=metadata.extra | {"models": 1, "seed": seed})
        model, knows = begin(make_model, configs.replace(seed=seed), keeper)
        if knows:
            log_errors("as it starts", model, val_provider, metadata.vocabulary)
        elif keeper.begun is None:
            own = replace(own, extra=own.extra | {"start_from": NOTHING})
        fit(
            model,
            train_provider.with_(seed=seed),
            schedule,
            val_provider=val_provider,
            # The interrupt comes last, so that it guards the export, too.
            callbacks=[
                logger,
                Advice(
                    train_provider.samples,
                    len(metadata.vocabulary),
                    schedule.min_epochs,
                    larger=base.LARGE if configs.start_from == base.NAME else None,
                ),
                ProgressPage(
                    member,
                    logger,
                    val_provider,
                    metadata.vocabulary,
                    report=os.path.relpath(run.evaluation.page, member.report),
                ),
                *callbacks(member, configs, own, val_provider),
                draw_curves(logger, member),
                interrupt,
            ],
            keeper=keeper,
            devices=devices,
            start_share=share_of_start(model, configs, train_provider, has_start=knows),
        )
        if interrupt.stopped:
            run.ended_early.touch()
        else:
            keeper.finish()
        return logger.history

    if configs.models == 1:
        return [train_one(run, configs.seed)]
    members = [run.member(index + 1) for index in range(configs.models)]
    histories: list[History] = []
    try:
        while len(histories) < configs.models and not interrupt.stopped:
            LOGGER.info("model %d of %d", len(histories) + 1, configs.models)
            member = members[len(histories)]
            member.report.mkdir(parents=True, exist_ok=True)
            histories.append(train_one(member, configs.seed + len(histories)))
    except KeyboardInterrupt:  # between two trainings, or the second one
        if not histories:
            raise
        run.ended_early.touch()
    LOGGER.info("putting %s into one file …", counted(len(histories), "model"))
    checkpoints = [member.checkpoint for member in members[: len(histories)]]
    together = replace(metadata, extra=metadata.extra | {"models": len(histories)})
    save_ensemble(checkpoints, run, together, val_provider)
    return histories


def log_errors(
    what: str, model: keras.Model, provider: DataProvider, vocabulary: Vocabulary
) -> None:
    """Log how a network reads the images of a provider, or some of them, drawn at random."""
    number = len(provider.samples)
    if number > LOOKED_AT:
        drawn = np.random.default_rng(0).choice(number, LOOKED_AT, replace=False)
        some = [provider.samples[place] for place in drawn.tolist()]
        provider = provider.with_(dataset=some, use_cache=False)
        what = f"{what}, {LOOKED_AT:,} of {number:,} images"
    read = read_all(reading_network(model), provider, vocabulary)
    texts = [text for text, _ in read.values()]
    errors = count_errors(texts, [provider.samples[place].label for place in read])
    LOGGER.info(
        "%s   val_CER %7.2f%%   texts misread %7.2f%%", what, errors.cer * 100, errors.wer * 100
    )


def keeper_of(
    run: RunFolder, model: str, configs: TrainConfigs, interrupt: StopOnInterrupt
) -> StateKeeper:
    """Return what saves the state of one training of a run, and goes on from what is saved."""
    return StateKeeper(
        run.state_of(model),
        configs.save_every_s,
        deterministic=configs.deterministic,
        interrupt=interrupt,
        devices=open_devices(configs.devices),
    )


def draw_curves(logger: TrainLogger, run: RunFolder) -> keras.callbacks.Callback:
    """Return what draws the learning curves of a run when its training ends."""

    def draw(logs: dict[str, float]) -> None:
        save_learning_curves(logger.history, run.learning_curves, title=run.path.name)

    return keras.callbacks.LambdaCallback(on_train_end=draw)
