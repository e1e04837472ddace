"""A run to work on: a new one, or one that did not come to its end."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, NamedTuple, TypeVar

from ctckit.data.lists import read_lists, write_lists
from ctckit.data.samples import Dataset, LeftOut
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.log import LOGGER
from ctckit.remote.fetching import fetched
from ctckit.remote.publish import Publisher, publishing
from ctckit.run_folder import (
    RunFolder,
    new_default_run_path,
    new_run_folder,
    unfinished_run_folder,
)
from ctckit.training.configs import TrainConfigs
from ctckit.training.parts import split_dataset
from ctckit.training.preparation import log_data, prepare_data
from ctckit.training.workers import workers

Configs = TypeVar("Configs", bound=TrainConfigs)


class Run(NamedTuple, Generic[Configs]):
    """What a run works with.

    Attributes:
        folder: where everything goes.
        dataset: to learn from, with what is held back to choose the epoch as its `validation`;
            with folds nothing is.
        configs: with nothing left open.
    """

    folder: RunFolder
    dataset: Dataset
    configs: Configs


@contextmanager
def open_run(configs: Configs, *, resume: str | Path | None = None) -> Iterator[Run[Configs]]:
    """Lend a run: a new one, its images found, checked and split; or one to go on with.

    What a new one chooses and finds is written into its folder, so that it can be gone on with from
    then on, on the same images.

    With `configs.publish` the folder is published when the block ends without an error, and with
    `publish_states` at each saving, too; that it can be is tried before all else.

    Where several machines train together, only the first leaves a folder; those of the others are
    temporary.

    Args:
        configs: of the run. With `resume` they are those of its `configs.yaml`, in which what
            changes no result may differ.
        resume: the folder of the run to go on with; None: a new one.

    Raises:
        InputError: there are no such images, or too few; or no such run, or it is at work.
    """
    cluster = workers()
    if cluster.is_first:
        with publishing(configs.publish, states=configs.publish_states) as publisher:
            yield from _open_run(configs, resume, publisher)
        return
    LOGGER.info(
        "worker %d of %d: the first one, worker 0, writes the files and judges the result",
        cluster.index, len(cluster.addresses),
    )  # fmt: skip
    with TemporaryDirectory(prefix="ctckit-worker-") as own:
        folder = Path(own) / "run"
        if resume is not None:
            resume = shutil.copytree(resume, folder, ignore=shutil.ignore_patterns("lock*"))
        yield from _open_run(configs.replace(model_path=str(folder)), resume)


def _open_run(
    configs: Configs, resume: str | Path | None, publisher: Publisher | None = None
) -> Iterator[Run[Configs]]:
    if resume is None:
        yield from _new_run(configs, publisher)
        return
    with unfinished_run_folder(resume) as folder:
        if folder.drawing.is_file():
            raise InputError(
                f"expected a run that learns from images, received a base; go on with it by "
                f"{folder.resume_command}",
                argument="resume",
            )
        if configs.dataset is not None:
            fetched(configs.dataset)  # where it is not on this machine
        dataset = _load_dataset(folder)
        configs = configs.replace(model_path=str(folder.path))
        LOGGER.info("run folder  %s, unfinished", folder.path)
        configs.save(folder.configs)
        if publisher is not None:
            publisher.begin(folder, is_new=False)
        yield Run(folder, dataset, configs)


def _new_run(configs: Configs, publisher: Publisher | None) -> Iterator[Run[Configs]]:
    dataset, configs = prepare_data(configs)
    path = configs.model_path or new_default_run_path(dataset.name, datetime.now())
    with new_run_folder(path) as folder:
        log_data(dataset, configs)
        LOGGER.info("run folder  %s", folder.path)
        if not configs.folds:
            train, val = split_dataset(dataset, configs)
            dataset = replace(dataset, samples=train, validation=val)
        write_lists(folder, dataset.samples, dataset.validation, dataset.test)
        _save_dataset(folder, dataset)
        configs = configs.replace(model_path=str(folder.path))
        configs.save(folder.configs)
        if publisher is not None:
            publisher.begin(folder, is_new=True)
        yield Run(folder, dataset, configs)


def _save_dataset(run: RunFolder, dataset: Dataset) -> None:
    """Write what the lists do not hold."""
    facts = asdict(replace(dataset, samples=(), validation=(), test=()))
    facts["first"] = dataset.samples[0].image
    with replace_atomically(run.dataset) as temporary:
        temporary.write_text(json.dumps(facts), encoding="utf-8")


def _load_dataset(run: RunFolder) -> Dataset:
    """Return the dataset as it was saved, its samples from the lists.

    Raises:
        InputError: a file is damaged, or the images are gone.
    """
    try:
        facts = json.loads(run.dataset.read_text(encoding="utf-8"))
        train, val, test = read_lists(run, facts.pop("first", ""))
        left_out = [LeftOut(*record) for record in facts.pop("left_out")]
        notes = tuple(facts.pop("notes"))
        unlabelled = tuple(facts.pop("unlabelled", ()))
        parts = {"samples": train, "validation": val, "test": test}
        return Dataset(**(facts | parts), left_out=left_out, notes=notes, unlabelled=unlabelled)
    except InputError:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"expected what the run learns from in {run.dataset}, received a damaged file "
            f"({error!r}); begin a new run"
        ) from error
