"""The command `ctckit`: what reading takes, without the root files and without TensorFlow."""

import sys

from ctckit import __version__
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import require_opencv, run_command
from ctckit.errors import InputError, nearest_name

NAMES = ("read", "evaluate", "describe")
USAGE = f"""ctckit {__version__}: read small images of text with a trained model

    ctckit read FILE…          print file, text and confidence of each image
    ctckit evaluate            judge a model on labelled images; report as HTML, JSON, CSV, picture
    ctckit describe FILE.onnx  what a model file says about itself

`ctckit COMMAND --help` lists the flags. Training: python train.py."""


def main() -> None:
    """Run the command line of this process and exit with its status."""
    sys.exit(run_command(_run))


def _run() -> None:
    name, *words = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        print(USAGE)
    elif name == "--version":
        print(f"ctckit {__version__}")
    elif name in NAMES:
        require_opencv()
        from ctckit.cli.reading import Describe, Evaluate, Read

        command = dict(zip(NAMES, (Read, Evaluate, Describe), strict=True))[name]
        parse_arguments(
            command, prog=f"ctckit {name}", description=command.__doc__, arguments=words
        ).run()
    else:
        raise InputError(
            f"expected a command, one of {', '.join(NAMES)}, received '{name}'."
            f"{nearest_name(name, NAMES)}"
        )
