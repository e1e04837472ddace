"""A training that was broken off and resumed ends as one that was not, to the bit."""

import json
import logging
import signal

import keras
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.data.samples import Sample
from ctckit.errors import InputError, Terminated
from ctckit.log import LOGGER
from ctckit.training.callbacks import state as state_module
from ctckit.training.callbacks.early_stopping import EarlyStopping
from ctckit.training.callbacks.export import BestCheckpoint
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.progress import TrainLogger
from ctckit.training.callbacks.resumable import ResumableCallback
from ctckit.training.callbacks.schedule import Schedule
from ctckit.training.callbacks.state import StateKeeper
from ctckit.training.fitting import fit, train_on
from ctckit.training.flat_start import FlatStart
from ctckit.training.state import TrainingState
from tests.training.networks import compiled, drawn_providers, small_network

pytestmark = pytest.mark.slow

EPOCHS, STEPS = 4, 4


@pytest.fixture(scope="module")
def providers(tmp_path_factory):
    return drawn_providers(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(autouse=True)
def save_often(monkeypatch):
    monkeypatch.setattr(state_module, "COST", float("inf"))
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def all_that_is_logged(monkeypatch):
    """Whatever ran before in this process, its log reaches `caplog`."""
    monkeypatch.setattr(LOGGER, "propagate", True)
    LOGGER.setLevel(logging.DEBUG)


class BrokenOff(BaseException):
    """As if the process had been killed."""


class BreakOff(keras.callbacks.Callback):
    """Break the training off at a hook of an epoch, at the step if it has one."""

    def __init__(self, hook, epoch, step=0):
        super().__init__()
        self.hook, self.epoch, self.step = hook, epoch, step

    def _at(self, hook, step=0):
        if (hook, self._epoch, step) == (self.hook, self.epoch, self.step):
            raise BrokenOff

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        self._at("step begins", batch)

    def on_train_batch_end(self, batch, logs=None):
        self._at("step ends", batch)

    def on_test_begin(self, logs=None):
        self._at("validation begins")

    def on_epoch_end(self, epoch, logs=None):
        self._at("epoch ends")

    def on_train_end(self, logs=None):
        self._at("training ends")


def train(folder, providers, *extra, every_s=0.0, schedule=None, flat_start=False):
    """Train in `folder`, from its state if it has one; return the model and the history."""
    model = compiled(small_network(dropout=0.3))
    model.flat_start = FlatStart() if flat_start else None
    schedule = schedule or Schedule(2e-3, min_epochs=2, max_epochs=EPOCHS)
    folder.mkdir(exist_ok=True)
    logger = TrainLogger(folder, schedule)
    early = EarlyStopping(monitor="val_CER", mode="min", patience=50)
    interrupt = next((one for one in extra if isinstance(one, StopOnInterrupt)), None)
    keeper = StateKeeper(folder / "state.npz", every_s, interrupt=interrupt)
    fit(
        model, providers[0], schedule, val_provider=providers[1],
        callbacks=[logger, BestCheckpoint(folder / "model.keras"), early, *extra], keeper=keeper,
        start_share=0.3,
    )  # fmt: skip
    return model, [row | {"seconds": 0} for row in logger.history], early


def assert_same(first, second, folders):
    (model, history, early), (other, other_history, other_early) = first, second
    assert history == other_history
    assert early.memory() == other_early.memory()
    models = [keras.models.load_model(folder / "model.keras") for folder in folders]
    for pair in ((model, other), models):
        weights, others = (one.get_weights() for one in pair)
        assert all(map(np.array_equal, weights, others))


@pytest.fixture(scope="module")
def calm(tmp_path_factory, providers):
    """Return the folder of a training that was never broken off, and what `train` returned."""
    folder = tmp_path_factory.mktemp("calm")
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state_module, "COST", float("inf"))
        return folder, train(folder, providers)


@pytest.mark.parametrize(
    ("hook", "epoch", "step", "every_s"),
    [
        pytest.param("step begins", 0, 2, 0, id="within the first epoch"),
        pytest.param("step ends", 2, 1, 0, id="before the state of the step is saved"),
        pytest.param("step begins", 2, 3, 3600, id="after the last state is an epoch old"),
        pytest.param("validation begins", 1, 0, 0, id="while validating"),
        pytest.param("epoch ends", 1, 0, 0, id="when the checkpoint is written, the state not"),
        pytest.param("validation begins", EPOCHS - 1, 0, 0, id="behind the last step"),
        pytest.param("training ends", EPOCHS - 1, 0, 0, id="while exporting"),
    ],
)
def test_a_training_goes_on_as_if_it_had_not_been_broken_off(
    tmp_path, providers, calm, hook, epoch, step, every_s
):
    folder, without = calm
    keras.utils.set_random_seed(0)
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, BreakOff(hook, epoch, step), every_s=every_s)
    keras.utils.set_random_seed(1)  # nothing hangs on what a new process draws
    resumed = train(tmp_path, providers, every_s=every_s)
    assert [row["epoch"] for row in resumed[1]] == list(range(1, len(without[1]) + 1))
    assert_same(without, resumed, [folder, tmp_path])


