import pickle

import numpy as np
import pytest

from ctckit.data.texts import Texts

MANY = [f"{number}.png" for number in range(25_000)]
ODD = ["", "é", "a\0b", "\udcff.png", "漢字", "𝄞"]  # no text, a name that is no Unicode, …


@pytest.mark.parametrize("texts", [MANY, ODD * 5000, [], [""]], ids=["ascii", "odd", "none", "one"])
def test_texts_come_back_as_they_were(texts):
    columns = Texts.of(iter(texts))
    assert [*columns] == texts and len(columns) == len(texts)
    assert [columns[place] for place in range(-len(texts), len(texts), 997)] == [
        texts[place] for place in range(-len(texts), len(texts), 997)
    ]


def test_some_of_them_share_the_arrays():
    columns = Texts.of(MANY)
    some = columns[np.array([7, 3, 7])]
    assert [*some] == ["7.png", "3.png", "7.png"] and some[-1] == "7.png"
    assert [*some[1:]] == ["3.png", "7.png"] and [*some[::-1][:1]] == ["7.png"]
    assert [*columns[np.array([False] * 24_999 + [True])]] == ["24999.png"]
    assert some._content is columns._content
    for place in (3, -4):
        with pytest.raises(IndexError):
            some[place]


def test_others_behind_them():
    both = Texts.of(["a", "é"])[::-1] + Texts.of(ODD)
    assert [*both] == ["é", "a", *ODD]


def test_they_equal_any_sequence_of_the_same():
    assert Texts.of(ODD) == ODD and Texts.of(ODD)[1:] == tuple(ODD[1:])
    assert Texts.of(ODD) != ODD[1:] and Texts.of("ab") != {"a", "b"}


def test_a_part_goes_to_another_process_without_the_others():
    part = pickle.dumps(Texts.of(MANY)[:10])
    assert len(part) < 1000 and pickle.loads(part) == MANY[:10]  # noqa: S301
