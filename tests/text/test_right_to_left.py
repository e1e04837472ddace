"""Every way from probabilities to texts, for texts that are written from right to left."""

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.text.alignment import align
from ctckit.text.constrained.constraint import Constraint, constrained_decode
from ctckit.text.forward import text_probabilities
from ctckit.text.greedy import ctc_decoder, greedy_decode
from ctckit.text.nbest import beam_search
from ctckit.text.vocabulary import Vocabulary

LABEL, VISUAL = "אבב 12", "12 בבא"
HEBREW = Vocabulary.from_labels([LABEL, "גA(%"])
LATIN_LIKE = Vocabulary(HEBREW.characters)  # the same classes, in the order of the eye


def image_of(visual: str, *, sure: float = 0.9) -> np.ndarray:
    """Return what a network says that sees these characters from left to right: (1, T, V+1)."""
    blank = LATIN_LIKE.blank_id
    steps = [blank]
    for class_id in LATIN_LIKE.encode(visual):
        steps += [class_id, blank]
    rest = (1 - sure) / (HEBREW.num_classes - 1)
    return np.where(np.eye(HEBREW.num_classes)[steps], sure, rest)[None]


def test_decoders_give_the_order_of_reading():
    probabilities = image_of(VISUAL)
    assert ctc_decoder(probabilities, HEBREW) == [LABEL]
    assert ctc_decoder(probabilities, str(HEBREW)) == [
        VISUAL
    ]  # of plain characters nothing is known
    assert greedy_decode(probabilities, HEBREW)[0] == [LABEL]
    assert greedy_decode(np.stack([probabilities] * 2, axis=1), HEBREW)[0] == [LABEL]
    assert beam_search(probabilities[0], HEBREW)[0].text == LABEL


def test_confidence_is_that_of_the_same_classes():
    probabilities = image_of(VISUAL)
    [expected] = text_probabilities(probabilities, [VISUAL], LATIN_LIKE)
    assert text_probabilities(probabilities, [LABEL], HEBREW) == pytest.approx([expected])
    assert greedy_decode(probabilities, HEBREW)[1] == pytest.approx([expected])
    assert beam_search(probabilities[0], HEBREW)[0].probability == pytest.approx(expected)


def test_texts_that_read_the_same_are_one_candidate():
    blank = LATIN_LIKE.blank_id
    steps = np.full((3, HEBREW.num_classes), 1e-6)
    steps[[0, 2], LATIN_LIKE.encode("גא")] = 1 - 1e-5
    steps[1, blank] = 1.0
    texts = [candidate.text for candidate in beam_search(steps / steps.sum(1)[:, None], HEBREW)]
    assert len(set(texts)) == len(texts)
    assert texts[0] == "אג"


def test_characters_come_in_the_order_of_reading_with_their_places():
    found = align(image_of(VISUAL)[0], LABEL, HEBREW)
    assert "".join(character.text for character in found) == LABEL
    by_place = sorted(found, key=lambda character: character.start)
    assert "".join(character.text for character in by_place) == VISUAL
    assert found[0].start > found[1].start  # the first letter stands on the right


@pytest.mark.parametrize(
    ("constraint", "visual", "expected"),
    [
        (Constraint(lexicon=[LABEL, "גגג 12"]), "12 בבג", LABEL),  # one letter misread
        (Constraint(lexicon=[LABEL], pattern="[אב]+ .*"), VISUAL, LABEL),  # of a list, in any order
        (Constraint(length=6), VISUAL, LABEL),
        (Constraint(pattern="[12]{2}"), "12", "12"),  # numbers keep their order
        (Constraint(pattern="[0-9A]+"), "1A2", "1A2"),
    ],
)
def test_constraints(constraint, visual, expected):
    assert constrained_decode(image_of(visual, sure=0.7), HEBREW, constraint)[0] == [expected]
    assert constraint.allows(expected, HEBREW)


@pytest.mark.parametrize("pattern", ["[אב]+", "א12", ".*", r"[^1]2"])
def test_patterns_of_two_directions_are_refused(pattern):
    with pytest.raises(InputError, match="pattern of texts from left to right.*give a lexicon"):
        Constraint(pattern=pattern).require_possible(HEBREW)


def test_patterns_of_older_models_go_on():
    Constraint(pattern="[אב]+").require_possible(Vocabulary("אב"))
