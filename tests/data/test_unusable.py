import pytest

from ctckit.data.samples import LeftOut
from ctckit.data.unusable import kind_of, kinds_of


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("cannot read a.png: the file is empty", "unreadable image"),
        ("blank image", "blank image"),
        ("same pixels as a.png, labelled 'x'", "copy of another image"),
        (
            "same pixels as a.png, labelled 'x': labels in conflict",
            "copy of another image with another label",
        ),
        ("label 'aab' needs 4 time steps", "label that the network cannot learn"),
        ("empty label", "empty label"),
        ("no such file", "no such file"),
        ("odd text 'x' in it", "odd text … in it"),
    ],
)
def test_kind_of_a_reason(reason, kind):
    assert kind_of(LeftOut("a.png", "x", reason)) == kind


def test_kinds_are_counted():
    reasons = ["blank image", "empty label", "blank image"]
    assert kinds_of(LeftOut("a.png", "x", reason) for reason in reasons) == {
        "blank image": 2,
        "empty label": 1,
    }
