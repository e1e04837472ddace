"""`ctckit label`: a page on this machine for typing labels."""

import secrets
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from urllib.parse import quote_plus

from ctckit import base
from ctckit.cli.running import require_packages
from ctckit.cli.serve import PACKAGES
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
from ctckit.run_folder import RunFolder

LIST = "labels.csv"


@dataclass(frozen=True)
class Label:
    """Type labels on a page in the browser, with a reader that learns them and suggests the next.

    What is typed is on the disk before the next image shows, in labels.csv and its journal. Ctrl-C
    ends it; the same command goes on.
    """

    source: Path | None = field(default=None, metadata={"positional": True})
    """Images: a folder, a .zip, a list or a source of any layout; or the folder of a run, whose
    doubtful labels are gone through."""
    queue: Path | None = None
    """What ctckit read --out wrote, .csv or .jsonl: the images of which the reader was unsure."""
    below: float = 0.9
    """Confidence, 0 to 1: with --queue those below it are shown."""
    out: Path | None = None
    """The list to write. None: labels.csv beside the images, for a .zip or a list beside it, called
    as it; in the folder of a run; beside the file of --queue."""
    model: Path | None = None
    """Suggests texts at first: an .onnx file or the folder of a run. None: base, the network that
    comes with the package, but for a run its own."""
    suggestions: Path | None = None
    """A list of images and texts to suggest, instead of a reader."""
    characters: str | None = None
    """That texts may have, such as 0123456789. None: all that the base knows, and those typed."""
    learn: bool = True
    """Train a reader in the background: on 20 labels, and again on half as many more."""
    host: str = "127.0.0.1"
    """Address to listen at; one that others reach needs --token."""
    port: int = 0
    """Port to listen at; 0 takes one that is free."""
    token: str | None = None
    """Secret that a browser must show, in the address of the page behind #token=."""
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
        if not 0 <= self.below <= 1:
            raise InputError(f"expected 0 to 1, received {self.below}", argument="below")
        if not 0 <= self.port < 2**16:
            raise InputError(f"expected 0 to 65535, received {self.port}", argument="port")

    def run(self) -> None:
        """Do it, until Ctrl-C."""
        require_packages(*PACKAGES, extra="serve")
        require_packages("filelock")
        from ctckit.serve.server import is_loopback

        if not self.token and not is_loopback(self.host):
            raise InputError(
                f"expected a --token where others reach the page, received {self.host} without "
                f"one; add --token {secrets.token_urlsafe(12)}, or leave out --host",
                argument="host",
            )
        with ExitStack() as stack:
            session = stack.enter_context(self._session())
            self._serve(session)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """Lend a sitting; when it ends, so does its training, and the list is up to date."""
        items, given = self._items()
        learns = self.learn and self._run is None and self.queue is None and not given
        if learns:
            require_packages(*NEEDED)
        with Journal.opened(self._list, given) as journal, TemporaryDirectory() as folder:
            learner = None
            if learns:
                command = (sys.executable, "-m", "ctckit.cli.label_worker")
                learner = Learner(command, Path(folder), self.characters or "")
            session = Session(
                items, journal, reader=self._reader(), learner=learner, seed=self.seed
            )
            LOGGER.info("images      %s", counted(len(items), "image"))
            LOGGER.info("labels      %s, %d there already", self._list, len(journal.entries))
            try:
                session.begin()
                yield session
            finally:
                session.end()
        LOGGER.info("labels      %s", self._list)

    @property
    def _run(self) -> RunFolder | None:
        """The run that is to be corrected; None where it is none."""
        run = self.source and RunFolder(self.source)
        return run if run and run.configs.is_file() and run.report.is_dir() else None

    def _items(self) -> tuple[list[Item], list[Sample]]:
        """Return the images to look at, and the labels that images have already."""
        if self.queue is not None:
            return items_of_queue(self.queue, self.below), []
        if self._run is not None:
            return items_of_run(self._run)
        assert self.source is not None  # noqa: S101
        readings = suggestions_of(self.suggestions) if self.suggestions else {}
        given = given_labels(self.source, self._list)
        return items_of_source(self.source, given, readings), given

    @property
    def _list(self) -> Path:
        """Where the labels go."""
        if self.out is not None:
            return self.out
        if self.queue is not None:
            return self.queue.with_name(f"{self.queue.stem}_{LIST}")
        assert self.source is not None  # noqa: S101
        if self.source.is_dir():
            return self.source / LIST
        return self.source.with_name(f"{self.source.stem}_{LIST}")

    def _reader(self) -> ImageToWordModel | None:
        """Return what suggests texts at first."""
        if self.suggestions is not None or (self._run is not None and self.model is None):
            return None
        if self.queue is not None and self.model is None:
            return None
        return ImageToWordModel(self.model or base.NAME, characters=self.characters, num_threads=1)

    def _serve(self, session: Session) -> None:
        """Answer the browser until Ctrl-C."""
        from ctckit.labelling.server import FILES, label_app
        from ctckit.serve import Bearer, Guard
        from ctckit.serve.server import address_of, listen, run

        app = label_app(session, command=self._command)
        if self.token:
            app = Bearer(app, self.token, [f"/{path}" for path in FILES])
        with listen(self.host, self.port) as listening:
            secret = f"#token={quote_plus(self.token)}" if self.token else ""
            if self.browser:
                webbrowser.open(f"{address_of(listening)}/{secret}")
            said = (
                "in a browser, with #token= and the token behind it" if secret else "in a browser"
            )
            run(Guard(app, [self.host]), listening, f"{said}; what is typed is safe at any time")

    @property
    def _command(self) -> str:
        """What to type to train on the labels."""
        words = ["ctckit", "train", "--dataset", str(self._list)]
        if self._run is None and self.source is not None:
            words += ["--unlabelled", str(self.source)]
        return " ".join(map(quote, words))
