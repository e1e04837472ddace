"""What all tests start from."""

import shutil
import signal

import pytest

# Where the tests run in the background of a script, SIGINT is ignored, also in the programs they
# start; tests of Ctrl-C need it as in a terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def browser():
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed")
    return found
