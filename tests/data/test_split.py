import pickle

import numpy as np
import pytest

from ctckit.data.groups import key_of_groups, require_groups
from ctckit.data.samples import Sample, Samples
from ctckit.data.split import Subset, split_folds, split_samples
from ctckit.errors import InputError

SAMPLES = [Sample(f"{i:03}.png", str(i)) for i in range(101)]


class Drawn:
    """Samples made when they are asked for; there is never a list of them."""

    def __len__(self):
        return len(SAMPLES)

    def __getitem__(self, index: int) -> Sample:
        assert type(index) is int
        return SAMPLES[index]


@pytest.mark.parametrize(("fraction", "size"), [(0.9, 91), (0.5, 50), (0.01, 1), (0.99, 100)])
def test_parts_are_disjoint_and_complete(fraction, size):
    first, second = split_samples(SAMPLES, fraction, seed=0)
    assert len(first) == size
    assert sorted([*first, *second]) == SAMPLES


def test_same_seed_same_parts_whatever_the_order_of_the_input():
    forwards, backwards = list(SAMPLES), SAMPLES[::-1]
    assert split_samples(forwards, 0.9, 3) == split_samples(backwards, 0.9, 3)
    assert forwards == SAMPLES


def test_other_seed_other_parts():
    assert split_samples(SAMPLES, 0.9, 0) != split_samples(SAMPLES, 0.9, 1)


def test_parts_are_shuffled_not_alphabetical():
    first, second = map(list, split_samples(SAMPLES, 0.9, 0))
    assert first != sorted(first)
    assert second != SAMPLES[91:]


def test_the_order_is_that_of_the_first_version():
    samples = [(f"{index}.png", "x") for index in range(6)]
    first, second = split_samples(samples, 0.5, seed=3)
    assert [name for name, _ in first] == ["2.png", "5.png", "4.png"]
    assert [name for name, _ in second] == ["1.png", "3.png", "0.png"]
    rest, _ = next(split_folds(samples, 3, seed=3))
    assert [name for name, _ in rest] == ["5.png", "3.png", "4.png", "0.png"]


def test_parts_are_views_of_any_sequence():
    first, second = split_samples(Drawn(), 0.9, 3)
    assert (first, second) == split_samples(SAMPLES, 0.9, 3)
    assert first[0] is SAMPLES[SAMPLES.index(first[0])]
    for rest, fold in split_folds(Drawn(), 3, 0):
        assert sorted([*rest, *fold]) == SAMPLES


def test_columns_are_split_as_lists_are():
    columns = Samples.of(SAMPLES[::-1])
    assert split_samples(columns, 0.9, 3)[0] == [*split_samples(SAMPLES, 0.9, 3)[0]]
    folds = zip(split_folds(columns, 3, 0), split_folds(SAMPLES, 3, 0), strict=True)
    assert all(own == [*its] for pair in folds for own, its in zip(*pair, strict=True))
    grouped = [
        split_samples(all_, 0.5, 1, group_of=lambda sample: sample.label[-1])[0]
        for all_ in (columns, SAMPLES)
    ]
    assert grouped[0] == [*grouped[1]]


def test_a_subset_is_a_sequence():
    subset = Subset("abcdef", np.array([4, 0, 2, 5]))
    assert list(subset) == list("eacf")
    assert subset == Subset("fedcba", np.array([1, 5, 3, 0])) and subset != list("eacf")
    assert (len(subset), subset[1], subset[-1]) == (4, "a", "f")
    assert list(subset[1:3]) == ["a", "c"] and list(subset[::-1][:2]) == ["f", "c"]
    assert "c" in subset and "b" not in subset
    with pytest.raises(IndexError):
        subset[4]
    assert not Subset("abc", np.array([], int))


def test_a_subset_can_go_to_another_process():
    first, _ = split_samples(SAMPLES, 0.9, 3)
    assert pickle.loads(pickle.dumps(first)) == first  # noqa: S301


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_fraction_out_of_range(fraction):
    with pytest.raises(InputError, match=f"^fraction: .*between 0 and 1.*received {fraction};"):
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
    with pytest.raises(InputError, match="^num_folds: expected 2 to 3 folds for 3 samples"):
        list(split_folds(samples, num_folds, 0))


def grouped(num_groups, size):
    return [
        Sample(f"{group}_{n}.png", f"t{group}") for group in range(num_groups) for n in range(size)
    ]


@pytest.mark.parametrize("rule", ["label", "[0-9]+", "([0-9]+)_"])
def test_groups_stay_on_one_side(rule):
    samples, group_of = grouped(20, 5), key_of_groups(rule)
    train, val = split_samples(samples, 0.9, 0, group_of=group_of)
    assert sorted([*train, *val]) == sorted(samples)
    assert len(val) == 10
    assert not {group_of(s) for s in train} & {group_of(s) for s in val}
    assert split_samples(samples[::-1], 0.9, 0, group_of=group_of) == (train, val)


@pytest.mark.parametrize("rule", ["label", "[0-9]+"])
def test_groups_come_in_one_fold(rule):
    samples, group_of = grouped(7, 3), key_of_groups(rule)
    folds = [fold for _, fold in split_folds(samples, 3, 0, group_of=group_of)]
    assert sorted(s for fold in folds for s in fold) == sorted(samples)
    groups = [{group_of(s) for s in fold} for fold in folds]
    assert sum(map(len, groups)) == 7


def test_groups_that_are_too_large_or_too_few():
    with pytest.raises(InputError, match="group_by: expected groups that can be parted"):
        split_samples(grouped(1, 20), 0.9, 0, group_of=key_of_groups("label"))
    with pytest.raises(InputError, match="group_by: expected 3 groups or more"):
        list(split_folds(grouped(2, 20), 3, 0, group_of=key_of_groups("label")))


def test_a_rule_for_groups_that_is_none():
    with pytest.raises(InputError, match="group_by: expected label or a regular expression"):
        key_of_groups("(")


def test_a_name_that_does_not_match_stands_alone():
    key = key_of_groups("[0-9]+_")
    assert key(Sample("x/12_a.png", "")) == "12_"
    assert key(Sample("x/b.png", "")) == "x/b.png"


def test_a_rule_that_puts_nothing_together_is_refused():
    require_groups(grouped(3, 2), "label")
    with pytest.raises(InputError, match="group_by: expected a rule that puts some of 6 samples"):
        require_groups(grouped(3, 2), "zzz")
