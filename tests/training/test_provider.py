import numpy as np
import pandas as pd
import pytest

from ctckit.data import LabelIndexer, LabelPadding, RandomAffine, Sample, image_steps, load_dataset
from ctckit.errors import InputError
from ctckit.text import Vocabulary
from ctckit.training import DataProvider
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

    train, val = make_provider(samples, augmentors=[spy]).split(0.8)
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
    with pytest.raises(InputError, match="batch_size of at least 1"):
        make_provider(samples, batch_size=0)
    with pytest.raises(InputError, match="1 of them are missing: gone.png"):
        make_provider([*samples, Sample("gone.png", "23")], skip_validation=False)
