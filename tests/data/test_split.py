import pytest

from ctckit.data.samples import Sample
from ctckit.data.split import split_folds, split_samples
from ctckit.errors import InputError

SAMPLES = [Sample(f"{i:03}.png", str(i)) for i in range(101)]


@pytest.mark.parametrize(("fraction", "size"), [(0.9, 91), (0.5, 50), (0.01, 1), (0.99, 100)])
def test_parts_are_disjoint_and_complete(fraction, size):
    first, second = split_samples(SAMPLES, fraction, seed=0)
    assert len(first) == size
    assert sorted(first + second) == SAMPLES


def test_same_seed_same_parts_whatever_the_order_of_the_input():
    forwards, backwards = list(SAMPLES), SAMPLES[::-1]
    assert split_samples(forwards, 0.9, 3) == split_samples(backwards, 0.9, 3)
    assert forwards == SAMPLES


def test_other_seed_other_parts():
    assert split_samples(SAMPLES, 0.9, 0) != split_samples(SAMPLES, 0.9, 1)


def test_parts_are_shuffled_not_alphabetical():
    first, second = split_samples(SAMPLES, 0.9, 0)
    assert first != sorted(first)
    assert second != SAMPLES[91:]


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_fraction_out_of_range(fraction):
    with pytest.raises(InputError, match=f"fraction between 0 and 1.*received {fraction}"):
        split_samples(SAMPLES, fraction, 0)


@pytest.mark.parametrize(
    ("count", "fraction"),
    [(0, 0.5), (1, 0.9), (5, 0.99), (5, 0.01)],
    ids=["no samples", "one sample", "second part empty", "first part empty"],
)
def test_empty_part(count, fraction):
    with pytest.raises(InputError, match=f"received {count}.*one part empty"):
        split_samples(SAMPLES[:count], fraction, 0)


@pytest.mark.parametrize(("count", "num_folds"), [(10, 2), (11, 3), (5, 5)])
def test_folds_hold_every_sample_once(count, num_folds):
    samples = [(f"{index}.png", str(index)) for index in range(count)]
    folds = list(split_folds(samples, num_folds, seed=1))
    assert sorted(sample for _, fold in folds for sample in fold) == sorted(samples)
    for rest, fold in folds:
        assert sorted([*rest, *fold]) == sorted(samples)
    sizes = {len(fold) for _, fold in folds}
    assert max(sizes) - min(sizes) <= 1


def test_folds_depend_on_samples_and_seed_alone():
    samples = [(f"{index}.png", str(index)) for index in range(20)]
    assert list(split_folds(samples, 4, 0)) == list(split_folds(samples[::-1], 4, 0))
    assert list(split_folds(samples, 4, 0)) != list(split_folds(samples, 4, 1))


@pytest.mark.parametrize("num_folds", [0, 1, 4])
def test_refuses_a_number_of_folds_that_cannot_be(num_folds):
    samples = [("a.png", "a"), ("b.png", "b"), ("c.png", "c")]
    with pytest.raises(InputError, match="2 to 3 folds for 3 samples"):
        list(split_folds(samples, num_folds, 0))
