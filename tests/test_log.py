import os
import tempfile

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


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="files in memory are Linux's")
def test_what_is_hidden_needs_no_disk(monkeypatch, capfd):
    """In a container whose file system is read-only there is no temporary directory."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", "/nowhere")
        with hidden_native_log():
            os.write(2, b"a native library")
    assert capfd.readouterr().err == ""
