import random
import re
import uuid

import pytest

from ctckit.errors import InputError
from ctckit.sources.names.file_names import labels_of_stems
from ctckit.sources.options import SourceOptions

RNG = random.Random(0)
TEXTS = ["".join(RNG.choices("abcdefghkmnpqrstxyz23456789", k=5)) for _ in range(100)]
HASHES = [f"{RNG.getrandbits(128):032x}" for _ in range(100)]
UUIDS = [str(uuid.UUID(int=RNG.getrandbits(128), version=4)) for _ in range(100)]
NUMBERS = RNG.sample(range(16**7, 16**8), 100)
WORDS = [RNG.choice(["hello", "world", "tree", "house"]) for _ in range(100)]
TREES = ["oak", "elm", "lime", "birch", "spruce", "maple"]
PLATES = [f"{RNG.choice('ABCXYZ')}-{RNG.randrange(1, 99)}" for _ in range(100)]
READINGS = [f"{RNG.randrange(99)}.{RNG.randrange(100):02}" for _ in range(100)]

GIVEN = [
    # stems, separator, labels
    (["abc", "x.y"], "", ["abc", "x.y"], "switched off: whole names"),
    (["0000.1", "0000"], "", ["0000.1", "0000"], "switched off in spite of a counter"),
    (["0000", "0001", "0002", "0003", "0004"], "", None, "readings that happen to count"),
    (["abc (2)"], "", ["abc (2)"], "and of a mark of a copy"),
    (["0000.1", "0000", "7.2"], ".", ["0000", "0000", "7"], "ends before the separator"),
    (["a_b-c", "d-e_f", "g"], "-_", ["a", "d", "g"], "the first of several separators"),
    (["a^b"], "^", ["a"], "a separator that is special in patterns"),
    (["_1"], "_", [""], "nothing before the separator: an empty label"),
]

