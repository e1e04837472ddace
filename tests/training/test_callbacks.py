import csv
import itertools
import os
import signal

import keras
import numpy as np
import pytest
from keras import layers

from ctckit.export.parity import ExportError
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.training.callbacks import one_cycle
from ctckit.training.callbacks.export import BestCheckpoint, Model2onnx
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.one_cycle import OneCycle
from ctckit.training.callbacks.progress import TrainLogger
from ctckit.training.callbacks.validation_images import ValidationImages
from ctckit.training.fitting import fit as fit_recipe
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


@pytest.fixture
def providers(tmp_path):
    return drawn_providers(tmp_path / "drawn")


def fit(providers, callbacks, epochs=2) -> keras.Model:
    model = compiled(small_network())
    model.fit(
        providers[0], validation_data=providers[1], epochs=epochs, callbacks=callbacks, verbose=0
    )
    return model


@pytest.mark.parametrize(
    ("epochs", "best", "reason"),
    [
        ([(0.5, 1), (0.2, 2), (0.3, 0)], 2, "lowest val_CER"),
        ([(0.0, 3), (0.0, 1), (0.0, 2)], 2, "equal CER: lowest val_loss"),
        ([(1.0, 9)], 1, "the first epoch is always kept"),
    ],
)
def test_best_checkpoint_ranks_epochs(tmp_path, epochs, best, reason):
    callback = BestCheckpoint(tmp_path / "model.keras")
    callback.set_model(compiled(small_network()))
    callback.on_train_begin()
    for index, (cer, loss) in enumerate(epochs):
        callback.on_epoch_end(index, {"val_CER": cer, "val_loss": loss})
    assert callback.epoch == best, reason
    assert (tmp_path / "model.keras").exists()


@pytest.mark.slow
def test_checkpoint_loads_without_our_classes_and_predicts_the_same(tmp_path, providers):
    model = fit(providers, [BestCheckpoint(tmp_path / "model.keras")], epochs=1)
    images, _ = providers[1][0]
    loaded = keras.models.load_model(tmp_path / "model.keras", custom_objects={})
    np.testing.assert_allclose(loaded(images), model(images), atol=1e-6)


@pytest.mark.slow
def test_train_logger_keeps_a_row_per_epoch(tmp_path, providers):
    cycle = OneCycle(1e-3)
    fit(providers, [cycle, TrainLogger(tmp_path, cycle)], epochs=3)
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert list(rows[0]) == [
        "epoch", "seconds", "loss", "CER", "WER", "val_loss", "val_CER", "val_WER",
        "learning_rate",
    ]  # fmt: skip
    seconds = [float(row["seconds"]) for row in rows]
    assert 0 < seconds[0] < seconds[1] < seconds[2], "fitting so far"
    assert all(float(value) == float(value) for row in rows for value in row.values()), "no NaN"


@pytest.mark.slow
def test_model2onnx_exports_the_best_epoch_with_its_figures(tmp_path, providers):
    best = BestCheckpoint(tmp_path / "model.keras")
    fit(providers, [best, Model2onnx(tmp_path / "model.keras", METADATA, best)])
    reader = ImageToWordModel(tmp_path / "model.onnx")
    assert reader.metadata.val_CER == best.logs["val_CER"]
    images, _ = providers[1][0]
    expected = keras.models.load_model(tmp_path / "model.keras")(images)
    np.testing.assert_allclose(reader.predict_probabilities(images), expected, atol=1e-5)


@pytest.mark.slow
def test_model2onnx_fails_before_the_first_epoch(tmp_path, providers, monkeypatch):
    """A network whose export cannot agree must not train for hours first."""
    from ctckit.training.callbacks import export as model2onnx

    def export_other_weights(network, path, metadata):
        wrong = keras.models.clone_model(network)
        return model2onnx_export(wrong, path, metadata)

    model2onnx_export = model2onnx.export_onnx
    monkeypatch.setattr(model2onnx, "export_onnx", export_other_weights)
    best = BestCheckpoint(tmp_path / "model.keras")
    with pytest.raises(ExportError, match="agree with Keras"):
        fit(providers, [best, Model2onnx(tmp_path / "model.keras", METADATA, best)])
    assert best.epoch == 0


class Unregistered(layers.Dense):
    """A layer that Keras cannot load by its name."""


