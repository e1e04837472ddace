"""The models that a server reads with, by name."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ctckit.errors import InputError, nearest_name
from ctckit.serve.batching import Batcher
from ctckit.serve.loaded import LoadedModel
from ctckit.serve.metrics import Metrics
from ctckit.serve.process import ModelProcess
from ctckit.serve.reading import Asked, Found
from ctckit.serve.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ServedModel:
    """A model, and the queue in front of it.

    Args:
        name: by which requests choose it.
        model: in this process, or in one of its own.
        settings: of the server.
        metrics: that are told what is read.
    """

    def __init__(
        self,
        name: str,
        model: LoadedModel | ModelProcess,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self.name = name
        self._model = model
        self._patterns = ThreadPoolExecutor(1, "pattern")  # one takes up to a second, all of it
        self._metrics = metrics
        self.batcher: Batcher[Asked, Found | InputError] = Batcher(
            model.read,
            num_threads=model.num_threads,
            batch_size=settings.batch_size,
            max_queue=settings.max_queue,
            max_wait_s=settings.max_wait_ms / 1000,
            time_limit_s=settings.time_limit_s,
            observe=partial(metrics.tell_batch, name),
        )
        metrics.watch_queue(name, lambda: self.batcher.queued)

    def close(self) -> None:
        """End the threads, and the process of the model."""
        self.batcher.close()
        self._patterns.shutdown(wait=False, cancel_futures=True)
        self._model.close()

    async def read(
        self, images: Sequence[bytes], constraint: dict[str, Any]
    ) -> list[Found | InputError]:
        """Return what is read in the images, or why one cannot be read.

        Raises:
            InputError: the constraint cannot be used.
            QueueFullError: too much is waiting.
            UnavailableError: the model's process does not answer.
        """
        said = None
        if constraint:
            loop = asyncio.get_running_loop()
            said = await loop.run_in_executor(self._patterns, self._model.constraint, constraint)
        answers = await self.batcher.answers([Asked(image, said) for image in images])
        self._metrics.tell_answers(self.name, answers)
        return answers


class ServedModels:
    """The models of a server.

    Args:
        models: one or more, of different names; the first is the one that reads unasked.
    """

    def __init__(self, models: Iterable[ServedModel]) -> None:
        self._models = {model.name: model for model in models}

    @property
    def names(self) -> list[str]:
        """The names, in their order."""
        return list(self._models)

    @property
    def stuck(self) -> bool:
        """Whether a batch takes longer than any may."""
        return any(model.batcher.is_stuck for model in self._models.values())

    @property
    def full(self) -> bool:
        """Whether nothing more can wait for some model."""
        return any(model.batcher.is_full for model in self._models.values())

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Tell the queues that images are about to come, while a request is received."""
        with ExitStack() as stack:
            for model in self._models.values():
                stack.enter_context(model.batcher.on_its_way())
            yield

    def find(self, name: str | None) -> ServedModel | None:
        """Return the model of a name, or the first one for None; None if there is none such."""
        return self._models.get(self.names[0] if name is None else name)

    def close(self) -> None:
        """End the threads."""
        for model in self._models.values():
            model.close()

    def unknown(self, name: str | None) -> str:
        """Return what to say of a name that no model has."""
        names = self.names
        return (
            f"expected the name of a model, one of {', '.join(names)}, received '{name}'."
            f"{nearest_name(name or '', names)}"
        )


def named_files(words: Sequence[str]) -> dict[str, Path]:
    """Return the files of models by name: `a.onnx` is called a, the folder of a run by its name.

    Raises:
        InputError: two have the same name, or a name cannot stand in an address.

    >>> named_files(["plates.onnx", "meters=runs/7/model.onnx"])
    {'plates': PosixPath('plates.onnx'), 'meters': PosixPath('runs/7/model.onnx')}
    """
    files: dict[str, Path] = {}
    for word in words:
        name, equals, path = word.partition("=")
        is_named = bool(equals) and not Path(word).exists()
        file = Path(path if is_named else word)
        name = name if is_named else _name_of(file)
        if not _NAME.fullmatch(name):
            raise InputError(
                f"expected a name of letters, digits, dots, hyphens and underscores, received "
                f"'{name}'; write NAME={file}"
            )
        if name in files:
            raise InputError(
                f"expected models of different names, received '{name}' twice; write NAME={file}"
            )
        files[name] = file
    return files


def _name_of(file: Path) -> str:
    whole = file.resolve()
    return whole.stem if whole.suffix.lower() == ".onnx" else whole.name
