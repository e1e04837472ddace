import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ctckit.data.samples import Sample
from ctckit.labelling.learner import Learner, ReadImage, Task

LABELLED = [Sample("a.png", "12"), Sample("b.png", "34")]


def command(program):
    """Return what does a task in place of a training."""
    return (sys.executable, "-c", "import json, sys, time\n" + textwrap.dedent(program))


def learner(tmp_path, program):
    done = []
    return Learner(command(program), tmp_path, "", done.append), done


def test_a_task_is_written_and_read_as_it_was(tmp_path):
    task = Task("reader.onnx", LABELLED, ["c.png"], ["d.png"], "0123", 7)
    task.save(tmp_path / "task.json")
    assert Task.load(tmp_path / "task.json") == task


def test_what_comes_of_a_task_is_handed_over(tmp_path):
    one, done = learner(
        tmp_path,
        """
        task = json.load(open(sys.argv[1]))
        print(json.dumps({"done": 0.5}), flush=True)
        row = {"image": task["ranked"][0], "text": "12", "confidence": 0.5, "look": [1.0]}
        print(json.dumps(row))
        """,
    )
    one.begin(Task("reader.onnx", LABELLED, ranked=["c.png"]))
    one.wait()
    [learned] = done
    assert (learned.reader.name, learned.num_labels) == ("reader.onnx", 2)
    assert learned.readings == [ReadImage("c.png", "12", 0.5, [1.0])]
    assert one.share_done is None and not one.problem


def test_how_far_a_training_is(tmp_path):
    one, _ = learner(tmp_path, 'print(json.dumps({"done": 0.5}), flush=True); sys.stdin.read()')
    assert one.share_done is None
    one.begin(Task("reader.onnx", LABELLED))
    while one.share_done != 0.5:
        time.sleep(0.01)
    assert not one.is_due(1000)
    one.end()
    assert one.share_done is None


def test_when_a_training_is_due(tmp_path):
    one, _ = learner(tmp_path, "")
    assert [one.is_due(number) for number in (19, 20)] == [False, True]
    one.num_labels = 45
    assert one.next_number == 68
    assert [one.is_due(number) for number in (67, 68)] == [False, True]


def test_a_training_that_fails_is_told_and_the_next_waits_for_more_labels(tmp_path, caplog):
    one, done = learner(tmp_path, 'print("error: too few", file=sys.stderr); sys.exit(2)')
    one.begin(Task("reader.onnx", LABELLED * 10))
    one.wait()
    assert not done and one.problem == "error: too few" and not one.is_busy
    assert "no reader came of" in caplog.text
    assert not one.is_due(20) and one.is_due(30)


def test_a_training_that_is_killed_is_told(tmp_path):
    one, _ = learner(tmp_path, "import os; os.kill(os.getpid(), 9)")
    one.begin(Task("reader.onnx", LABELLED))
    one.wait()
    assert "signal 9" in one.problem


def test_a_program_that_is_not_there_is_told(tmp_path):
    one = Learner((str(tmp_path / "gone"),), tmp_path, "")
    one.begin(Task("reader.onnx", LABELLED))
    assert "gone" in one.problem and not one.is_busy and one.share_done is None


def test_a_reader_that_cannot_be_taken_is_told(tmp_path):
    from ctckit.errors import InputError

    def refuse(learned):
        raise InputError("no such file")

    one = Learner(command(""), tmp_path, "", refuse)
    one.begin(Task("reader.onnx", LABELLED))
    one.wait()
    assert one.problem == "no such file"


def test_the_end_ends_a_training(tmp_path):
    one, done = learner(tmp_path, "time.sleep(600)")
    one.begin(Task("reader.onnx", LABELLED))
    one.end()
    assert not done and not one.problem
    one.begin(Task("reader.onnx", LABELLED))
    assert one.share_done is None, "nothing is begun behind the end"


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not for Windows")
def test_it_ends_with_the_process_that_began_it(tmp_path):
    """Also if that is killed: then the standard input of the training ends."""
    worker = "import os, sys; print(json.dumps({'done': 0.1}), flush=True); sys.stdin.read()"
    program = textwrap.dedent(
        f"""
        import json, sys, time
        from pathlib import Path
        from ctckit.labelling.learner import Learner, Task
        one = Learner({command(worker)!r}, Path(sys.argv[1]), "", print)
        one.begin(Task("reader.onnx", [("a.png", "12")]))
        print(one._process.pid, flush=True)
        time.sleep(600)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while _is_there(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _is_there(pid)


def _is_there(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_lines_of_others_do_no_harm(tmp_path):
    """A library may write to standard output, too."""
    lines = ("downloading", "{}", "[]", "3", '{"image": 3}', '{"done": "much"}')
    one, done = learner(tmp_path, f"for line in {lines!r}: print(line)")
    one.begin(Task("reader.onnx", LABELLED))
    one.wait()
    assert len(done) == 1 and not done[0].readings
