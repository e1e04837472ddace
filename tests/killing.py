"""A program that kills itself, for tests of what it leaves behind."""

_KILL = """
import os, signal, sys
left = int(sys.argv.pop(1))
TOUCHING = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"}
def kill(event, arguments):
    global left
    if event in TOUCHING and NAME in str(arguments):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
if left:
    sys.addaudithook(kill)
"""


def killed_at_step(name: str) -> str:
    """Return the beginning of a program: its first argument is the step at which it is killed.

    A step is one that touches a file with `name` in its address; at 0 it is not killed.
    """
    return _KILL.replace("NAME", repr(name))
