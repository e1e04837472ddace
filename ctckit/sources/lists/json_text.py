"""Parse JSON that others wrote, and say in one line where it is not what was expected."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from ctckit.errors import InputError

KINDS = {
    dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number",
    float: "a number", type(None): "null",
}  # fmt: skip


def parse_json(
    text: str,
    place: str,
    pairs: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """Return what a JSON text holds.

    Args:
        text: to parse.
        place: to name it to people.
        pairs: makes a value of the keys and values of each object; None: a dict.

    Raises:
        InputError: it is no JSON; the line is named.
    """
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(
            f"expected JSON in {place}, received something else{line} ({reason_of(error)}); "
            "correct it there"
        ) from error


def parse_lines(text: str, place: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and content of the lines of a JSON lines file; empty ones are skipped.

    Raises:
        InputError: a line is no JSON object.
    """
    decode = json.JSONDecoder().decode
    for number, line in enumerate(text.split("\n"), start=1):  # not U+2028, which JSON may hold
        if not line.strip():
            continue
        try:
            value = decode(line.strip())
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"expected a JSON object in {place}, line {number}, received something else "
                f"({reason_of(error)}); correct it there"
            ) from error
        if not isinstance(value, dict):
            raise InputError(
                f"expected a JSON object in {place}, line {number}, received {kind_of(value)}"
            )
        yield number, value


def reason_of(error: ValueError | RecursionError) -> str:
    """Return why a text could not be parsed, to show to people."""
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return "a number of thousands of digits"


def kind_of(value: object) -> str:
    """Return what a parsed value is, to show to people.

    >>> kind_of({}), kind_of(True)
    ('an object', 'true or false')
    """
    return KINDS.get(type(value), type(value).__name__)
