"""The flags of `inferenceModel.py`, which stand for the verbs read, evaluate and describe."""

from dataclasses import dataclass, fields
from pathlib import Path

from ctckit.cli.arguments import flag_of
from ctckit.cli.describe import Describe
from ctckit.cli.evaluate import Evaluate
from ctckit.cli.read import Read
from ctckit.cli.reader_options import ReaderOptions
from ctckit.errors import InputError

# What goes with a flag that stands for another verb than judging.
_COMPANIONS = {
    "describe": {"json"},
    "images": {"json", *(option.name for option in fields(ReaderOptions))},
}


@dataclass(frozen=True)
class InferenceFlags(Evaluate):
    """The command line."""

    images: tuple[Path, ...] | None = None
    """Image files to read: prints file<TAB>text<TAB>confidence for each, and judges nothing."""
    describe: Path | None = None
    """An .onnx file, or the folder of a run, to describe."""

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        super().__post_init__()
        given = [item.name for item in fields(self) if getattr(self, item.name) != item.default]
        for verb, companions in _COMPANIONS.items():
            useless = [name for name in given if name not in {verb, *companions}]
            if verb in given and useless:
                flags = ", ".join(map(flag_of, useless))
                raise InputError(f"does not go with {flags}; leave one or the other out",
                                 argument=verb)  # fmt: skip

    @property
    def verb(self) -> Describe | Read | Evaluate:
        """The verb of `ctckit` that these flags stand for."""
        if self.describe:
            return Describe(self.describe, json=self.json)
        kind = Read if self.images else Evaluate
        return kind(**{item.name: getattr(self, item.name) for item in fields(kind)})
