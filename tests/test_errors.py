import ast
import pickle
from pathlib import Path

import pytest

from ctckit.errors import InputError

PACKAGE = Path(__file__).parents[1] / "ctckit"
ROOMS = ("text", "augment", "feed", "inference", "data", "remote")
FILES = [
    *(path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))),
    *(
        PACKAGE / name
        for name in ("files.py", "evaluation/confidence.py", "evaluation/thresholds.py")
    ),
]


def messages(path: Path) -> list[str]:
    """Return the texts of all InputErrors in a file, without those that only pass one on."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "InputError"
    ]
    texts = [ast.unparse(call.args[0]) for call in calls]
    return [text for text in texts if "error}" not in text or "expected" in text]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_messages_speak_with_one_voice(path):
    for message in messages(path):
        assert "expected " in message and "received " in message
        assert "; " in message.split("received ")[1], f"say what to do: {message}"
        assert " got " not in message and "--" not in message


def test_the_argument_stands_before_the_message():
    error = InputError("expected 1 or more, received 0; give more", argument="batch_size")
    assert str(error) == "batch_size: expected 1 or more, received 0; give more"
    assert error.argument == "batch_size"
    assert error.message == "expected 1 or more, received 0; give more"  # for another name


def test_without_an_argument_there_is_the_message_alone():
    error = InputError("expected a folder, received a file; give another")
    assert str(error) == error.message == "expected a folder, received a file; give another"
    assert error.argument is None


def test_it_is_an_error_of_value():
    with pytest.raises(ValueError, match="^width: expected"):
        raise InputError("expected 8 or more, received 1; give more", argument="width")


@pytest.mark.parametrize("argument", [None, "steps"])
def test_it_comes_out_of_another_process_as_it_was(argument):
    error = InputError("expected this, received that; correct it", argument=argument)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(copy), copy.message, copy.argument) == (str(error), error.message, argument)


@pytest.mark.parametrize(
    ("quoted", "shown"),
    [
        ("a\nb\r\n", r"a\nb\r\n"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\0", r"\x00"),
        ("\u2028", r"\u2028"),
        ("\ud800", r"\ud800"),
        ("é\t漢 \\n", "é\\t漢 \\n"),
    ],
)
def test_what_it_quotes_stays_in_its_line(quoted, shown):
    error = InputError(f"expected this, received '{quoted}'; correct it", argument="steps")
    assert error.message == f"expected this, received '{shown}'; correct it"
    assert str(error) == f"steps: {error.message}"
