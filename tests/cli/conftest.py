import sys

import pytest

from ctckit import cli


@pytest.fixture
def call(monkeypatch, capsys):
    """Call `ctckit` in this process: exit status, lines on stdout, text on stderr."""

    def command(*words):
        monkeypatch.setattr(sys, "argv", ["ctckit", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return end.value.code, said.out.splitlines(), said.err

    return command