def test_a_flat_start_goes_on(tmp_path, providers):
    calm, broken = tmp_path / "calm", tmp_path / "broken"
    without = train(calm, providers, flat_start=True)
    keras.utils.set_random_seed(0)
    with pytest.raises(BrokenOff):
        train(broken, providers, BreakOff("step ends", 0, 2), flat_start=True)
    assert_same(without, train(broken, providers, flat_start=True), [calm, broken])


def test_what_a_time_budget_has_spent_counts(tmp_path, providers):
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, BreakOff("step ends", 1, 2),
              schedule=Schedule(2e-3, time_budget_s=3600))  # fmt: skip
    path = tmp_path / "state.npz"
    saved = TrainingState.load(path)
    memory = dict(saved.memories["Schedule"])
    memory["since_first_step_s"] = memory["since_begin_s"] = 3599.9
    memory["course"] = memory["course"] | {"end": 3600.0}
    TrainingState(
        saved.epoch, saved.step, saved.variables, saved.memories | {"Schedule": memory},
        saved.saved_at, saved.environment,
    ).save(path)  # fmt: skip
    _, history, _ = train(tmp_path, providers, schedule=Schedule(2e-3, time_budget_s=3600))
    assert history[-1]["epoch"] <= 3, "a tenth of a second was left"


def test_callbacks_have_their_memories_back(tmp_path, providers, monkeypatch):
    def note(keeper):
        noted.update({name: owner.memory() for name, owner in keeper._owners.items()})
        raise BrokenOff

    noted: dict = {}
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, BreakOff("step begins", 2, 2))
    saved = TrainingState.load(tmp_path / "state.npz").memories
    (tmp_path / "model.keras").write_bytes(b"that of a later epoch")
    monkeypatch.setattr(StateKeeper, "_say_where", note)  # as soon as all is restored
    with pytest.raises(BrokenOff):
        train(tmp_path, providers)
    assert noted.keys() == saved.keys() >= {"AveragedWeights", "EarlyStopping", "Schedule"}
    for name, memory in saved.items():
        assert noted[name].keys() == memory.keys()
        for part, value in memory.items():
            if not part.endswith("_s"):  # clocks go on
                np.testing.assert_array_equal(noted[name][part], value, err_msg=f"{name}: {part}")


class Signal(keras.callbacks.Callback):
    """Send this process signals in the second epoch's second step."""

    def __init__(self, *numbers):
        super().__init__()
        self.numbers = numbers

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if (self._epoch, batch) == (1, 1):
            for number in self.numbers:
                signal.raise_signal(number)


@pytest.mark.parametrize(
    ("signals", "ends_well", "raised"),
    [
        ([signal.SIGTERM], True, Terminated),
        ([signal.SIGINT, signal.SIGINT], True, KeyboardInterrupt),
        ([signal.SIGINT], False, KeyboardInterrupt),
        ([signal.SIGINT, signal.SIGTERM], True, Terminated),
    ],
)
def test_a_signal_ends_the_training_behind_the_step_with_its_state(
    tmp_path, providers, signals, ends_well, raised
):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(raised):
        train(tmp_path, providers, Signal(*signals), StopOnInterrupt(ends_well=ends_well),
              every_s=3600)  # fmt: skip
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))
    saved = TrainingState.load(tmp_path / "state.npz")
    assert (saved.epoch, saved.step) == (1, 2)


def test_ctrl_c_ends_well_and_can_be_resumed_to_the_bit(tmp_path, providers, calm):
    folder, without = calm
    keras.utils.set_random_seed(0)
    _, history, _ = train(tmp_path, providers, Signal(signal.SIGINT), StopOnInterrupt())
    assert len(history) == 2, "the begun epoch is validated, and the best one kept"
    assert_same(without, train(tmp_path, providers), [folder, tmp_path])


