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
    found = characters_only_in(held_back, learned)
    assert len(found) == bool(line)
    assert all(line in each and each.endswith("cannot be learned") for each in found)


def test_what_the_start_knows_is_no_loss():
    unknown, known = characters_only_in(["AÄ1Z", "2"], ["A"], known="0123456789A")
    assert "'Z', U+00C4" in unknown and unknown.endswith("they cannot be learned")
    assert "U+0031 DIGIT ONE '1', U+0032 DIGIT TWO '2' occur in the" in known
    assert known.endswith("they will be read as well as the start of the training can")
    assert characters_only_in(["1"], ["1"], known="12") == []
