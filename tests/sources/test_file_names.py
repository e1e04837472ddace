import logging

import pytest

from ctckit.sources.file_names import labels_of_stems

TABLE = [
    # stems, separator, labels
    (["abc", "x.y"], "", ["abc", "x.y"], "switched off: whole names"),
    (["0000.1", "0000"], "", ["0000.1", "0000"], "switched off in spite of a counter"),
    (["0000.1", "0000", "7.2"], ".", ["0000", "0000", "7"], "ends before the separator"),
    (["a_b-c", "d-e_f", "g"], "-_", ["a", "d", "g"], "the first of several separators"),
    (["a^b"], "^", ["a"], "a separator that is special in patterns"),
    (["_1"], "_", [""], "nothing before the separator: an empty label"),
    (["0000", "0000.1", "0417"], None, ["0000", "0000", "0417"], "counted beside the bare name"),
    (["0000", "0000.1", "0417.1"], None, ["0000", "0000", "0417"], "bare name of one is missing"),
    (["abc", "abc-2", "abc-3"], None, ["abc"] * 3, "the bare name stands for the first"),
    (["abc_0", "abc_1", "xy_0"], None, ["abc", "abc", "xy"], "all numbered, from 0"),
    (["abc_1", "abc_2"], None, ["abc", "abc"], "all numbered, from 1"),
    (["12.50", "12.75", "3.99"], None, ["12.50", "12.75", "3.99"], "prices do not count up"),
    (["12", "12.50"], None, ["12", "12.50"], "a price beside its whole number"),
    (["A-7", "B-1"], None, ["A-7", "B-1"], "no base occurs twice"),
    (["a-b", "a-c", "a"], None, ["a-b", "a-c", "a"], "letters do not count"),
    (["226md", "22d5n"], None, ["226md", "22d5n"], "plain names"),
    (["1", "1.1", "12.50", "12.75", "3.20", "3.40"], None, None, "more groups against it"),
    (["AA-47", "BC-13", "QQ-1", "QQ-2"], None, None, "plates: one chance pair"),
    (["AA-47", "BC-13", "QQ", "QQ-1"], None, None, "plates speak against a counter"),
    (["0.0", "0.1", "0.2", "1.0", "1.1"], None, None, "readings from 0 on"),
    (["A-1", "A-2", "B-1", "B-2"], None, None, "plates from 1 on"),
    ([], None, [], "no names"),
    (["e\u0301"], None, ["é"], "decomposed, as macOS stores names"),
]


@pytest.mark.parametrize(
    ("stems", "separator", "expected"),
    [row[:3] for row in TABLE],
    ids=[row[3] for row in TABLE],
)
def test_labels(stems, separator, expected):
    assert labels_of_stems(stems, separator) == (stems if expected is None else expected)


def test_stripped_counters_are_told_in_one_line(caplog):
    with caplog.at_level(logging.INFO, "ctckit"):
        labels_of_stems(["0000", "0000.1", "0007.1"])
    assert len(caplog.messages) == 1
    assert "2 file names end in '.'" in caplog.messages[0]
    assert "0000.1 reads 0000" in caplog.messages[0]


def test_nothing_is_told_where_nothing_is_stripped(caplog):
    with caplog.at_level(logging.INFO, "ctckit"):
        labels_of_stems(["226md", "22d5n"])
    assert not caplog.messages
