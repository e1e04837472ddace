"""`ctckit label`: a page on this machine for typing labels."""

import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from urllib.parse import quote_plus

from ctckit import base
from ctckit.cli.listening import PACKAGES, require_port, token_for
from ctckit.cli.running import require_packages
from ctckit.cli.train import NEEDED
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.items import (
    given_labels,
    items_of_queue,
    items_of_run,
    items_of_source,
    suggestions_of,
)
from ctckit.labelling.journal import Journal
from ctckit.labelling.learner import Learner
from ctckit.labelling.session import Item, Session
from ctckit.log import LOGGER, counted
from ctckit.remote.addresses import is_remote
from ctckit.remote.fetching import fetched
from ctckit.run_folder import RunFolder

LIST = "labels.csv"
WORKER = (sys.executable, "-m", "ctckit.cli.label_worker")  # trains while labels are typed


@dataclass(frozen=True)
class Label:
    """Type labels on a page in the browser, with a reader that learns them and suggests the next.

    What is typed is on the disk before the next image shows, in labels.csv and its journal. Ctrl-C
    ends it; the same command goes on.
    """

    source: Path | None = field(default=None, metadata={"positional": True})
    """Images: a folder, a .zip, a list or a source of any layout, or the address of one; or the
    folder of a run, whose doubtful labels are gone through."""
    queue: Path | None = None
    """What ctckit read --out wrote, .csv or .jsonl: the images of which the reader was unsure."""
    below: float = 0.9
    """Confidence, 0 to 1: with --queue those below it are shown."""
    out: Path | None = None
    """The list to write, a .csv. None: labels.csv in the folder of the images, or of the run;
    beside a folder whose images have labels, a .zip, a list or the file of --queue:
    NAME_labels.csv."""
    model: Path | None = None
    """Suggests texts at first: an .onnx file or the folder of a run. None: base-large, the better
    reader of those that come with the package, but for a run its own."""
    suggestions: Path | None = None
    """A list of images and texts to suggest, instead of a reader."""
    characters: str | None = None
    """That texts may have, such as 0123456789. None: all that the base knows; once a reader has
    learned, those typed, and those that the base reads surely."""
    learn: bool = True
    """Train a reader in the background: on 20 labels, and again on half as many more."""
    host: str = "127.0.0.1"
    """Address to listen at; one that others reach needs --token."""
    port: int = 0
    """Port to listen at; 0 takes one that is free."""
    allow_host: tuple[str, ...] = ()
    """Names by which a browser may call the server, besides localhost and addresses."""
    token: str | None = None
    """Secret that a browser must show, in the address of the page behind #token=. Other
    users of this machine see the command line: the variable CTCKIT_TOKEN says the same."""
    browser: bool = True
    """Open the page."""
    seed: int = 0
    """Of the images drawn at random, and of trainings."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if (self.source is None) == (self.queue is None):
            raise InputError(
                "expected images to label, a run to correct, or --queue, received "
                f"{'none' if self.source is None else 'both'}; give one of them"
            )
        if self.suggestions is not None and (self.queue is not None or self._run is not None):
            raise InputError(
                "expected images without readings, received a run or --queue, which have their "
                "own; leave it out",
                argument="suggestions",
            )
        if self.out is not None and (self.out.suffix.lower() != ".csv" or self.out.is_dir()):
            raise InputError(f"expected the name of a .csv, received {self.out}", argument="out")
        if not 0 <= self.below <= 1:
            raise InputError(f"expected 0 to 1, received {self.below}", argument="below")
        require_port(self.port)

    def run(self) -> None:
        """Do it, until Ctrl-C."""
        if self.source is not None and is_remote(self.source):
            replace(self, source=fetched(self.source)).run()
            return
        require_packages(*PACKAGES, extra="serve")
        token = token_for(self.host, self.token)
        with self._session() as session:
            self._serve(session, token)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Lend a sitting; when it ends, so does its training, and the list is up to date."""
        path, given, items_with = self._material()
        reader = self._reader()
        with Journal.opened(path, given) as journal, TemporaryDirectory() as folder:
            items = items_with([Sample(*pair) for pair in journal.given.items()])
            learner = self._learner(Path(folder), journal)
            session = Session(items, journal, reader=reader, learner=learner, seed=self.seed)
            if learner is not None:
                learner.done = session.take
            LOGGER.info("images      %s", counted(len(items), "image"))
            LOGGER.info("labels      %s, %d there already", path, len(journal.entries))
            try:
                session.begin()
                yield session
            finally:
                session.end()
        LOGGER.info("labels      %s", path)

    @property
    def _run(self) -> RunFolder | None:
        """The run that is to be corrected; None where it is none."""
        run = self.source and RunFolder(self.source)
        return run if run and run.configs.is_file() and run.report.is_dir() else None

    def _material(self) -> tuple[Path, list[Sample], Callable[[list[Sample]], list[Item]]]:
        """Return where the labels go, those that the images have already, and the images.

        These are returned by a function that is given all labels that were ever there. Where images
        have labels, the list lies beside their folder, not in it: there the one would hide the
        other.
        """
        if self.queue is not None:
            items = items_of_queue(self.queue, self.below)
            return self.out or _beside(self.queue, self.queue.stem), [], lambda given: items
        assert self.source is not None  # noqa: S101
        inside = self.source / LIST
        if self._run is not None:
            items, given = items_of_run(self._run)
            return self.out or inside, given, lambda given: items
        source = self.source
        readings = suggestions_of(self.suggestions) if self.suggestions else {}
        given = given_labels(source, self.out or inside)
        path = inside
        if not source.is_dir():
            path = _beside(source, source.stem)
        elif given:
            path = _beside(source.resolve(), source.resolve().name)
        return self.out or path, given, lambda given: items_of_source(source, given, readings)

    def _learner(self, folder: Path, journal: Journal) -> Learner | None:
        """Return what trains readers; None where none is to be trained."""
        if not self.learn or self._run is not None or self.queue is not None:
            return None
        if journal.given:
            LOGGER.info("the images have labels already: none is learned while you correct them")
            return None
        require_packages(*NEEDED)
        return Learner(WORKER, folder, self.characters or "")

    def _reader(self) -> ImageToWordModel | None:
        """Return what suggests texts at first; None: what was read before does, or nothing."""
        are_read = self._run is not None or self.queue is not None or self.suggestions is not None
        if self.model is None and are_read:
            return None
        return ImageToWordModel(self.model or base.LARGE, characters=self.characters, num_threads=1)

    def _serve(self, session: Session, token: str | None) -> None:
        """Answer the browser until Ctrl-C."""
        from ctckit.labelling.server import FILES, label_app
        from ctckit.serve import Bearer, Guard
        from ctckit.serve.guard import App
        from ctckit.serve.server import address_of, listen, run

        app: App = label_app(session, command=self._command(session.journal.path))
        if token is not None:
            app = Bearer(app, token, [f"/{path}" for path in FILES])
        with listen(self.host, self.port) as listening:
            secret = "" if token is None else f"#token={quote_plus(token)}"
            if self.browser:
                address = f"{address_of(listening)}/{secret}"
                # In a thread: a browser of the terminal would have to end before anything answers.
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
            said = (
                "in a browser, with #token= and the token behind it" if secret else "in a browser"
            )
            run(
                Guard(app, [self.host, *self.allow_host]),
                listening,
                f"{said}; what is typed is safe at any time",
            )

    def _command(self, path: Path) -> str:
        """Return what to type to train on the labels in a list."""
        words = ["ctckit", "train", "--dataset", str(path)]
        if self._run is None and self.source is not None:
            words += ["--unlabelled", str(self.source)]
        return " ".join(map(quote, words))


def _beside(path: Path, name: str) -> Path:
    return path.with_name(f"{name}_{LIST}")
