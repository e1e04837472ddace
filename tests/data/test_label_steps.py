import numpy as np
import pytest
from mltu import transformers as mltu

from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.errors import InputError
from ctckit.text.vocabulary import Vocabulary


@pytest.mark.parametrize("vocabulary", [Vocabulary("abc"), "abc", ["a", "b", "c"], "cab"])
def test_indexer_takes_any_form_of_a_vocabulary(vocabulary):
    image, ids = LabelIndexer(vocabulary)("image", "cab")
    assert image == "image"
    assert ids.dtype == np.int32
    assert ids.tolist() == [2, 0, 1]


def test_indexer_names_unknown_characters():
    with pytest.raises(InputError, match="label 'abx': .*received 'x'"):
        LabelIndexer("abc")(None, "abx")


def test_padding():
    image, ids = LabelPadding(max_word_length=4, padding_value=9)("image", np.array([1, 2]))
    assert image == "image"
    assert ids.dtype == np.int32
    assert ids.tolist() == [1, 2, 9, 9]


def test_padding_does_not_cut():
    with pytest.raises(InputError, match="at most 2 characters, received a label of 3"):
        LabelPadding(max_word_length=2, padding_value=9)(None, np.array([1, 2, 3]))


def test_padding_refuses_no_length():
    with pytest.raises(InputError, match="max_word_length of at least 1, received 0"):
        LabelPadding(max_word_length=0, padding_value=9)


@pytest.mark.parametrize("label", ["", "a", "cab", "abcab"])
def test_labels_same_as_mltus(label):
    ours, theirs = None, None
    for step in (LabelIndexer("abc"), LabelPadding(max_word_length=5, padding_value=3)):
        _, ours = step(None, label if ours is None else ours)
    for step in (mltu.LabelIndexer(list("abc")), mltu.LabelPadding(3, 5)):
        _, theirs = step(None, label if theirs is None else theirs)
    assert np.array_equal(ours, theirs)
