from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pandas as pd
import pytest

from ctckit.augment.geometric import RandomAffine
from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.image.steps import image_steps
from ctckit.sources.layouts import load_dataset
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.provider import DataProvider
from tests.drawing import CHARACTERS, draw_folder

VOCABULARY = Vocabulary(CHARACTERS)


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> list[Sample]:
    folder = tmp_path_factory.mktemp("images") / "drawn"
    draw_folder(folder, count=20)
    return load_dataset(folder, datasets_dir=folder.parent).samples


def make_provider(samples, **arguments) -> DataProvider:
    return DataProvider(
        samples,
        data_preprocessors=image_steps(height=16, width=48, channels=1, keep_aspect_ratio=False),
        transformers=[
            LabelIndexer(VOCABULARY),
            LabelPadding(max_word_length=6, padding_value=VOCABULARY.padding_id),
        ],
        **{"batch_size": 8} | arguments,
    )


def all_batches(provider: DataProvider) -> list[tuple[np.ndarray, np.ndarray]]:
    return [provider[index] for index in range(len(provider))]


def texts_of(provider: DataProvider) -> list[str]:
    return [VOCABULARY.decode(ids) for _, labels in all_batches(provider) for ids in labels]


def same(first: list, second: list) -> bool:
    pairs = zip(first, second, strict=True)
    return all((a == c).all() and (b == d).all() for (a, b), (c, d) in pairs)


