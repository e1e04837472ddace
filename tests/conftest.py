"""What all tests start from."""

import signal

# Where the tests run in the background of a script, SIGINT is ignored, also in the programs they
# start; tests of Ctrl-C need it as in a terminal.
signal.signal(signal.SIGINT, signal.default_int_handler)
