import csv

import keras
import numpy as np
import pytest

from ctckit.data.samples import Sample
from ctckit.evaluation.suspicion import label_suspicions
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.ensemble import ensemble
from ctckit.training.folds import (
    OutOfFold,
    fold_figures,
    likely_label_errors,
    read_folds,
    save_label_errors,
    write_rows,
)
from ctckit.training.provider import DataProvider
from tests.drawing import draw_text, write_image
from tests.training.networks import VOCABULARY, drawn_providers, small_network


def test_every_image_is_read_once_by_a_model_that_never_saw_it(tmp_path):
    provider, _ = drawn_providers(tmp_path / "drawn")
    trained_on, network = [], small_network(heads=1)

    def train(rest: DataProvider) -> keras.Model:
        assert rest.augmentors == provider.augmentors
        trained_on.append(set(rest.samples))
        return network

    csv = tmp_path / "rows.csv"
    rows = read_folds(provider, train, VOCABULARY, csv, num_folds=3, seed=0)
    assert len(trained_on) == 3
    assert len(csv.read_text().splitlines()) == 1 + len(rows)
    assert sorted((row.image, row.label) for row in rows) == sorted(provider.samples)
    assert [row.fold for row in rows] == sorted(row.fold for row in rows)
    for row in rows:
        assert Sample(row.image, row.label) not in trained_on[row.fold - 1]


@pytest.mark.slow
def test_several_models_a_fold_vote(tmp_path):
    provider, _ = drawn_providers(tmp_path / "drawn")
    network = ensemble([small_network(heads=1) for _ in range(3)])

    def train(rest: DataProvider) -> keras.Model:
        return network

    csv = tmp_path / "rows.csv"
    rows = read_folds(provider, train, VOCABULARY, csv, num_folds=2, seed=0)
    assert all(len(row.texts) == 3 and row.text in row.texts for row in rows)
    assert len(fold_figures(rows)["misread_by_model"]) == 3


def certain(path: str, vocabulary: Vocabulary, sure: float = 0.9) -> np.ndarray:
    classes = vocabulary.num_classes
    rows = np.full((len(path), classes), (1 - sure) / (classes - 1), np.float32)
    for row, character in zip(rows, path, strict=True):
        row[vocabulary.blank_id if character == "-" else vocabulary.encode(character)[0]] = sure
    return rows


def test_suspicion_is_zero_where_they_agree_and_grows_with_certainty():
    vocabulary = Vocabulary("abc")
    probabilities = np.stack(
        [certain("a-b-", vocabulary), certain("a-b-", vocabulary, 0.5), certain("a-b-", vocabulary)]
    )
    labels = ["ac", "ac", "ab"]
    sure, unsure, agreed = label_suspicions(probabilities, labels, ["ab"] * 3, vocabulary)
    assert sure > unsure > 0
    assert agreed == pytest.approx(0, abs=1e-4)


def test_suspicion_where_nothing_was_read():
    vocabulary = Vocabulary("abc")
    probabilities = certain("----", vocabulary)[None]
    (suspicion,) = label_suspicions(probabilities, ["a"], [""], vocabulary)
    wrong = 0.1 / 3  # of each character; paths with "a" on 1, 2, 3 or 4 neighbouring steps
    label = sum((5 - steps) * wrong**steps * 0.9 ** (4 - steps) for steps in range(1, 5))
    assert suspicion == pytest.approx(np.log(0.9**4 / label), abs=1e-3)


ROWS = [
    OutOfFold("a.png", "ab", 1, "ab", 0.99, 0.0, ("ab", "ab")),
    OutOfFold("b.png", "ab", 1, "ac", 0.60, 1.5, ("ac", "ab")),
    OutOfFold("c.png", "00123", 2, "00124", 0.99, 9.5, ("00124", "00124")),
]


def test_likely_label_errors_come_in_the_order_of_suspicion():
    assert [row.image for row in likely_label_errors(ROWS)] == ["c.png", "b.png"]


def test_figures_are_sums_over_all_folds():
    figures = fold_figures(ROWS)
    assert figures["folds"] == 2 and figures["misread"] == 2
    assert figures["CER"] == pytest.approx(2 / 9)
    assert figures["misread_by_model"] == [2, 1]
    low, high = figures["WER_interval"]
    assert figures["WER"] == pytest.approx(2 / 3)
    assert 0 < low < 2 / 3 < high < 1


def test_lists_and_picture(tmp_path):
    rows = [row._replace(image=str(tmp_path / row.image)) for row in ROWS]
    for row in rows:
        write_image(tmp_path / row.image.rsplit("/", 1)[1], draw_text(row.label))
    write_rows(rows, tmp_path / "out_of_fold.csv")
    save_label_errors(rows, tmp_path / "label_errors.csv")
    with (tmp_path / "label_errors.csv").open() as file:
        suspects = list(csv.DictReader(file))
    assert [row["label"] for row in suspects] == ["00123", "ab"]
    assert (suspects[1]["text_1"], suspects[1]["text_2"]) == ("ac", "ab")
    assert len((tmp_path / "out_of_fold.csv").read_text().splitlines()) == 4
    assert (tmp_path / "label_errors.png").exists()


def test_no_picture_where_no_label_is_suspicious(tmp_path):
    save_label_errors(ROWS[:1], tmp_path / "label_errors.csv")
    assert not (tmp_path / "label_errors.png").exists()
