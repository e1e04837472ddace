import json

import pytest

from ctckit.errors import InputError
from ctckit.inference.metadata import ModelMetadata
from ctckit.text.vocabulary import Vocabulary
from tests.inference.tiny_model import metadata


def test_round_trip():
    facts = metadata(val_WER=0.5, extra={"architecture": "crnn", "epochs": [1, 2]})
    assert ModelMetadata.from_strings(facts.to_strings()) == facts


def test_every_value_is_json():
    strings = metadata(vocabulary=Vocabulary("ü1")).to_strings()
    values = {key: json.loads(text) for key, text in strings.items()}
    assert values == {
        "schema_version": 1,
        "vocabulary": ["1", "ü"],
        "blank_id": 2,
        "height": 8,
        "width": 40,
        "channels": 1,
        "color_order": "BGR",
        "keep_aspect_ratio": False,
        "ctckit_version": values["ctckit_version"],
        "dataset": "stripes",
        "val_CER": 0.25,
        "val_WER": None,
        "confidence_temperature": 1.0,
        "architecture": "stripes",
    }


def test_digits_stay_text():
    strings = metadata(vocabulary=Vocabulary("0123")).to_strings()
    assert ModelMetadata.from_strings(strings).vocabulary == Vocabulary("0123")


def test_foreign_keys_need_not_be_json():
    strings = metadata().to_strings() | {"comment": "__import__('os').abort()"}
    assert ModelMetadata.from_strings(strings).extra["comment"] == "__import__('os').abort()"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": "2"}, "expected metadata of schema_version 1, received 2"),
        ({"height": "0"}, "'height' cannot be 0"),
        ({"width": "true"}, "'width' cannot be True"),
        ({"channels": "4"}, "'channels' cannot be 4"),
        ({"color_order": '"RGB"'}, "'color_order' cannot be 'RGB'"),
        ({"keep_aspect_ratio": "1"}, "'keep_aspect_ratio' cannot be 1"),
        ({"vocabulary": "2345"}, "'vocabulary' cannot be 2345"),
        ({"vocabulary": '["ab"]'}, "expected single characters"),
        ({"vocabulary": "[]"}, "expected at least one character"),
        ({"vocabulary": '["3", "2", "4", "5"]'}, "expected a vocabulary of sorted"),
        ({"blank_id": "0"}, "received .* and blank_id 0"),
        ({"vocabulary": "eval('1')"}, "'vocabulary' cannot be"),  # text, never run
    ],
)
def test_impossible_values(changes, message):
    with pytest.raises(InputError, match=message):
        ModelMetadata.from_strings(metadata().to_strings() | changes)


@pytest.mark.parametrize("strings", [{}, {"vocab": '"2345"', "height": "8"}])
def test_missing_keys_are_named(strings):
    with pytest.raises(InputError, match="none for schema_version, vocabulary, blank_id"):
        ModelMetadata.from_strings(strings)
