from dataclasses import FrozenInstanceError

import pytest

from configs import ModelConfigs
from ctckit.errors import InputError


@pytest.mark.parametrize(
    "configs",
    [
        ModelConfigs(),
        ModelConfigs(vocab="0123", dataset="Datasets/ひらがな", label_separator=""),
        ModelConfigs(vocab="é\"'\\:#\n%é漢", max_text_length=7, width=96, channels=3),
    ],
)
def test_saved_and_loaded_is_equal(tmp_path, configs):
    configs.save(tmp_path)
    assert (tmp_path / "configs.yaml").exists()
    assert ModelConfigs.load(tmp_path) == configs
    assert ModelConfigs.load(tmp_path / "configs.yaml") == configs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architecture": "crn"}, "architecture: .*received 'crn'. Did you mean 'crnn'"),
        ({"batch_size": 0}, "batch_size: expected 1 or more, received 0"),
        ({"train_epochs": -3}, "train_epochs: expected 1 or more, received -3"),
        ({"validation_fraction": 0.0}, "validation_fraction: expected .* between 0 and 1"),
        ({"validation_fraction": 1.0}, "validation_fraction: expected .* between 0 and 1"),
        ({"validation_fraction": float("nan")}, "validation_fraction: expected"),
        ({"rotate": "180"}, "rotate: expected one of 90, 270, auto, received '180'"),
        (
            {"augment": "stong"},
            "augment: .* none, light, strong, growing, auto, .* Did you mean 'strong'",
        ),
        (
            {"augment": True},
            "augment: expected one of none, light, strong, growing, auto, received 'True'",
        ),
        ({"channels": 2}, "channels: expected 1 .grey. or 3 .colour., received 2"),
        ({"vocab": ""}, "vocab: expected at least one character"),
        ({"learning_rate": -1.0}, "learning_rate: expected 0 or more, received -1"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"time_budget": "soon"}, "time_budget: .* in s, min or h, such as 60s, received 'soon'"),
        ({"time_budget": "0s"}, "time_budget: .* in s, min or h"),
        ({"time_budget": "1min", "train_epochs": 3}, "time_budget: .*train_epochs, received both"),
        ({"width": "free"}, "width: expected a number of pixels or auto, received 'free'"),
        ({"width": 4}, "width: expected 8 to 32768, received 4"),
        (
            {"min_epochs": 9, "max_epochs": 8},
            "min_epochs: expected no more than max_epochs, 8, rec",
        ),
        ({"max_width": 100}, "max_width: expected a multiple of 8, received 100"),
        ({"stretch": 0.0}, "stretch: expected 0.1 to 10, received 0.0"),
        (
            {"width": "auto", "architecture": "mltu_captcha"},
            "width: expected a number of pixels, received auto, which mltu_captcha cannot read; "
            "give one, or an architecture that can: crnn",
        ),
        ({"quantize": "float16", "folds": 5}, "quantize: expected this or folds, received both"),
        ({"quantize": "int4"}, "quantize: expected one of float16, int8, received 'int4'"),
        ({"height": 0}, "height: expected 8 to 4096, received 0"),
        ({"seed": 2**32}, "seed: expected 0 to 4294967295, received 4294967296"),
        ({"height": 1_000_000}, "height: expected 8 to 4096"),
        ({"width_multiplier": 0.1}, "width_multiplier: expected 0.25 to 8, received 0.1"),
        ({"weight_decay": float("inf")}, "weight_decay"),
        ({"train_workers": -1}, "train_workers: expected 0 or more, received -1"),
    ],
)
def test_refuses_what_no_run_can_use(changes, message):
    with pytest.raises(InputError, match=message):
        ModelConfigs(**changes)


