"""Flags out of dataclasses; a slip of the finger gives one clear line."""

import argparse
import ast
import functools
import inspect
import operator
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from ctckit.errors import InputError, nearest_name

Parsed = TypeVar("Parsed")

_FLAGS: set[str] = set()  # fields that are flags of this process, for its error messages

METAVARS = {int: "INT", float: "NUMBER", str: "TEXT", Path: "PATH", int | str: "INT|TEXT"}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def parse_arguments(
    cls: type[Parsed], *, prog: str, description: str, arguments: Sequence[str] | None = None
) -> Parsed:
    """Return an instance of the dataclass `cls` with the values given on the command line.

    The field `batch_size` becomes the flag `--batch-size`, its docstring the help of the flag; one
    with the metadata "positional" takes the words without a flag. `--help` prints them all and
    exits with status 0.

    Args:
        cls: a dataclass of plain types (int, float, str, bool, Path, these or None, tuples).
        prog: name of the program in the help.
        description: first lines of the help.
        arguments: words of the command line; None takes those of this process.

    Raises:
        InputError: an unknown flag (the nearest one is suggested), a stray word, a value of the
            wrong type, or one that the class itself refuses with an InputError.
    """
    return cls(**given_values([cls], prog=prog, description=description, arguments=arguments))


def given_values(
    classes: Sequence[type],
    *,
    prog: str,
    description: str,
    arguments: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the values that the command line gives, by the names of the fields of all classes."""
    words = list(map(_with_hyphens, sys.argv[1:] if arguments is None else arguments))
    parser = _Parser(
        prog=prog,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        exit_on_error=False,
    )
    for cls in classes:
        _add_fields(parser, cls, with_help="--help" in words or "-h" in words)
    try:
        known, unknown = parser.parse_known_intermixed_args(words)
    except argparse.ArgumentError as error:
        raise InputError(f"{error.argument_name}: {error.message}; see {prog} --help") from None
    if unknown:
        raise _unknown(unknown[0], list(parser._option_string_actions), prog)
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(known).items()
    }


def flag_of(name: str) -> str:
    """Return the flag of a field.

    >>> flag_of("batch_size")
    '--batch-size'
    """
    return f"--{name.replace('_', '-')}"


def in_words_of_flags(error: InputError) -> str:
    """Return the message of an error, the argument to blame called by its flag if it has one."""
    if error.argument in _FLAGS:
        return f"{flag_of(error.argument)}: {error.message}"
    return str(error)


def _add_fields(parser: argparse.ArgumentParser, cls: type, *, with_help: bool) -> None:
    hints = get_type_hints(cls)
    texts = _docstrings(cls) if with_help else {}
    for item in fields(cls):
        if item.metadata.get("flag", True):
            _FLAGS.add(item.name)
            _add_field(parser, item, hints[item.name], _help(item, texts.get(item.name, "")))


def _help(item: Field, text: str) -> str:
    shown = item.default is not None and item.default != () and not item.metadata
    default = f" (default: {item.default})" if shown else ""
    return (text + default).replace("%", "%%")


def _add_field(parser: argparse.ArgumentParser, item: Field, hint: Any, text: str) -> None:
    plain, optional = _without_none(hint)
    if plain is bool:
        parser.add_argument(
            flag_of(item.name), action=argparse.BooleanOptionalAction, dest=item.name, help=text
        )
        return
    several = get_origin(plain) is tuple
    kind = get_args(plain)[0] if several else plain
    options: dict[str, Any] = {
        "type": functools.partial(_convert, kind, optional),
        "metavar": item.metadata.get("metavar", METAVARS[kind]),
        "help": text,
    }
    if item.metadata.get("positional"):
        number = "*" if several else "?"
        parser.add_argument(item.name, nargs=number, default=item.default, **options)
    elif several:
        parser.add_argument(flag_of(item.name), nargs="+", dest=item.name, **options)
    else:
        parser.add_argument(flag_of(item.name), dest=item.name, **options)


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return the type that is not None, and whether None is possible, too."""
    if get_origin(hint) is not types.UnionType:
        return hint, False
    parts = [part for part in get_args(hint) if part is not types.NoneType]
    return functools.reduce(operator.or_, parts), len(parts) < len(get_args(hint))


def _with_hyphens(word: str) -> str:
    """Return `--batch_size=3` as `--batch-size=3`; other words stay as they are."""
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if name.startswith("--") else word


def _convert(kind: Callable[[str], Any], optional: bool, word: str) -> Any:
    if optional and word == "None":
        return None
    if kind is Path and not word:  # a variable of the shell that is not set; Path("") is here
        raise argparse.ArgumentTypeError("expected a path, received nothing")
    if kind == int | str:
        return int(word) if re.fullmatch(r"-?\d+", word) else word
    try:
        return kind(word)
    except ValueError:
        wanted = {int: "a whole number", float: "a number"}[kind]
        message = f"expected {wanted}, received '{word}'"
        raise argparse.ArgumentTypeError(message) from None


def _unknown(word: str, flags: list[str], prog: str) -> InputError:
    if not word.startswith("-"):
        return InputError(f"expected flags, received '{word}' on its own; see {prog} --help")
    name = word.partition("=")[0]
    return InputError(f"unknown flag '{name}'.{nearest_name(name, flags)} See {prog} --help")


def _docstrings(cls: type) -> dict[str, str]:
    """Return the text below each field of a dataclass and of those that it extends."""
    found: dict[str, str] = {}
    for kind in reversed(cls.__mro__[:-1]):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
        found |= dict(_documented(definition.body))
    return found


def _documented(statements: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in zip(statements, statements[1:], strict=False):
        is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if isinstance(statement, ast.AnnAssign) and is_text:
            yield statement.target.id, " ".join(following.value.value.split())
