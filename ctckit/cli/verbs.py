"""The command `ctckit`: one table of verbs."""

import sys
from importlib import import_module
from typing import NamedTuple

from ctckit import __version__
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import require_opencv, run_command
from ctckit.errors import InputError, nearest_name


class Verb(NamedTuple):
    """Where a verb is: a class with the fields of its command line and a method `run`."""

    module: str
    name: str
    usage: str
    summary: str


VERBS = {
    "train": Verb("train", "Train", "", "train a reader on your labelled images"),
    "read": Verb("read", "Read", "FILE…", "print file, text and confidence of each image"),
    "evaluate": Verb("evaluate", "Evaluate", "", "judge a model on labelled images, with a report"),
    "describe": Verb("describe", "Describe", "FILE", "what a model file says about itself"),
    "export": Verb("export", "Export", "FILE", "the same model in another form"),
    "new": Verb("new", "New", "FOLDER", "a folder with train.py and its like, to edit"),
}


def main() -> None:
    """Run the command line of this process and exit with its status."""
    sys.exit(run_command(_run))


def _run() -> None:
    name, *words = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(_usage())
    elif name == "--version":
        print(f"ctckit {__version__}")
    elif name in VERBS:
        require_opencv()
        verb = VERBS[name]
        command = getattr(import_module(f"ctckit.cli.{verb.module}"), verb.name)
        if name == "train":
            command(words).run()  # its flags are those of the recipe's configuration
        else:
            parse_arguments(
                command, prog=f"ctckit {name}", description=command.__doc__, arguments=words
            ).run()
    else:
        raise InputError(
            f"expected a verb, one of {', '.join(VERBS)}, received '{name}'."
            f"{nearest_name(name, VERBS)}"
        )


def inference_model(description: str) -> None:
    """Do what the command line of `inferenceModel.py` says.

    Args:
        description: first lines of its help.
    """
    require_opencv()  # with one clear line, before anything imports it
    arguments = import_module("ctckit.cli.inference_flags").InferenceFlags
    parse_arguments(arguments, prog="inferenceModel.py", description=description).verb.run()


def _usage() -> str:
    calls = {f"ctckit {name} {verb.usage}": verb.summary for name, verb in VERBS.items()}
    width = max(map(len, calls)) + 2
    lines = (f"    {call:{width}}{summary}" for call, summary in calls.items())
    return "\n".join([
        f"ctckit {__version__}: train your own small-text reader", "",
        *lines, "",
        "`ctckit VERB --help` lists the flags; `python -m ctckit` is the same command.",
    ])  # fmt: skip
