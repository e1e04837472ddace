"""What a run says about its data before it starts, and what it chooses for them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from configs import ModelConfigs
from ctckit.data.samples import Dataset, Sample, Samples
from ctckit.errors import InputError
from ctckit.log import LOGGER
from ctckit.training.parts import split_dataset
from ctckit.training.preparation import log_data, model_metadata, prepare_data
from ctckit.training.provider import make_provider
from tests.drawing import draw_folder, write_image


@pytest.fixture
def said(caplog, monkeypatch):
    monkeypatch.setattr(LOGGER, "propagate", True)
    return caplog


def warnings(said) -> list[str]:
    return [record.message for record in said.records if record.levelname == "WARNING"]


@pytest.mark.parametrize(("width", "warns"), [(None, False), (56, True), (64, False)])
def test_few_time_steps_for_long_texts_are_pointed_out(tmp_path, said, width, warns):
    draw_folder(tmp_path, count=10, length=4)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path), height=32, width=width))
    said.clear()
    log_data(dataset, configs)
    assert any("time steps are few" in message for message in warnings(said)) == warns


@pytest.mark.parametrize("rotate", ["270", "auto"])
def test_sizes_are_chosen_for_turned_images(tmp_path, rotate):
    (tmp_path / "high").mkdir()
    for text in draw_folder(tmp_path / "wide", count=10):
        image = cv2.imread(str(tmp_path / "wide" / f"{text}.png"))
        write_image(tmp_path / "high" / f"{text}.png", cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE))
    wide = prepare_data(ModelConfigs(dataset=str(tmp_path / "wide"), height=32))
    high = prepare_data(ModelConfigs(dataset=str(tmp_path / "high"), height=32, rotate=rotate))
    assert high[1].width == wide[1].width == "auto"
    assert high[1].stretch == wide[1].stretch >= 1
    assert model_metadata(*high).rotate == rotate
    provider = make_provider(high[0].samples, high[1])
    upright = make_provider(wide[0].samples, wide[1])
    assert np.array_equal(provider[0][0], upright[0][0])


def test_the_configuration_of_a_run_chooses_the_same_again_and_other_images_are_said(
    tmp_path, said
):
    for name, seed in (("a", 0), ("b", 1)):
        draw_folder(tmp_path / name, count=10, seed=seed)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path / "a"), height=32))
    assert configs.dataset_fingerprint == dataset.fingerprint
    said.clear()
    assert prepare_data(configs) == (dataset, configs)
    assert warnings(said) == []
    other, _ = prepare_data(configs.replace(dataset=str(tmp_path / "b"), vocab="23456"))
    (message,) = warnings(said)
    assert dataset.fingerprint[:8] in message and other.fingerprint[:8] in message


@pytest.mark.parametrize(
    ("settings", "argument", "message"),
    [
        ({"folds": 11}, "folds", "received 11 and 10 images"),
        ({"validation_fraction": 0.01}, "validation_fraction", "holds back 0 of 10"),
    ],
)
def test_too_few_images_are_refused(tmp_path, settings, argument, message):
    draw_folder(tmp_path, count=10)
    with pytest.raises(InputError, match=message) as caught:
        prepare_data(ModelConfigs(dataset=str(tmp_path), **settings))
    assert caught.value.argument == argument


def test_metadata_names_the_run(tmp_path):
    draw_folder(tmp_path / "digits", count=10)
    dataset, configs = prepare_data(ModelConfigs(dataset=str(tmp_path / "digits")))
    metadata = model_metadata(dataset, configs)
    assert (metadata.dataset, str(metadata.vocabulary)) == ("digits", configs.vocab)
    assert metadata.extra["dataset_fingerprint"] == dataset.fingerprint
    assert set(metadata.extra["libraries"]) == {"tensorflow", "keras", "tf2onnx"}
    assert metadata.extra["start_from"] == "base-large"
    again = model_metadata(dataset, configs.replace(start_from="Models/old"))
    assert again.extra["start_from"] == "old"


def test_images_to_validate_with_are_not_learned_from(tmp_path):
    draw_folder(tmp_path / "drawn", count=20)
    some = sorted((tmp_path / "drawn").glob("*.png"))[:5]
    rows = "".join(f"{image},{image.stem}\n" for image in some)
    (tmp_path / "own.csv").write_text(f"image,label\n{rows}")
    configs = ModelConfigs(dataset=str(tmp_path / "drawn"), validation=str(tmp_path / "own.csv"))
    dataset, chosen = prepare_data(configs)
    assert (len(dataset.samples), len(dataset.validation)) == (15, 5)
    assert "not learned from, as they are to validate with: 5 images" in dataset.notes
    train, val = split_dataset(dataset, chosen)
    assert (len(train), [Path(image) for image, _ in val]) == (15, some)
    with pytest.raises(InputError, match="validation: expected other images than those to learn"):
        prepare_data(configs.replace(validation=str(tmp_path / "drawn")))


def test_parts_that_came_with_the_set(tmp_path):
    for part, count in (("train", 20), ("val", 5), ("test", 4)):
        draw_folder(tmp_path / "set" / part, count=count, seed=count)
    configs = ModelConfigs(dataset=str(tmp_path / "set"), batch_size=4)
    dataset, chosen = prepare_data(configs)
    assert [len(part) for part in (dataset.samples, dataset.validation, dataset.test)] == [20, 5, 4]
    assert chosen.min_epochs == 32 and split_dataset(dataset, chosen) == (
        dataset.samples,
        dataset.validation,
    )
    folds, _ = prepare_data(configs.replace(folds=5))
    assert [len(part) for part in (folds.samples, folds.validation, folds.test)] == [25, 0, 0]
    assert folds.notes[-2:] == (
        "in the folds like the others: 5 images of the validation part",
        "not used, as folds leave no model to test: 4 images of the test part",
    )


@pytest.mark.parametrize(("start", "known"), [("base", "'Z'"), ("none", "")])
def test_characters_of_the_validation_part_that_the_base_knows(said, start, known):
    learned = Samples.of([Sample("a.png", "AB"), Sample("b.png", "BA")])
    held_back = Samples.of([Sample("c.png", "Z"), Sample("d.png", "中")])
    dataset = Dataset("drawn", samples=learned, validation=held_back)
    configs = ModelConfigs(vocab="ABZ中", start_from=start)
    assert split_dataset(dataset, configs) == (learned, held_back)
    lines = warnings(said)
    (lost,) = (line for line in lines if "cannot be learned" in line)
    assert "'中'" in lost and ("'Z'" in lost) == (not known)
    assert any("Z'" in line and "start of the training" in line for line in lines) == bool(known)


def test_groups_of_a_run(tmp_path):
    draw_folder(tmp_path / "drawn", count=12)
    configs = ModelConfigs(dataset=str(tmp_path / "drawn"), group_by="[0-9]")
    dataset, chosen = prepare_data(configs.replace(validation_fraction=0.3))
    train, val = split_dataset(dataset, chosen)
    assert not {Path(i).name[0] for i, _ in train} & {Path(i).name[0] for i, _ in val}
    with pytest.raises(InputError, match="group_by: expected a rule that puts some of 12"):
        prepare_data(configs.replace(group_by="zzz"))


def test_images_without_labels_are_none_of_those_with_labels(tmp_path):
    for part, count in (("train", 20), ("val", 5), ("test", 4)):
        draw_folder(tmp_path / "set" / part, count=count, seed=count)
    draw_folder(tmp_path / "more", count=6, seed=1)
    new = sorted(str(path) for path in (tmp_path / "more").iterdir())
    for part in ("train", "val", "test"):  # copies under other names, and the parts themselves
        some = next((tmp_path / "set" / part).iterdir())
        (tmp_path / "more" / f"copy_{part}.png").write_bytes(some.read_bytes())
    configs = ModelConfigs(dataset=str(tmp_path / "set"), batch_size=4)
    for folds in (None, 3):
        own = configs.replace(unlabelled=str(tmp_path / "more"), folds=folds)
        assert sorted(prepare_data(own)[0].unlabelled) == new
    assert sorted(prepare_data(configs.replace(unlabelled=str(tmp_path)))[0].unlabelled) == new
    with pytest.raises(InputError, match="^unlabelled: expected images other than those with"):
        prepare_data(configs.replace(unlabelled=str(tmp_path / "set")))
    with pytest.raises(InputError, match="expected images, a folder, a .zip or a list"):
        prepare_data(configs.replace(unlabelled=str(tmp_path / "gone")))
