"""What does not count when a text read is compared with its label."""

from dataclasses import dataclass

from ctckit.errors import InputError


@dataclass(frozen=True)
class Leniency:
    """Which differences between a label and the text read do not count.

    Attributes:
        ignore_case: both are compared in lower case.
        ignore: characters that are taken out of both before they are compared.

    Raises:
        InputError: no character is named.

    >>> Leniency(ignore_case=True, ignore=" -")("AB-12 c")
    'ab12c'
    """

    ignore_case: bool = False
    ignore: str | None = None

    def __post_init__(self) -> None:
        """Refuse to ignore nothing."""
        if self.ignore == "":
            raise InputError(
                "expected characters that do not count, such as ' -', received none; leave it out",
                argument="ignore",
            )

    def __call__(self, text: str) -> str:
        """Return what of `text` is compared."""
        kept = text.translate(dict.fromkeys(map(ord, self.ignore or "")))
        return kept.lower() if self.ignore_case else kept

    def __str__(self) -> str:
        """Tell a person what does not count, "" where everything does.

        >>> str(Leniency(ignore_case=True, ignore=" -"))
        "upper and lower case, and the characters ' -'"
        """
        case = "upper and lower case" if self.ignore_case else ""
        characters = f"the characters {self.ignore!r}" if self.ignore else ""
        return ", and ".join(filter(None, (case, characters)))
