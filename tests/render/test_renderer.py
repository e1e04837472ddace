import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.render.grounds import GROUNDS
from ctckit.render.ink import Layout, draw_ink
from ctckit.render.kinds import KINDS, Style
from ctckit.render.renderer import Renderer, draw
from ctckit.render.texts import Texts
from tests.render.conftest import CHARACTERS

PLAIN = Style(form="word", margins=(0.5, 0.5, 0.5, 0.5))


@pytest.fixture
def renderer(faces):
    return Renderer(faces, Texts(CHARACTERS, ["house", "tree"]), seed=3)


@pytest.fixture
def face(faces):
    return next(face for face in faces if face.path.endswith("DejaVuSans.ttf"))


def test_an_image_is_a_function_of_seed_and_number(renderer, faces):
    first = [renderer(number) for number in range(20)]
    other = pickle.loads(pickle.dumps(renderer))
    for number in (7, 3, 19, 0):
        image, text = other(number)
        assert text == first[number][1]
        np.testing.assert_array_equal(image, first[number][0])
    another = Renderer(faces, renderer.texts, seed=4)
    assert len({text for _, text in first} | {another(number)[1] for number in range(20)}) > 25


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_draws_images_with_ink(renderer, faces, kind):
    only = Renderer(faces, renderer.texts, kinds=[kind])
    for number in range(40):
        image, text = only(number)
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
        assert min(image.shape[:2]) >= 4 and text
        assert image.std() > 0.5, "something is to be seen"


@pytest.mark.parametrize("ground", GROUNDS)
def test_a_ground_has_the_size_that_is_asked_for(ground):
    rng = np.random.default_rng(0)
    for size in ((4, 4), (50, 7), (9, 300)):
        painted = GROUNDS[ground](*size, np.full(3, 120, np.float32), rng)
        assert painted.shape == (*size, 3) and painted.dtype == np.float32


LAYOUTS = [
    Layout(turn=8.0),
    Layout(shift=0.1),
    Layout(grow=0.1),
    Layout(tracking=0.2),
    Layout(slant=0.3),
    Layout(wave=0.15),
    Layout(wobble=0.05),
    Layout(stroke=1.5),
    Layout(stroke=-0.5),
    Layout(hollow=True),
    Layout(shadow=3),
    Layout(many_colours=True),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_every_way_to_lay_out_shows(face, layout):
    colours = np.array([[0, 0, 0], [90, 0, 0]], np.float32)

    def drawn(layout):
        return draw_ink("Text", face, layout, colours, np.random.default_rng(0))

    even, other = drawn(Layout()), drawn(layout)
    assert other.cover.min() >= 0 and other.cover.max() <= 1.001
    assert other.colour.shape[:2] in {(1, 1), other.cover.shape}
    same = even.cover.shape == other.cover.shape and np.allclose(even.cover, other.cover)
    assert not same or other.colour.max() > even.colour.max(), "or in colours"


@pytest.mark.parametrize(
    "changes",
    [{}, {"light_on_dark": True}, {"is_grey": True}, {"contrast": 150.0}],
    ids=str,
)
def test_ink_differs_from_its_ground_as_much_as_was_asked_for(face, changes):
    style = replace(PLAIN, **changes)
    for seed in range(20):
        grey = cv2.cvtColor(
            draw("HIM", face, style, np.random.default_rng(seed)), cv2.COLOR_BGR2GRAY
        )
        ground = int(grey[0, 0])
        darker, lighter = ground - int(grey.min()), int(grey.max()) - ground
        assert max(darker, lighter) > style.contrast * 0.9
        assert (lighter > darker) == style.light_on_dark


def test_the_same_luma_in_another_hue(face):
    style = replace(PLAIN, hue_only=True)
    for seed in range(20):
        image = draw("HIM", face, style, np.random.default_rng(seed))
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        assert int(grey.max()) - int(grey.min()) < 30
        assert image.astype(int).reshape(-1, 3).std(0).max() > 10


def test_what_wobbles_is_whole_and_no_character_comes_twice_alike(face):
    colours, layout = np.zeros((1, 3), np.float32), Layout(wobble=0.05)
    even, other = (
        draw_ink("H      H", face, each, colours, np.random.default_rng(1)).cover
        for each in (Layout(), layout)
    )
    assert other.sum() == pytest.approx(even.sum(), rel=0.15)
    first, last = (half[:, half.max(0) > 0.2] for half in np.array_split(other, 2, axis=1))
    same = first.shape == last.shape and np.allclose(first, last, atol=0.1)
    assert not same
    first, last = (half[:, half.max(0) > 0.2] for half in np.array_split(even, 2, axis=1))
    np.testing.assert_allclose(first, last, atol=0.1)


def test_paper_has_lines():
    """From one row to the next most of an image changes at once, as clouds alone do not."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        image = GROUNDS["ruled"](60, 200, np.full(3, 120, np.float32), rng)
        paper = np.median(image, axis=1, keepdims=True)
        assert np.abs(np.diff(paper, axis=0)).max() > 12


def test_a_wide_gap_makes_a_wide_image(face):
    near, far = (
        draw("abcd", face, replace(PLAIN, layout=layout), np.random.default_rng(0)).shape[1]
        for layout in (Layout(tracking=0.01), Layout(tracking=0.5))
    )
    assert far > 1.3 * near


def test_a_margin_below_0_cuts_into_the_text(face):
    whole = draw("abcd", face, PLAIN, np.random.default_rng(0))
    cut = draw("abcd", face, replace(PLAIN, margins=(-0.2,) * 4), np.random.default_rng(0))
    assert cut.shape[1] / cut.shape[0] != whole.shape[1] / whole.shape[0]
    assert cut.std() > whole.std(), "less ground"


def test_faces_of_one_manner_draw_all_kinds(faces, renderer):
    dots = Renderer([face._replace(manner="dots") for face in faces], renderer.texts)
    assert all(dots(number)[1] for number in range(20))


def test_an_unknown_kind_is_refused(faces):
    with pytest.raises(InputError, match=r"print, scene, .*, received postcard"):
        Renderer(faces, Texts("a"), kinds=["postcard"])


def test_something_is_left_of_the_narrowest_text(face):
    rng = np.random.default_rng(0)
    style = replace(PLAIN, margins=(-0.5, -0.5, -0.5, -0.5), perspective=0.3, turn=5.0)
    for _ in range(200):
        assert min(draw(":", face, style, rng).shape[:2]) >= 4
