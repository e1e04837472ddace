"""The command line of `train.py`: the fields as flags, and another run's settings."""

import sys

import pytest

from configs import ModelConfigs
from ctckit.cli.running import run_command
from ctckit.cli.training import parse_training
from ctckit.errors import InputError

OTHER = ModelConfigs(
    dataset="photos", model_path="Models/photos_1", height=40, width=96, vocab="ab",
    max_text_length=3, train_epochs=7, dataset_fingerprint="0123",
)  # fmt: skip


@pytest.fixture
def parse(monkeypatch):
    def parsed(*words):
        monkeypatch.setattr(sys, "argv", ["train.py", *map(str, words)])
        return parse_training(ModelConfigs, description="Train.")

    return parsed


@pytest.mark.parametrize(
    ("words", "changes", "as_json"),
    [
        ([], {}, False),
        (["--json"], {}, True),
        (["--dataset", "a b", "--height", "32"], {"dataset": "a b", "height": 32}, False),
        (
            ["--augment", "none", "--learning-rate=1e-3"],
            {"augment": "none", "learning_rate": 1e-3},
            False,
        ),
        (["--width", "None", "--label-separator="], {"label_separator": ""}, False),
    ],
)
def test_flags_are_the_fields(parse, words, changes, as_json):
    arguments = parse(*words)
    assert arguments.configs == ModelConfigs(**changes)
    assert arguments.as_json is as_json


BESIDE = [
    ([], {}),
    (["--height", "32"], {"height": 32}),
    (["--model-path", "mine"], {"model_path": "mine"}),
    (["--dataset", "scans", "--json"], {"dataset": "scans"}),
    (["--train-epochs", "2"], {"train_epochs": 2}),
    (["--train-epochs", "None"], {"train_epochs": None}),
    (["--time-budget", "60s"], {"time_budget": "60s", "train_epochs": None}),
    (["--vocab", "None", "--width", "None"], {"vocab": None, "width": None}),
]


@pytest.mark.parametrize("place", ["folder", "file"])
@pytest.mark.parametrize(("words", "changes"), BESIDE)
def test_settings_of_another_run_and_flags_beside_them(parse, tmp_path, place, words, changes):
    file = OTHER.save(tmp_path)
    arguments = parse("--config", tmp_path if place == "folder" else file, *words)
    assert arguments.configs == OTHER.replace(**{"model_path": None} | changes)
    assert arguments.as_json is ("--json" in words)


@pytest.mark.parametrize(
    ("saved", "words", "changes"),
    [
        ({"time_budget": "1min"}, ["--train-epochs", "3"], {"train_epochs": 3}),
        ({"folds": 5}, ["--quantize", "int8"], {"quantize": "int8"}),
        ({"quantize": "int8"}, ["--folds", "5"], {"folds": 5}),
        ({"train_epochs": 9}, ["--max-epochs", "60"], {"max_epochs": 60}),
        ({"min_epochs": 23, "max_epochs": 69}, ["--max-epochs", "10"], {"max_epochs": 10}),
        ({"min_epochs": 23, "max_epochs": 69}, ["--min-epochs", "90"], {"min_epochs": 90}),
        ({"time_budget": "1min"}, ["--max-epochs", "10"], {"max_epochs": 10}),
        ({"width": "auto", "stretch": 1.5}, ["--width", "200"], {"width": 200}),
    ],
)
def test_of_settings_that_exclude_each_other_the_flag_wins(parse, tmp_path, saved, words, changes):
    ModelConfigs(**saved).save(tmp_path)
    assert parse("--config", tmp_path, *words).configs == ModelConfigs(**changes)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", "gone.yaml"], "expected a configuration at gone.yaml, received: No such"),
        (["--config", "."], "expected a configuration at configs.yaml, received: No such"),
        (["--config", "list.yaml"], "expected YAML fields in list.yaml, received list"),
        (["--config", "odd.yaml"], "unknown field 'hieght' of ModelConfigs. Did you mean 'height'"),
        (["--config", "good.yaml", "--height", "1"], "--height: expected 8 to 4096, received 1"),
        (
            ["--config", "good.yaml", "--time-budget", "1min", "--train-epochs", "3"],
            "--time-budget: expected this or train_epochs, received both",
        ),
        (["--config"], "--config: expected one argument"),
        (["--dataset-fingerprint", "0"], "unknown flag '--dataset-fingerprint'"),
    ],
)
def test_bad_input_gives_one_line(parse, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    OTHER.save(tmp_path / "good.yaml")
    (tmp_path / "list.yaml").write_text("- height\n")
    (tmp_path / "odd.yaml").write_text("schema_version: 1\nhieght: 32\n")
    assert run_command(lambda: parse(*words)) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {message}") and said.count("\n") == 1


def test_the_configuration_of_the_other_run_is_not_touched(parse, tmp_path):
    file = OTHER.save(tmp_path)
    before = file.read_bytes()
    parse("--config", file, "--height", "32")
    assert file.read_bytes() == before


def test_where_another_run_was_published_nothing_is_published_unasked(parse, tmp_path):
    OTHER.replace(publish="s3://theirs/runs", publish_states=True).save(tmp_path)
    found = parse("--config", tmp_path).configs
    assert (found.publish, found.publish_states) == (None, False)
    assert parse("--config", tmp_path, "--publish", "s3://mine").configs.publish == "s3://mine"


def test_help_tells_of_both(parse, capsys):
    with pytest.raises(SystemExit) as end:
        parse("--help")
    shown = capsys.readouterr().out
    assert not end.value.code
    assert all(flag in shown for flag in ("Train.", "--config PATH", "--json", "--height INT"))


def test_two_flags_that_exclude_each_other_are_refused(parse):
    with pytest.raises(InputError, match="expected this or folds, received both") as caught:
        parse("--quantize", "int8", "--folds", "2")
    assert caught.value.argument == "quantize"
