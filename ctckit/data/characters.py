"""Characters that one part of a set has and another lacks."""

from collections.abc import Iterable, Sequence

from ctckit.text.odd_characters import describe_character

NUM_NAMED = 5


def characters_only_in(
    validation_labels: Iterable[str], training_labels: Iterable[str], known: str = ""
) -> list[str]:
    """Tell which characters occur in the labels held back, but in none that is learned from.

    They cannot be learned, and each counts as an error of every epoch, unless what the training
    begins with knows them.

    Args:
        validation_labels: of the part that is held back.
        training_labels: of the part that is learned from.
        known: characters that what the training begins with has learned already.

    Returns:
        A line for those that nothing knows, and one for the others, if there are any.

    >>> characters_only_in(["Äb"], ["ab", "ba"])
    ["U+00C4 LATIN CAPITAL LETTER A WITH DIAERESIS 'Ä' occurs in the validation part only: it \
cannot be learned"]
    """
    only = set().union(*validation_labels) - set().union(*training_labels)
    lines = (
        _line(sorted(only - set(known)), "cannot be learned"),
        _line(sorted(only & set(known)), "will be read as well as the start of the training can"),
    )
    return [line for line in lines if line]


def _line(characters: Sequence[str], end: str) -> str:
    if not characters:
        return ""
    named = ", ".join(f"{describe_character(c)} {c!r}" for c in characters[:NUM_NAMED])
    more = f" and {len(characters) - NUM_NAMED} more" if len(characters) > NUM_NAMED else ""
    verb, they = ("occurs", "it") if len(characters) == 1 else ("occur", "they")
    return f"{named}{more} {verb} in the validation part only: {they} {end}"
