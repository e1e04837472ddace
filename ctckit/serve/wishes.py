"""What a request may say besides the images."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ctckit.errors import InputError
from ctckit.inference.metadata import ModelMetadata
from ctckit.text.constrained.constraint import Constraint, parse_length

MAX_PATTERN = 500  # characters
MAX_SIZE = 2**17  # of a constraint, see `Constraint.size`


class Wishes(BaseModel):
    """Which model reads, and what is known about the texts."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    model: str | None = Field(
        default=None, description="Name of the model; without it, the first one."
    )
    pattern: str | None = Field(
        default=None,
        max_length=MAX_PATTERN,
        description="Read only texts that match this regular expression.",
        examples=["[0-9]{2}[a-z]{3}"],
    )
    length: str | None = Field(
        default=None,
        description="Read only texts of this many characters, such as 5 or 4-6.",
        examples=["4-6"],
        coerce_numbers_to_str=True,
    )
    lexicon: list[str] | None = Field(
        default=None, description="Read only these texts.", examples=[["red", "green"]]
    )
    min_confidence: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None,
        description="Tell by `accepted` which texts have this much confidence.",
    )

    @property
    def constraint(self) -> dict[str, Any]:
        """What is said of the texts, as arguments of `Constraint`."""
        said: dict[str, Any] = {"pattern": self.pattern, "lexicon": self.lexicon}
        if self.length is not None:
            said["length"] = parse_length(self.length)
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class Constraints:
    """Make the constraint of a request.

    Attributes:
        metadata: of the model that reads.
        usual: what the server was told about all texts; a request may say something else.
    """

    metadata: ModelMetadata
    usual: Constraint | None

    def of(self, said: dict[str, Any]) -> Constraint | None:
        """Return the constraint, compiled; None: what the server was told is all that is known.

        Takes up to about a second where a pattern is complicated.

        Raises:
            InputError: no text can satisfy it, or it takes too much to read with.
        """
        if not said:
            return None
        _require_lexicon(said.get("lexicon"))
        before = {} if self.usual is None else {
            "pattern": self.usual.pattern, "length": self.usual.length,
            "lexicon": self.usual.lexicon,
        }  # fmt: skip
        facts = self.metadata
        constraint = Constraint(**(before | said)).spelled(
            facts.unicode_form, ignore_case=facts.ignore_case
        )
        if (size := constraint.size(facts.vocabulary)) > MAX_SIZE:
            raise InputError(
                f"constraint: expected one that takes up to {MAX_SIZE:,} numbers for each time "
                f"step, received one that takes {size:,}; allow shorter texts, or fewer of them"
            )
        return constraint


def _require_lexicon(texts: list[str] | None) -> None:
    """Refuse one that is too large before a table is made of it."""
    size = len(texts) * (2 * max(map(len, texts)) + 1) if texts else 0
    if size > MAX_SIZE:
        raise InputError(
            f"expected up to {MAX_SIZE:,} for twice the longest text and one, times the number of "
            f"texts, received {size:,}; give fewer texts, or start the server with --lexicon",
            argument="lexicon",
        )
