from pathlib import Path
from shutil import copy

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from ctckit.errors import InputError
from ctckit.render import faces as faces_module
from ctckit.render.faces import CASED, find_faces
from tests.render.conftest import CHARACTERS, FONTS


def test_faces_draw_what_they_say(faces):
    names = {Path(face.path).stem: face for face in faces}
    assert names["DejaVuSans"].characters == "".join(sorted(CHARACTERS))
    assert "ß" not in names["cmr10"].characters, "it has none"
    assert {face.manner for face in faces} == {"print"}
    assert names["DejaVuSans-Bold"].family == names["DejaVuSans"].family == "ttf/dejavusans"


def test_symbols_are_no_letters(faces):
    """Computer Modern's symbols stand where letters are."""
    assert (FONTS / "cmsy10.ttf").is_file() and (FONTS / "cmex10.ttf").is_file()
    assert not {"cmsy10", "cmex10"} & {Path(face.path).stem for face in faces}


def test_few_characters_are_enough_where_no_more_are_wanted():
    (face,) = find_faces([FONTS / "DejaVuSans.ttf"], "AB")
    assert face.characters == "AB"


def test_small_letters_with_the_form_of_capitals_are_left_out(monkeypatch):
    form = faces_module._glyphs

    def capitals(font, characters):
        return {one: form(font, [one.upper()])[one.upper()] for one in characters if one != "ß"}

    monkeypatch.setattr(faces_module, "_glyphs", capitals)
    ((face, forms),) = faces_module._faces((str(FONTS / "DejaVuSans.ttf"), "print", CHARACTERS))
    assert not any(one.islower() for one in face.characters)
    assert "A" in face.characters and not set(CASED) & forms.keys()


@pytest.mark.parametrize(
    ("file", "manner"),
    [
        ("a/DejaVuSans.ttf", "print"),
        ("hand/a/DejaVuSans.ttf", "hand"),
        ("a/dots/DejaVuSans.ttf", "dots"),
        ("hands/DejaVuSans.ttf", "print"),
        ("a/MyHandwriting.ttf", "hand"),
        ("segments/MyHandwriting.ttf", "segments"),
    ],
)
def test_folders_and_names_say_what_faces_look_like(tmp_path, file, manner):
    place = tmp_path / "hand"  # where the fonts were put says nothing
    (place / file).parent.mkdir(parents=True)
    copy(FONTS / "DejaVuSans.ttf", place / file)
    (face,) = find_faces([place], "AB")
    assert face.manner == manner
    assert find_faces([place / file], "AB")[0].manner == (
        "hand" if "Handwriting" in file else "print"
    )


def test_fonts_of_the_web_are_read(tmp_path):
    font = TTFont(FONTS / "DejaVuSans.ttf")
    font.flavor = "woff"
    font.save(tmp_path / "web.woff")
    (face,) = find_faces([tmp_path], CHARACTERS)
    (plain,) = find_faces([FONTS / "DejaVuSans.ttf"], CHARACTERS)
    assert face.characters == plain.characters
    assert face.font(20).getbbox("Agß") == plain.font(20).getbbox("Agß")


def test_a_slanted_glyph_is_compared_upright():
    bar = np.zeros((40, 40), np.uint8)
    for row in range(40):
        bar[row, 18 - row // 4 + 5 : 24 - row // 4 + 5] = 255
    upright = np.full((40, 6), 255, np.uint8)
    assert float(faces_module._form(bar) @ faces_module._form(upright)) > 0.9


@pytest.mark.parametrize("content", [b"", b"no font at all", b"\0\1\0\0" + bytes(200)])
def test_what_is_no_font_is_passed_over(tmp_path, content):
    (tmp_path / "a.ttf").write_bytes(content)
    with pytest.raises(InputError, match=r"expected fonts \(.*, .woff\).* received none"):
        find_faces([tmp_path], CHARACTERS)