def test_unknown_field_names_the_nearest(tmp_path):
    with pytest.raises(InputError, match="unknown field 'heigth'.*Did you mean 'height'"):
        ModelConfigs().replace(heigth=3)
    (tmp_path / "configs.yaml").write_text("schema_version: 1\nbatchsize: 3\n")
    with pytest.raises(InputError, match="'batchsize'.*Did you mean 'batch_size'"):
        ModelConfigs.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "expected a configuration at"),
        ("a: [", "expected YAML in"),
        ("just words", "expected YAML fields"),
        ("schema_version: 99\n", "expected schema_version 1 in .*, received 99"),
        ("height: 3\n", "received None"),
        ("schema_version: 1\nheight: tall\n", "expected height in .* as int, received 'tall'"),
        ("schema_version: 1\nbatch_size: 1.5\n", "expected batch_size in .* as int, received 1.5"),
        ("schema_version: 1\nseed: true\n", "expected seed in .* as int, received True"),
        ("schema_version: 1\nvocab: 123\n", "expected vocab in .*, received 123"),
        ("!!python/object/apply:os.system ['true']", "expected YAML in"),
        ("height: !!python/name:os.system", "expected YAML in"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nheight: [*b, *b]\n", r"YAML in .*: an alias \(\*name\)"),
        ("a: &a [*a]\n", "expected YAML in .*: an alias"),
        ("schema_version: 1\n<<: &a {height: 32}\nseed: *a\n", "expected YAML in .*: an alias"),
        ("height: " + "[" * 10_000, "expected YAML in .*: lists in lists, too deep"),
        ("height: " + "9" * 5000, "expected YAML in .*: Exceeds the limit"),
        ("height: !!int x", "expected YAML in"),
        ("height: !!int ''", "expected YAML in"),
        ("height: !!bool x", "expected YAML in"),
        ("height: !!timestamp x", "expected YAML in"),
        ("height: 1999-99-99", "expected YAML in"),
        ("? [a]\n: b", "expected YAML in"),
        ("height: \x01", "expected YAML in"),
        ("a: 1\n" * 300_000, "expected YAML in .*: 1,500,000 bytes, of at most"),
        ("schema_version: 1\n1: x\n", "unknown field '1'"),
        ("schema_version: 1\nseed: 1\nseed: [2]\n", r"expected seed in .* received \[2\]"),
        ("schema_version: 1\nlearning_rate: .nan\n", "learning_rate: expected 0 or more"),
        ("schema_version: 1\nlearning_rate: 1" + "0" * 400, "learning_rate: expected 0 or more"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses_files_it_did_not_write(tmp_path, text, message):
    path = tmp_path / "configs.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        ModelConfigs.load(path)


def test_refuses_what_is_no_text(tmp_path):
    (tmp_path / "configs.yaml").write_bytes(b"dataset: \xff\xfe")
    with pytest.raises(InputError, match="expected YAML in .*: 'utf-8' codec"):
        ModelConfigs.load(tmp_path)


@pytest.mark.parametrize(("old", "new"), [("true", "light"), ("false", "none")])
def test_reads_what_version_0_3_wrote_of_augment(tmp_path, old, new):
    (tmp_path / "configs.yaml").write_text(f"schema_version: 1\naugment: {old}\n")
    assert ModelConfigs.load(tmp_path).augment == new


def test_values_do_not_change():
    with pytest.raises(FrozenInstanceError):
        ModelConfigs().height = 3


def test_what_was_given_is_kept():
    given = ModelConfigs(
        width=64, channels=3, vocab="ba", max_text_length=9, train_epochs=2, batch_size=4
    )
    chosen = given.with_labels(["ab"])
    assert chosen == given.replace(vocab="ab", min_epochs=2, max_epochs=6)


@pytest.mark.parametrize(
    ("count", "shortest", "longest"),
    [(1040, 23, 69), (20_000, 8, 24), (50, 50, 150), (12, 17, 51)],
    ids=["usual", "many", "few", "a handful"],
)
def test_number_of_epochs_comes_from_the_number_of_images(count, shortest, longest):
    chosen = ModelConfigs().with_labels(["ab"] * count)
    assert (chosen.train_epochs, chosen.min_epochs, chosen.max_epochs) == (None, shortest, longest)


def test_narrow_images_are_seen_more_often():
    assert ModelConfigs().with_labels(["ab"] * 1040, narrowness=1.8).max_epochs == 104


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"min_epochs": 30}, (30, 90)),
        ({"max_epochs": 10}, (10, 10)),
        ({"min_epochs": 5, "max_epochs": 40}, (5, 40)),
    ],
)
def test_bounds_of_the_number_of_epochs_may_be_given(given, expected):
    chosen = ModelConfigs(**given).with_labels(["ab"] * 1040)
    assert (chosen.min_epochs, chosen.max_epochs) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("90", 90), ("1.5 min", 90), ("2min", 120), ("1h", 3600), (None, None)],
)
def test_time_budget_in_seconds(text, seconds):
    assert ModelConfigs(time_budget=text).time_budget_s == seconds


def test_a_time_budget_leaves_the_number_of_epochs_open():
    assert ModelConfigs(time_budget="1min").with_labels(["ab"] * 9).train_epochs is None


def test_folds_train_as_many_steps_as_a_single_run():
    labels = ["ab"] * 1040
    assert ModelConfigs(folds=2).with_labels(labels).min_epochs == 40
    assert ModelConfigs(folds=10).with_labels(labels).min_epochs == 23


@pytest.mark.parametrize(
    ("options", "vocab", "labels", "expected"),
    [
        ({"unicode_form": "NFD"}, None, ["e\u0301"], "e\u0301"),
        ({"unicode_form": "NFD"}, "é", ["e\u0301"], "e\u0301"),
        ({"unicode_form": "NFD"}, "z\u0301", ["a"], "z\u0301"),  # as it was saved: no ź
        ({"unicode_form": "NFKC"}, "２a", ["2"], "2a"),
        ({"ignore_case": True}, "AbB", ["a"], "ab"),
        ({"empty_labels": "keep"}, None, ["", "ab"], "ab"),
        ({}, None, ["(א"], "()א"),  # an opening bracket looks like a closing one there
    ],
)
def test_the_vocabulary_is_spelled_as_the_labels(options, vocab, labels, expected):
    chosen = ModelConfigs(vocab=vocab, **options).with_labels(labels)
    assert chosen.vocab == expected
    assert chosen.with_labels(labels).vocab == expected
    assert str(chosen.vocabulary) == expected


def test_the_direction_is_seen_from_the_characters():
    assert ModelConfigs(vocab="אב").vocabulary.direction == "rtl"
    assert ModelConfigs(vocab="ab").vocabulary.direction == "ltr"


def test_decomposed_characters_of_the_vocabulary_are_composed():
    assert ModelConfigs(vocab="e\u0301a").with_labels(["\u00e9a"]).vocab == "a\u00e9"
