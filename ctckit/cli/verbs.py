"""The command `ctckit`: one table of verbs. Those of a group have two words."""

import sys
from importlib import import_module
from typing import NamedTuple

from ctckit import __version__
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import require_opencv, run_command
from ctckit.errors import InputError, nearest_name
from ctckit.terminal import show


class Verb(NamedTuple):
    """Where a verb is: a class with the fields of its command line and a method `run`."""

    module: str
    name: str
    usage: str
    summary: str


VERBS = {
    "train": Verb("train", "Train", "", "train a reader on your labelled images"),
    "watch": Verb("watch", "Watch", "RUN", "how a training goes, in a browser"),
    "label": Verb("label", "Label", "SOURCE|RUN", "type labels, with suggestions, in a browser"),
    "read": Verb("read", "Read", "FILE…", "print file, text and confidence of each image"),
    "serve": Verb("serve", "Serve", "MODEL…", "read images over HTTP"),
    "evaluate": Verb("evaluate", "Evaluate", "", "judge a model on labelled images, with a report"),
    "describe": Verb("describe", "Describe", "FILE", "what a model file says about itself"),
    "export": Verb("export", "Export", "FILE", "the same model in another form"),
    "page": Verb("page", "Page", "FILE", "a page that reads in the browser, without a server"),
    "data check": Verb("data_check", "Check", "SOURCE", "what labelled images are like"),
    "data preview": Verb("data_preview", "Preview", "SOURCE", "a picture of what is trained on"),
    "data convert": Verb("data_convert", "Convert", "SOURCE TARGET", "put them into another form"),
    "data layouts": Verb("data_layouts", "Layouts", "", "how images and labels may lie"),
    "base render": Verb("base_render", "Render", "FOLDER", "draw images of texts to learn from"),
    "base train": Verb("base_train", "BaseTrain", "", "train a base for other runs to start from"),
    "new": Verb("new", "New", "FOLDER", "a folder with train.py and its like, to edit"),
}


def main() -> None:
    """Run the command line of this process and exit with its status."""
    sys.exit(run_command(_run))


def _run() -> None:
    name, words = _split(sys.argv[1:] or ["--help"])
    if name in ("-h", "--help"):
        show(*_usage(VERBS))
    elif name == "--version":
        show(f"ctckit {__version__}")
    elif name in VERBS:
        _run_verb(name, words)
    elif _of_group(name) and words[0] in ("-h", "--help"):
        show(*_usage(_of_group(name)))
    else:
        raise _unknown(name, words)


def _run_verb(name: str, words: list[str]) -> None:
    require_opencv()
    verb = VERBS[name]
    command = getattr(import_module(f"ctckit.cli.{verb.module}"), verb.name)
    if name == "train":
        command(words).run()  # its flags are those of the recipe's configuration
    else:
        parse_arguments(
            command, prog=f"ctckit {name}", description=command.__doc__, arguments=words
        ).run()


def _split(words: list[str]) -> tuple[str, list[str]]:
    """Return the verb and the words behind it; a group by itself asks for its help.

    >>> _split(["read", "a.png"]), _split(["data", "check", "photos"]), _split(["data"])
    (('read', ['a.png']), ('data check', ['photos']), ('data', ['--help']))
    """
    both = " ".join(words[:2])
    if both in VERBS:
        return both, words[2:]
    return words[0], words[1:] or (["--help"] if _of_group(words[0]) else [])


def _of_group(group: str) -> dict[str, Verb]:
    return {name: verb for name, verb in VERBS.items() if name.startswith(f"{group} ")}


def _unknown(name: str, words: list[str]) -> InputError:
    group = [verb.partition(" ")[2] for verb in _of_group(name)]
    names = group or list(dict.fromkeys(verb.partition(" ")[0] for verb in VERBS))
    received = words[0] if group else name
    return InputError(
        f"expected a verb{f' behind {name}' if group else ''}, one of {', '.join(names)}, "
        f"received '{received}'.{nearest_name(received, names)}"
    )


def inference_model(description: str) -> None:
    """Do what the command line of `inferenceModel.py` says.

    Args:
        description: first lines of its help.
    """
    require_opencv()  # with one clear line, before anything imports it
    arguments = import_module("ctckit.cli.inference_flags").InferenceFlags
    parse_arguments(arguments, prog="inferenceModel.py", description=description).verb.run()


def _usage(verbs: dict[str, Verb]) -> list[str]:
    calls = {f"ctckit {name} {verb.usage}": verb.summary for name, verb in verbs.items()}
    width = max(map(len, calls)) + 2
    lines = (f"    {call:{width}}{summary}" for call, summary in calls.items())
    return [
        f"ctckit {__version__}: train your own small-text reader", "",
        *lines, "",
        "`ctckit VERB --help` lists the flags; `python -m ctckit` is the same command.",
    ]  # fmt: skip
