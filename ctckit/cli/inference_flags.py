"""The flags of `inferenceModel.py`, which stand for the verbs read, evaluate and describe."""

from dataclasses import dataclass, field, fields
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
    "images": {
        "json",
        "out",
        "shard",
        "engine",
        *(option.name for option in fields(ReaderOptions)),
    },
}


@dataclass(frozen=True)
class InferenceFlags(Evaluate):
    """The command line."""

    images: tuple[Path, ...] | None = None
    """Images to read without labels: files, folders, .zip archives, lists of files (.txt, .csv, …)
    or wildcards in quotes. Prints file<TAB>text<TAB>confidence for each, with tabs, line breaks and
    backslashes in them as \\t, \\n and \\\\."""
    out: str | None = field(default=None, metadata={"metavar": "PATH"})
    """With --images: file for the results, .csv, .jsonl or .parquet, instead of lines in the
    terminal; or a folder for Parquet files, FOLDER/."""
    shard: str | None = field(default=None, metadata={"metavar": "NUMBER/COUNT"})
    """With --images: read only a share of them, such as 1/4, for several processes with the same
    --out."""
    engine: str = "here"
    """With --images: what reads, here or ray, the processes of a Ray cluster, with --out."""
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
        lonely = [
            name for name in ("out", "shard", "engine") if name in given and "images" not in given
        ]
        if lonely:
            raise InputError(
                "expected images to read beside it, received none; what a judgement reads goes to "
                "--predictions",
                argument=lonely[0],
            )

    @property
    def verb(self) -> Describe | Read | Evaluate:
        """The verb of `ctckit` that these flags stand for."""
        if self.describe:
            return Describe(self.describe, json=self.json)
        kind = Read if self.images else Evaluate
        return kind(**{item.name: getattr(self, item.name) for item in fields(kind)})
