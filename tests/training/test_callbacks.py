import csv
import itertools
import math
import os
import signal

import keras
import numpy as np
import pytest
from keras import layers

from ctckit.export.parity import ExportError
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.training import devices
from ctckit.training.callbacks import export as export_module
from ctckit.training.callbacks.averaging import AveragedWeights
from ctckit.training.callbacks.export import BestCheckpoint, Model2onnx
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.progress import TrainLogger
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.callbacks.validation_images import ValidationImages
from ctckit.training.devices import Devices
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


def test_the_last_epoch_is_kept_where_few_images_would_choose(tmp_path):
    callback = BestCheckpoint(tmp_path / "model.keras", keep_last=True)
    model = small_network()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, cer in enumerate((0.2, 0.1, 0.3)):
        model.set_weights([np.full_like(weight, epoch) for weight in model.get_weights()])
        callback.on_epoch_end(epoch, {"val_CER": cer, "val_loss": 1.0})
    assert callback.epoch == 2, "what is best is saved on the way"
    callback.on_train_end()
    assert callback.epoch == 3 and callback.logs["val_CER"] == 0.3
    saved = keras.models.load_model(tmp_path / "model.keras").get_weights()
    assert all((weight == 2).all() for weight in saved)


@pytest.mark.slow
def test_checkpoint_loads_without_our_classes_and_predicts_the_same(tmp_path, providers):
    model = fit(providers, [BestCheckpoint(tmp_path / "model.keras")], epochs=1)
    images, _ = providers[1][0]
    loaded = keras.models.load_model(tmp_path / "model.keras", custom_objects={})
    np.testing.assert_allclose(loaded(images), model(images), atol=1e-6)


def test_a_checkpoint_has_the_weights_of_its_epoch_and_one_network_for_all(tmp_path, monkeypatch):
    copies = []
    copy = export_module.plain_copy
    monkeypatch.setattr(
        export_module, "plain_copy", lambda network: copies.append(network) or copy(network)
    )
    network, callback = small_network(), BestCheckpoint(tmp_path / "model.keras")
    callback.set_model(network)
    callback.on_train_begin()
    for epoch in range(3):
        network.set_weights([weights + 1 for weights in network.get_weights()])
        callback.on_epoch_end(epoch, {"val_CER": 1.0 - epoch / 10, "val_loss": 1.0})
        saved = keras.models.load_model(tmp_path / "model.keras").get_weights()
        assert all(map(np.array_equal, saved, network.get_weights()))
    assert len(copies) == 1, "TensorFlow frees none of them"


@pytest.mark.slow
def test_train_logger_keeps_a_row_per_epoch(tmp_path, providers):
    course = Schedule(1e-3, epochs=3)
    fit(providers, [course, TrainLogger(tmp_path, course)], epochs=3)
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
    course = Schedule(1e-3, epochs=50)
    logger = TrainLogger(tmp_path, course)
    fit(providers, [interrupt, best, course, logger, PressCtrlC()], epochs=50)
    assert interrupt.stopped and len(logger.history) == 1
    assert best.path.exists()
    assert signal.getsignal(signal.SIGINT) is previous


class Others(Devices):
    """Other processes, which may be asked to stop; what any wishes is known behind a step."""

    def __init__(self):
        super().__init__()
        self.heard = False

    def wished(self, what):
        return self.heard and what == "stop"


def begun(interrupt):
    interrupt.set_model(keras.Model())
    interrupt.model.stop_training = False
    interrupt.on_train_begin()
    interrupt.on_epoch_begin(0)


def test_an_interrupt_waits_for_the_others_to_know_of_it():
    interrupt = StopOnInterrupt(devices=Others())
    begun(interrupt)
    os.kill(os.getpid(), signal.SIGINT)
    interrupt.on_train_batch_end(0)  # of the step that ran when the signal came
    assert not interrupt.stopped and not interrupt.model.stop_training
    interrupt.devices.heard = True
    interrupt.on_train_batch_end(1)
    assert interrupt.stopped and interrupt.model.stop_training
    interrupt.on_train_end()


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_epoch_end"])
def test_an_interrupt_of_another_process_stops_this_one(hook):
    interrupt = StopOnInterrupt(devices=Others())
    begun(interrupt)
    getattr(interrupt, hook)(0)
    assert not interrupt.stopped and not interrupt.model.stop_training
    interrupt.devices.heard = True
    getattr(interrupt, hook)(0)
    assert interrupt.stopped and interrupt.model.stop_training
    interrupt.on_train_end()


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
    best, course = BestCheckpoint(tmp_path / "model.keras"), Schedule(1e-3, epochs=2)
    logger = TrainLogger(tmp_path, course)
    callbacks = [course, logger, best, Model2onnx(tmp_path / "model.keras", METADATA, best)]
    fit(providers, callbacks, epochs=2)
    fit(providers, callbacks, epochs=1)
    assert best.epoch == 1 and len(logger.history) == 1