FOUND = [
    # stems, labels
    (["0000", "0000.1", "0417"], ["0000", "0000", "0417"], "counted beside the bare name"),
    (["0000", "0000.1", "0417.1"], ["0000", "0000", "0417"], "bare name of one is missing"),
    (["abc", "abc-2", "abc-3"], ["abc"] * 3, "the bare name stands for the first"),
    (["abc_0", "abc_1", "xy_0"], ["abc", "abc", "xy"], "all numbered, from 0"),
    (["abc_1", "abc_2"], ["abc", "abc"], "all numbered, from 1"),
    (["12.50", "12.75", "3.99"], None, "prices do not count up"),
    (["12", "12.50"], None, "a price beside its whole number"),
    (["A-7", "B-1"], None, "no base occurs twice"),
    (["a-b", "a-c", "a"], None, "letters do not count"),
    (["226md", "22d5n"], None, "plain names"),
    (["1", "1.1", "12.50", "12.75", "3.20", "3.40"], None, "more groups against it"),
    (["AA-47", "BC-13", "QQ-1", "QQ-2"], None, "plates: one chance pair"),
    (["AA-47", "BC-13", "QQ", "QQ-1"], None, "plates speak against a counter"),
    (["0.0", "0.1", "0.2", "1.0", "1.1"], None, "readings from 0 on"),
    (["A-1", "A-2", "B-1", "B-2"], None, "plates from 1 on"),
    ([], [], "no names"),
    (["e\u0301"], ["é"], "decomposed, as macOS stores names"),
    (TEXTS, TEXTS, "captchas"),
    (sorted(set(PLATES)), None, "plates with a number"),
    (sorted(set(READINGS)), None, "readings with a point"),
    ([f"{n:04}" for n in RNG.sample(range(10_000), 500)], None, "numbers that do not count"),
    ([f"{t}_{h}" for t, h in zip(TEXTS, HASHES, strict=True)], TEXTS, "before a hash"),
    ([f"{t}-{u}" for t, u in zip(TEXTS, UUIDS, strict=True)], TEXTS, "before a UUID"),
    ([f"{t}_{1551012345 + 7 * n}" for n, t in enumerate(TEXTS)], TEXTS, "before seconds"),
    ([f"{t}_1551012345678" for t in TEXTS], TEXTS, "before milliseconds"),
    ([f"{t}_20190224_1530{n % 60:02}" for n, t in enumerate(TEXTS)], TEXTS, "before date and time"),
    ([f"{t} 2019-02-24 15.30.{n % 60:02}" for n, t in enumerate(TEXTS)], TEXTS, "before another"),
    ([f"{t}_{n:08x}" for n, t in zip(NUMBERS, TEXTS, strict=True)], TEXTS, "before a short hash"),
    ([f"{t}_jpg.rf.{h}" for t, h in zip(TEXTS, HASHES, strict=True)], TEXTS, "what Roboflow adds"),
    ([f"{w}_{n}" for n, w in enumerate(WORDS)], WORDS, "a number over all files"),
    ([f"{w}-{n}" for n, w in enumerate(WORDS)], WORDS, "the same with a hyphen"),
    ([f"{h}-{t}" for t, h in zip(TEXTS, HASHES, strict=True)], TEXTS, "behind a hash"),
    ([f"{n:06}_{t}" for n, t in enumerate(TEXTS, 1)], TEXTS, "behind a number"),
    ([f"{n * 37:06}_{t}" for n, t in enumerate(TEXTS, 1)], TEXTS, "behind a number with gaps"),
    ([f"{n + 1}_{w}_{RNG.randrange(9999)}" for n, w in enumerate(WORDS)], WORDS, "MJSynth"),
    ([f"1551012345_{t}_{h}" for t, h in zip(TEXTS, HASHES, strict=True)], TEXTS, "head and tail"),
    ([f"captcha_{t}" for t in TEXTS], TEXTS, "behind a word for files"),
    ([f"img{n}_{t}" for n, t in enumerate(TEXTS)], TEXTS, "behind such a word and a number"),
    ([f"{t}-image" for t in TEXTS], TEXTS, "before a word for files"),
    ([f"{a} {b}" for a in ("test", "data", "word") for b in TREES], None, "phrases"),
    ([f"WA {n}E" for n in RNG.sample(range(1000, 9999), 40)], None, "plates of Warsaw"),
    ([f"{n:06}-{n % 7}" for n in RNG.sample(range(999), 40)], None, "serials with a digit"),
    ([f"{n:04X}-{n * 7919 % 16**8:08X}" for n in NUMBERS[:40]], None, "keys"),
    ([f"SN-{n}" for n in RNG.sample(range(10_000, 99_999), 50)], None, "a head that may be read"),
    ([f"{t}_{n:06x}" for n, t in enumerate(TEXTS, 1000)], TEXTS, "fields: a short hash"),
    ([f"{t}_{n}" for n, t in zip(NUMBERS, TEXTS, strict=True)], TEXTS, "fields: a random number"),
    ([f"{n}_{t}" for n, t in zip(NUMBERS, TEXTS, strict=True)], TEXTS, "fields: the number first"),
    ([f"x_{t}_200x50" for t in TEXTS], TEXTS, "fields: always the same"),
    ([f"{t}_0.{n:02}" for n, t in enumerate(TEXTS)], TEXTS, "fields: a confidence"),
    ([f"{t}_{len(w)}" for t, w in zip(TEXTS, WORDS, strict=True)], TEXTS, "fields: a length"),
    ([f"{t}_{side}" for t in TEXTS for side in ("front", "back")],
     [t for t in TEXTS for _ in range(2)], "fields: one of a few words"),
    ([f"{n % 28 + 1:02}.07.2024_{t}" for n, t in enumerate(TEXTS)], TEXTS, "fields: a day first"),
    ([f"{t}-{n}" for t in TREES for n in (1, 2, 3)],
     [t for t in TREES for _ in range(3)], "words that come three times"),
    (["abc", "abc 2", "abc 3", "xyz"], ["abc", "abc", "abc", "xyz"], "copies of macOS"),
    (["abc(1)", "abc", "xyz"], ["abc", "abc", "xyz"], "copies of browsers"),
    ([f"{t}-jpeg_jpg.rf.{h[:20]}" for t, h in zip(TEXTS, HASHES, strict=True)], TEXTS,
     "what Roboflow adds now"),
    (["abc", "abc (2)", "abc (3)", "xyz"], ["abc", "abc", "abc", "xyz"], "copies of Windows"),
    (["abc", "abc - Copy", "abc - Copy (2)", "x copy 2"], ["abc"] * 3 + ["x"], "other copies"),
    (["x7k2m.jpg", "abcde"], ["x7k2m", "abcde"], "two suffixes"),
    (["0007.nrm", "0019.nrm", "4711.nrm"], ["0007", "0019", "4711"], "a step of OCRopus"),
    ([f"SN{n}" for n in RNG.sample(range(10_000, 99_999), 50)], None, "serial numbers"),
]  # fmt: skip

