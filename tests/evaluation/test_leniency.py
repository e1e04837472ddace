import pytest

from ctckit.errors import InputError
from ctckit.evaluation.leniency import Leniency

ROWS = [
    (Leniency(), "AbC 1-2", "AbC 1-2", ""),
    (Leniency(ignore_case=True), "AbC É", "abc é", "upper and lower case"),
    (Leniency(ignore=" -"), "A-b 1", "Ab1", "the characters ' -'"),
    (Leniency(True, "a"), "AaB", "ab", "upper and lower case, and the characters 'a'"),
    (Leniency(ignore="]^\\"), r"a]\^b", "ab", r"the characters ']^\\'"),  # not a pattern
]


@pytest.mark.parametrize(("leniency", "text", "compared", "told"), ROWS)
def test_what_is_compared(leniency, text, compared, told):
    assert leniency(text) == compared
    assert str(leniency) == told


def test_nothing_to_ignore():
    with pytest.raises(InputError, match="^ignore: expected characters that do not count"):
        Leniency(ignore="")
