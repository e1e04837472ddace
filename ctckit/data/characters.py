"""Characters that one part of a set has and another lacks."""

from collections.abc import Iterable

from ctckit.text.odd_characters import describe_character

NUM_NAMED = 5


def characters_only_in(validation_labels: Iterable[str], training_labels: Iterable[str]) -> str:
    """Tell which characters occur in the labels held back, but in none that is learned from.

    They cannot be learned, and each counts as an error of every epoch.

    Args:
        validation_labels: of the part that is held back.
        training_labels: of the part that is learned from.

    Returns:
        One line, or "" where there are none.

    >>> characters_only_in(["Äb"], ["ab", "ba"])
    "U+00C4 LATIN CAPITAL LETTER A WITH DIAERESIS 'Ä' occurs in the validation part only: it \
cannot be learned"
    """
    only = sorted(set().union(*validation_labels) - set().union(*training_labels))
    if not only:
        return ""
    named = ", ".join(f"{describe_character(c)} {c!r}" for c in only[:NUM_NAMED])
    more = f" and {len(only) - NUM_NAMED} more" if len(only) > NUM_NAMED else ""
    verb, they = ("occurs", "it") if len(only) == 1 else ("occur", "they")
    return f"{named}{more} {verb} in the validation part only: {they} cannot be learned"
