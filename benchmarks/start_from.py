"""What the base that comes with the package saves: few labels, with it and from nothing.

    python -m benchmarks.start_from --datasets captcha_images_v2.zip words.zip      hours
    python -m benchmarks.start_from --quick                                         about 1 minute

Of each set some images are drawn at random, trained on with default settings, and all the others
are judged after the last epoch; no validation images choose it. All is chosen as for a set of so
many images, but the characters, which are those of the whole set. `untrained` is the base itself,
which is told the characters of the set and nothing else; beside it stand the ready-made readers
that are installed (`benchmarks.ready_made`), of whose texts what no label has is taken out, and
which may read in any case.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from benchmarks import few_labels, ours, ready_made
from benchmarks.common import load, save, table
from configs import ModelConfigs
from ctckit import base
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.check import scan
from ctckit.data.samples import Dataset, Sample
from ctckit.data.split import split_samples
from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import progress
from ctckit.text.error_rates import ErrorCounts, count_errors
from ctckit.training.configs import AUTO
from ctckit.training.preparation import choose

QUICK_IMAGES = 20
JUDGED = 240  # images, where the others are learned from without labels


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    datasets: tuple[str, ...] = ()
    """Folders, .zip or lists of images; none: captcha_images_v2."""
    labels: tuple[int, ...] = (20, 50, 100)
    """Numbers of images to learn from."""
    starts: tuple[str, ...] = ("base", "none")
    """What to begin with: base, none, or the folder of a run."""
    unlabelled: bool = False
    """From the base also with images without labels: all but 240, which are judged."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of the choice of images, weights and order."""
    quick: bool = False
    """One set, one seed, one epoch: to see it work."""
    output: Path = Path("benchmarks/results/start_from.json")
    """JSON file to write."""


def main() -> None:
    """Train from each start on each number of labels."""
    arguments = parse_arguments(Arguments, prog="start_from", description=__doc__)
    if arguments.quick:
        quick = {"labels": (QUICK_IMAGES,), "starts": (base.NAME,), "seeds": (0,)}
        arguments = replace(arguments, datasets=arguments.datasets[:1], **quick)
    if arguments.unlabelled:
        require_enough(arguments)
    rows = []
    for source in arguments.datasets or (None,):
        dataset, configs = load(source)
        bases = [start for start in arguments.starts if start in base.FOLDERS]
        rows += [untrained(dataset, configs, start) for start in bases]
        rows += ready_made_rows(dataset)
        wanted = list(product(arguments.labels, arguments.starts))
        for labels, start in progress(wanted, source or "captchas", unit="row"):
            rows.append(trained(source, labels, start, arguments))
            if arguments.unlabelled and start == base.NAME:
                rows.append(trained(source, labels, start, arguments, unlabelled=True))
    print(table(rows))
    save({"results": rows}, arguments.output)


def require_enough(arguments: Arguments) -> None:
    """Refuse a set that leaves no image to learn from without labels."""
    for source in arguments.datasets or (None,):
        count = len(load(source)[0].samples)
        if count <= max(arguments.labels) + JUDGED:
            raise InputError(
                f"expected sets of more than {max(arguments.labels) + JUDGED} images, received "
                f"{count} in {source or 'captcha_images_v2'}",
                argument="unlabelled",
            )


def untrained(dataset: Dataset, configs: ModelConfigs, start: str) -> dict[str, object]:
    """Return what a base reads that knows the characters of the set, and nothing else."""
    known = base_characters()
    characters = "".join(one for one in configs.vocab if one in known)
    reader = ImageToWordModel(start, characters=characters)
    readings = reader.read([sample.image for sample in dataset.samples])
    texts = [reading.text for reading in readings]
    errors = count_errors(texts, [sample.label for sample in dataset.samples])
    return _row(dataset.name, 0, f"{start}, untrained", [errors], [0.0])


def ready_made_rows(dataset: Dataset) -> list[dict[str, object]]:
    """Return what ready-made readers make of a set, those that are installed."""
    labels = [sample.label for sample in dataset.samples]
    rows = []
    for name, tool in ready_made.those_installed(ready_made.TOOLS).items():
        texts, seconds = ready_made.read_all(tool.start(), dataset.samples)
        errors = ready_made.count_all(texts, labels)["own_characters"]
        rows.append(_row(dataset.name, 0, f"{name}, untrained, in any case", [errors], [seconds]))
    return rows


def base_characters() -> str:
    """Return what the base knows."""
    return str(ImageToWordModel(base.NAME).metadata.vocabulary)


def trained(
    source: str | None, labels: int, start: str, arguments: Arguments, *, unlabelled: bool = False
) -> dict[str, object]:
    """Return what is read after learning from so many labels, for each seed."""
    errors, seconds = [], []
    for seed in arguments.seeds:
        dataset, configs = load(source, seed=seed)
        train, rest = split_samples(dataset.samples, labels / len(dataset.samples), seed)
        configs = as_few(dataset, train, configs.replace(start_from=start))
        configs = few_labels.settings(configs, train, 1 if arguments.quick else None)
        others: list[Sample] = []
        if unlabelled:
            others, rest = split_samples(rest, 1 - JUDGED / len(rest), seed)
        images = [sample.image for sample in others]
        model, clock = ours.train(configs, train, unlabelled=images)
        errors.append(few_labels.judge(model.reader, configs, rest))
        seconds.append(sum(clock.epochs_s))
    what = f"from {start}, {len(others)} without labels" if unlabelled else f"from {start}"
    return _row(dataset.name, labels, what, errors, seconds)


def as_few(dataset: Dataset, train: list[Sample], configs: ModelConfigs) -> ModelConfigs:
    """Return what a training would choose that has these images only, and knows the characters."""
    unchosen = configs.replace(width=None, stretch=None, augment=AUTO, channels=None)
    return choose(scan(replace(dataset, samples=train, left_out=[])), unchosen)[1]


def _row(
    name: str, labels: int, what: str, errors: Sequence[ErrorCounts], seconds: Sequence[float]
) -> dict[str, object]:
    """Lay out a result: all seeds together, with the interval of the share of texts misread."""
    together = sum(errors[1:], errors[0])
    low, high = together.wer_interval
    return {
        "set": name,
        "labels": labels,
        "what": what,
        "texts read exactly": f"{1 - together.wer:.1%}",
        "95 % interval": f"{1 - high:.1%} to {1 - low:.1%}",
        "by seed": ", ".join(f"{1 - one.wer:.1%}" for one in errors),
        "CER": f"{together.cer:.2%}",
        "seconds": ", ".join(f"{one:.0f}" for one in seconds),
    }


if __name__ == "__main__":
    sys.exit(run_command(main))
