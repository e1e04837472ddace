"""What does it bring to know the form of the texts? One set of probabilities, several decoders.

    python -m benchmarks.constraints --dataset captcha_images_v2.zip --pattern '[a-z0-9]{5}'
    python -m benchmarks.constraints --quick                              about 1 minute

A network is trained with default settings on a few images, so that there are errors to correct,
and reads all the others: freely, then so that every text fits.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks import few_labels, ours
from benchmarks.common import error_columns, load, save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command
from ctckit.data.split import split_samples
from ctckit.log import progress
from ctckit.text.constrained.constraint import Constraint, constrained_decode
from ctckit.text.error_rates import count_errors
from ctckit.text.greedy import greedy_decode


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    pattern: str = "[a-z0-9]{5}"
    """Regular expression that all texts satisfy."""
    labels: int = 100
    """Images to train on."""
    seed: int = 0
    """Of the choice of images, weights and order."""
    quick: bool = False
    """Seven epochs: to see it work."""
    output: Path = Path("benchmarks/results/constraints.json")
    """JSON file to write."""


def main() -> None:
    """Train on a few, read the rest in every way."""
    arguments = parse_arguments(Arguments, prog="constraints", description=__doc__)
    dataset, configs = load(arguments.dataset, seed=arguments.seed)
    share = arguments.labels / len(dataset.samples)
    train, rest = split_samples(dataset.samples, share, arguments.seed)
    configs = few_labels.settings(configs, train, 7 if arguments.quick else None)
    model, _ = ours.train(configs, train)
    probabilities = few_labels.predict(model.reader, configs, rest)

    vocabulary, labels = configs.vocabulary, [sample.label for sample in rest]
    results = {"none": count_errors(greedy_decode(probabilities, vocabulary)[0], labels)}
    constraints = {
        f"--pattern '{arguments.pattern}'": Constraint(pattern=arguments.pattern),
        f"--lexicon of the {len(set(labels)):,} texts": Constraint(lexicon=tuple(set(labels))),
    }
    for name, constraint in progress(constraints.items(), "constraints", unit="constraint"):
        texts, _ = constrained_decode(probabilities, vocabulary, constraint)
        results[name] = count_errors(texts, labels)
    print(table([{"constraint": name} | error_columns(errors) for name, errors in results.items()]))
    facts = {
        name: {"misread": errors.wrong_texts, "texts": errors.texts, "cer": errors.cer}
        for name, errors in results.items()
    }
    save({"labels": len(train), "seed": arguments.seed, "results": facts}, arguments.output)


if __name__ == "__main__":
    sys.exit(run_command(main))