def test_a_training_that_is_done_is_not_done_again(tmp_path, providers):
    def keeper():
        return StateKeeper(tmp_path / "fold.npz", 3600)

    def make_model(configs):
        made.append(configs)
        return compiled(small_network())

    made: list = []
    configs = ModelConfigs(train_epochs=1, learning_rate=2e-3, start_from="none")
    model = train_on(providers[0], make_model, configs, keeper=keeper())
    assert [path.name for path in tmp_path.iterdir()] == ["fold.done.npz"]
    steps = int(model.optimizer.iterations)
    again = train_on(providers[0], make_model, configs, keeper=keeper())
    assert int(again.optimizer.iterations) == steps
    assert all(map(np.array_equal, model.get_weights(), again.get_weights()))


def test_a_state_of_another_network_is_refused(tmp_path, providers):
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, BreakOff("step begins", 0, 2))
    model = compiled(small_network(heads=1))
    keeper = StateKeeper(tmp_path / "state.npz", 60)
    with pytest.raises(InputError, match="expected the state of this network"):
        keeper.restore_variables(model)


def test_a_damaged_state_is_refused(tmp_path, providers):
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, BreakOff("step begins", 0, 2))
    path = tmp_path / "state.npz"
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damaged in (b"", whole[: len(whole) // 2], bytes(flipped), b"PK\x03\x04", b"\x93NUMPY"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match="received a damaged file"):
            TrainingState.load(path)


def test_a_state_of_another_schema_is_refused(tmp_path):
    header = {"schema": 99, "variables": 0, "memories": {}, "epoch": 0, "step": 1}
    text = json.dumps(header | {"saved_at": 0.0, "environment": {}})
    np.savez(tmp_path / "state.npz", header=np.frombuffer(text.encode(), np.uint8))
    with pytest.raises(InputError, match="schema 1 .* received 99"):
        TrainingState.load(tmp_path / "state.npz")


def test_another_machine_is_told(tmp_path, providers, monkeypatch, caplog):
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, BreakOff("step begins", 1, 2))
    there = state_module.environment() | {"processor": "another one"}
    monkeypatch.setattr(state_module, "environment", lambda: there)
    with caplog.at_level("INFO", "ctckit"):
        train(tmp_path, providers)
    assert "going on at epoch 2, step 3" in caplog.text
    assert "not to the bit as without a break: processor another one, not " in caplog.text


def test_saving_takes_a_hundredth_of_the_time_at_most(tmp_path, providers, monkeypatch):
    monkeypatch.setattr(state_module, "COST", 0.01)
    saved = []
    now = 0.0
    monkeypatch.setattr(state_module.time, "perf_counter", lambda: now)

    def save(self, path):
        nonlocal now
        saved.append((self.epoch, self.step))
        now += 0.5  # seconds

    monkeypatch.setattr(TrainingState, "save", save)
    keeper = StateKeeper(tmp_path / "state.npz", every_s=60)
    keeper.set_model(compiled(small_network()))
    keeper.set_params({"steps": 40})
    keeper.keep([])
    keeper.model.stop_training = False
    keeper.on_train_begin()
    for epoch in range(3):
        keeper.on_epoch_begin(epoch)
        for step in range(40):
            now += 1
            keeper.on_train_batch_end(step)
    # Behind the epochs, and each minute, but not within 50 seconds of the last.
    assert saved == [(0, 40), (2, 20)]


def test_memories_of_callbacks_of_ones_own_are_kept(tmp_path, providers):
    class Count(ResumableCallback):
        steps = 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1

        def memory(self):
            return {"steps": self.steps, "array": np.arange(self.steps)}

        def restore(self, memory):
            assert memory["array"].tolist() == list(range(memory["steps"]))
            self.steps = memory["steps"]

    first, second = Count(), Count()
    with pytest.raises(BrokenOff):
        train(tmp_path, providers, first, BreakOff("step begins", 1, 2))
    _, history, _ = train(tmp_path, providers, second)
    assert first.steps == STEPS + 2 and second.steps == STEPS * len(history)


def test_a_loss_that_is_no_number_names_the_images(tmp_path, providers):
    class Spoil(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 2:
                for weight in self.model.trainable_variables:  # an activation may hide one's NaN
                    weight.assign(np.full(weight.shape, np.nan))

    with pytest.raises(InputError, match=r"received nan in epoch 1, step 3, of .*png") as error:
        train(tmp_path, providers, Spoil())
    images = [Sample(*sample).image for sample in providers[0].samples]
    assert sum(image in str(error.value) for image in images) == 4, "those of the batch"
    assert TrainingState.load(tmp_path / "state.npz").step == 2, "the last good state is kept"
