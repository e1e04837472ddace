"""The token of what listens to others."""

import pytest

from ctckit.cli.listening import TOKEN, token_for
from ctckit.errors import InputError


@pytest.mark.parametrize(
    ("given", "variable", "token"),
    [(None, None, None), ("a", None, "a"), (None, "b", "b"), ("a", "b", "a")],
)
def test_the_flag_comes_before_the_environment(monkeypatch, given, variable, token):
    monkeypatch.delenv(TOKEN, raising=False)
    if variable is not None:
        monkeypatch.setenv(TOKEN, variable)
    assert token_for("127.0.0.1", given) == token


def test_others_need_one(monkeypatch):
    monkeypatch.delenv(TOKEN, raising=False)
    with pytest.raises(InputError, match="^host: expected a --token, or CTCKIT_TOKEN"):
        token_for("0.0.0.0", None)
    assert token_for("0.0.0.0", "a") == "a"
    monkeypatch.setenv(TOKEN, "")
    with pytest.raises(InputError, match="^token: expected a token without blanks"):
        token_for("127.0.0.1", None)
