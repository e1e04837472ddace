"""Store the folder of a run where others find it: when it is done, and while it goes on."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tqdm import tqdm

from ctckit.errors import InputError
from ctckit.log import LOGGER, counted, progress
from ctckit.remote.addresses import Address, address_of, is_remote
from ctckit.remote.limits import Limits
from ctckit.remote.s3 import Store
from ctckit.remote.transfer import Cut
from ctckit.run_folder import RunFolder

LOOK_EVERY_S = 1.0  # for a newer state
PAUSE_S = 60.0  # within a transfer
Known = tuple[int, int, int]  # what tells a file as it was sent: size, time, number
LOCK = "lock"  # of the state: a matter of this machine


def place_of_runs(publish: str) -> Address:
    """Return where runs are published.

    Raises:
        InputError: it is no address of a store that speaks S3.
    """
    address = address_of(publish) if is_remote(publish) else None
    if address is None or address.scheme != "s3":
        raise InputError(
            f"expected an address such as s3://bucket/runs, received '{publish}'; correct it",
            argument="publish",
        )
    return address


class Publisher:
    """Store the folder of one run below an address, under its name.

    Args:
        place: of runs.

    Raises:
        InputError: it cannot be written to; nothing is left there by trying.
    """

    def __init__(self, place: Address) -> None:
        self._place = place._replace(path=place.path.strip("/"))
        self._store = Store(place, Limits(pause_s=PAUSE_S))
        self._run: RunFolder | None = None
        self._sent: dict[str, Known] = {}
        self._busy = threading.Lock()
        try:
            self._store.try_to_put(f"{self._place.path}/trial".lstrip("/"))
        except Cut as error:
            raise InputError(
                f"expected to reach {place}, received '{error}'; try again, or look at "
                "AWS_ENDPOINT_URL and the network",
                argument="publish",
            ) from error

    @property
    def address(self) -> str:
        """Where the run is."""
        return str(self._place)

    def begin(self, run: RunFolder, *, is_new: bool) -> None:
        """Publish this run from now on.

        Raises:
            InputError: another run of that name is there, or what is there cannot be listed.
        """
        name = f"{self._place.path}/{run.path.resolve().name}/"
        place = self._place._replace(path=name.lstrip("/"))
        if is_new and any(self._store.listed(place.path)):
            raise InputError(
                f"expected nothing at {place}, received another run; choose another model_path or "
                "place",
                argument="publish",
            )
        self._place, self._run = place, run  # from here on a thread may send it
        LOGGER.info("publishing  to %s", place)

    def states(self) -> set[tuple[str, Known]]:
        """Return the states of the run that there are, and what tells each from an older one."""
        if self._run is None:
            return set()
        found = self._run.state.glob("*.npz")
        with suppress(FileNotFoundError):  # replaced just now: the next look sees it
            return {(path.name, _known(path)) for path in found if not path.name.startswith(".")}
        return set()

    def send(self, bar: "tqdm[object] | None" = None) -> int:
        """Store what is new or changed; return how many files that were.

        The state comes last: where one is, there is what it belongs to.

        Args:
            bar: to show how much there is, and how much is stored.

        Raises:
            InputError: it may not be stored.
            OSError: it cannot be stored now; what has been stays.
        """
        with self._busy:
            files = {name: path for name, path in self._files() if self._is_news(name, path)}
            sent = _tell_nobody if bar is None else bar.update
            if bar is not None:
                bar.total = sum(path.stat().st_size for path in files.values())
            for name, path in files.items():
                with suppress(FileNotFoundError):  # replaced, or cleared away
                    known = _known(path)
                    self._store.put(path, f"{self._place.path}{name}", sent)
                    self._sent[name] = known
            return len(files)

    def finish(self) -> None:
        """Store what is not there yet, and see to it that all is there; remove an old state.

        Raises:
            InputError: it cannot be done; says so, and that the run is whole on this machine.
        """
        try:
            with progress((), "publish", unit="B") as bar:
                self.send(bar)
            there = self._sizes()
            self._require_all(there)
            for name in there.keys() - {name for name, _ in self._files()}:
                if name.startswith("state/"):
                    self._store.remove(f"{self._place.path}{name}")
        except OSError as error:
            raise self._unfinished(str(error)) from error
        except InputError as error:
            raise self._unfinished(error.message) from error
        number = counted(len(self._sent), "file")
        LOGGER.info("published   %s, all sizes as here: %s", number, self.address)

    def _require_all(self, there: dict[str, int]) -> None:
        for name, path in self._files():
            if there.get(name) != path.stat().st_size:
                raise Cut(f"{there.get(name, 0):,} bytes of {name}")

    def _unfinished(self, reason: str) -> InputError:
        path = self._run and self._run.path
        return InputError(
            f"expected to publish the run to {self.address}, received '{reason}'; the run is whole "
            f"in {path}: do `aws s3 sync {path} {self.address}`, or the like",
            argument="publish",
        )

    def _files(self) -> list[tuple[str, Path]]:
        """Return the files of the run by name, those of its state last."""
        if self._run is None:
            return []
        root = self._run.path
        found = [(file.relative_to(root).as_posix(), file) for file in sorted(root.rglob("*"))]
        kept = [
            (name, file)
            for name, file in found
            if not any(part.startswith(".") for part in name.split("/"))
            and not (file.parent == self._run.state and file.stem == LOCK)
            and file.is_file()
        ]
        return sorted(kept, key=lambda pair: pair[0].startswith("state/"))

    def _is_news(self, name: str, path: Path) -> bool:
        try:
            return self._sent.get(name) != _known(path)
        except FileNotFoundError:
            return False

    def _sizes(self) -> dict[str, int]:
        prefix = self._place.path
        return {one.key.removeprefix(prefix): one.size for one in self._store.listed(prefix)}


def _tell_nobody(number: int) -> None:
    """Take the place of a bar."""


def _known(path: Path) -> Known:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


@contextmanager
def publishing(publish: str | None, *, states: bool = False) -> Iterator[Publisher | None]:
    """Lend what publishes a run; when the block ends without an error, all of it is.

    Args:
        publish: where runs go, such as s3://bucket/runs; None: nowhere.
        states: whether the run is published whenever its state was saved, too, in a thread of its
            own: what fails there is tried again at the next one.

    Raises:
        InputError: it cannot be published.
    """
    if publish is None:
        yield None
        return
    publisher = Publisher(place_of_runs(publish))
    watch = _States(publisher) if states else None
    try:
        yield publisher
    except BaseException:
        if watch is not None:  # the last state was saved on the way out
            watch.end()
            watch.send()
        raise
    if watch is not None:
        watch.end()
    publisher.finish()


class _States:
    """Publish a run whenever one of its states is newer."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="publisher", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Wait until what is being sent is there."""
        self._ended.set()
        self._thread.join()

    def send(self) -> None:
        """Publish it; say so if that fails."""
        try:
            self._publisher.send()
        except (InputError, OSError) as error:
            LOGGER.warning("not published, and tried again at the next saving: %s", error)

    def _watch(self) -> None:
        known: set[tuple[str, Known]] = set()
        while not self._ended.wait(LOOK_EVERY_S):
            states = self._publisher.states()
            if states - known:
                self.send()
                known = states