class RecordRates(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.rates = []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.slow
def test_a_course_over_the_steps_of_all_epochs(providers):
    record = RecordRates()
    fit(providers, [Schedule(1.0, epochs=5), record], epochs=5)
    rates = record.rates
    assert len(rates) == 20 and rates[0] == pytest.approx(0.04)
    assert rates[3:13] == [1.0] * 10 and rates[-1] < 0.05


@pytest.mark.slow
def test_a_time_budget_ends_the_run_on_time_and_annealed(providers, monkeypatch):
    seconds = itertools.count(0.0, 0.05)  # every look at the clock finds it a little later
    monkeypatch.setattr(devices.time, "perf_counter", lambda: next(seconds))
    course, record = Schedule(1e-3, time_budget_s=6.0), RecordRates()
    fit(providers, [course, record], epochs=1_000_000)
    assert course.progress == 1.0
    assert max(record.rates) > 0.9e-3 and record.rates[-1] < 0.05e-3


@pytest.mark.slow
def test_a_budget_shorter_than_the_first_step_still_ends(providers):
    record = RecordRates()
    fit(providers, [Schedule(1e-3, time_budget_s=1e-6), record], epochs=1_000_000)
    assert 1 <= len(record.rates) <= 3


class Scripted(keras.callbacks.Callback):
    """Tell the schedule that so many texts are misread after each epoch; the last goes on."""

    def __init__(self, course, rates):
        super().__init__()
        self.course, self.rates, self.lines = course, rates, []

    def on_epoch_end(self, epoch, logs=None):
        rate = self.rates[min(epoch, len(self.rates) - 1)]
        texts = self.course.decide_by
        logs |= {f"{texts}_loss": 10 * rate, f"{texts}_CER": rate, f"{texts}_WER": rate}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "epochs", "said"),
    [
        ([0.03], 10, "as 3.0% of the validation texts are misread, 3% or less: 4 epochs to go"),
        ([0.9, 0.8, 0.7, 0.6, 0.6], 10, "as nothing has got better in the last 8 steps: 4 epochs"),
        ([1 / epoch for epoch in range(1, 99)], 30, "slowing down, as this is the longest run"),
    ],
    ids=["good enough", "no better", "better and better"],
)
def test_what_is_measured_decides_how_long_a_run_is(providers, caplog, rates, epochs, said):
    course, record = Schedule(1e-3, min_epochs=10, max_epochs=30), RecordRates()
    with caplog.at_level("INFO", "ctckit"):
        fit(providers, [Scripted(course, rates), course, record], epochs=1_000_000)
    assert len(record.rates) == 4 * epochs and record.rates[-1] < 0.02e-3
    assert course.share_of_usual == pytest.approx(epochs / 10)
    assert said in caplog.text
    assert ("going on, as" in caplog.text) == (epochs > 10)


