"""Learning from images without labels."""

from pathlib import Path

import keras
import pytest

from ctckit.data.samples import Sample
from ctckit.training.callbacks import self_training
from ctckit.training.callbacks.averaging import AveragedWeights
from ctckit.training.callbacks.self_training import SHARE, SelfTraining
from tests.training.networks import compiled, drawn_providers, small_network

SURENESS = [0.99, 0.99, 0.99, 0.99, 0.6]
TEXTS = ["23", "2345", "6543", "23456", "4444"]  # read of five images; labels have 4 characters


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    return drawn_providers(tmp_path_factory.mktemp("drawn"))[0]


@pytest.fixture
def taught(provider, monkeypatch):
    """Return self-training on five images, of which the network is sure of the first four."""
    seen = []

    def read(network, asked, vocabulary):
        seen.append(asked)
        places = [int(Path(sample.image).name) for sample in asked.samples]
        return {index: (TEXTS[place], SURENESS[place]) for index, place in enumerate(places)}

    monkeypatch.setattr(self_training, "read_all", read)
    averaging = AveragedWeights()
    images = [str(place) for place in range(5)]
    made = SelfTraining(provider.with_(unlabelled=images), averaging)
    model = compiled(small_network())
    for callback in (averaging, made):
        callback.set_model(model)
        callback.on_train_begin()
    return made, seen


def test_what_is_read_surely_and_as_long_as_labels_is_learned(taught, provider):
    made, seen = taught
    assert made.mixed(provider, 0) is provider
    made.on_epoch_end(0, {"WER": 0.4})
    assert not seen[0].augmentors and not seen[0].shuffle
    mixed = made.mixed(provider, 1)
    new = [sample for sample in mixed.samples if sample not in provider.samples]
    assert sorted(new) == [Sample("1", "2345"), Sample("2", "6543")]
    assert len(mixed.samples) == len(provider.samples) and mixed.augmentors == provider.augmentors
    again = made.mixed(provider, 1)
    assert [*again.samples] == [*mixed.samples]
    assert [*made.mixed(provider, 2).samples] != [*mixed.samples]


def test_no_more_than_half_of_an_epoch(taught, provider):
    made, _ = taught
    made._sure = [Sample(str(place), "2345") for place in range(500)]
    new = [sample for sample in made.mixed(provider, 0).samples if sample.label == "2345"]
    assert len(new) == int(SHARE * len(provider.samples))


def test_nothing_is_learned_while_little_is_read(taught, provider):
    made, seen = taught
    for logs in ({"WER": 0.6}, {}):
        made.on_epoch_end(0, logs)
    assert not seen and made.mixed(provider, 1) is provider


def test_what_it_is_sure_of_is_remembered(taught, provider):
    made, _ = taught
    made.on_epoch_end(0, {"WER": 0.0})
    other = SelfTraining(provider.with_(unlabelled=["0"]), AveragedWeights())
    other.restore(made.memory())
    assert [*other.mixed(provider, 1).samples] == [*made.mixed(provider, 1).samples]


def test_an_image_that_cannot_be_read_has_no_text(provider, tmp_path, monkeypatch):
    (tmp_path / "1.png").write_bytes(b"no image")
    image = provider.samples[0].image
    monkeypatch.setattr(self_training, "SURE", 0.0)
    images = [str(tmp_path / "1.png"), image]
    lenient = provider.with_(replace_unreadable=True, unlabelled=images)
    made = SelfTraining(lenient, AveragedWeights())
    made._lengths = range(20)
    keras.utils.set_random_seed(0)
    made.set_model(compiled(small_network()))
    made._averaging.set_model(made.model)
    made._averaging.on_train_begin()
    made.on_epoch_end(0, {"WER": 0.0})
    assert {sample.image for sample in made._sure} == {image}


def test_where_no_image_can_be_read_any_more_it_goes_on(provider, tmp_path):
    lenient = provider.with_(replace_unreadable=True, unlabelled=[str(tmp_path / "gone.png")])
    made = SelfTraining(lenient, AveragedWeights())
    made.set_model(compiled(small_network()))
    made._averaging.set_model(made.model)
    made._averaging.on_train_begin()
    made.on_epoch_end(0, {"WER": 0.0})
    assert made.mixed(provider, 1) is provider
