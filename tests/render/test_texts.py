import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctckit.errors import InputError
from ctckit.render.texts import LONGEST, Texts, read_words
from tests.render.conftest import CHARACTERS

FORMS = list(Texts("a").forms)
WORDS = ["house", "Straße", "naïve", "don't"]


@settings(deadline=None)  # machines are slow at times
@given(
    st.sampled_from(FORMS),
    st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=40),
    st.text(CHARACTERS, min_size=1),
    st.integers(0, 2**32),
)
def test_a_text_is_one_that_can_be_drawn(form, characters, allowed, seed):
    text = Texts(characters, WORDS).draw(np.random.default_rng(seed), form, allowed)
    assert 1 <= len(text) <= LONGEST
    assert set(text) <= {*allowed, " "}
    assert text == " ".join(text.split())


@pytest.mark.parametrize("form", FORMS)
def test_texts_are_made_of_the_characters(form):
    texts = Texts(CHARACTERS, WORDS)
    rng = np.random.default_rng(0)
    drawn = [texts.draw(rng, form, CHARACTERS) for _ in range(300)]
    assert set("".join(drawn)) <= {*CHARACTERS, " "}
    assert len(set(drawn)) > 20


def test_words_are_those_that_can_be_written():
    rng = np.random.default_rng(0)
    texts = Texts(CHARACTERS, WORDS)
    drawn = {texts.draw(rng, "word", CHARACTERS).lower() for _ in range(300)}
    assert {"house", "straße"} <= drawn and "naïve" not in drawn


def test_a_face_of_capitals_writes_in_them():
    rng = np.random.default_rng(0)
    drawn = {Texts(CHARACTERS, ["house"]).draw(rng, "word", "EHOSU") for _ in range(50)}
    assert "HOUSE" in drawn


def test_words_of_a_file(tmp_path):
    (tmp_path / "words").write_text("one\ntwo\n", encoding="utf-8")
    assert read_words(tmp_path / "words") == ["one", "two"]
    (tmp_path / "words").write_bytes(b"\xff\xfe\x00")
    for name in ("words", "none"):
        with pytest.raises(InputError, match="a word in each line, received"):
            read_words(tmp_path / name)
