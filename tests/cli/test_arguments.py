from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest
import tyro

from ctckit.cli.arguments import parse_arguments
from ctckit.errors import InputError


@dataclass(frozen=True)
class Knobs:
    """Some knobs."""

    train_epochs: int = 5
    """Rounds over all images."""
    learning_rate: float = 1e-3
    """Largest step."""
    batch_size: int | None = None
    """Images at once."""
    dataset: Path | None = None
    use_cache: bool = True
    images: tuple[Path, ...] = ()

    def __post_init__(self):
        if self.train_epochs < 0:
            raise InputError(
                f"train_epochs: expected 0 or more, received {self.train_epochs}; "
                "this line is so long that a box in a terminal would have to be wrapped somewhere"
            )


@dataclass(frozen=True)
class Nested:
    """Knobs in a further dataclass."""

    knobs: Annotated[Knobs, tyro.conf.OmitArgPrefixes] = field(default_factory=Knobs)
    json: bool = False


def parse(line, cls=Knobs):
    return parse_arguments(cls, prog="x.py", description="Do it.", arguments=line.split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Knobs()),
        ("--train-epochs 3 --learning-rate=1e-2", Knobs(train_epochs=3, learning_rate=0.01)),
        ("--batch-size 8 --no-use-cache", Knobs(batch_size=8, use_cache=False)),
        ("--dataset a/b --images x y", Knobs(dataset=Path("a/b"), images=(Path("x"), Path("y")))),
    ],
)
def test_values(line, expected):
    assert parse(line) == expected
    assert parse(line, Nested).knobs == expected


@pytest.mark.parametrize("cls", [Knobs, Nested])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "--bach-size 3",
            "unknown flag '--bach-size'. Did you mean '--batch-size'? See x.py --help",
        ),
        ("--epochs=3", "unknown flag '--epochs'. Did you mean '--train-epochs'? See x.py --help"),
        ("--qqqq", "unknown flag '--qqqq'. See x.py --help"),
        ("3", "expected flags, received '3' on its own; see x.py --help"),
        (
            "--train-epochs x",
            "--train-epochs: expected a whole number, received 'x'; see x.py --help",
        ),
        ("--learning-rate x", "--learning-rate: expected a number, received 'x'; see x.py --help"),
        ("--batch-size x", "--batch-size: expected {None}|INT, received 'x'; see x.py --help"),
        ("--train-epochs", "Missing value for argument '--train-epochs'. Expected 1 values; see"),
        (
            "--train-epochs -1",
            "train_epochs: expected 0 or more, received -1; this line is so long "
            "that a box in a terminal would have to be wrapped somewhere",
        ),
    ],
)
@pytest.mark.parametrize("columns", ["40", "200"])
def test_one_clear_line(monkeypatch, cls, line, message, columns):
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(InputError) as caught:
        parse(line, cls)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cls", [Knobs, Nested])
def test_help(capsys, cls):
    with pytest.raises(SystemExit) as caught:
        parse("--help", cls)
    assert not caught.value.code
    shown = capsys.readouterr().out
    for part in ("Do it.", "--train-epochs INT", "Rounds over all images.", "--use-cache"):
        assert part in shown
