"""A reader that is trained in another process on the labels that there are."""

import json
import math
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.log import LOGGER

FIRST = 20  # labels with which the first reader is trained
GROWTH = 1.5  # times as many labels as the reader before had
UNLABELLED = 1000  # images without labels, from which it learns too, at most
RANKED = 2000  # images that it reads then, to tell the hard ones, at most


@dataclass(frozen=True)
class Task:
    """What the other process is to do.

    Attributes:
        reader: the `.onnx` file to write; to read with, if nothing is to be learned.
        labelled: image and label of each sample to learn from; none: nothing is to be learned.
        unlabelled: images to learn from without labels.
        ranked: images to read.
        characters: that labels may have beside those that are in them.
        seed: of the training.
    """

    reader: str
    labelled: Sequence[Sample] = ()
    unlabelled: Sequence[str] = ()
    ranked: Sequence[str] = ()
    characters: str = ""
    seed: int = 0

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        with replace_atomically(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "Task":
        """Return what `save` wrote."""
        fields = json.loads(path.read_text(encoding="utf-8"))
        return cls(**fields | {"labelled": [Sample(*pair) for pair in fields["labelled"]]})


class ReadImage(NamedTuple):
    """An image of `Task.ranked` as the reader sees it: text, confidence, and its look."""

    image: str
    text: str
    confidence: float
    look: Sequence[float]


class Learned(NamedTuple):
    """What came of a task.

    Attributes:
        reader: the `.onnx` file.
        num_labels: it learned from.
        readings: of the images that were to be read.
    """

    reader: Path
    num_labels: int
    readings: Sequence[ReadImage]


@dataclass
class Learner:
    """Train readers one after the other, as labels come, in a process of its own.

    It is told its task by a file, tells how far it is by lines of JSON, and ends when its standard
    input does: with this process, however that ends.

    Attributes:
        command: that does a task; the path of its file is added.
        folder: for tasks and readers; somebody else clears it away.
        characters: that labels may have beside those that are in them.
        done: is given what came of a task, in a thread of its own.
        num_labels: that the last reader learned from, or the one at work does.
        is_busy: whether a task is at work.
        share_done: 0…1 of the training at work; None: none is.
        problem: why the last training came to nothing; "" where it did not.
    """

    command: Sequence[str]
    folder: Path
    characters: str
    done: Callable[[Learned], None] = lambda learned: None
    num_labels: int = 0
    is_busy: bool = False
    share_done: float | None = None
    problem: str = ""
    _process: subprocess.Popen[str] | None = field(default=None, repr=False, init=False)
    _thread: threading.Thread | None = field(default=None, repr=False, init=False)
    _tasks: int = field(default=0, repr=False, init=False)
    _is_over: bool = field(default=False, repr=False, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False, init=False)

    @property
    def next_number(self) -> int:
        """Labels with which the next training begins."""
        return max(FIRST, math.ceil(GROWTH * self.num_labels))

    def is_due(self, num_labels: int) -> bool:
        """Whether so many labels are worth a new reader, and none is being trained."""
        return not self.is_busy and num_labels >= self.next_number

    def begin(self, task: Task) -> None:
        """Have a task done; none may be at work, and none is begun after the end."""
        with self._lock:
            if not self._is_over:
                self._begin(task)

    def _begin(self, task: Task) -> None:
        self._tasks += 1
        if task.labelled:
            self.num_labels = len(task.labelled)
        file = self.folder / f"task_{self._tasks}.json"
        self.problem = ""
        try:
            task.save(file)
            self._process = self._started(file)
        except (InputError, OSError) as error:
            self.problem = str(error)
            LOGGER.warning("no training begins in the background: %s", self.problem)
            return
        self.is_busy = True
        self.share_done = 0.0 if task.labelled else None
        self._thread = threading.Thread(
            target=self._follow, args=(self._process, task), daemon=True
        )
        self._thread.start()

    def _started(self, file: Path) -> "subprocess.Popen[str]":
        """Return the process that does a task; Ctrl-C in a terminal is not for it."""
        return subprocess.Popen(
            [*self.command, str(file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, encoding="utf-8", errors="replace", start_new_session=True,
        )  # fmt: skip

    def end(self) -> None:
        """End what is at work, and all."""
        with self._lock:
            self._is_over = True
            if self._process is not None:
                self._process.kill()
        self.wait()

    def wait(self) -> None:
        """Wait for what is at work, and for what that has begun."""
        while (thread := self._thread) is not None and thread.is_alive():
            thread.join()

    def _follow(self, process: "subprocess.Popen[str]", task: Task) -> None:
        """Take what the process says, until it has ended."""
        readings: list[ReadImage] = []
        errors: list[str] = []
        reading_errors = threading.Thread(
            target=lambda: errors.extend(process.stderr or ()), daemon=True
        )
        reading_errors.start()
        for line in process.stdout or ():
            said = _parsed(line)
            if isinstance(said, float):
                self.share_done = said
            elif said is not None:
                readings.append(said)
        status = process.wait()
        reading_errors.join()
        self.share_done, self.is_busy = None, False
        if self._is_over:
            return
        try:
            if status:
                raise InputError(_reason(status, errors))
            number = len(task.labelled) or self.num_labels
            self.done(Learned(Path(task.reader), number, readings))
        except (InputError, OSError) as error:
            self.problem = str(error)
            LOGGER.warning("no reader came of the training in the background: %s", self.problem)


def _reason(status: int, errors: Sequence[str]) -> str:
    """Return why a process came to nothing: its last line, where it ended by itself."""
    if status < 0:
        return f"it was ended by signal {-status}, perhaps for want of memory"
    lines = [line.strip() for line in errors if line.strip()]
    return lines[-1] if lines else f"status {status}"


def _parsed(line: str) -> float | ReadImage | None:
    """Return what a line of JSON says; None where a library has written it."""
    try:
        said = json.loads(line)
        if "done" in said:
            return float(said["done"])
        return ReadImage(
            str(said["image"]), str(said["text"]), float(said["confidence"]),
            [float(value) for value in said["look"]],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
