import pytest

from ctckit.text.odd_characters import describe_character, odd_characters

PLATES = [
    f"{a}{b}{number}" for a in "ABCEH" for b in "KMTX" for number in (1234, 5677, 8890, 12390)
]


def test_hidden_and_foreign_characters_of_plates_are_all_named():
    labels = [
        *PLATES[:75],
        *(plate[:3] + "\u00a0" + plate[3:] for plate in PLATES[:10]),
        *(plate[:3] + "\u200b" + plate[3:] for plate in PLATES[:5]),
        *(f"АВ{number}" for number in (1234, 5678, 9012, 3456, 7890)),
        *(f"K{number}Е" for number in (1234, 5678, 9012, 3456, 7890)),
    ]
    blank, unseen, mixed, others = odd_characters(labels)
    assert blank.startswith("10 of 100 labels have U+00A0 NO-BREAK SPACE, an unusual blank")
    assert unseen.startswith("5 of 100 labels have U+200B ZERO WIDTH SPACE, which no one sees")
    assert "'AK1\\u200b234'" in unseen  # an example, what is hidden made visible
    assert "U+0415 CYRILLIC CAPITAL LETTER IE (like U+0045)" in mixed
    assert "U+0410 CYRILLIC CAPITAL LETTER A (like U+0041)" in others
    assert "U+0412 CYRILLIC CAPITAL LETTER VE (like U+0042)" in others
    assert [line.split(" of ")[0] for line in (mixed, others)] == ["5", "5"]


@pytest.mark.parametrize(
    "labels",
    [
        [],
        [""],
        ["ab", "ba", ""],
        ["кот", "кто", "ток"],  # Cyrillic alone, although each letter has a Latin twin
        ["ναι", "ανι"],
        ["日本 語", "本日 語"],
        ["日本　語", "本日　語"],  # the one blank of the set is the ideographic one
        ["می\u200cروم", "می\u200cروم"],  # Persian needs the non-joiner
        ["क्\u200dष", "क्\u200d", "क्\u200dष", "क्\u200d"],  # Devanagari needs the joiner
        ["مرحبا o", "مرحبا o"],  # Arabic heh is listed as like o; no one confuses them
        ["٣٣", "33"],  # other digits, other looks
        ["été", "été", "tt"],  # an accent is no oddity
    ],
)
def test_usual_labels_are_left_in_peace(labels):
    assert not odd_characters(labels * 2)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a\u200cb"], "U+200C ZERO WIDTH NON-JOINER, which no one sees"),  # Latin joins nothing
        (["می\u200c"], "U+200C ZERO WIDTH NON-JOINER"),  # at the end it does nothing
        (["a\ufeff"], "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        (["a\u00ad"], "U+00AD SOFT HYPHEN"),
        (["a\ufe0f"], "U+FE0F VARIATION SELECTOR-16"),
        (["א\u200f"], "U+200F RIGHT-TO-LEFT MARK"),
        (["a\u2009b"], "U+2009 THIN SPACE, an unusual blank"),
        (["a b", "a\u3000b"], "1 of 3 labels has U+3000 IDEOGRAPHIC SPACE"),  # beside the other
        (["a\tb"], "U+0009 TAB"),  # Unicode has no name for it
        (["a\ufffdb"], "U+FFFD REPLACEMENT CHARACTER, which has no meaning"),
        (["a "], "1 of 2 labels has a blank at an end, such as 'a '"),
        (["２３", "23"], "U+FF12 FULLWIDTH DIGIT TWO (like U+0032)"),
        (["oак", "oак"], "U+006F LATIN SMALL LETTER O (like U+043E)"),  # the set has no other o
        (["Αb", "Αb"], "U+0391 GREEK CAPITAL LETTER ALPHA (like U+"),
    ],
)
def test_what_is_found(labels, expected):
    assert expected in "\n".join(odd_characters([*labels, "ab"]))


def test_a_set_of_two_languages_has_one_line():
    labels = ["кот", "собака", "страна", "оса", "cat", "cape", "peace"] * 2
    [line] = odd_characters(labels)
    assert "in other labels" in line


def test_what_occurs_once_is_named_up_to_a_few():
    [line] = odd_characters(["aaab", "bac", "def", "ghi"])
    assert line.startswith("7 characters occur only once")
    assert "U+0063 LATIN SMALL LETTER C 'c'" in line
    assert "and 2 more" in line


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("\u0958", "U+0958 DEVANAGARI LETTER QA"),
        ("\n", "U+000A LINE FEED"),
        ("\x07", "U+0007 (a character without a name)"),
    ],
)
def test_describe_character(character, expected):
    assert describe_character(character) == expected