@pytest.mark.slow
def test_a_layer_that_cannot_be_loaded_fails_before_the_first_epoch(tmp_path, providers):
    network = small_network(heads=1)
    *_, features, last = network.layers
    outputs = Unregistered(VOCABULARY.num_classes, activation="softmax")(features.output)
    model = compiled(keras.Model(network.inputs, outputs))
    best = BestCheckpoint(tmp_path / "model.keras")
    callbacks = [best, Model2onnx(best.path, METADATA, best)]
    with pytest.raises(TypeError, match="Unregistered"):
        model.fit(providers[0], validation_data=providers[1], callbacks=callbacks, verbose=0)
    assert best.epoch == 0


@pytest.mark.slow
def test_interrupt_ends_training_and_keeps_the_best(tmp_path, providers):
    class PressCtrlC(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                os.kill(os.getpid(), signal.SIGINT)

    previous = signal.getsignal(signal.SIGINT)
    best, interrupt = BestCheckpoint(tmp_path / "model.keras"), StopOnInterrupt()
    cycle = OneCycle(1e-3)
    logger = TrainLogger(tmp_path, cycle)
    fit(providers, [interrupt, best, cycle, logger, PressCtrlC()], epochs=50)
    assert interrupt.stopped and len(logger.history) == 1
    assert best.path.exists()
    assert signal.getsignal(signal.SIGINT) is previous


@pytest.mark.slow
def test_a_second_interrupt_stops_at_once(providers):
    class PressCtrlCTwice(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    previous, interrupt = signal.getsignal(signal.SIGINT), StopOnInterrupt()
    with pytest.raises(KeyboardInterrupt):
        fit(providers, [interrupt, PressCtrlCTwice()], epochs=50)
    assert interrupt.stopped
    assert signal.getsignal(signal.SIGINT) is previous


@pytest.mark.slow
def test_validation_images_reach_tensorboard(tmp_path, providers):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(providers, [ValidationImages(tmp_path, providers[1], VOCABULARY, every=2)], epochs=4)
    events = EventAccumulator(str(tmp_path / "validation"), size_guidance={"tensors": 0})
    events.Reload()
    assert [event.step for event in events.Tensors("validation")] == [0, 2, 3]


@pytest.mark.slow
def test_callbacks_can_run_twice(tmp_path, providers):
    best, cycle = BestCheckpoint(tmp_path / "model.keras"), OneCycle(1e-3)
    logger = TrainLogger(tmp_path, cycle)
    callbacks = [cycle, logger, best, Model2onnx(tmp_path / "model.keras", METADATA, best)]
    fit(providers, callbacks, epochs=2)
    fit(providers, callbacks, epochs=1)
    assert best.epoch == 1 and len(logger.history) == 1


class RecordRates(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.slow
def test_one_cycle_over_the_steps_of_all_epochs(providers):
    record = RecordRates()
    fit(providers, [OneCycle(1.0), record], epochs=5)
    rates = record.rates
    assert len(rates) == 20 and rates[0] == pytest.approx(0.04)
    assert rates.index(max(rates)) == 5 and rates[5] == pytest.approx(1.0)
    assert rates[-1] < 0.05


@pytest.mark.slow
def test_a_time_budget_ends_the_run_on_time_and_annealed(providers, monkeypatch):
    seconds = itertools.count(0.0, 0.05)  # every look at the clock finds it a little later
    monkeypatch.setattr(one_cycle.time, "perf_counter", lambda: next(seconds))
    cycle, record = OneCycle(1e-3, time_budget_s=6.0), RecordRates()
    fit(providers, [cycle, record], epochs=1_000_000)
    assert cycle.progress == 1.0
    assert max(record.rates) > 0.9e-3 and record.rates[-1] < 0.05e-3


@pytest.mark.slow
def test_a_budget_shorter_than_the_first_step_still_ends(providers):
    record = RecordRates()
    fit(providers, [OneCycle(1e-3, time_budget_s=1e-6), record], epochs=1_000_000)
    assert 1 <= len(record.rates) <= 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("epochs", "first_clean"), [(10, 7), (20, 17), (2, 3)], ids=["40 %", "4 epochs", "too short"]
)
def test_the_last_epochs_show_the_images_as_they_are(providers, epochs, first_clean):
    train, _ = providers
    augmented = set()

    def note(image, label, rng):
        augmented.add(cycle.epoch)
        return image, label

    cycle = OneCycle(1e-3)
    noting = train.with_(augmentors=[note], workers=0)
    fit_recipe(compiled(small_network()), noting, cycle, epochs=epochs)
    assert augmented == set(range(first_clean - 1))
