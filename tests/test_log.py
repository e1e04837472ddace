import os

import pytest

from ctckit.log import hidden_native_log


def test_hides_what_native_code_writes(capfd):
    with hidden_native_log():
        os.write(2, b"start-up log\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


def test_shows_it_if_the_block_fails(capfd):
    with pytest.raises(ImportError), hidden_native_log():
        os.write(2, b"libfoo.so: cannot open\n")
        raise ImportError
    assert capfd.readouterr().err == "libfoo.so: cannot open\n"
