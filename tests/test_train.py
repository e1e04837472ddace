"""What the recipe gives to the training; the training itself is tested where it is."""

import sys

import pytest

import train
from ctckit import augment, training
from tests.drawing import draw_folder


class EnoughError(Exception):
    """As much as is to be seen."""


@pytest.fixture
def providers(tmp_path, monkeypatch):
    """Return the providers to train and to validate with, of a run that varies its images."""
    draw_folder(tmp_path / "drawn", count=24)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        sys,
        "argv",
        ["train.py", "--dataset", "drawn", "--augment", "growing", "--model-path", "run"],
    )
    given = []

    def train_models(make_model, train_provider, val_provider, *rest):
        given.extend([train_provider, val_provider])
        raise EnoughError

    monkeypatch.setattr(training, "train_models", train_models)
    with pytest.raises(EnoughError):
        train.main()
    return given


def kinds(augmentors):
    return [type(augmentor) for augmentor in augmentors]


def test_training_images_are_varied_and_validation_images_are_not(providers):
    to_train, to_validate = providers
    assert kinds(to_train.augmentors) == kinds(augment.augmentors_of("growing"))
    assert kinds(to_train.later_augmentors) == kinds(augment.later_augmentors_of("growing"))
    assert (to_validate.augmentors, to_validate.later_augmentors) == ([], None)
    assert to_train.shuffle and not to_validate.shuffle


def test_nothing_is_validated_that_is_trained_on(providers):
    to_train, to_validate = ({sample.image for sample in one.samples} for one in providers)
    assert to_train and to_validate
    assert not to_train & to_validate
    assert len(to_train | to_validate) == 24
