"""No text of anybody's steers the terminal: not by what is printed, logged or refused."""

import ast
import json
import logging
import re
from pathlib import Path

import pytest

from ctckit.log import LineFormatter
from ctckit.terminal import show, show_json, show_table, visible

PACKAGE = Path(__file__).parents[1] / "ctckit"
# Clears the screen; sets the title; rings; goes to the start of the line and writes over it; a C1
# control that is an escape by itself; DEL; turns the direction; makes a line of its own.
STEERING = "\x1b[2J\x1b]0;t\x07\rover\x9b31m\x7f\u202e\u2066\nCER 0.00%\u2028"
SEEN = r"\x1b[2J\x1b]0;t\x07\rover\x9b31m\x7f\u202e\u2066\nCER 0.00%\u2028"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (STEERING, SEEN),
        ("\x00\t\x1f", r"\x00\t\x1f"),
        (
            "\u202a\u202b\u202c\u202d\u2067\u2068\u2069",
            r"\u202a\u202b\u202c\u202d\u2067\u2068\u2069",
        ),
        ("\udc80", r"\udc80"),  # a byte of a file name
        ("é 图 שלום \u200f ไทย 🙂 C:\\new", "é 图 שלום \u200f ไทย 🙂 C:\\new"),  # is left alone
    ],
)
def test_what_steers_a_terminal_is_visible(text, seen):
    assert visible(text) == visible(seen) == seen


def test_lines_are_lines_and_texts_are_not(capsys):
    show("one", STEERING)
    assert capsys.readouterr().out == f"one\n{SEEN}\n"


def test_a_table_can_be_told_apart_again(capsys):
    cells = [STEERING, r"\t", "\\", "\t"]
    show_table([cells])
    shown = capsys.readouterr().out.removesuffix("\n").split("\t")
    assert [cell.encode("latin-1").decode("unicode_escape") for cell in shown] == cells
    show_table([])
    assert capsys.readouterr().out == ""


def test_json_holds_the_text_itself(capsys):
    show_json({STEERING: "\udc80 é"})
    out = capsys.readouterr().out
    assert not STEERS.search(out) and out.count("\n") == 1 and "é" in out
    assert json.loads(out) == {STEERING: "\udc80 é"}


def test_a_log_line_is_one_line():
    record = logging.LogRecord("ctckit", logging.INFO, "", 0, "read %s", (STEERING,), None)
    assert LineFormatter().format(record) == f"read {SEEN}"


def test_every_handler_of_the_log_has_that_format():
    """Those that the package makes: for the terminal, and for the log of a run."""
    made = {
        path.name: path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if ".addHandler(" in path.read_text(encoding="utf-8")
    }
    assert made.keys() == {"log.py", "run_folder.py"}
    assert all("setFormatter(LineFormatter(" in text for text in made.values())


def test_there_is_one_place_that_prints():
    """`print`, and what else writes to the terminal, is in two modules only."""
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and re.fullmatch(r"print|tqdm\.write|sys\.std(out|err)\.(buffer\.)?write(lines)?",
                         ast.unparse(node.func))
    }  # fmt: skip
    assert found == {"log.py", "terminal.py"}
