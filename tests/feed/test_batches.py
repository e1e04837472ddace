import pickle

import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.feed.batches import BatchMaker, BatchPlan
from ctckit.feed.cache import CacheRoom
from ctckit.feed.order import epoch_order


def count_up(image, label):
    """Return an image that tells how often a step was called before."""
    count_up.calls += 1
    return np.full((2, 3, 1), image, np.uint8), np.array([label], np.int32)


@pytest.fixture(autouse=True)
def calls():
    count_up.calls = 0


def add_noise(image, label, rng):
    return image + rng.integers(100, dtype=np.uint8), label


def room(wanted=True):
    return CacheRoom(10**6) if wanted else None


SAMPLES = [(10 * position, position) for position in range(6)]


def test_samples_come_in_the_order_of_the_plan():
    images, labels = BatchMaker(SAMPLES, [count_up])(BatchPlan([4, 0, 2]))
    assert (images.shape, images.dtype, labels.dtype) == ((3, 2, 3, 1), np.uint8, np.int32)
    assert images[:, 0, 0, 0].tolist() == [40, 0, 20]
    assert labels.tolist() == [[4], [0], [2]]


def test_random_numbers_belong_to_seed_epoch_and_position():
    make = BatchMaker(SAMPLES, [count_up])
    images, _ = make(BatchPlan([1, 2, 3], seed=5, epoch=6, augmentors=[add_noise]))
    turned, _ = make(BatchPlan([3, 2, 1], seed=5, epoch=6, augmentors=[add_noise]))
    assert np.array_equal(images, turned[::-1])
    for other in (BatchPlan([1, 2, 3], 6, 6, [add_noise]), BatchPlan([1, 2, 3], 5, 7, [add_noise])):
        assert not np.array_equal(images, make(other)[0])


def test_the_system_is_told_what_a_batch_needs_but_for_what_is_kept(monkeypatch):
    told = []
    monkeypatch.setattr("ctckit.feed.batches.expect_bytes", lambda images: told.append([*images]))
    make = BatchMaker(SAMPLES, [count_up], cache=room())
    for positions in ([4, 0], [0, 2, 4, 5]):
        make(BatchPlan(positions))
    assert told == [[40, 0], [20, 50]]


@pytest.mark.parametrize(("use_cache", "expected"), [(True, 4), (False, 6)])
def test_the_cache_calls_the_steps_once_a_sample(use_cache, expected):
    make = BatchMaker(SAMPLES, [count_up], cache=room(use_cache))
    make(BatchPlan([0, 1, 2])), make(BatchPlan([1, 2, 3]))
    assert count_up.calls == expected


def test_a_batch_never_writes_to_the_cache():
    def blacken(images, labels):
        images[:] = 0
        return images, labels

    make = BatchMaker(SAMPLES, [count_up], cache=room())
    make(BatchPlan([1, 2], postprocessors=[blacken]))
    assert make(BatchPlan([1, 2]))[0][:, 0, 0, 0].tolist() == [10, 20]


def test_the_cache_stays_here_when_the_maker_is_pickled():
    make = BatchMaker(SAMPLES, [count_up], cache=room())
    empty = len(pickle.dumps(make))
    make(BatchPlan([0, 1, 2]))
    assert len(pickle.dumps(make)) == empty


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (np.zeros((2, 4), np.uint8), r"received \(2, 3\) uint8 and \(2, 4\) uint8; resize"),
        (np.zeros((1, 3), np.uint8), r"and \(1, 3\) uint8"),  # NumPy would repeat its row
        (np.zeros((2, 3), np.float32), r"and \(2, 3\) float32"),  # and cut the fractions off here
    ],
)
def test_images_that_do_not_fit_together(second, message):
    make = BatchMaker([(np.zeros((2, 3), np.uint8), 0), (second, 0)], [])
    with pytest.raises(InputError, match=message):
        make(BatchPlan([0, 1]))


def test_order_of_an_epoch():
    first = epoch_order(50, 3, 0)
    assert sorted(first.tolist()) == list(range(50))
    assert np.array_equal(first, np.random.default_rng([3, 0]).permutation(50))
    assert not np.array_equal(first, epoch_order(50, 3, 1))


# Images that cannot be read


def refuse_some(image, label):
    """Be unable to read the images 20 and 50."""
    if image in (20, 50):
        raise InputError(f"cannot read {image}")
    return count_up(image, label)


def refuse_all(image, label):
    raise InputError(f"cannot read {image}")


@pytest.mark.parametrize("use_cache", [True, False])
def test_the_next_image_comes_in_the_place_of_an_unreadable_one(caplog, use_cache):
    make = BatchMaker(SAMPLES, [refuse_some], cache=room(use_cache), replace_unreadable=True)
    for _ in range(2):
        images, labels = make(BatchPlan([1, 2, 5]))
        assert images[:, 0, 0, 0].tolist() == [10, 30, 0]
        assert labels.tolist() == [[1], [3], [0]]
    assert [message.rpartition(": ")[2] for message in caplog.messages] == [
        "cannot read 20",
        "cannot read 50",
    ]


def test_a_copy_in_another_process_replaces_them_too():
    make = BatchMaker(SAMPLES, [refuse_some], replace_unreadable=True)
    images, _ = pickle.loads(pickle.dumps(make))(BatchPlan([2]))
    assert images[:, 0, 0, 0].tolist() == [30]


@pytest.mark.parametrize(
    ("step", "replace_unreadable", "message"),
    [(refuse_some, False, "cannot read 20"), (refuse_all, True, "cannot read 10")],
    ids=["a set that was checked", "nothing can be read"],
)
def test_unreadable_images_end_a_run(step, replace_unreadable, message):
    make = BatchMaker(SAMPLES, [step], replace_unreadable=replace_unreadable)
    with pytest.raises(InputError, match=message):
        make(BatchPlan([2]))
