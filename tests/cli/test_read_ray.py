"""`ctckit read --engine ray`: what a cluster answers becomes the file that one process writes."""

import importlib.util
import json
import os
import pickle
import random
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from ctckit.cli import ray_engine, read, shards
from ctckit.cli.ray_engine import PartReader
from ctckit.log import LOGGER
from tests.drawing import write_image
from tests.inference.tiny_model import draw_stripes, write_model

TEXTS = ["22", "345", "2", "5432", "3", "44", "25", "333", "4", "52", "5"]
ROOT = Path(__file__).parents[2]
needs_ray = pytest.mark.skipif(
    not importlib.util.find_spec("ray"), reason="the package ray of ctckit[ray] is not installed"
)


@pytest.fixture
def read_to(tmp_path, monkeypatch, call):
    """Work beside a model and eleven images, one of which cannot be read, in parts of two."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(shards, "PART_SIZE", 2)
    monkeypatch.setattr("ctckit.cli.running.find_spec", lambda name: name)
    write_model(Path("model.onnx"), free_width=True)
    Path("new").mkdir()
    for place, text in enumerate(TEXTS):
        write_image(Path(f"new/{place:02}.png"), draw_stripes(text, 24 + 16 * len(text)))
    Path("new/03.png").write_bytes(b"no image")
    words = ("read", "new", "--model", "model.onnx", "--num-threads", 1, "--out")
    return lambda *more: call(*words, *more)


class FakeCluster:
    """Answer as a cluster does: each part by a reader that came there as bytes, in any order."""

    def __init__(self, monkeypatch, *, lost=(), before=lambda number: None):
        self.asked = []
        self.lost = lost
        self.before = before
        monkeypatch.setattr(ray_engine, "_cluster", nullcontext)
        monkeypatch.setattr(ray_engine, "_answers", self.answers)

    def answers(self, open_reader, images, parts, cores, gpus):
        self.asked.append((len(parts), cores, gpus))
        reader = PartReader(pickle.loads(pickle.dumps(open_reader)))
        for number, part in enumerate(random.Random(0).sample(parts, len(parts))):
            self.before(number)
            some = json.dumps([images[place] for place in part.places])
            found = reader({"part": [part.name], "images": [some]})
            if part.name[-1] not in self.lost:
                yield found["part"][0], json.loads(found["answer"][0])


@pytest.mark.parametrize("out", ["t.jsonl", "t.csv"])
@pytest.mark.parametrize("words", [(), ("--min-confidence", 0.5, "--characters", "2345")])
def test_the_file_is_that_of_one_process(read_to, monkeypatch, out, words):
    status, lines, said = read_to(f"whole/{out}", "--json", *words)
    cluster = FakeCluster(monkeypatch)
    by_ray = read_to(out, "--json", "--engine", "ray", *words)
    assert cluster.asked == [(6, 1, 0)]
    assert Path(out).read_bytes() == Path("whole", out).read_bytes()
    assert by_ray[0] == status == 1
    assert "error: cannot read new/03.png" in by_ray[2]
    told, here = json.loads(by_ray[1][-1]), json.loads(lines[-1])
    assert all(told[name] == here[name] for name in ("images", "unreadable", "missing_shards"))
    assert not Path(f"{out}.parts").exists()


def test_both_engines_go_on_with_what_the_other_began(read_to, monkeypatch):
    def interrupt(number):
        if number == 3:
            raise KeyboardInterrupt

    read_to("whole.jsonl")
    FakeCluster(monkeypatch, before=interrupt)
    status, _, said = read_to("t.jsonl", "--engine", "ray")
    assert status == 130 and "what was read is kept" in said
    assert read_to("t.jsonl")[0] == 1
    assert Path("t.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    for number, engine in ((1, "here"), (2, "ray")):
        cluster = FakeCluster(monkeypatch)
        read_to("u.jsonl", "--shard", f"{number}/2", "--engine", engine)
    assert cluster.asked == [(3, 1, 0)]
    assert Path("u.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


def test_lost_parts_are_named_and_read_by_the_same_command(read_to, monkeypatch):
    read_to("whole.jsonl")
    FakeCluster(monkeypatch, lost="25")
    status, _, said = read_to("t.jsonl", "--engine", "ray")
    assert status == 2 and not Path("t.jsonl").exists()
    (line,) = [line for line in said.splitlines() if "expected all images to be read" in line]
    assert "none from new/02.png to new/03.png, and 1 other part:" in line
    cluster = FakeCluster(monkeypatch)
    assert read_to("t.jsonl", "--engine", "ray")[0] == 1
    assert cluster.asked == [(2, 1, 0)]
    assert Path("t.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("words", "asked"),
    [(("--num-threads", "4"), (6, 4, 0)), (("--provider", "cuda"), (6, 1, 1))],
)
def test_what_a_reader_takes(read_to, monkeypatch, words, asked):
    monkeypatch.setattr(ray_engine, "_cluster", nullcontext)
    seen = []
    monkeypatch.setattr(
        ray_engine, "_answers", lambda _, __, parts, *room: seen.append((len(parts), *room)) or []
    )
    monkeypatch.setattr("ctckit.inference.session._provider", lambda _: "CPUExecutionProvider")
    assert read_to("t.jsonl", "--engine", "ray", *words)[0] == 2
    assert seen == [asked]


def another_model(number):
    write_model(Path("model.onnx"), num_characters=4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (another_model, "expected the same model as where the command runs, received "),
        (lambda number: Path("model.onnx").unlink(missing_ok=True), "expected a model file"),
    ],
)
def test_a_machine_with_something_else_is_named(read_to, monkeypatch, change, message):
    FakeCluster(monkeypatch, before=change)
    status, _, said = read_to("t.jsonl", "--engine", "ray")
    assert (status, said.count("\n")) == (2, 1)
    assert message in said and not Path("t.jsonl.parts").exists()


def test_a_machine_without_the_folder_is_named(read_to, monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "cwd", lambda: tmp_path / "nowhere")
    FakeCluster(monkeypatch)
    status, _, said = read_to("t.jsonl", "--engine", "ray")
    assert (status, said.count("\n")) == (2, 1)
    assert f"expected the folder {tmp_path}/nowhere, in which the command runs, on every" in said


def test_a_machine_that_does_not_reach_the_images_is_named(read_to, monkeypatch):
    FakeCluster(monkeypatch)
    monkeypatch.setattr(read.Read, "_rows", all_missing)
    status, _, said = read_to("t.jsonl", "--engine", "ray")
    assert status == 2
    assert "one where new/" in said and "cannot be read, which can be read here (no such" in said


def all_missing(self, model, images, places):
    yield {place: {"image": images[place], "error": "no such file"} for place in places}


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are text there")
def test_names_that_are_no_text(read_to, monkeypatch):
    Path("new/00.png").rename(os.fsdecode(b"new/0\xff.png"))
    read_to("whole.csv")
    FakeCluster(monkeypatch)
    read_to("t.csv", "--engine", "ray")
    assert Path("t.csv").read_bytes() == Path("whole.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--out", "t.csv", "--engine", "rya"), "--engine: expected here or ray, received 'rya'."),
        (("--engine", "ray"), "--engine: expected --out beside ray, received none"),
    ],
)
def test_what_is_no_engine_gives_one_line(read_to, call, words, message):
    status, _, said = call("read", "new", "--model", "model.onnx", *words)
    assert (status, said.count("\n")) == (2, 1) and message in said


def test_ray_needs_its_package(read_to, monkeypatch):
    monkeypatch.setattr("ctckit.cli.running.find_spec", lambda name: None if name == "ray" else 1)
    status, _, said = read_to("t.csv", "--engine", "ray")
    assert (status, said.count("\n")) == (2, 1)
    assert "without ray; do: pip install 'ctckit[ray]'" in said


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:9", "expected a Ray cluster at 127.0.0.1:9, received '["),
        ("ray://head:10001", "expected RAY_ADDRESS as HOST:PORT of the head of a cluster"),
    ],
)
def test_an_address_where_nothing_answers(read_to, monkeypatch, address, message):
    monkeypatch.setenv("RAY_ADDRESS", address)
    status, _, said = read_to("t.csv", "--engine", "ray")
    assert (status, said.count("\n")) == (2, 1) and message in said


def test_a_head_that_is_gone_is_named(monkeypatch):
    said = []
    monkeypatch.setattr(ray_engine, "ANSWER_S", 0.01)
    monkeypatch.setattr(LOGGER, "error", lambda text, *words: said.append(text % words))
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"
        with ray_engine._watched(address):
            time.sleep(0.1)
            assert not said
            head.close()
            deadline = time.monotonic() + 30
            while not said and time.monotonic() < deadline:
                time.sleep(0.01)
    (line,) = said
    assert f"expected the head of the Ray cluster, {address}, to answer, received" in line


SMALL_PARTS = "from ctckit.cli import main, shards; shards.PART_SIZE = 50; main()"


def run_read(*words, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", SMALL_PARTS, "read", "new", "--model", "model.onnx", *words],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])} | environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture
def machines():
    """Start a head without cores, and two machines of one core each: node processes, all three."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def by_ray(read_to, machines):
    """Return what starts to read 511 images by these machines; `whole.csv` is what comes of it."""
    for place in range(500):
        text = TEXTS[place % len(TEXTS)]
        write_image(Path(f"new/more{place:03}.png"), draw_stripes(text, 24 + 16 * len(text)))
    assert read_to("whole.csv")[0] == 1
    words = ("--out", "t.csv", "--engine", "ray", "--json")
    return lambda: run_read(*words, RAY_ADDRESS=machines.address)


