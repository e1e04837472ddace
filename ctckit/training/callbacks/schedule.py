"""Lead the learning rate, over a number of steps, over a time, or as long as it pays."""

from dataclasses import asdict
from typing import Any

from ctckit.log import LOGGER
from ctckit.training.callbacks.resumable import ResumableCallback
from ctckit.training.devices import Devices
from ctckit.training.length import Measured, why_cool_down
from ctckit.training.recipe import Course

HALF = 0.5  # share of the training texts misread, or less, where varying them more pays
LONG = 2  # times the usual length, from which that pays
TEXTS = {"val": "validation texts", "seen": "training texts"}  # by which it is decided


class Schedule(ResumableCallback):
    """Lead the learning rate along a course; end the training when it is complete.

    The course is laid out over a number of epochs, or over `time_budget_s`. In the latter case it
    follows the clock, so that it is complete when time is up however fast the machine is. Where
    neither is given, what is measured after each epoch decides when the rate falls.

    Args:
        peak: highest learning rate.
        epochs: of the run, if that is given.
        time_budget_s: seconds for fitting and validating, if these lead.
        min_epochs: of a run that is as long as is usual, where neither of them is given.
        max_epochs: of the longest one.
        passes: through the images, in an epoch.
        decide_by: "val" or "seen": the images by which it is decided, as the logs call them.
        devices: of the training, whose clock leads; None: one.

    Attributes:
        epoch: the running one, counted from 0.
        given_epochs: of the run, where nothing is to be decided.
        has_grown: whether images are varied by the later augmentors: half of the training texts
            were read in an epoch, of a run that goes on beyond the usual length or is given twice
            of it.
        shows_unvaried: whether the running epoch shows the images unvaried.
    """

    def __init__(
        self,
        peak: float,
        *,
        epochs: int | None = None,
        time_budget_s: float | None = None,
        min_epochs: int = 1,
        max_epochs: int = 1,
        passes: int = 1,
        decide_by: str = "val",
        devices: Devices | None = None,
    ) -> None:
        super().__init__()
        self.peak = peak
        is_known = time_budget_s is None and min_epochs == max_epochs
        self.given_epochs = max_epochs if epochs is None and is_known else epochs
        self.time_budget_s = time_budget_s
        self.min_epochs, self.max_epochs = min_epochs, max_epochs
        self.passes = passes
        self.decide_by = decide_by
        self._devices = devices or Devices()

    @property
    def is_open(self) -> bool:
        """Whether what is measured decides how long the run is."""
        return self.given_epochs is None and self.time_budget_s is None

    @property
    def progress(self) -> float:
        """The finished share of the run, 0…1; of the longest one, where the end is open."""
        return min(self._position / self._course.end, 1.0)

    @property
    def share_of_usual(self) -> float:
        """The finished share of a run of the usual, or the given, length; it may exceed 1."""
        if self.is_open:
            return self._steps_done / (self.min_epochs * self.params["steps"])
        return self.progress

    @property
    def epochs(self) -> int | None:
        """How many epochs there will be; None: that is not decided."""
        if self.time_budget_s is not None or self._course.is_open:
            return None
        return round(self._course.end / self.params["steps"])

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start the clock."""
        steps = self.params["steps"]
        self._measured: list[Measured] = []
        self.epoch = self._steps_done = 0
        self.has_grown = self.shows_unvaried = False
        self._began = self._devices.now()
        self._first_step_ended: float | None = None
        self._validation_s = 0.0
        if self.time_budget_s is not None:
            self._course = Course.of_length(self.time_budget_s)
        elif self.given_epochs is not None:
            self._course = Course.of_length(self.given_epochs * steps)
        else:
            self._course = Course.of_open_end(self.min_epochs * steps, self.max_epochs * steps)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note where the run is, and choose what the images are to look like."""
        self.epoch = epoch
        self._measuring_s = 0.0
        done = self._position
        self.shows_unvaried = epoch > 0 and self._course.is_clean(done, done / epoch / self.passes)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Set the rate of the step."""
        self._steps_done = self.epoch * self.params["steps"] + batch
        self.model.optimizer.learning_rate = self.peak * self._course.rate(self._position)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Count the step; stop if it was the last."""
        self._steps_done += 1
        if self._first_step_ended is None:
            self._first_step_ended = self._devices.now()
            self._follow_clock()
        if self._position >= self._course.end:
            self.model.stop_training = True

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Time the validation."""
        self._validation_began = self._devices.now()

    def on_test_end(self, logs: dict | None = None) -> None:
        """Keep as much time for the validation that follows the last step."""
        self._measuring_s += self._devices.now() - self._validation_began
        self._validation_s = self._measuring_s
        self._follow_clock()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Decide whether the rate falls from now on, where that is open, and what varies images."""
        if self._course.is_open and not self.model.stop_training:
            self._decide(epoch, logs)
        if logs.get("WER", 1.0) <= HALF and self._is_long(epoch + 1):
            self.has_grown = True

    def memory(self) -> dict[str, Any]:
        """Remember where the run is, and what was measured; of a time budget, the time spent."""
        return {
            "steps_done": self._steps_done,
            "measured": [asdict(one) for one in self._measured],
            "has_grown": self.has_grown,
            "shows_unvaried": self.shows_unvaried,
            "course": asdict(self._course),
            "since_begin_s": self._devices.now() - self._began,
            "since_first_step_s": self._devices.now() - self._first_step_ended,
            "validation_s": self._validation_s,
        }

    def restore(self, memory: dict[str, Any]) -> None:
        """Go on from there."""
        now = self._devices.now()
        self._steps_done = memory["steps_done"]
        self._measured = [Measured(**one) for one in memory["measured"]]
        self.has_grown, self.shows_unvaried = memory["has_grown"], memory["shows_unvaried"]
        self._course = Course(**memory["course"])
        self._began = now - memory["since_begin_s"]
        self._first_step_ended = now - memory["since_first_step_s"]
        self._validation_s = memory["validation_s"]
        self.model.stop_training = self._position >= self._course.end

    def _decide(self, epoch: int, logs: dict[str, float]) -> None:
        steps = self.params["steps"]
        rates = (logs[f"{self.decide_by}_{name}"] for name in ("loss", "CER", "WER"))
        self._measured.append(Measured(self._steps_done, *rates))
        usual, most = self.min_epochs * steps, self.max_epochs * steps
        texts = TEXTS[self.decide_by]
        why = why_cool_down(self._measured, usual=usual, most=most, texts=texts)
        if why:
            self._course.cool_down(self._steps_done, multiple=steps)
            LOGGER.info("slowing down, as %s: %d epochs to go", why, self.epochs - epoch - 1)
        elif self._is_first_past_usual:
            LOGGER.info(
                "going on, as %.0f%% of the %s are misread, and it still gets better: up to "
                "%d epochs", logs[f"{self.decide_by}_WER"] * 100, texts, self.max_epochs,
            )  # fmt: skip

    def _is_long(self, epochs_done: int) -> bool:
        """Tell whether the run will be much longer than usual."""
        if self._course.is_open:  # it goes on where a usual run would slow down
            return self._steps_done >= self._usual_fall
        return epochs_done / self.progress >= LONG * self.min_epochs

    @property
    def _usual_fall(self) -> float:
        """The step from which the rate of a run of the usual length falls."""
        return Course.of_length(self.min_epochs * self.params["steps"]).cool_from

    @property
    def _is_first_past_usual(self) -> bool:
        """Whether such a run would have begun to slow down in the epoch that ended."""
        earlier = self._measured[-2].step if len(self._measured) > 1 else 0
        return earlier < self._usual_fall <= self._measured[-1].step

    @property
    def _position(self) -> float:
        if self.time_budget_s is None:
            return self._steps_done
        if self._first_step_ended is None:
            return 0.0
        return self._devices.recent_time() - self._first_step_ended

    def _follow_clock(self) -> None:
        """Lay the course out over the time that is left when the first step has been compiled."""
        if self.time_budget_s is None or self._first_step_ended is None:
            return
        deadline = self._began + self.time_budget_s - self._validation_s
        # At least a moment, so that a tiny budget divides by no zero.
        self._course = Course.of_length(max(deadline - self._first_step_ended, 1e-3))
