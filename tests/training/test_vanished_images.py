"""Images that vanish or break while a training runs: filled in, counted and named."""

import logging
from pathlib import Path

import keras
import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.feed.batches import MAX_NAMED
from ctckit.log import LOGGER
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.fitting import fit
from ctckit.training.folds import read_folds
from ctckit.training.provider import DataProvider
from tests.training.networks import VOCABULARY, compiled, drawn_providers, small_network

pytestmark = pytest.mark.slow


@pytest.fixture
def providers(tmp_path):
    return [one.with_(replace_unreadable=True) for one in drawn_providers(tmp_path / "drawn")]


@pytest.fixture(autouse=True)
def all_that_is_logged(monkeypatch):
    """Whatever ran before in this process, its log reaches `caplog`."""
    monkeypatch.setattr(LOGGER, "propagate", True)
    LOGGER.setLevel(logging.DEBUG)


class Vanish(keras.callbacks.Callback):
    """Remove or break images when the second epoch begins."""

    def __init__(self, gone: list[str], broken: list[str]) -> None:
        super().__init__()
        self.gone, self.broken = gone, broken

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            for image in self.gone:
                Path(image).unlink(missing_ok=True)
            for image in self.broken:
                Path(image).write_bytes(b"torn")


class CountSamples(keras.callbacks.Callback):
    """Note how many steps each epoch has."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[int] = []

    def on_epoch_begin(self, epoch, logs=None):
        self.steps.append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.steps[-1] += 1


def images(provider: DataProvider) -> list[str]:
    return [sample.image for sample in provider.samples]


@pytest.mark.parametrize("processes", [0, 2])
def test_others_stand_in_their_places_and_they_are_counted_and_named(providers, caplog, processes):
    caplog.set_level("WARNING", "ctckit")
    train, val = providers
    if processes:
        train = train.with_(workers=processes, use_multiprocessing=True)
    gone, broken = images(train)[:2] + images(val)[:1], images(train)[5:6]
    count = CountSamples()
    fit(
        compiled(small_network()), train, Schedule(2e-3, epochs=3), val_provider=val,
        callbacks=[Vanish(gone, broken), count],
    )  # fmt: skip
    assert count.steps == [len(train)] * 3
    named = [line for line in caplog.messages if line.startswith("another image in the place of")]
    assert sorted(image for image in gone + broken for line in named if image in line) == sorted(
        gone + broken
    )
    assert caplog.messages[-1] == (
        "4 images could not be read while training; others stood in their places"
    )
    batch = train.batches(2)
    assert sum(len(labels) for _, labels in batch) == len(train.samples), "no smaller batch"


def test_of_very_many_the_first_are_named(tmp_path, caplog):
    samples = [(str(tmp_path / f"{index}.png"), "2") for index in range(60)]
    keep = drawn_providers(tmp_path / "drawn")[0]
    all_samples = [*samples, *keep.samples]
    provider = keep.with_(dataset=all_samples, replace_unreadable=True, shuffle=False)
    for _ in provider.batches(0):
        pass
    assert len(caplog.messages) == MAX_NAMED and len(provider.replaced) == 60


def test_when_none_can_be_read_the_training_ends(providers):
    train, val = providers
    with pytest.raises(InputError, match="cannot read"):
        fit(
            compiled(small_network()), train, Schedule(2e-3, epochs=3), val_provider=val,
            callbacks=[Vanish(images(train), [])],
        )  # fmt: skip


def test_a_fold_has_no_row_of_an_image_that_is_gone(tmp_path, providers):
    provider = providers[0]
    (gone, *others) = images(provider)
    Path(gone).unlink()
    network = small_network(heads=1)
    rows = read_folds(provider, lambda rest: network, VOCABULARY, tmp_path / "rows.csv",
                      num_folds=2, seed=0)  # fmt: skip
    assert sorted(row.image for row in rows) == sorted(others)


def test_batches_are_the_same_however_they_are_filled(providers):
    train, _ = providers
    Path(images(train)[3]).unlink()
    one, other = train.with_(workers=0), train.with_(workers=3)
    for first, second in zip(one.batches(1), other.batches(1), strict=True):
        assert all(map(np.array_equal, first, second))