def test_shapes_and_types(samples):
    provider = make_provider(samples)
    assert len(provider) == 3
    images, labels = provider[0]
    assert (images.shape, images.dtype) == ((8, 16, 48, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((8, 6), np.int32)
    assert len(provider[2][0]) == 4, "the last batch holds the rest"


def test_every_epoch_holds_every_sample_once_in_a_new_order(samples):
    provider = make_provider(samples)
    first = texts_of(provider)
    provider.on_epoch_end()
    second = texts_of(provider)
    assert sorted(first) == sorted(second) == sorted(label for _, label in samples)
    assert first != second


def test_the_callers_list_is_not_reordered(samples):
    before = list(samples)
    provider = make_provider(samples)
    provider.split(0.5)
    provider.on_epoch_end()
    assert samples == before


def test_items_are_pure_and_augmented_anew_each_epoch(samples):
    provider = make_provider(samples, shuffle=False, augmentors=[RandomAffine(random_chance=1.0)])
    first = all_batches(provider)
    assert same(first, list(reversed([provider[i] for i in reversed(range(3))])))
    provider.on_epoch_end()
    assert not (first[0][0] == provider[0][0]).all()


def numbers_drawn(samples, *, epoch=0, before=(), count=3, **arguments) -> dict[str, list[float]]:
    """What an augmentor draws for each label, after the augmentors `before` it."""
    drawn = {}

    def spy(image, label, rng):
        drawn[VOCABULARY.decode(label)] = rng.random(count).tolist()
        return image, label

    provider = make_provider(samples, augmentors=[*before, spy], **arguments)
    provider.epoch = epoch
    all_batches(provider)
    return drawn


def test_random_numbers_depend_on_seed_epoch_and_position_alone(samples):
    first = numbers_drawn(samples)
    assert len({number for numbers in first.values() for number in numbers}) == 3 * len(samples)

    def draw_one_more_for_some(image, label, rng):
        if label[0] % 2:
            rng.integers(5, dtype=np.uint8)  # leaves half a number in the generator's buffer
        return image, label

    assert numbers_drawn(samples, batch_size=3) == first
    assert numbers_drawn(samples, shuffle=False) == first
    assert numbers_drawn(samples, use_cache=True) == first
    moved = numbers_drawn(samples, before=[draw_one_more_for_some])
    untouched = [label for label in first if not VOCABULARY.encode(label)[0] % 2]
    assert 0 < len(untouched) < len(first)
    assert all(moved[label] == first[label] for label in untouched)
    by_position = [first[label] for _, label in samples]
    turned_round = numbers_drawn(samples[::-1])
    assert [turned_round[label] for _, label in samples[::-1]] == by_position
    for other in (numbers_drawn(samples, seed=1), numbers_drawn(samples, epoch=1)):
        assert not set(map(tuple, other.values())) & set(map(tuple, first.values()))


def test_random_numbers_of_a_sample_are_independent_of_its_neighbours(samples):
    numbers = np.array(list(numbers_drawn(samples, count=2000, shuffle=False).values()))
    correlation = np.corrcoef(numbers) - np.eye(len(numbers))
    assert np.abs(correlation).max() < 0.12  # five standard deviations
    assert np.abs(numbers.mean(axis=1) - 0.5).max() < 0.035


def test_batches_are_the_same_for_any_number_of_workers(samples):
    provider = make_provider(
        samples, batch_size=2, use_cache=True, augmentors=[RandomAffine(random_chance=1.0)]
    )
    for _ in range(2):
        expected = all_batches(provider)
        for workers in (2, 5):
            with ThreadPoolExecutor(workers) as pool:
                assert same(expected, list(pool.map(provider.__getitem__, range(len(provider)))))
        provider.on_epoch_end()


def in_threads(provider: DataProvider) -> list[tuple[np.ndarray, np.ndarray]]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(provider.__getitem__, range(len(provider))))


@pytest.mark.parametrize("use_cache", [False, True])
def test_processes_give_the_same_batches_in_every_epoch(samples, use_cache):
    arguments = {"batch_size": 3, "use_cache": use_cache, "augmentors": [RandomAffine()]}
    plain = make_provider(samples, **arguments)
    parallel = make_provider(samples, workers=2, use_multiprocessing=True, **arguments)
    for _ in range(3):
        assert same(all_batches(plain), in_threads(parallel))
        plain.on_epoch_end(), parallel.on_epoch_end()
    plain.augmentors, parallel.augmentors = [], []
    plain.seed, parallel.seed = 7, 7
    assert same(all_batches(plain), in_threads(parallel))


def test_keras_takes_batches_from_processes_in_their_order(samples):
    sums = keras.Sequential([keras.Input((16, 48, 1)), keras.layers.GlobalAveragePooling2D()])
    arguments = {"batch_size": 3, "augmentors": [RandomAffine(random_chance=1.0)]}
    parallel = make_provider(
        samples, workers=2, use_multiprocessing=True, max_queue_size=3, **arguments
    )
    assert (parallel.workers, parallel.max_queue_size) == (2, 3)
    expected = np.concatenate([images.mean((1, 2)) for images, _ in parallel])
    received = sums.predict(parallel, verbose=0)
    assert len({*expected.ravel()}) == len(samples)
    assert np.allclose(received, expected, rtol=1e-4)


def test_parts_of_a_provider_with_processes_have_their_own(samples):
    provider = make_provider(samples, workers=2, use_multiprocessing=True, max_queue_size=4)
    plain = make_provider(samples)
    for part, expected in zip(provider.split(0.7), plain.split(0.7), strict=True):
        assert (part.processes, part.max_queue_size) == (2, 4)
        assert same(all_batches(part), all_batches(expected))


def test_steps_that_cannot_go_to_another_process_are_refused(samples):
    step = lambda image, label: (image, label)  # noqa: E731
    with pytest.raises(InputError, match="use_multiprocessing: expected steps that can be pickled"):
        DataProvider(samples, [step], workers=2, use_multiprocessing=True)
    DataProvider(samples, [step], workers=0, use_multiprocessing=True)


def test_images_of_different_sizes_in_a_batch(samples):
    small, large = np.zeros((4, 4, 1), np.uint8), np.zeros((4, 5, 1), np.uint8)
    with pytest.raises(InputError, match=r"\(4, 4, 1\) uint8 and \(4, 5, 1\) uint8; resize"):
        DataProvider([(small, [1]), (large, [1])], shuffle=False)[0]


def test_the_cache_changes_nothing(samples):
    augmentors = [RandomAffine(random_chance=1.0)]
    plain = make_provider(samples, augmentors=augmentors)
    cached = make_provider(samples, augmentors=augmentors, use_cache=True)
    for _ in range(2):
        assert same(all_batches(plain), all_batches(cached))
        plain.on_epoch_end(), cached.on_epoch_end()


def test_split_is_seeded_and_disjoint(samples):
    train, val = make_provider(samples, seed=3).split(0.9)
    again, _ = make_provider(list(reversed(samples)), seed=3).split(0.9)
    other, _ = make_provider(samples, seed=4).split(0.9)
    assert (len(train.samples), len(val.samples)) == (18, 2)
    assert not set(train.samples) & set(val.samples)
    assert train.samples == again.samples != other.samples


def test_augmentors_never_reach_the_validation_part(samples):
    calls = []

    def spy(image, label, rng):
        calls.append(1)
        return 255 - image, label

    varied = make_provider(samples, augmentors=[spy], later_augmentors=[spy])
    train, val = varied.split(0.8)
    assert train.later_augmentors and val.later_augmentors is None
    plain = make_provider(samples).split(0.8)[1]
    assert same(all_batches(val), all_batches(plain)) and not calls
    train[0]
    assert calls


def test_setting_augmentors_replaces_them(samples):
    provider = make_provider(samples, augmentors=[RandomAffine()])
    provider.augmentors = []
    assert provider.augmentors == []


def test_csv_round_trip_keeps_text(tmp_path, samples):
    provider = make_provider([Sample(samples[0].image, "00233")])
    provider.to_csv(tmp_path / "out.csv")
    again = load_dataset(tmp_path / "out.csv", datasets_dir=tmp_path)
    assert [sample.label for sample in again.samples] == ["00233"]


def test_takes_a_dataframe_and_a_limit(samples):
    frame = pd.DataFrame(samples, columns=["image", "label"])
    assert make_provider(frame, limit=5).samples == samples[:5]


def test_batch_postprocessors_see_the_stacked_batch(samples):
    provider = make_provider(samples, batch_postprocessors=[lambda x, y: (x / 255, y)])
    assert provider[0][0].max() <= 1


def test_refuses_an_empty_or_missing_dataset(samples):
    with pytest.raises(InputError, match="at least one"):
        make_provider([])
    with pytest.raises(InputError, match="batch_size: expected 1 or more, received 0"):
        make_provider(samples, batch_size=0)
    with pytest.raises(InputError, match="1 cannot be found: gone.png"):
        make_provider([*samples, Sample("gone.png", "23")], skip_validation=False)


def counting() -> tuple[list[str], DataProvider]:
    """Return a provider that caches, and the images that it has read so far."""
    read = []

    def step(image, label):
        read.append(image)
        return np.full((2, 2, 1), int(image), np.uint8), [int(label)]

    samples = [(str(index), str(index)) for index in range(6)]
    return read, DataProvider(samples, [step], batch_size=2, use_cache=True, seed=3)


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({}, 0),
        ({"seed": 4}, 0),
        ({"shuffle": False}, 0),
        ({"augmentors": [lambda image, label, rng: (255 - image, label)]}, 0),
        ({"seed": 4, "shuffle": False, "augmentors": ()}, 0),
        ({"later_augmentors": [lambda image, label, rng: (255 - image, label)]}, 0),
        ({"batch_postprocessors": [lambda images, labels: (images / 2, labels)]}, 0),
        ({"dataset": [("5", "5"), ("4", "4")]}, 2),
        ({"dataset": [("5", "5"), ("4", "4")], "shuffle": False}, 2),
        ({"limit": 3}, 3),
        ({"use_cache": False}, 6),
        ({"transformers": [lambda image, label: (image + 1, label)]}, 6),
        ({"data_preprocessors": [lambda image, label: (np.zeros((1, 1, 1)), [0])]}, 0),
    ],
)
def test_another_provider_shares_the_cache_where_it_holds_the_same(changes, reads):
    read, provider = counting()
    expected = all_batches(provider)
    assert len(read) == 6
    before = {name: value for name, value in vars(provider).items() if name != "_make"}
    other = provider.with_(**changes)
    batches = all_batches(other)
    assert len(read) == 6 + reads
    assert vars(provider) == before | {"_make": provider._make}
    assert same(all_batches(provider), expected)
    assert type(other) is DataProvider and other is not provider
    plain = {"dataset": provider.samples, "data_preprocessors": provider.data_preprocessors,
             "batch_size": 2, "seed": 3}  # fmt: skip
    assert same(batches, all_batches(DataProvider(**plain | changes)))


def test_caches_are_filled_from_both_sides():
    read, provider = counting()
    other = provider.with_(seed=9)
    all_batches(other)
    all_batches(provider)
    assert sorted(read) == sorted(image for image, _ in provider.samples)


def test_another_provider_begins_at_the_first_epoch():
    _, provider = counting()
    first = all_batches(provider)
    provider.on_epoch_end()
    assert same(all_batches(provider.with_()), first)


def test_providers_of_a_set_too_large_to_check_go_past_unreadable_images(samples, tmp_path, caplog):
    (tmp_path / "broken.png").write_bytes(b"x")
    broken = [Sample(str(tmp_path / "broken.png"), "2"), *samples[:7]]
    provider = make_provider(broken, replace_unreadable=True).with_(shuffle=False)
    assert texts_of(provider) == [samples[0].label, *(label for _, label in samples[:7])]
    assert sum("broken.png" in message for message in caplog.messages) == 1
    with pytest.raises(InputError, match=r"broken\.png"):
        provider.with_(replace_unreadable=False)[0]
