import pickle

import pytest

from ctckit.errors import InputError


def test_the_argument_stands_before_the_message():
    error = InputError("expected 1 or more, received 0; give more", argument="batch_size")
    assert str(error) == "batch_size: expected 1 or more, received 0; give more"
    assert error.argument == "batch_size"
    assert error.message == "expected 1 or more, received 0; give more"  # for another name


def test_without_an_argument_there_is_the_message_alone():
    error = InputError("expected a folder, received a file; give another")
    assert str(error) == error.message == "expected a folder, received a file; give another"
    assert error.argument is None


def test_it_is_an_error_of_value():
    with pytest.raises(ValueError, match="^width: expected"):
        raise InputError("expected 8 or more, received 1; give more", argument="width")


@pytest.mark.parametrize("argument", [None, "steps"])
def test_it_comes_out_of_another_process_as_it_was(argument):
    error = InputError("expected this, received that; correct it", argument=argument)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(copy), copy.message, copy.argument) == (str(error), error.message, argument)
