"""Save the state of a training, so that it can go on when it ends before its end."""

import time
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.training.callbacks.interrupt import StopOnInterrupt
from ctckit.training.callbacks.resumable import ResumableCallback
from ctckit.training.devices import Devices
from ctckit.training.state import Memory, TrainingState, environment, variables_of

COST = 0.01  # share of the time that saving may take


class StateKeeper(keras.callbacks.Callback):
    """Save the state of a training every now and then; let it go on from there.

    It is saved when `every_s` seconds have passed, behind the last step of an epoch, and at the
    step at which the training is stopped; but not so often that it takes more than 1 % of the
    time. It comes last of the callbacks.

    Args:
        path: where the state goes, an `.npz`; what is there is gone on from.
        every_s: seconds between two savings.
        deterministic: whether steps give the same bits again.
        interrupt: tells whether a signal wants to end the process.
        devices: of the training, which all save at the same step; None: one.

    Attributes:
        begun: the state to go on from; None: a training from its beginning.
        is_done: whether that is the end of the training.
    """

    def __init__(
        self,
        path: Path,
        every_s: float,
        *,
        deterministic: bool = False,
        interrupt: StopOnInterrupt | None = None,
        devices: Devices | None = None,
    ) -> None:
        super().__init__()
        self.path, self._done_path = path, path.with_suffix(f".done{path.suffix}")
        self.every_s = every_s
        self.deterministic = deterministic
        self.interrupt = interrupt
        self.devices = devices or Devices()
        self.is_done = self._done_path.is_file()
        found = next((file for file in (self._done_path, path) if file.is_file()), None)
        self.begun = None if found is None else TrainingState.load(found)

    def keep(self, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        """Take the callbacks whose memories belong to the state."""
        self._owners: dict[str, ResumableCallback] = {}
        for callback in callbacks:
            if isinstance(callback, ResumableCallback):
                name = type(callback).__name__
                same = sum(type(owner) is type(callback) for owner in self._owners.values())
                self._owners[f"{name}{same + 1}" if same else name] = callback

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        self._cost_s = 0.0
        self._saved = self.devices.now()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Take the state to go on from, if the training begins here."""
        self._epoch = epoch
        if self.begun is not None:
            self._restore()
            self.begun = None

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Save the state if it is time."""
        is_last = batch + 1 == self.params["steps"]
        leaves = self.interrupt is not None and self.interrupt.leaves
        waited_s = self.devices.recent_time() - self._saved
        is_time = waited_s >= self.every_s or is_last
        if leaves or self.model.stop_training or (is_time and self._cost_s <= COST * waited_s):
            self._save(self.path, batch + 1)
        if leaves:
            self.interrupt.leave()

    def finish(self) -> None:
        """Note that the training is done, with the network as it is now."""
        self._save(self._done_path, self.params["steps"])
        self.path.unlink(missing_ok=True)

    def memory_of(self, owner: type[ResumableCallback]) -> Memory:
        """Return what a callback remembered in the state to go on from."""
        return self.begun.memories[owner.__name__]

    def restore_variables(self, model: keras.Model) -> None:
        """Bring the model to the state to go on from.

        Raises:
            InputError: it is that of another network.
        """
        variables = variables_of(model)
        values = self.begun.variables
        if [tuple(one.shape) for one in variables] != [value.shape for value in values]:
            raise InputError(
                f"expected the state of this network in {self.path}, received that of another one; "
                "go on with the model.py and the versions that the run began with"
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def _restore(self) -> None:
        self.restore_variables(self.model)
        for name, owner in self._owners.items():
            if name in self.begun.memories:
                owner.restore(dict(self.begun.memories[name]))
        self._say_where()

    def _say_where(self) -> None:
        """Say where the training goes on, and whether to the bit."""
        LOGGER.info("going on at epoch %d, step %d", self.begun.epoch + 1, self.begun.step + 1)
        differing = [
            f"{name} {now}, not {then}"
            for name, now in environment().items()
            if (then := self.begun.environment.get(name)) != now
        ]
        if differing:
            LOGGER.info("note        not to the bit as without a break: %s", "; ".join(differing))
        elif not self.deterministic:
            LOGGER.info("note        not to the bit as without a break: that takes --deterministic")

    def _save(self, path: Path, step: int) -> None:
        began = self.devices.now()
        values = [
            keras.ops.convert_to_numpy(variable).copy() for variable in variables_of(self.model)
        ]
        if not all(np.isfinite(value).all() for value in values if value.dtype.kind == "f"):
            return  # the loss of the next step says so; the last good state stays
        TrainingState(
            epoch=self._epoch,
            step=step,
            variables=values,
            memories={name: owner.memory() for name, owner in self._owners.items()},
            saved_at=time.time(),
            environment=environment(),
        ).save(path)
        self._saved = self.devices.now()
        self._cost_s = self._saved - began
