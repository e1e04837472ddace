"""Runs of several trainings go on with the one that was broken off; those that are done stay."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.data.samples import LeftOut
from ctckit.errors import InputError
from ctckit.inference.metadata import ModelMetadata
from ctckit.run_folder import RunFolder
from ctckit.training.callbacks.export import BestCheckpoint
from ctckit.training.callbacks.state import StateKeeper
from ctckit.training.folds import cross_validate, read_rows
from ctckit.training.members import train_models
from ctckit.training.opening import open_run
from tests.drawing import draw_folder
from tests.training.networks import (
    HEIGHT,
    VOCABULARY,
    WIDTH,
    compiled,
    drawn_providers,
    small_network,
)

METADATA = ModelMetadata(
    vocabulary=VOCABULARY, height=HEIGHT, width=WIDTH, channels=1, keep_aspect_ratio=False
)


class BrokenOff(BaseException):
    """As if the process had been killed."""


@pytest.fixture(scope="module")
def providers(tmp_path_factory):
    return drawn_providers(tmp_path_factory.mktemp("drawn"), count=24)


class Trainer:
    """Build models; the one of that number, counted from 1, is killed while it trains."""

    def __init__(self, killed: int | None = None) -> None:
        self.killed, self.made = killed, 0

    def make_model(self, configs: ModelConfigs) -> keras.Model:
        self.made += 1
        keras.utils.set_random_seed(configs.seed)
        model = compiled(small_network(dropout=0.3))
        model.is_killed = self.made == self.killed
        return model


@pytest.fixture(autouse=True)
def killer(monkeypatch):
    """Kill where a model says so, when the state of the second epoch's second step is saved."""
    on_train_batch_end = StateKeeper.on_train_batch_end

    def then_kill(keeper, batch, logs=None):
        on_train_batch_end(keeper, batch, logs)
        if keeper.model.is_killed and (keeper._epoch, batch) == (1, 1):
            raise BrokenOff

    monkeypatch.setattr(StateKeeper, "on_train_batch_end", then_kill)


CONFIGS = ModelConfigs(
    train_epochs=2, models=2, folds=2, learning_rate=2e-3, seed=5,
    vocab=str(VOCABULARY), save_every="1s",
)  # fmt: skip


def run_folder(path) -> RunFolder:
    run = RunFolder(path)
    run.report.mkdir(parents=True)
    run.state.mkdir()
    return run


@pytest.mark.slow
def test_folds_and_models_that_are_done_are_not_trained_again(tmp_path, providers):
    calm, broken = (run_folder(tmp_path / name) for name in ("calm", "broken"))
    figures = cross_validate(providers[0], Trainer().make_model, CONFIGS, calm)
    with pytest.raises(BrokenOff):  # the second model of fold 2
        cross_validate(providers[0], Trainer(killed=4).make_model, CONFIGS, broken)
    assert {row.fold for row in read_rows(broken.out_of_fold)} == {1}
    names = sorted(path.name for path in broken.state.iterdir())
    assert names == ["fold_2_model_1.done.npz", "fold_2_model_2.npz"]
    trainer = Trainer()
    assert cross_validate(providers[0], trainer.make_model, CONFIGS, broken) == figures
    assert trainer.made == 2, "those of fold 2, of which the first is done"
    for name in ("out_of_fold", "label_errors"):
        first, second = (getattr(run, name).read_bytes() for run in (calm, broken))
        assert first == second


@pytest.mark.slow
def test_members_that_are_done_are_not_trained_again(tmp_path, providers):
    def callbacks(run, configs, metadata, val_provider):
        fitted.append(run.path.name)
        return [BestCheckpoint(run.checkpoint)]

    def train(run, trainer):
        return train_models(
            trainer.make_model, *providers, CONFIGS.replace(folds=None), METADATA, run, callbacks
        )

    fitted: list[str] = []
    calm, broken = (run_folder(tmp_path / name) for name in ("calm", "broken"))
    histories = train(calm, Trainer())
    with pytest.raises(BrokenOff):
        train(broken, Trainer(killed=2))
    fitted.clear()
    again = train(broken, Trainer())
    assert fitted == ["member_2"]
    for rows in (*histories, *again):
        for row in rows:
            row["seconds"] = 0
    assert again == histories
    models = [keras.models.load_model(run.checkpoint) for run in (calm, broken)]
    assert all(map(np.array_equal, *(model.get_weights() for model in models)))


def test_a_run_is_opened_again_as_it_was(tmp_path, monkeypatch):
    draw_folder(tmp_path / "drawn", count=20)
    (tmp_path / "drawn" / "broken.png").write_bytes(b"not an image")
    monkeypatch.chdir(tmp_path)
    configs = ModelConfigs(dataset="drawn", height=32, model_path="run")
    with pytest.raises(BrokenOff), open_run(configs) as (run, dataset, chosen):
        run.state_of("model_1").write_bytes(b"state")
        raise BrokenOff
    assert (len(dataset.samples), len(dataset.validation)) == (18, 2)
    with pytest.raises(BrokenOff), open_run(ModelConfigs.load(run.path), resume=run.path) as again:
        raise BrokenOff
    lists = {"samples": [*dataset.samples], "validation": [*dataset.validation], "test": []}
    assert again == (run, replace(dataset, **lists), chosen)
    monkeypatch.chdir(tmp_path / "run")
    with pytest.raises(BrokenOff), open_run(chosen, resume=tmp_path / "run") as elsewhere:
        raise BrokenOff
    assert elsewhere.dataset.samples == [
        sample._replace(image=str(tmp_path / sample.image)) for sample in dataset.samples
    ]
    monkeypatch.chdir(tmp_path)
    assert [record.reason for record in again.dataset.left_out] == [dataset.left_out[0].reason]
    assert isinstance(again.dataset.left_out[0], LeftOut)

    (tmp_path / "drawn").rename(tmp_path / "moved")
    with (
        pytest.raises(InputError, match="the images of the run where they were, received nothing"),
        open_run(ModelConfigs.load(run.path), resume=run.path),
    ):
        pass
    (tmp_path / "moved").rename(tmp_path / "drawn")
    run.dataset.write_text('{"name": 3')
    with (
        pytest.raises(InputError, match=r"dataset.json, received a damaged file"),
        open_run(ModelConfigs.load(run.path), resume=run.path),
    ):
        pass
