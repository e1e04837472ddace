from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ctckit.cli.arguments import in_words_of_flags, parse_arguments
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
class More(Knobs):
    """Further knobs."""

    files: tuple[Path, ...] = field(default=(), metadata={"positional": True})
    """What to do it with."""
    hidden: int = field(default=0, metadata={"flag": False})
    json: bool = False


def parse(line, cls=Knobs):
    return parse_arguments(cls, prog="x.py", description="Do it.", arguments=line.split())


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Knobs()),
        ("--train-epochs 3 --learning-rate=1e-2", Knobs(train_epochs=3, learning_rate=0.01)),
        ("--batch-size 8 --no-use-cache", Knobs(batch_size=8, use_cache=False)),
        ("--batch_size=8 --dataset a_b", Knobs(batch_size=8, dataset=Path("a_b"))),
        ("--dataset a/b --images x y", Knobs(dataset=Path("a/b"), images=(Path("x"), Path("y")))),
    ],
)
def test_values(line, expected):
    assert parse(line) == expected
    assert parse(f"a {line} --json", More) == More(**vars(expected), files=(Path("a"),), json=True)


@pytest.mark.parametrize("cls", [Knobs, More])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "--bach-size 3",
            "unknown flag '--bach-size'. Did you mean '--batch-size'? See x.py --help",
        ),
        ("--epochs=3", "unknown flag '--epochs'. Did you mean '--train-epochs'? See x.py --help"),
        ("--qqqq", "unknown flag '--qqqq'. See x.py --help"),
        (
            "--train-epochs x",
            "--train-epochs: expected a whole number, received 'x'; see x.py --help",
        ),
        ("--learning-rate x", "--learning-rate: expected a number, received 'x'; see x.py --help"),
        ("--batch-size x", "--batch-size: expected a whole number, received 'x'; see x.py --help"),
        ("--dataset=", "--dataset: expected a path, received nothing; see x.py --help"),
        ("--train-epochs", "--train-epochs: expected one argument; see x.py --help"),
        ("--hidden 3", "unknown flag '--hidden'. See x.py --help"),
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


@pytest.mark.parametrize("cls", [Knobs, More])
def test_help(capsys, cls):
    with pytest.raises(SystemExit) as caught:
        parse("--help", cls)
    assert not caught.value.code
    shown = capsys.readouterr().out
    for part in ("Do it.", "--train-epochs INT", "Rounds over all images.", "--use-cache"):
        assert part in shown


def test_stray_words_are_refused():
    with pytest.raises(InputError, match="expected flags, received '3' on its own"):
        parse("3")


def test_none_can_be_said():
    assert parse("--batch-size None") == Knobs()


def test_files_may_stand_before_and_behind_flags():
    assert parse("a b --batch-size 3", More).files == (Path("a"), Path("b"))
    assert parse("--batch-size 3 a b", More).files == (Path("a"), Path("b"))


def test_an_error_is_told_in_words_of_flags():
    parse("--batch-size 3")
    error = InputError("expected 1 or more, received 0", argument="batch_size")
    assert in_words_of_flags(error) == "--batch-size: expected 1 or more, received 0"
    error = InputError("expected one, received none", argument="samples")
    assert in_words_of_flags(error) == "samples: expected one, received none"