@pytest.mark.slow
def test_training_texts_decide_where_there_are_too_few_others(providers, caplog):
    course = Schedule(1e-3, min_epochs=10, max_epochs=30, decide_by="seen")
    with caplog.at_level("INFO", "ctckit"):
        fit(providers, [Scripted(course, [0.01]), course], epochs=1_000_000)
    assert "1.0% of the training texts are misread" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("epochs", "first_clean"), [(10, 7), (20, 17), (2, 3)], ids=["40 %", "4 epochs", "too short"]
)
def test_the_last_epochs_show_the_images_as_they_are(providers, epochs, first_clean):
    train, _ = providers
    augmented = set()

    def note(image, label, rng):
        augmented.add(course.epoch)
        return image, label

    course = Schedule(1e-3, epochs=epochs)
    noting = train.with_(augmentors=[note], workers=0)
    fit_recipe(compiled(small_network()), noting, course)
    assert augmented == set(range(first_clean - 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("length", "misread", "first_later", "reason"),
    [
        ({"epochs": 10, "min_epochs": 5}, [1.0, 0.5, 0.9], 3, "half are read, the run is long"),
        ({"epochs": 10, "min_epochs": 5}, [0.51], None, "less than half are read"),
        ({"epochs": 10, "min_epochs": 6}, [0.0], None, "the run is hardly longer than usual"),
        ({"min_epochs": 5, "max_epochs": 15}, [0.4], 4, "the run goes on from 60 % of the usual"),
    ],
)
def test_images_are_varied_more_in_a_long_run_once_half_of_the_texts_are_read(
    providers, length, misread, first_later, reason
):
    class Told(Schedule):
        def on_epoch_end(self, epoch, logs):
            rate = misread[min(epoch, len(misread) - 1)]
            told = {"WER": rate, "val_WER": rate, "val_CER": rate, "val_loss": 1 / (epoch + 1)}
            super().on_epoch_end(epoch, logs | told)

    def note_in(epochs):
        def note(image, label, rng):
            epochs.add(course.epoch + 1)
            return image, label

        return note

    train, _ = providers
    course, first, later = Told(1e-3, **length), set(), set()
    noting = train.with_(augmentors=[note_in(first)], later_augmentors=[note_in(later)], workers=0)
    fit_recipe(compiled(small_network()), noting, course)
    varied = range(1, course.epochs - 4 + 1)  # the last four show the images as they are
    assert first == set(varied[: (first_later or len(varied) + 1) - 1]), reason
    assert later == set(varied) - first, reason


@pytest.mark.slow
def test_few_images_are_passed_through_several_times(providers):
    train, _ = providers
    course = Schedule(1e-3, min_epochs=1, max_epochs=1, passes=3, decide_by="seen")
    record = RecordRates()
    fit_recipe(compiled(small_network()), train, course, callbacks=[record])
    steps = math.ceil(3 * len(train.samples) / train.batch_size)
    assert len(record.rates) == steps and record.rates[-1] < 0.2e-3, "one epoch, annealed"


@pytest.mark.slow
def test_what_is_validated_is_the_mean_of_the_last_weights(providers):
    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.steps, self.validated, self.next = [], [], []

        def _weights(self):
            return np.concatenate([w.numpy().ravel() for w in self.model.trainable_weights])

        def on_train_batch_begin(self, batch, logs=None):
            if batch == 0:
                self.next.append(self._weights())

        def on_train_batch_end(self, batch, logs=None):
            self.steps.append(self._weights())

        def on_test_batch_end(self, batch, logs=None):
            self.validated.append(self._weights())

    watch = Watch()
    model = fit(providers, [AveragedWeights(), watch], epochs=2)
    first, second = watch.validated[0], watch.validated[-1]
    assert not np.allclose(first, watch.steps[3]), "not the last weights"
    mean_momentum = (4 / 14) ** 4
    # Of four steps the mean is what the start and the fourth make.
    start = watch.next[0]
    expected = start * mean_momentum + watch.steps[3] * (1 - mean_momentum)
    assert np.linalg.norm(first - expected) < 0.35 * np.linalg.norm(watch.steps[3] - start)
    np.testing.assert_array_equal(watch.next[1], watch.steps[3], "training goes on from the last")
    after = np.concatenate([w.numpy().ravel() for w in model.trainable_weights])
    np.testing.assert_array_equal(after, second, "what was validated stays")


@pytest.mark.slow
def test_what_is_kept_lies_between_the_start_and_the_mean(providers):
    def trained(share):
        keras.utils.set_random_seed(0)
        model = compiled(small_network())
        drawn = model.get_weights()
        fit_recipe(model, providers[0], Schedule(2e-3, epochs=2), start_share=share)
        return model, drawn, model.get_weights()

    _, drawn, mean = trained(0.0)
    model, same_drawn, kept = trained(0.25)
    for weight, start, other_start, own, other in zip(
        model.weights, drawn, same_drawn, mean, kept, strict=True
    ):
        np.testing.assert_array_equal(start, other_start)
        if "auxiliary" in weight.path:  # it begins as drawn, so that nothing is worth keeping
            np.testing.assert_array_equal(other, own)
        elif "float" in weight.dtype:
            np.testing.assert_allclose(other, 0.75 * own + 0.25 * start, atol=1e-6)
