"""How many labels somebody must type who labels by `ctckit label`, against images in any order.

    python -m benchmarks.labelling --datasets captcha_images_v2.zip digits.zip      hours
    python -m benchmarks.labelling --quick                                          about 3 minutes

An answerer types the truth. Whenever a reader is due, it waits for its training, and all images
that have no label are read: they decide when it is done, and are told nobody else. The images come
as `ctckit label` lets them come, or all at random.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.common import load, save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.label import WORKER
from ctckit.cli.running import run_command
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.address import absolute
from ctckit.inference.reader import ImageToWordModel
from ctckit.labelling.journal import LABELLED, Journal
from ctckit.labelling.learner import Learned, Learner
from ctckit.labelling.session import Item, Session
from ctckit.log import progress
from ctckit.text.error_rates import ErrorCounts, count_errors

ORDERS = ("hardest", "random")


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    datasets: tuple[str, ...] = ()
    """Folders, .zip or lists of images; none: captcha_images_v2."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of what is drawn at random, and of trainings."""
    goal: float = 0.98
    """Share of the other images that are to be read exactly, 0 to 1."""
    most: int = 200
    """Labels after which it is given up."""
    quick: bool = False
    """One set, one seed, one order, one training: to see it work."""
    output: Path = Path("benchmarks/results/labelling.json")
    """JSON file to write."""


class AnyOrder(Session):
    """A sitting in which all images come at random."""

    def take(self, learned: Learned) -> None:
        """Suggest by the reader, and let the images come as before."""
        super().take(learned._replace(readings=()))


def main() -> None:
    """Label each set in each order."""
    arguments = parse_arguments(Arguments, prog="labelling", description=__doc__)
    orders = ORDERS
    if arguments.quick:
        orders = ORDERS[:1]
        arguments = replace(
            arguments, datasets=arguments.datasets[:1], seeds=arguments.seeds[:1], most=20
        )
    rows = []
    wanted = list(product(arguments.datasets or (None,), orders, arguments.seeds))
    for source, order, seed in progress(wanted, "sittings", unit="sitting"):
        rows.append(label(source, order, seed, arguments))
        save({"results": rows}, arguments.output)  # the next may take an hour
    print(table(rows))


def label(source: str | None, order: str, seed: int, arguments: Arguments) -> dict[str, object]:
    """Type labels until the reader reads as many of the others as it should."""
    dataset, _ = load(source)
    truth = {absolute(image): text for image, text in dataset.samples}
    sitting = Session if order == ORDERS[0] else AnyOrder
    steps: list[tuple[int, ErrorCounts]] = []
    trained_s = 0.0
    with TemporaryDirectory() as folder, Journal.opened(Path(folder, "labels.csv")) as journal:
        learner = Learner(WORKER, Path(folder), "")
        session = sitting([*map(Item, truth)], journal, learner=learner, seed=seed)
        learner.done = session.take
        while not is_over(steps, arguments):
            shown = session.next("answerer")
            if shown is None:
                break
            session.write(shown.place, truth[shown.item.image], LABELLED)
            if learner.is_busy:
                began = time.perf_counter()
                learner.wait()
                trained_s += time.perf_counter() - began
                if learner.problem:
                    raise InputError(learner.problem)
                others = [Sample(*pair) for pair in truth.items() if pair[0] not in journal.entries]
                steps.append((len(journal.samples), judge(session.last_reader, others)))
        session.end()
    return row(dataset.name, order, seed, steps, trained_s, arguments.goal)


def is_over(steps: Sequence[tuple[int, ErrorCounts]], arguments: Arguments) -> bool:
    """Tell whether as much is read as should be, or too much has been typed."""
    if not steps:
        return False
    number, errors = steps[-1]
    return errors.wer <= 1 - arguments.goal or number >= arguments.most


def judge(reader: Path, samples: Sequence[Sample]) -> ErrorCounts:
    """Count the errors on images that have no label yet."""
    readings = ImageToWordModel(reader).read([image for image, _ in samples])
    return count_errors([one.text for one in readings], [label for _, label in samples])


def row(
    name: str, order: str, seed: int, steps: Sequence[tuple[int, ErrorCounts]], trained_s: float,
    goal: float,
) -> dict[str, object]:  # fmt: skip
    """Lay out a sitting."""
    number, errors = steps[-1]
    reached = errors.wer <= 1 - goal
    return {
        "set": name,
        "order": order,
        "seed": seed,
        f"labels until {goal:.0%} of the others are read": number if reached else f"> {number}",
        "read, by labels": ", ".join(f"{count}: {1 - each.wer:.1%}" for count, each in steps),
        "seconds of training": f"{trained_s:.0f}",
    }


if __name__ == "__main__":
    sys.exit(run_command(main))
