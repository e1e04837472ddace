"""Whatever seed, epoch and step: a batch is the same, whoever makes it and when."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ctckit.feed.cache import CacheRoom
from ctckit.training.provider import DataProvider
from tests.properties.steps import cut, draw, vary

COUNT = 30
FORMS = st.fixed_dictionaries(
    {
        "batch_size": st.integers(1, 12),
        "seed": st.integers(0, 2**32),
        "shuffle": st.booleans(),
        "use_cache": st.sampled_from([False, True, CacheRoom(3000)]),
        "free_width": st.booleans(),
        "augmentors": st.sampled_from([[], [vary]]),
        "batch_pixels": st.sampled_from([200, 10**6]),
    }
)
EPOCHS = st.integers(0, 1000)


def make_provider(count=COUNT, *, free_width=False, **options):
    samples = [(str(number), str(number)) for number in range(count)]
    steps = [draw] if free_width else [draw, cut]
    return DataProvider(samples, steps, free_width=free_width, **options)


def require_same(received, expected):
    received, expected = list(received), list(expected)
    assert len(received) == len(expected)
    for batch, wanted in zip(received, expected, strict=True):
        for part, wanted_part in zip(batch, wanted, strict=True):
            assert part.dtype == wanted_part.dtype
            np.testing.assert_array_equal(part, wanted_part)


@given(st.integers(1, COUNT), FORMS, EPOCHS, st.integers(0, 3), st.integers(1, 4), st.data())
def test_any_threads_order_copy_and_beginning(count, form, epoch, workers, ahead, data):
    calm = make_provider(count, workers=0, **form)
    expected = list(calm.batches(epoch))
    assert sorted(label[0] for _, labels in expected for label in labels) == list(range(count))

    other = make_provider(count, workers=workers, max_queue_size=ahead, **form)
    for earlier in data.draw(st.lists(EPOCHS, max_size=2), "epochs before"):
        next(other.batches(earlier))
    require_same(other.batches(epoch), expected)

    first = data.draw(st.integers(0, len(expected)), "first step")
    require_same(pickle.loads(pickle.dumps(other)).batches(epoch, first), expected[first:])

    anew = make_provider(count, **form)
    anew.epoch = epoch
    order = data.draw(st.permutations(range(len(expected))), "order of access")
    require_same((anew[step] for step in order), (expected[step] for step in order))


@pytest.fixture(scope="module")
def processes():
    """Return a provider with processes for each form of image: to start them takes a second."""
    return {
        free_width: make_provider(
            batch_size=4, workers=2, use_multiprocessing=True, free_width=free_width
        )
        for free_width in (False, True)
    }


@settings(max_examples=15)
@given(FORMS, EPOCHS, st.data())
def test_processes(processes, form, epoch, data):
    shared = {name: form[name] for name in ("seed", "shuffle", "augmentors")}
    form = form | {"batch_size": 4, "batch_pixels": 10**6}
    expected = list(make_provider(workers=0, **form).batches(epoch))
    first = data.draw(st.integers(0, len(expected)), "first step")
    other = processes[form["free_width"]].with_(**shared)
    require_same(other.batches(epoch, first), expected[first:])
