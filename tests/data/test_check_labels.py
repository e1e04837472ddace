import logging
import re

import numpy as np
import pytest

from ctckit.data.check import leave_out_labels, log_left_out, required_steps
from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.data.split import Subset
from ctckit.errors import InputError


@pytest.mark.parametrize(
    ("label", "steps"),
    [("", 0), ("a", 1), ("ab", 2), ("aa", 3), ("aaa", 5), ("abab", 4), ("aabb", 6)],
)
def test_required_steps(label, steps):
    assert required_steps(label) == steps


def labelled(*labels):
    return Dataset("set", [Sample(f"{index}.png", label) for index, label in enumerate(labels)])


@pytest.mark.parametrize(
    ("labels", "options", "kept", "reason"),
    [
        (["abcd", "aabc"], {"num_steps": 4}, ["abcd"], "label 'aabc' needs 5 .* network has 4"),
        (["ab", "abc"], {"num_steps": 9, "max_length": 2}, ["ab"], "'abc' has 3 .* more than 2"),
        (["ab", "axb"], {"num_steps": 9, "characters": "ab"}, ["ab"], "'axb' has 'x', not in the"),
    ],
    ids=["a repeat needs one more step", "longer than allowed", "unknown character"],
)
def test_unfit_labels_are_left_out_with_their_reason(labels, options, kept, reason):
    dataset = labelled(*labels)
    fitting = leave_out_labels(dataset, **options)
    assert [sample.label for sample in fitting.samples] == kept
    assert len(dataset.samples) == len(labels)
    (record,) = fitting.left_out
    assert re.search(reason, record.reason)


def test_labels_that_fit_exactly_are_kept():
    dataset = labelled("abcd", "aab")
    options = {"num_steps": 4, "max_length": 4, "characters": "abcd"}
    assert leave_out_labels(dataset, **options) == dataset


def test_the_samples_may_be_any_sequence():
    samples = Subset(labelled("abcd", "aabc", "ab").samples, np.array([1, 2]))
    fitting = leave_out_labels(Dataset("set", samples), num_steps=4)
    assert [sample.label for sample in fitting.samples] == ["ab"]


def test_no_label_fits():
    with pytest.raises(InputError, match="2 .* cannot.* 'abc' needs 3 .* network has 2; raise"):
        leave_out_labels(labelled("abc", "abcd"), num_steps=2)


def test_log_names_the_first_and_counts_the_rest(caplog):
    left_out = [LeftOut(f"set/{i}.png", "", "empty label") for i in range(8)]
    with caplog.at_level(logging.DEBUG, "ctckit"):
        log_left_out(Dataset("set", [Sample("x.png", "x")] * 2, left_out))
    lines = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert "8 of 10 images" in lines[0]
    assert "0.png: empty label" in lines[1]
    assert "3 more" in lines[-1]
    assert any("7.png: empty label" in message for message in caplog.messages)


def test_log_is_silent_where_nothing_was_left_out(caplog):
    with caplog.at_level(logging.DEBUG, "ctckit"):
        log_left_out(Dataset("set", [Sample("x.png", "x")]))
    assert not caplog.messages
