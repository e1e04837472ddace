import numpy as np
import pytest

from ctckit.report import drawing
from ctckit.report.drawing import draw_line

needs_fonts = pytest.mark.skipif(not drawing._HAS_FONTS, reason="OpenCV 4 has no fonts")


def drawn(text, width=400):
    image = np.full((30, 400, 3), 255, np.uint8)
    draw_line(image, text, left=2, baseline=20, size=15, color=(0, 0, 0), width=width)
    return image


@needs_fonts
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("שלום", "םולש"),  # in the order of the eye
        ("שלום 12 → ab", "12 םולש → ab"),  # what was read stays behind the arrow
        ("अ", "\\u0905"),  # the font lacks it
        ("a漢é", "a漢é"),
    ],
)
def test_texts_of_any_script(monkeypatch, text, shown):
    seen = []
    monkeypatch.setattr(drawing, "_fit", lambda text, size, width: seen.append(text) or "")
    drawn(text)
    assert seen == [shown]


@needs_fonts
def test_no_question_marks_for_characters_the_font_lacks():
    assert not np.array_equal(drawn("अ"), drawn("?"))
    assert not np.array_equal(drawn("अ"), drawn("ก"))


def test_a_line_is_cut_at_its_width():
    assert (drawn("w" * 200, width=100)[:, 104:] == 255).all()
