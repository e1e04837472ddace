"""Whatever the characters: what is encoded is decoded, also by the way of a network's output."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ctckit.text.direction import failing_round_trips
from ctckit.text.greedy import ctc_decoder
from ctckit.text.vocabulary import Vocabulary

ANY = st.text(max_size=12)
TWO_WAYS = st.text("אבגسلام12 ab().,-", max_size=12)  # from right to left, mixed with the other
LABELS = st.lists(ANY | TWO_WAYS, min_size=1, max_size=6).filter(any)


@given(LABELS)
def test_labels_are_decoded_as_they_were(labels):
    vocabulary = Vocabulary.from_labels(labels)
    told_beforehand = failing_round_trips(labels) if vocabulary.direction == "rtl" else []
    for label in labels:
        ids = vocabulary.encode(label)
        assert (ids.dtype, ids.shape) == (np.int32, (len(label),))
        assert all(0 <= one < vocabulary.blank_id for one in ids)
        assert (vocabulary.decode(ids) == label) == (label not in told_beforehand)
        assert vocabulary.decode([*ids, vocabulary.padding_id, -1]) == vocabulary.decode(ids)


@given(st.sets(st.characters(), min_size=1, max_size=30), st.randoms())
def test_ids_do_not_depend_on_the_order_of_the_characters(characters, random):
    shuffled = random.sample(sorted(characters), len(characters))
    vocabulary = Vocabulary(shuffled)
    assert vocabulary == Vocabulary("".join(sorted(characters)))
    assert vocabulary.encode("".join(vocabulary)).tolist() == list(range(len(characters)))


@given(ANY.filter(bool), st.data())
def test_every_path_of_a_text_is_decoded_to_it(text, data):
    vocabulary = Vocabulary(text)
    path: list[int] = []
    for one in vocabulary.encode(text).tolist():
        least = 1 if path[-1:] == [one] else 0  # a blank parts equal neighbours
        path += [vocabulary.blank_id] * data.draw(st.integers(least, 2))
        path += [one] * data.draw(st.integers(1, 3))
    probabilities = np.full((1, len(path), vocabulary.num_classes), 0.1, np.float32)
    probabilities[0, range(len(path)), path] = 0.9
    assert ctc_decoder(probabilities, vocabulary) == [text]
