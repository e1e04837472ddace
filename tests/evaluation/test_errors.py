import random

import pytest

from ctckit.evaluation.errors import (
    Confusion,
    Edit,
    MixUp,
    count_confusions,
    differences,
    errors_by_length,
    errors_by_position,
    find_edits,
    main_mix_up,
)
from ctckit.text.error_rates import count_edits, count_errors


def random_pairs(count=300, seed=0):
    """Draw labels and texts that resemble them, some empty."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abc", k=rng.randrange(7))) for _ in range(2 * count)]
    return list(zip(words[::2], words[1::2], strict=True))


EDITS = [
    ("abc", "abc", []),
    ("", "", []),
    ("abc", "axc", [("b", "x", 1)]),
    ("abc", "ac", [("b", "", 1)]),
    ("abc", "abxc", [("", "x", 2)]),  # read before the label's third character
    ("abc", "abcx", [("", "x", 3)]),  # read after the last
    ("abc", "", [("a", "", 0), ("b", "", 1), ("c", "", 2)]),
    ("", "x", [("", "x", 0)]),
    ("日本語", "日木語", [("本", "木", 1)]),
    ("a😀b", "ab", [("😀", "", 1)]),  # one character, though not for every language
]


@pytest.mark.parametrize(("label", "text", "edits"), EDITS)
def test_find_edits(label, text, edits):
    assert find_edits(label, text) == [Edit(*edit) for edit in edits]


def test_the_edits_turn_the_label_into_the_text():
    for label, text in random_pairs():
        edits = find_edits(label, text)
        assert len(edits) == count_edits(text, label)
        made, place = "", 0
        for edit in edits:
            made += label[place : edit.index] + edit.read
            place = edit.index + len(edit.label)
            assert label[edit.index : place] == edit.label
        assert made + label[place:] == text


def test_the_segments_are_the_label_and_the_text():
    for label, text in random_pairs():
        segments = differences(label, text)
        assert "".join(segment.label for segment in segments) == label
        assert "".join(segment.read for segment in segments) == text
        differing = [segment for segment in segments if not segment.is_equal]
        sizes = sum(max(len(segment.label), len(segment.read)) for segment in differing)
        assert sizes == count_edits(text, label)


def test_confusions_are_counted_and_sorted():
    pairs = [("no", "mo"), ("nn", "mm"), ("in", "i"), ("o", "0"), ("a", "a"), ("i", "il")]
    found = count_confusions(pairs)
    assert found == [
        Confusion("n", "m", 3),
        Confusion("", "l", 1),  # equally often: in the order of the characters
        Confusion("n", "", 1),
        Confusion("o", "0", 1),
    ]
    assert [str(confusion) for confusion in found] == ["n→m 3", "∅→l 1", "n→∅ 1", "o→0 1"]
    assert [confusion.is_replacement for confusion in found] == [True, False, False, True]
    assert sum(c.count for c in found) == 6
    assert count_confusions([]) == count_confusions([("ab", "ab")]) == []


MIX_UPS = [
    ([], None, "nothing misread"),
    ([("0", "O")] * 2, None, "two edits may be chance"),
    ([("0", "O")] * 3, ("0", "O", 3, 3), "all edits"),
    ([("0", "O"), ("O", "0"), ("0", "O")], ("0", "O", 3, 3), "either way"),
    ([("O", "0")] * 3 + [("a", "b"), ("c", ""), ("", "d")], ("0", "O", 3, 6), "half of all"),
    ([("O", "0")] * 3 + [("a", "b")] * 2 + [("c", "")] * 2, None, "less than half"),
    ([("a", "")] * 5, None, "missed, not taken for another"),
    ([("é", "e")] * 4, ("e", "é", 4, 4), "in the order of the characters"),
]


@pytest.mark.parametrize(("pairs", "expected", "_why"), MIX_UPS)
def test_main_mix_up(pairs, expected, _why):
    found = main_mix_up(count_confusions(pairs))
    assert found == (expected and MixUp(*expected))


def test_errors_by_length():
    pairs = [("abcd", "abcd"), ("ab", "xb"), ("abcd", "ab"), ("ab", "ab")]
    groups = errors_by_length(pairs)
    assert list(groups) == [2, 4]
    assert [(g.edits, g.characters, g.wrong_texts, g.texts) for g in groups.values()] == [
        (1, 4, 1, 2),
        (2, 8, 1, 2),
    ]
    assert errors_by_length([]) == {}


def test_errors_by_position():
    groups = errors_by_position([("abc", "xabc"), ("abc", "ab"), ("a", "b"), ("abc", "abxc")])
    assert {place: (g.edits, g.characters) for place, g in groups.items()} == {
        1: (2, 4),  # the x before the first, and the a read as b
        2: (0, 3),
        3: (2, 3),  # the c missed, and the x before it
    }
    assert errors_by_position([]) == {}


def test_what_is_read_after_the_end_counts_at_the_last_character():
    assert errors_by_position([("ab", "abxy")])[2].edits == 2
    empty = errors_by_position([("", "xy")])
    assert (empty[1].edits, empty[1].characters, empty[1].cer) == (2, 0, 0.0)


@pytest.mark.parametrize("group", [errors_by_length, errors_by_position])
def test_the_groups_add_up(group):
    pairs = random_pairs()
    labels, texts = zip(*pairs, strict=True)
    groups = group(iter(pairs)).values()
    whole = count_errors(texts, labels)
    assert sum(g.edits for g in groups) == whole.edits
    assert sum(g.characters for g in groups) == whole.characters
