import pytest

from ctckit.data.characters import characters_only_in

LATIN = [chr(65 + index % 26) + chr(65 + index // 26) for index in range(199)]


@pytest.mark.parametrize(
    ("held_back", "learned", "line"),
    [
        ([], [], ""),
        (["AB"], ["BA"], ""),
        (["A"], ["BÄ", "A"], ""),
        (["Ä"], LATIN, "U+00C4 LATIN CAPITAL LETTER A WITH DIAERESIS 'Ä' occurs in the"),
        (["12", "3"], LATIN, "U+0031 DIGIT ONE '1', U+0032 DIGIT TWO '2', U+0033 DIGIT THREE '3'"),
        (["0123456"], LATIN, "U+0034 DIGIT FOUR '4' and 2 more occur in the validation part only"),
    ],
)
def test_characters_of_the_validation_part_alone(held_back, learned, line):
    assert line in characters_only_in(held_back, learned)
    assert bool(characters_only_in(held_back, learned)) == bool(line)
