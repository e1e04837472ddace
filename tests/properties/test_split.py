"""Whatever the samples: each comes in one part, and the order of the input does not matter."""

from collections import Counter

from hypothesis import assume, given
from hypothesis import strategies as st

from ctckit.data.samples import Sample
from ctckit.data.split import split_folds, split_samples
from ctckit.errors import InputError

SAMPLES = st.lists(
    st.builds(Sample, st.text(max_size=4), st.text("ab", max_size=2)), min_size=2, max_size=40
)
FRACTIONS = st.floats(0.02, 0.98)
SEEDS = st.integers(0, 2**32)
GROUPS = st.sampled_from([None, lambda sample: sample.label])


def parted(samples, fraction, seed, group_of):
    """Return both parts, or skip what cannot be parted so."""
    try:
        return split_samples(samples, fraction, seed, group_of=group_of)
    except InputError:
        assume(False)


@given(SAMPLES, FRACTIONS, SEEDS, GROUPS, st.randoms())
def test_two_parts(samples, fraction, seed, group_of, random):
    first, second = parted(samples, fraction, seed, group_of)
    assert Counter([*first, *second]) == Counter(samples), "disjoint and complete"
    if group_of is None:
        assert len(first) == round(len(samples) * fraction)
    else:
        assert not {*map(group_of, first)} & {*map(group_of, second)}
    shuffled = random.sample(samples, len(samples))
    assert split_samples(shuffled, fraction, seed, group_of=group_of) == (first, second)


@given(SAMPLES, st.integers(2, 5), SEEDS, GROUPS, st.randoms())
def test_folds(samples, num_folds, seed, group_of, random):
    of_its_own = len(samples) if group_of is None else len({*map(group_of, samples)})
    assume(num_folds <= of_its_own)
    parts = list(split_folds(samples, num_folds, seed, group_of=group_of))
    assert Counter(sample for _, fold in parts for sample in fold) == Counter(samples)
    for rest, fold in parts:
        assert len(fold) and Counter([*rest, *fold]) == Counter(samples)
        if group_of is not None:
            assert not {*map(group_of, rest)} & {*map(group_of, fold)}
    shuffled = random.sample(samples, len(samples))
    assert list(split_folds(shuffled, num_folds, seed, group_of=group_of)) == parts
