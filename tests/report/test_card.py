"""The card of a run, as the Hugging Face Hub shows it."""

import json
import re

import pytest
import yaml

from ctckit.errors import InputError
from ctckit.evaluation.one_pass import evaluate
from ctckit.export.reader_form import export_reader
from ctckit.inference.reader import ImageToWordModel
from ctckit.report.card import card, save_card
from ctckit.report.save import report_test_part, save_report
from ctckit.run_folder import RunFolder
from ctckit.sources.layouts import open_dataset
from tests.inference import tiny_model


@pytest.fixture
def run(tmp_path):
    """Make a run that misreads one of three images."""
    pairs = [("22", "22"), ("345", "345"), ("5", "4")]
    run = RunFolder(tiny_model.write_run(tmp_path / "stripes_20250101-120000", pairs))
    samples = open_dataset(run.val_csv).samples
    save_report(evaluate(ImageToWordModel(run.onnx), samples), run.evaluation)
    return run


def parts(text: str) -> tuple[dict, str]:
    empty, front, body = text.split("---\n", 2)
    assert not empty
    return yaml.safe_load(front), body


def test_front_matter(run):
    facts, _ = parts(card(run))
    assert facts["license"] == "other"
    assert (facts["library_name"], facts["pipeline_tag"]) == ("ctckit", "image-to-text")
    [model] = facts["model-index"]
    assert model["name"] == run.path.name
    [result] = model["results"]
    assert result["dataset"] == {"name": "stripes", "type": "stripes", "split": "validation"}
    values = {metric["type"]: metric["value"] for metric in result["metrics"]}
    assert values == pytest.approx({"cer": 1 / 6, "exact_match": 2 / 3}, abs=1e-6)


def test_figures_with_their_intervals(run):
    figures = json.loads(run.evaluation.figures.read_text("utf-8"))
    low, high = (f"{100 * share:.2f}" for share in figures["WER_interval"])
    _, body = parts(card(run))
    narrow = body.replace("\u202f", "")
    assert f"| 3 | 1, 33.33% | {low}% to {high}% | 16.67% |" in narrow
    assert "FILL IN" in body and "hf://OWNER/NAME" in body
    assert body.count("\n## ") == 4


def test_a_test_part_stands_beside(run):
    samples = open_dataset(run.val_csv).samples[:2]
    report_test_part(run, samples)
    facts, body = parts(run.card.read_text("utf-8"))
    [model] = facts["model-index"]
    assert [result["dataset"]["split"] for result in model["results"]] == ["validation", "test"]
    assert re.search(r"\| that came to test with, .* \| 2 \|", body)


def test_before_it_was_measured_there_are_no_figures(tmp_path):
    run = RunFolder(tiny_model.write_run(tmp_path / "run", [("2", "2")]))
    facts, _ = parts(card(run))
    assert "model-index" not in facts


@pytest.mark.parametrize("has_reader", [False, True])
def test_the_reader_form_is_told_of_where_there_is_one(run, has_reader):
    if has_reader:
        export_reader(run.onnx, run.reader)
    text = save_card(run).read_text("utf-8")
    assert (f'InferenceSession("{run.reader.name}")' in text) == has_reader


HOSTILE = 'a"b: c\n---\n# [x](y) | <script>*_`'


def test_names_are_texts(tmp_path):
    strings = tiny_model.metadata(dataset=HOSTILE).to_strings()
    folder = tiny_model.write_run(tmp_path / "run", [("2", "2")])
    tiny_model.write_model(folder / "model.onnx", strings)
    run = RunFolder(folder)
    samples = open_dataset(run.val_csv).samples
    save_report(evaluate(ImageToWordModel(run.onnx), samples), run.evaluation)
    facts, body = parts(card(run))
    assert facts["model-index"][0]["results"][0]["dataset"]["name"] == HOSTILE
    assert "<script>" not in body and "[x]" not in body
    assert [line for line in body.splitlines() if line.startswith("# ")] == ["# run"]


def test_without_a_model_there_is_no_card(tmp_path):
    with pytest.raises(InputError, match="expected a model file"):
        save_card(RunFolder(tmp_path))
    assert not list(tmp_path.iterdir())
