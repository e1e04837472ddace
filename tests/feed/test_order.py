import numpy as np
import pytest

from ctckit.feed.order import epoch_order, like_widths


def test_every_epoch_has_an_order_of_its_own():
    orders = [epoch_order(100, seed, epoch).tolist() for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert epoch_order(100, 1, 0).tolist() == orders[2]


def columns(batches, widths):
    return [len(batch) * int(widths[batch].max()) for batch in batches]


def cut(widths, *, batch_size=16, batch_columns=1e9):
    positions = np.random.default_rng(0).permutation(len(widths))
    batches = like_widths(
        positions, widths[positions], batch_size=batch_size, batch_columns=batch_columns
    )
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(widths))), "each once"
    assert len(batches) == -(-len(widths) // batch_size), "as many as can be counted beforehand"
    assert all(len(batch) for batch in batches)
    return batches


@pytest.mark.parametrize("count", [1, 15, 16, 17, 100, 512])
def test_images_of_a_batch_are_alike_in_width(count):
    widths = np.random.default_rng(1).integers(8, 400, count)
    batches = cut(widths)
    assert [len(batch) for batch in batches[:-1]] == [16] * (len(batches) - 1)
    ends = [(widths[batch].min(), widths[batch].max()) for batch in batches]
    assert all(before[1] <= after[0] for before, after in zip(ends, ends[1:], strict=False))


def test_little_is_padded():
    widths = np.random.default_rng(2).integers(50, 400, 512)
    padded = 1 - widths.sum() / sum(columns(cut(widths), widths))
    assert padded < 0.05


@pytest.mark.parametrize("widest", [4_000, 40_000])
def test_the_widest_image_does_not_bound_the_memory(widest):
    widths = np.random.default_rng(3).integers(100, 300, 512)
    widths[7] = widest
    assert max(columns(cut(widths), widths)) > 15 * widest
    bounded = cut(widths, batch_columns=5_000)
    assert max(columns(bounded, widths)) <= max(widest, 5_000)
    assert max(map(len, bounded)) <= 32


@pytest.mark.parametrize("columns_allowed", [1, 500, 1_000, 3_000])
def test_where_all_are_too_wide_batches_are_evened_out(columns_allowed):
    widths = np.random.default_rng(4).integers(100, 1000, 64)
    batches = cut(widths, batch_columns=columns_allowed)
    mean = widths.sum() / len(batches)
    assert max(columns(batches, widths)) < 1.6 * max(mean, columns_allowed)
