import json

import pytest

from ctckit.errors import InputError
from ctckit.inference.metadata import ModelMetadata
from ctckit.text.vocabulary import Vocabulary
from tests.inference.tiny_model import metadata


def test_round_trip():
    facts = metadata(val_WER=0.5, extra={"architecture": "crnn", "epochs": [1, 2]})
    assert ModelMetadata.from_strings(facts.to_strings()) == facts


@pytest.mark.parametrize(
    ("width", "version", "new"),
    [(40, 1, set()), (None, 2, {"stretch", "max_width", "reading_widths"})],
    ids=["a fixed width says what it always said", "a free one needs the next schema"],
)
def test_a_file_states_the_oldest_schema_that_can_say_it(width, version, new):
    facts = metadata(width=width, **({"stretch": 1.5, "reading_widths": (0.8, 1.0)} if new else {}))
    strings = facts.to_strings()
    assert strings["schema_version"] == str(version)
    assert {"stretch", "max_width", "reading_widths"} & strings.keys() == new
    again = ModelMetadata.from_strings(strings)
    assert again == facts and again.fixed_width == width and again.extra == facts.extra


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
        "rotate": None,
        "direction": "ltr",
        "unicode_form": "NFC",
        "ignore_case": False,
        "empty_labels": "leave-out",
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
        ({"schema_version": "3"}, "expected metadata of schema_version 1 or 2, received 3"),
        ({"width": "null"}, "expected a width in schema_version 1, received null"),
        (
            {"height": "0"},
            "metadata: expected height to be a whole number from 1 to 32768, received 0; export",
        ),
        ({"width": "true"}, "expected width to be .* from 1 to 32768, or null, received True"),
        ({"height": "40000"}, "expected height to be .*, received 40000"),
        ({"max_width": "80000"}, "expected max_width to be .*, received 80000"),
        ({"channels": "true"}, "expected channels to be 1 or 3, received True"),
        ({"height": "9" * 5000}, "expected height to be .*, received '999"),  # text, no number
        ({"height": "[" * 100_000}, "expected height to be .*, received '"),
        ({"stretch": "0"}, "expected stretch to be a number above 0, received 0"),
        ({"stretch": "Infinity"}, "expected stretch to be a number above 0, received inf"),
        ({"stretch": "NaN"}, "expected stretch to be a number above 0, received nan"),
        ({"max_width": "100"}, "expected max_width to be a multiple of 8, received 100"),
        ({"max_width": "0"}, "expected max_width to be a multiple of 8, received 0"),
        ({"reading_widths": "[]"}, "expected reading_widths to be 1 to 16 numbers from 0.1 to 10"),
        ({"reading_widths": "[1, 20]"}, r"numbers from 0.1 to 10, received \[1, 20\]"),
        ({"reading_widths": "[true]"}, r"received \[True\]"),
        ({"reading_widths": "1"}, "numbers from 0.1 to 10, received 1"),
        ({"reading_widths": f"[{', '.join(17 * '1')}]"}, "to be 1 to 16 numbers"),
        ({"channels": "4"}, "expected channels to be 1 or 3, received 4"),
        ({"color_order": '"RGB"'}, "expected color_order to be 'BGR', received 'RGB'"),
        ({"keep_aspect_ratio": "1"}, "expected keep_aspect_ratio to be true or false, received 1"),
        ({"rotate": '"180"'}, "expected rotate to be one of 90, 270, auto or null, received '180'"),
        ({"rotate": "90"}, "expected rotate to be one of 90, 270, auto or null, received 90"),
        ({"vocabulary": "2345"}, "expected vocabulary to be a list of characters, received 2345"),
        ({"vocabulary": '["ab"]'}, "expected single characters"),
        ({"vocabulary": "[]"}, "expected at least one character"),
        ({"vocabulary": '["3", "2", "4", "5"]'}, "expected a vocabulary of sorted"),
        ({"blank_id": "0"}, "received .* and blank_id 0"),
        ({"vocabulary": "eval('1')"}, 'received "eval'),  # text, never run
    ],
)
def test_impossible_values(changes, message):
    with pytest.raises(InputError, match=message):
        ModelMetadata.from_strings(metadata().to_strings() | changes)


@pytest.mark.parametrize("strings", [{}, {"vocab": '"2345"', "height": "8"}])
def test_missing_keys_are_named(strings):
    with pytest.raises(InputError, match="none for schema_version, vocabulary, blank_id"):
        ModelMetadata.from_strings(strings)
