"""Turn a command line into a frozen dataclass; a slip of the finger gives one clear line."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import fields, is_dataclass
from io import StringIO
from itertools import dropwhile, takewhile
from typing import TypeVar, get_type_hints

import tyro

from ctckit.errors import InputError, nearest_name

Parsed = TypeVar("Parsed")

_ANSI_CODE = re.compile(r"\x1b\[[0-9;]*m")
_RULE = re.compile(r"[─╰╯-]+")
_PLAIN_WORDS = (  # what tyro says, and what a beginner understands
    (r"^Error parsing ", ""),
    (r"invalid literal for int\(\) with base 10: ", "expected a whole number, received "),
    (r"could not convert string to float: ", "expected a number, received "),
    (r"no type matching (\S+) could be .* from \[(.*?)\]\..*", r"expected \1, received \2"),
)


def parse_arguments(
    cls: type[Parsed], *, prog: str, description: str, arguments: Sequence[str] | None = None
) -> Parsed:
    """Return an instance of the dataclass `cls` with the values given on the command line.

    The field `batch_size` becomes the flag `--batch-size`, its docstring the help of the flag.
    `--help` prints them all and exits with status 0.

    Args:
        cls: a dataclass of plain types (int, float, str, bool, Path, these or None, tuples).
        prog: name of the program in the help.
        description: first lines of the help.
        arguments: words of the command line; None takes those of this process.

    Raises:
        InputError: an unknown flag (the nearest one is suggested), a stray word, a value of the
            wrong type, or one that the class itself refuses with an InputError.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    said = StringIO()
    try:
        with redirect_stderr(said):
            parsed, unknown = tyro.cli(
                cls, prog=prog, description=description, args=words, return_unknown_args=True
            )
    except SystemExit as end:
        if not end.code:
            raise
        raise _refusal(end, said.getvalue(), prog) from None
    if unknown:
        raise _unknown(unknown[0], cls, prog)
    return parsed


def _refusal(end: SystemExit, said: str, prog: str) -> InputError:
    """Make one line of tyro's refusal; an InputError of the class itself stays as it is."""
    cause = end.__context__
    while cause is not None:
        if isinstance(cause, InputError):
            return cause
        cause = cause.__context__
    message = _body_of_box(said)
    for theirs, ours in _PLAIN_WORDS:
        message = re.sub(theirs, ours, message)
    return InputError(f"{message.rstrip('.')}; see {prog} --help")


def _body_of_box(box: str) -> str:
    """Return the lines of an error box between its title and the first rule, as one line."""
    lines = [line.strip(" │") for line in _ANSI_CODE.sub("", box).splitlines()]
    body = dropwhile(_RULE.fullmatch, lines[1:])
    return " ".join(takewhile(lambda line: not _RULE.fullmatch(line), body))


def _unknown(word: str, cls: type, prog: str) -> InputError:
    if not word.startswith("-"):
        return InputError(f"expected flags, received '{word}' on its own; see {prog} --help")
    name = word.partition("=")[0]
    if name in _flags(cls):  # of a field that tyro takes without one
        return InputError(f"'{name}' is no flag here, leave it out; see {prog} --help")
    return InputError(f"unknown flag '{name}'.{nearest_name(name, _flags(cls))} See {prog} --help")


def _flags(cls: type) -> Iterator[str]:
    """Yield the flags of a dataclass and of the dataclasses in it."""
    types = get_type_hints(cls)
    for item in fields(cls):
        if is_dataclass(types[item.name]):
            yield from _flags(types[item.name])
        else:
            yield f"--{item.name.replace('_', '-')}"
