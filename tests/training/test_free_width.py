"""Training where each image has its own width."""

from functools import cache

import keras
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.data.samples import Sample
from ctckit.feed.order import WINDOW
from ctckit.image import NO_IMAGE
from ctckit.text import ctc_decoder
from ctckit.training import DataProvider, fit, make_schedule, predict_all
from model import make_model

HEIGHT = 16


@cache
def pixels(number: int) -> np.ndarray:
    """Return an image of 16 × 24 to 16 × 120 that stands for its number."""
    width = 8 * (3 + number * 7 % 13)
    rng = np.random.default_rng(number)
    return rng.integers(0, 256, (HEIGHT, width, 1)).astype(np.uint8)


def decode(image, label):
    return pixels(int(image)), np.array([int(image)], np.int32)


def provider(count=150, **options) -> DataProvider:
    samples = [Sample(str(number), str(number)) for number in range(count)]
    return DataProvider(samples, [decode], batch_size=4, free_width=True, **options)


def numbers(batch) -> list[int]:
    return batch[1].ravel().tolist()


def test_a_batch_holds_each_image_and_nothing_beyond():
    data = provider(augmentors=[lambda image, label, rng: (255 - image, label)])
    for images, labels in data.batches(0):
        assert images.dtype == np.int16
        for image, number in zip(images, labels.ravel().tolist(), strict=True):
            width = pixels(number).shape[1]
            np.testing.assert_array_equal(image[:, :width], 255 - pixels(number))
            assert (image[:, width:] == NO_IMAGE).all()


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_shows_each_image_once_in_an_order_of_seed_and_epoch(workers, shuffle):
    def epochs(**options):
        data = provider(shuffle=shuffle, **options)
        return [[numbers(batch) for batch in data.batches(epoch)] for epoch in (0, 1)]

    first, second = epochs(workers=workers)
    assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(150))
    assert [first, second] == epochs(workers=0) and (first != second) == shuffle
    assert len(first) == len(provider())


def test_a_step_is_the_same_whatever_came_before():
    data = provider()
    late = numbers(data[30])
    assert numbers(provider()[30]) == late
    assert [numbers(batch) for batch in data.batches(0, first_step=30)][0] == late


def test_images_are_sorted_within_a_window_only():
    small, large = provider(WINDOW * 4), provider(WINDOW * 8)
    widths = [[pixels(number).shape[1] for number in numbers(batch)] for batch in large.batches(0)]
    assert all(max(row) - min(row) <= 16 for row in widths)
    assert len({max(row) for row in widths[:WINDOW]}) > 5, "a window has all widths"
    assert widths[:WINDOW] != sorted(widths[:WINDOW]), "its batches come in any order"
    assert len(small) == WINDOW and len(large) == 2 * WINDOW


def test_only_the_widths_of_a_window_are_needed():
    opened = set()

    def note(image, label):
        opened.add(int(image))
        return decode(image, label)

    samples = [Sample(str(number), "") for number in range(WINDOW * 12)]
    data = DataProvider(samples, [note], batch_size=4, free_width=True, workers=0)
    next(data.batches(0))
    assert len(opened) == WINDOW * 4


def test_wide_images_come_in_smaller_batches():
    data = provider(batch_pixels=16 * 400)
    sizes = [(len(images), images.shape[2]) for images, _ in data.batches(0)]
    assert max(size * width for size, width in sizes) <= 400
    assert min(size for size, _ in sizes) < 4 < max(size for size, _ in sizes)


@pytest.mark.slow
def test_batches_made_in_processes_are_the_same():
    options = {"workers": 2, "use_multiprocessing": True}
    here, there = provider(), provider(**options)
    for ours, theirs in zip(here.batches(0), there.batches(0), strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


CONFIGS = ModelConfigs(
    vocab="ab", max_text_length=3, width="auto", stretch=1.0, channels=1, height=HEIGHT,
    width_multiplier=0.5, train_epochs=25, learning_rate=2e-3,
)  # fmt: skip


def drawn(image, label):
    """Draw a as a dark bar and b as a light one, with a gap behind each."""
    columns = [np.repeat([{"a": 0, "b": 255}[letter], 128], 12) for letter in label]
    row = np.concatenate([np.full(8, 128), *columns]).astype(np.uint8)
    row = row[: len(row) // 8 * 8]
    ids = ["ab".index(letter) for letter in label]
    padded = ids + [2] * (3 - len(ids))
    return np.broadcast_to(row[None, :, None], (HEIGHT, len(row), 1)), np.array(padded, np.int32)


@pytest.mark.slow
def test_texts_of_several_lengths_are_learned():
    texts = ["a", "b", "ab", "ba", "aa", "bb", "aab", "bba", "bab", "aba"]
    samples = [Sample(str(number), texts[number % 10]) for number in range(80)]
    data = DataProvider(samples, [drawn], batch_size=8, free_width=True)
    model = make_model(CONFIGS)
    fit(model, data, make_schedule(CONFIGS, data))
    probabilities = predict_all(model.reader, data)
    texts_read = ctc_decoder(probabilities, CONFIGS.vocabulary)
    assert sum(read == label for read, (_, label) in zip(texts_read, samples, strict=True)) >= 76


@pytest.mark.slow
def test_padding_enters_no_statistics():
    def statistics(batch):
        keras.utils.set_random_seed(0)
        model = make_model(CONFIGS.replace(seed=0))
        model.network(batch.astype(np.float32), training=True)
        return [weight.numpy() for weight in model.network.non_trainable_weights]

    images = np.random.default_rng(0).integers(0, 256, (3, HEIGHT, 40, 1)).astype(np.int16)
    beyond = np.full((3, HEIGHT, 80, 1), NO_IMAGE, np.int16)
    alone, padded = statistics(images), statistics(np.concatenate([images, beyond], axis=2))
    for one, other in zip(alone, padded, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