REFUSED = [
    ([f"captcha_{n}" for n in range(1, 101)], "numbers of files"),
    ([f"word_{n}" for n in range(1, 101)], "numbers of files"),
    ([f"IMG_{n:04}" for n in range(1, 101)], "numbers of files"),
    ([f"IMG_{n:04}" for n in range(1, 101, 7)], "numbers of files"),
    ([f"IMG_2019{n:04}_120000" for n in range(101, 129)], "numbers of files"),
    ([f"{n:06}" for n in range(1, 101)], "numbers of files"),
    ([f"{n}" for n in range(100)], "numbers of files"),
    ([f"{n:04}" for n in range(10_000)], "numbers of files"),
    ([f"frame_{n}_crop_{n % 3}" for n in range(50)], "numbers of files"),
    ([f"a{n}" for n in range(1, 51)] + ["preview"], "numbers of files"),
    ([f"Screenshot 2024-05-{n:02} at 10.{n:02}.00" for n in range(1, 29)], "numbers of files"),
    ([f"IMG-20240501-WA{n:04}" for n in range(60)], "numbers of files"),
    ([f"captcha ({n})" for n in range(60)], "numbers of files"),
    ([*HASHES, "logo"], "32 hexadecimal digits each"),
    ([f"{n:02}.07.2024" for n in range(1, 29)], "dates"),
    (HASHES, "32 hexadecimal digits each"),
    (UUIDS, "UUIDs"),
    ([f"2024-05-{n:02}" for n in range(1, 29)], "dates"),
    ([f"202405{n:02}" for n in range(1, 29)], "dates"),
    ([f"2024-05-01_{n:02}-30-15" for n in range(24)], "dates"),
    ([str(1551012345 + 1000 * n) for n in range(50)], "times in seconds"),
]


@pytest.mark.parametrize(
    ("stems", "separator", "expected"), [row[:3] for row in GIVEN], ids=[row[3] for row in GIVEN]
)
def test_a_separator_that_is_given_wins(stems, separator, expected):
    found = labels_of_stems(stems, SourceOptions(label_separator=separator))
    assert found.labels == (stems if expected is None else expected)


@pytest.mark.parametrize(
    ("stems", "expected"), [row[:2] for row in FOUND], ids=[row[2] for row in FOUND]
)
def test_labels_are_found(stems, expected):
    found = labels_of_stems(stems)
    assert found.labels == (stems if expected is None else expected)
    changed = sum(stem != label for stem, label in zip(stems, found.labels, strict=True))
    assert (" reads " in found.said) == (
        expected is not None and changed > 0 and stems != ["e\u0301"]
    )


@pytest.mark.parametrize(
    ("stems", "kind"), REFUSED, ids=[f"{row[0][0]} {row[1]}" for row in REFUSED]
)
def test_names_that_are_no_labels_are_refused(stems, kind):
    with pytest.raises(
        InputError, match=f"received {kind}, such as {re.escape(stems[0])}, "
    ) as caught:
        labels_of_stems(stems)
    assert caught.value.argument == "label_separator"
    taken = labels_of_stems(stems, SourceOptions(label_separator=""))
    assert taken.labels == stems


@pytest.mark.parametrize(
    ("pattern", "stems", "expected"),
    [
        (r"[0-9]+_(?P<label>.+)", ["17_abc", "18_x_y"], ["abc", "x_y"]),
        (r"(?P<label>[a-z]+)[0-9]*", ["abc12", "12"], ["abc", None]),
        (r".*?-(?P<label>.*)", ["a-b-c"], ["b-c"]),
    ],
    ids=["the rest", "one has none", "the first hyphen"],
)
def test_a_pattern(pattern, stems, expected):
    assert labels_of_stems(stems, SourceOptions(label_pattern=pattern)).labels == expected


def test_a_pattern_that_no_name_matches():
    with pytest.raises(InputError, match="none of 2 does, such as ab") as caught:
        labels_of_stems(["ab", "cd"], SourceOptions(label_pattern="[0-9]+(?P<label>.*)"))
    assert caught.value.argument == "label_pattern"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(", "expected a regular expression"), ("(.*)", "expected a group called label")],
)
def test_patterns_that_are_none(pattern, message):
    with pytest.raises(InputError, match=message):
        SourceOptions(label_pattern=pattern)


def test_what_was_dropped_is_said():
    said = labels_of_stems(["0000", "0000.1", "0007.1"]).said
    assert said == ("file names; 2 before '.' and a number that counts repeats: 0000.1 reads 0000")
    assert labels_of_stems(["226md", "22d5n"]).said == "file names"


@pytest.mark.parametrize(
    "stems",
    [
        [f"{t}_{w}{n}" for n, (t, w) in enumerate(zip(TEXTS, WORDS, strict=True))],
        [f"kennzeichen_{n}" for n in RNG.sample(range(999), 50)],
        [
            f"{t}_{w}" if n % 2 else f"{w}_{t}_{t}"
            for n, (t, w) in enumerate(zip(TEXTS, WORDS, strict=True))
        ],
        [f"{RNG.randrange(9999)}_{n}" for n in NUMBERS],
        [f"{n * 7 % 81 + 1:02}_{t[:2]}_{n * 37 % 900 + 99}" for n, t in enumerate(TEXTS)],
    ],
    ids=["two texts", "numbers behind a word", "several numbers of fields", "no text", "plates"],
)
def test_fields_that_leave_it_open_are_refused(stems):
    with pytest.raises(
        InputError, match=f"several fields parted by '_', such as {stems[0]}"
    ) as caught:
        labels_of_stems(stems)
    assert caught.value.argument == "label_pattern"
    assert labels_of_stems(stems, SourceOptions(label_separator="")).labels == stems