def wait_for_parts(process, count):
    while process.poll() is None and len(list(Path("t.csv.parts").glob("shard-*"))) < count:
        time.sleep(0.02)


def require_the_file_of_one_process(process, *, lines):
    shown, said = process.communicate()
    assert process.returncode == 1 and len(said.splitlines()) == lines, said
    assert json.loads(shown)["images"] == 510 and len(shown.splitlines()) == 1
    assert Path("t.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert not Path("t.csv.parts").exists()


@needs_ray
@pytest.mark.long
def test_readers_that_are_killed_change_nothing(by_ray):
    import psutil

    process = by_ray()
    for killed in range(4):
        wait_for_parts(process, 1 + 2 * killed)
        readers = [each for each in psutil.process_iter(["cmdline"])
                   if (each.info["cmdline"] or [""])[0].startswith("ray::MapWorker")]  # fmt: skip
        readers[killed % len(readers)].kill()
    require_the_file_of_one_process(process, lines=2)


@needs_ray
@pytest.mark.long
def test_a_machine_that_is_lost_changes_nothing(by_ray, machines):
    process = by_ray()
    wait_for_parts(process, 2)
    machines.remove_node(next(iter(machines.worker_nodes)), allow_graceful=False)
    require_the_file_of_one_process(process, lines=2)


@needs_ray
@pytest.mark.long
def test_ten_kills_of_the_command_change_nothing(by_ray):
    rng, killed = random.Random(0), 0
    while True:
        process = by_ray()
        there = len(list(Path("t.csv.parts").glob("shard-*")))
        wait_for_parts(process, there + rng.randint(0, 2))
        time.sleep(rng.uniform(0, 0.2))
        if process.poll() is None and killed < 10:
            process.kill()
            killed += 1
            process.communicate()
        elif killed == 10:
            break
        else:  # it was faster than the kill: once more
            require_the_file_of_one_process(process, lines=2)
            Path("t.csv").unlink()
    require_the_file_of_one_process(process, lines=2)


@needs_ray
@pytest.mark.long
def test_without_an_address_this_machine_is_the_cluster(read_to):
    read_to("whole.csv")
    process = run_read("--out", "t.csv", "--engine", "ray", RAY_ADDRESS="")
    said = process.communicate()[1]
    assert process.returncode == 1 and len(said.splitlines()) == 2, said
    assert Path("t.csv").read_bytes() == Path("whole.csv").read_bytes()
