import numpy as np
import pytest

from ctckit.labelling.order import EVERY, LEAST, Order, Ranked, look_of

COUNT = 400
KINDS = 4


def looks(kind):
    look = np.zeros(128, np.float32)
    look[kind] = 1
    return look


@pytest.fixture
def ranking():
    """Confidence rises with the place; the places take turns in what they look like."""
    return [Ranked(place, place / COUNT, looks(place % KINDS)) for place in range(COUNT)]


def taken(order, number):
    """Return the next images, each done before the one behind it."""
    done, picks = set(), []
    for _ in range(number):
        picks.append(order.next(lambda place: place not in done))
        done.add(picks[-1].place)
    return picks


def test_without_a_ranking_all_come_at_random():
    picks = taken(Order(COUNT), COUNT)
    assert {pick.place for pick in picks} == set(range(COUNT))
    assert all(pick.at_random for pick in picks)
    places = [pick.place for pick in picks]
    assert places != sorted(places)
    assert places != [pick.place for pick in taken(Order(COUNT, seed=1), COUNT)]


def test_every_fifth_is_drawn_at_random(ranking):
    order = Order(COUNT)
    order.rank(ranking)
    picks = taken(order, 50)
    assert [index % EVERY for index, pick in enumerate(picks, 1) if pick.at_random] == [0] * 10
    assert np.mean([pick.place for pick in picks if pick.at_random]) > 100


def test_the_others_are_hard(ranking):
    order = Order(COUNT)
    order.rank(ranking[::-1])
    hard = [pick.place for pick in taken(order, 20) if not pick.at_random]
    assert max(hard) < COUNT * 0.1 + 20


def test_no_kind_comes_again_and_again():
    """Of the forty least sure ones 36 look alike; those that do not are among the first five."""
    order = Order(COUNT)
    order.rank([Ranked(place, 0.1, looks(max(0, place % 40 - 35))) for place in range(COUNT)])
    hard = [pick.place for pick in taken(order, 8) if not pick.at_random]
    assert {max(0, place % 40 - 35) for place in hard[:5]} == {0, 1, 2, 3, 4}


def test_what_another_tab_shows_comes_later(ranking):
    order = Order(COUNT)
    order.rank(ranking)
    busy = set(range(LEAST))
    assert order.next(lambda place: place not in busy).place not in busy
    assert order.next(lambda place: place in busy).place in busy


def test_where_none_is_free(ranking):
    order = Order(COUNT)
    order.rank(ranking)
    assert order.next(lambda place: False) is None


def test_images_that_a_ranking_lacks_come_at_random(ranking):
    order = Order(COUNT)
    order.rank(ranking[:3])
    assert {pick.place for pick in taken(order, COUNT)} == set(range(COUNT))


def test_a_look_tells_images_apart_but_not_their_brightness():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 128, (30, 90, 3), np.uint8)
    look = look_of(image)
    assert look.shape == (128,) and np.linalg.norm(look) == pytest.approx(1, rel=1e-5)
    assert look @ look_of(image + 100) == pytest.approx(1, rel=1e-3)
    assert abs(look @ look_of(rng.integers(0, 128, (30, 90, 3), np.uint8))) < 0.5
    assert not look_of(np.full((30, 90, 1), 7, np.uint8)).any()
