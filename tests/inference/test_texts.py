"""Texts of another direction, Unicode form or case, and none at all, by a model that reads."""

import onnx
import onnxruntime
import pytest

from ctckit.data.samples import Sample
from ctckit.errors import InputError
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.reader_form import ReaderFormCheck, export_reader
from ctckit.export.smaller import SmallerCheck
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.report.save import save_report
from ctckit.run_folder import ReportFiles
from ctckit.text.constrained.constraint import Constraint
from ctckit.text.vocabulary import Vocabulary
from tests.inference.tiny_model import draw_stripes, metadata, write_image_in, write_model

HEBREW = Vocabulary.from_labels(["אב12"])  # the stripes 2345 stand for 1, 2, א and ב
STRIPES, LOGICAL, VISUAL = "2345", "בא12", "12אב"


def reader(folder, constraint=None, **facts) -> ImageToWordModel:
    path = write_model(folder / "model.onnx", metadata(**facts).to_strings())
    return ImageToWordModel(path, constraint=constraint)


@pytest.fixture
def hebrew(tmp_path):
    return reader(tmp_path, vocabulary=HEBREW)


def test_right_to_left_is_read_in_logical_order(hebrew):
    image = draw_stripes(STRIPES)
    assert hebrew.predict(image) == LOGICAL
    assert hebrew.read_one(image).text == LOGICAL
    assert hebrew.n_best(image, count=1)[0].text == LOGICAL
    found = hebrew.characters(image)
    assert [character.text for character in found] == list(LOGICAL)
    assert found[0].start > found[1].start > found[3].start > found[2].start


def test_the_direction_is_in_the_file(hebrew):
    [strings] = [hebrew.metadata.to_strings()]
    assert strings["direction"] == '"rtl"'
    assert ModelMetadata.from_strings(strings).vocabulary == HEBREW
    with pytest.raises(InputError, match="expected direction to be ltr or rtl, received 'up'"):
        ModelMetadata.from_strings(strings | {"direction": '"up"'})


def test_a_file_that_names_no_direction_reads_as_before(tmp_path):
    strings = metadata(vocabulary=HEBREW).to_strings()
    new = ("direction", "unicode_form", "ignore_case", "empty_labels")
    for key in new:
        del strings[key]
    model = ImageToWordModel(write_model(tmp_path / "old.onnx", strings))
    assert model.predict(draw_stripes(STRIPES)) == VISUAL
    assert [model.metadata.to_facts()[key] for key in new] == ["ltr", "NFC", False, "leave-out"]


def test_a_lexicon_goes_the_way_of_the_eye(tmp_path):
    model = reader(tmp_path, Constraint(lexicon=["בב12", LOGICAL]), vocabulary=HEBREW)
    assert model.predict(draw_stripes(STRIPES)) == LOGICAL


def test_the_reader_form_gives_the_order_of_the_eye_and_says_so(hebrew, tmp_path):
    form = export_reader(hebrew.model_path, tmp_path / "model.reader.onnx")
    session = onnxruntime.InferenceSession(str(form))
    [texts] = session.run(["text"], {"image": draw_stripes(STRIPES)[None, ..., None]})
    assert texts.tolist() == [VISUAL]
    strings = {item.key: item.value for item in onnx.load(form).metadata_props}
    assert (strings["text_order"], strings["direction"]) == ('"visual"', '"rtl"')
    check = ReaderFormCheck(form)
    [chunk] = hebrew.chunks([draw_stripes(STRIPES)])
    check.add([Sample("a.png", LOGICAL)], chunk)
    assert not check.differing


def test_the_reader_form_of_others_says_nothing_of_an_order(tmp_path):
    form = export_reader(reader(tmp_path).model_path, tmp_path / "model.reader.onnx")
    assert "text_order" not in {item.key for item in onnx.load(form).metadata_props}


@pytest.mark.parametrize(
    ("facts", "stripes", "text", "labels"),
    [
        ({}, "23", "23", ["23"]),
        (
            {"vocabulary": Vocabulary("ae\u0301b"), "unicode_form": "NFD"},
            "45",  # the classes are sorted: a, b, e, the accent
            "e\u0301",
            ["e\u0301", "é"],
        ),
        ({"vocabulary": Vocabulary("aéèb")}, "4", "è", ["è", "e\u0300"]),
        ({"vocabulary": Vocabulary("12ab"), "unicode_form": "NFKC"}, "24", "1a", ["1a", "１ａ"]),
        ({"vocabulary": Vocabulary("12ab"), "ignore_case": True}, "24", "1a", ["1a", "1A"]),
    ],
)
def test_labels_are_compared_as_the_model_writes(tmp_path, facts, stripes, text, labels):
    model = reader(tmp_path, **facts)
    samples = [Sample(str(write_image_in(tmp_path, "a.png", stripes)), label) for label in labels]
    evaluation = evaluate(model, samples)
    assert [(p.text, p.edits) for p in evaluation.predictions] == [(text, 0)] * len(labels)
    assert model.metadata.spell(labels[-1]) == text
    lexicon = Constraint(lexicon=[labels[-1]])
    assert reader(tmp_path, lexicon, **facts).predict(samples[0].image) == text


def test_a_smaller_form_is_compared_in_the_case_of_the_model(tmp_path):
    model = reader(tmp_path, vocabulary=Vocabulary("12ab"), ignore_case=True)
    check = SmallerCheck(model.model_path)
    evaluate(model, [Sample(str(write_image_in(tmp_path, "a.png", "24")), "1A")], checks=[check])
    assert (check.comparison.wrong_before, check.comparison.wrong_after) == (0, 0)


def test_an_image_without_text_is_right_if_its_label_is_empty(tmp_path):
    model = reader(tmp_path, empty_labels="keep")
    samples = [
        Sample(str(write_image_in(tmp_path, f"{name}.png", drawn)), label)
        for name, drawn, label in (("a", "", ""), ("b", "23", "23"), ("c", "3", ""), ("d", "", "2"))
    ]
    evaluation = evaluate(model, samples)
    assert [(p.text, p.is_right) for p in evaluation.predictions] == [
        ("", True),
        ("23", True),
        ("3", False),
        ("", False),
    ]
    assert (evaluation.cer, evaluation.wer) == (2 / 3, 0.5)
    assert evaluation.figures()["CER_by_length"][0] == {
        "length": 0,
        "CER": 0.5,
        "characters": 0,
        "edits": 1,
    }
    save_report(evaluation.calibrated_by(2), ReportFiles(tmp_path / "predictions.csv"))
    assert (tmp_path / "predictions.csv").read_text().count(",,,0.9") == 1
    assert model.characters(samples[0].image) == []
    form = ReaderFormCheck(export_reader(model.model_path, tmp_path / "model.reader.onnx"))
    evaluate(model, samples, checks=[form])
    assert not form.differing
