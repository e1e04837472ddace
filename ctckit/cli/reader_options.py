"""The flags that say which model reads, with what, and what is known about the texts."""

from dataclasses import dataclass
from pathlib import Path

from ctckit.errors import InputError
from ctckit.inference.reader import ImageToWordModel
from ctckit.text.constrained.constraint import Constraint, parse_length


@dataclass(frozen=True)
class ReaderOptions:
    """Which model reads, with what, and what is known about the texts."""

    model: Path | None = None
    """An .onnx file, the folder of a run, hf://owner/name of the Hugging Face Hub, or base, the
    network that comes with the package and has learned from drawn texts only; without it, the
    newest run in Models/."""
    characters: str | None = None
    """Read only these characters, such as 0123456789."""
    pattern: str | None = None
    """Read only texts that match this regular expression, such as '[0-9]{2}[a-z]{3}'."""
    reading_widths: tuple[float, ...] = ()
    """Factors of the own width of an image at which it is read, such as 0.8 1 1.28; the readings
    vote. Without it, what the model says, often 1 alone."""
    length: str | None = None
    """Read only texts of this many characters, such as 5 or 4-6."""
    lexicon: Path | None = None
    """Read only texts of this file, one a line."""
    min_confidence: float | None = None
    """Mark texts of less confidence, 0 to 1, for a person to look at."""
    provider: str = "cpu"
    """What computes: cpu, or one that the installed onnxruntime has (cuda, coreml, …)."""
    num_threads: int = 0
    """Batches that are read at the same time; 0 takes as many as there are cores."""
    batch_size: int = 16
    """Images that the network reads at once."""
    vocab: str | None = None
    """For an .onnx file of another tool: its characters in the order of its classes, the blank
    behind them."""

    def __post_init__(self) -> None:
        """Refuse values that no reader can use."""
        if self.num_threads < 0:
            raise InputError(
                f"expected 0 or more, received {self.num_threads}", argument="num_threads"
            )
        if self.batch_size < 1:
            raise InputError(
                f"expected 1 or more, received {self.batch_size}", argument="batch_size"
            )
        if self.characters is not None and not self.characters:
            raise InputError("expected at least one, received none", argument="characters")
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise InputError(
                f"expected 0 to 1, received {self.min_confidence}", argument="min_confidence"
            )

    def open(self, file: Path) -> ImageToWordModel:
        """Return the model in `file`, as these options ask for it.

        Raises:
            InputError: it is no model, or no reader can do what the options ask for.
        """
        return ImageToWordModel(
            file,
            constraint=self._constraint(),
            provider=self.provider,
            num_threads=self.num_threads,
            vocab=self.vocab,
            characters=self.characters,
            reading_widths=self.reading_widths or None,
        )

    def _constraint(self) -> Constraint | None:
        """Return what is known about all texts; None if nothing is."""
        if self.pattern is None and self.length is None and self.lexicon is None:
            return None
        return Constraint(
            pattern=self.pattern,
            length=None if self.length is None else parse_length(self.length),
            lexicon=None if self.lexicon is None else _read_lexicon(self.lexicon),
        )


def _read_lexicon(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"expected a UTF-8 file with a text in each line, received {path}: '{reason}'; "
            "give another file",
            argument="lexicon",
        ) from error
    return [line.strip() for line in lines if line.strip()]
