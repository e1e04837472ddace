"""Images without text among those to learn from: nothing is to be read on them."""

import csv
from pathlib import Path

import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.text.greedy import greedy_decode
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.ensemble import predict_all
from ctckit.training.fitting import train_on
from ctckit.training.preparation import prepare_data
from ctckit.training.provider import make_provider
from model import make_model
from tests.drawing import CHARACTERS, draw_text, write_image


def write_list(folder: Path, texts: list[str]) -> Path:
    """Write an image of each text and a list of them; return the list."""
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "label"))
        for index, text in enumerate(texts):
            write_image(folder / f"{index:04}.png", draw_text(text, height=32, seed=index))
            writer.writerow((f"{index:04}.png", text))
    return folder / "labels.csv"


def random_texts(count: int, length: int = 3) -> list[str]:
    letters = np.random.default_rng(0).choice(list(CHARACTERS), (count, length))
    return ["".join(row) for row in letters]


def test_steps_and_choices_take_empty_labels(tmp_path):
    source = write_list(tmp_path, ["23", "", "4", "", "56", ""])
    configs = ModelConfigs(dataset=str(source), height=32, validation_fraction=0.5)
    assert len(prepare_data(configs)[0].samples) == 3  # left out, if nothing else is said
    dataset, chosen = prepare_data(configs.replace(empty_labels="keep"))
    assert len(dataset.samples) == 6
    assert (chosen.vocab, chosen.max_text_length) == ("23456", 2)
    _, labels = make_provider(dataset.samples, chosen).with_(batch_size=6)[0]
    assert labels.shape == (6, 2)
    assert (labels == chosen.vocabulary.padding_id).all(axis=1).sum() == 3


def test_an_empty_label_is_all_padding():
    vocabulary = Vocabulary("ab")
    _, ids = LabelIndexer(vocabulary)(None, "")
    assert (ids.dtype, ids.shape) == (np.int32, (0,))
    _, padded = LabelPadding(max_word_length=2, padding_value=vocabulary.padding_id)(None, ids)
    assert padded.tolist() == [2, 2]


@pytest.mark.slow
@pytest.mark.long
def test_nothing_is_read_where_nothing_is(tmp_path):
    source = write_list(tmp_path, [*random_texts(200), *[""] * 40])
    configs = ModelConfigs(
        dataset=str(source), height=32, empty_labels="keep", train_epochs=30, seed=1
    )
    dataset, configs = prepare_data(configs)
    train, held_back = make_provider(dataset.samples, configs).split(0.75)
    assert {label == "" for _, label in held_back.samples} == {True, False}
    network = train_on(train, make_model, configs).reader
    read, _ = greedy_decode(predict_all(network, held_back), configs.vocabulary)
    pairs = [(sample.label, text) for sample, text in zip(held_back.samples, read, strict=True)]
    assert {text for label, text in pairs if not label} == {""}
    assert np.mean([label == text for label, text in pairs]) > 0.9
