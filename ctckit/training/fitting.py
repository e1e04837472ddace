"""A run of the recipe, from its first step to its last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

import keras

from ctckit.log import LOGGER, counted
from ctckit.networks.fused import synchronise_batch_normalisation
from ctckit.training.callbacks.averaging import AveragedWeights
from ctckit.training.callbacks.export import reading_network
from ctckit.training.callbacks.flat_start import EndOfFlatStart
from ctckit.training.callbacks.progress import ProgressBar
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.callbacks.self_training import SelfTraining
from ctckit.training.callbacks.state import StateKeeper
from ctckit.training.configs import TrainConfigs
from ctckit.training.devices import Devices, open_devices
from ctckit.training.ensemble import read_all
from ctckit.training.image_form import differ
from ctckit.training.length import ENOUGH_TO_DECIDE, passes_per_epoch
from ctckit.training.loop import run_loop
from ctckit.training.provider import DataProvider
from ctckit.training.start import FEW, start_from

ENDLESS = 1_000_000  # epochs
START_SHARE = 0.2  # of the weights of a start that stays, where images are few; of more less
VARIED_SHARE = 0.6  # the same where the shapes of images differ, of what the start reads
OF_ONE_MACHINE = {
    "dataset", "validation", "unlabelled", "images_root", "model_path", "cache", "train_workers",
    "use_multiprocessing", "devices", "start_from",
}  # fmt: skip
NUM_SEEN = 64  # training images that are measured, unvaried, where there are not enough


def make_schedule(
    configs: TrainConfigs, provider: DataProvider, val_provider: DataProvider | None = None
) -> Schedule:
    """Return the course of the learning rate of a run.

    Where the configuration gives neither epochs nor a time, the validation images decide how long
    the run is; where they are fewer than a hundred, 64 training images, shown unvaried.
    """
    passes = passes_per_epoch(len(provider.samples), provider.batch_size)
    is_given = configs.train_epochs is not None  # in passes; else in epochs of several
    enough = val_provider is not None and len(val_provider.samples) >= ENOUGH_TO_DECIDE
    return Schedule(
        configs.learning_rate,
        epochs=configs.train_epochs,
        time_budget_s=configs.time_budget_s,
        min_epochs=(configs.min_epochs or 1) * (passes if is_given else 1),
        max_epochs=configs.max_epochs or 1,
        passes=1 if is_given else passes,
        decide_by="val" if enough else "seen",
        devices=open_devices(configs.devices),
    )


def fit(
    model: keras.Model,
    provider: DataProvider,
    schedule: Schedule,
    *,
    val_provider: DataProvider | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    keeper: StateKeeper | None = None,
    devices: Devices | None = None,
    start_share: float = 0.0,
) -> None:
    """Train along a course of the learning rate, the images of the last epochs unvaried.

    The provider's `later_augmentors`, if it has any, vary them from when half of the texts are
    read, if the run is much longer than usual.

    Of its `unlabelled` images those that are read surely are learned from, too.

    What is validated, saved and kept are the averaged weights, and some of those it began with.

    Args:
        model: compiled.
        provider: data to train on.
        schedule: course of the learning rate; the callbacks may ask it how much is done.
        val_provider: data to validate with after each epoch.
        callbacks: what else happens around the epochs.
        keeper: saves the state every now and then; where it has one the training begins there.
        devices: where the model was built; None: on one.
        start_share: of the weights that the model has now, in those that are kept, 0…1.
    """
    seen = _some_of(provider)
    if schedule.passes > 1:
        provider = provider.with_(dataset=[*provider.samples] * schedule.passes)
    unvaried, later = provider.with_(augmentors=()), provider
    if provider.later_augmentors is not None:
        later = provider.with_(augmentors=provider.later_augmentors)

    averaging = AveragedWeights(start_share)
    self_training = SelfTraining(provider, averaging) if len(provider.unlabelled) else None

    def provider_of(epoch: int) -> DataProvider:
        own = later if schedule.has_grown else provider
        own = unvaried if schedule.shows_unvaried else own
        return own if self_training is None else self_training.mixed(own, epoch)

    fit_epochs(
        model,
        provider_of,
        schedule,
        steps=len(provider),
        measured={
            **({} if val_provider is None else {"val": val_provider}),
            **({"seen": seen} if schedule.is_open and schedule.decide_by == "seen" else {}),
        },
        callbacks=[*([] if self_training is None else [self_training]), *callbacks],
        keeper=keeper,
        averaging=averaging,
        devices=devices,
    )
    _log_replaced([provider, seen, *([] if val_provider is None else [val_provider])])


def fit_epochs(
    model: keras.Model,
    provider_of: Callable[[int], DataProvider],
    schedule: Schedule,
    *,
    steps: int,
    measured: Mapping[str, DataProvider],
    callbacks: Sequence[keras.callbacks.Callback],
    keeper: StateKeeper | None,
    averaging: AveragedWeights | None = None,
    devices: Devices | None = None,
) -> None:
    """Train along a course of the learning rate on whatever an epoch brings, or go on with it.

    Args:
        model: compiled.
        provider_of: returns the data of an epoch, counted from 0, when the epoch begins.
        schedule: course of the learning rate.
        steps: batches in an epoch.
        measured: data to measure after each epoch, by the beginning of its names in the logs.
        callbacks: what happens around the epochs besides averaging, course and progress.
        keeper: saves the state every now and then; where it has one the training begins there.
        averaging: of the weights, if somebody else asks it, too.
        devices: where the model was built; None: on one.
    """
    around = [
        averaging or AveragedWeights(),
        schedule,
        EndOfFlatStart(schedule),
        ProgressBar(schedule),
        *callbacks,
    ]
    if keeper is not None:
        keeper.keep(around)
        around.append(keeper)
    begun = None if keeper is None else keeper.begun
    run_loop(
        model,
        provider_of,
        steps=steps,
        epochs=schedule.given_epochs or ENDLESS,
        first_epoch=begun.epoch if begun else 0,
        first_step=begun.step if begun else 0,
        measured=measured,
        callbacks=around,
        devices=devices,
    )


def _log_replaced(providers: Sequence[DataProvider]) -> None:
    """Say how many images could not be read any more."""
    images = {one.samples[place].image for one in providers for place in one.replaced}
    if images:
        LOGGER.warning(
            "%s could not be read while training; others stood in their places",
            counted(len(images), "image"),
        )


def begin(
    make_model: Callable[[TrainConfigs], keras.Model],
    configs: TrainConfigs,
    keeper: StateKeeper | None = None,
) -> tuple[keras.Model, bool]:
    """Return a model to train, and whether it has the weights of what the run starts from.

    Else they are drawn. A training that goes on from a state takes its weights from there, in its
    own time.

    Raises:
        InputError: there is no such run, or its network is another one; or several machines are to
            train together that have different images or settings.
    """
    devices = open_devices(configs.devices)
    begun = None if keeper is None else keeper.begun
    settings = asdict(configs)
    devices.require_same(
        images=settings.pop("dataset_fingerprint"),
        **{name: value for name, value in settings.items() if name not in OF_ONE_MACHINE},
        begun=begun and [begun.epoch, begun.step],
    )
    with devices.scope():
        model = make_model(configs)
    if configs.sync_batch_norm and devices.number > 1:
        synchronise_batch_normalisation(getattr(model, "network", model))
    goes_on = begun is not None
    return model, not goes_on and start_from(model, configs)


def share_of_start(
    model: keras.Model, configs: TrainConfigs, provider: DataProvider, *, has_start: bool
) -> float:
    """Return how much of the weights that a training begins with is to stay, 0…1.

    A few images of one form show what all are like, with others without labels even more so. Of
    images whose widths differ they do not: there it is as much more as the start reads of those to
    learn from.

    Args:
        model: as it begins.
        configs: of the training.
        provider: data to train on.
        has_start: whether the model has the weights of something.
    """
    if not has_start:
        return 0.0
    if configs.start_share is not None:
        return configs.start_share
    share = 0.0 if len(provider.unlabelled) else START_SHARE  # those show the rest
    if provider.free_width:
        some = _some_of(provider)
        if differ({each: some.shape(place) for place, each in enumerate(some.samples)}):
            share = max(share, VARIED_SHARE * _share_read(model, configs, some))
    return share * min(1.0, FEW / len(provider.samples))


def _share_read(model: keras.Model, configs: TrainConfigs, some: DataProvider) -> float:
    """Return the share of some texts that a model reads."""
    read = read_all(reading_network(model), some, configs.vocabulary)
    right = sum(text == some.samples[place].label for place, (text, _) in read.items())
    return right / max(1, len(read))


def _some_of(provider: DataProvider) -> DataProvider:
    """Return some of the images to learn from, of all pages and writers, unvaried."""
    each = max(1, len(provider.samples) // NUM_SEEN)
    some = provider.samples[::each][:NUM_SEEN]
    return provider.with_(dataset=some, shuffle=False, augmentors=())


def train_on(
    provider: DataProvider,
    make_model: Callable[[TrainConfigs], keras.Model],
    configs: TrainConfigs,
    *,
    val_provider: DataProvider | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    keeper: StateKeeper | None = None,
) -> keras.Model:
    """Train on all of the data; return the model as its last epoch left it.

    No file is left, but the state if there is a `keeper`: then a training that is done is not done
    again.
    """
    model, knows = begin(make_model, configs, keeper)
    if keeper is not None and keeper.is_done:
        keeper.restore_variables(model)
        return model
    fit(
        model,
        provider.with_(seed=configs.seed),
        make_schedule(configs, provider, val_provider),
        val_provider=val_provider,
        callbacks=callbacks,
        keeper=keeper,
        devices=open_devices(configs.devices),
        start_share=share_of_start(model, configs, provider, has_start=knows),
    )
    if keeper is not None:
        keeper.finish()
    return model
