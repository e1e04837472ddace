"""How fast is reading over HTTP? Beside reading alone, and beside a bare handler.

    python -m benchmarks.serve --model Models/captcha_…             about 3 minutes
    python -m benchmarks.serve --model Models/captcha_… --quick     less than one

Needs wrk and hey (Debian: apt-get install wrk hey), which share the cores with the server. wrk
sends one image after the other, as its bytes, over 1, 8 and 64 connections, to `ctckit serve` and
to a handler of FastAPI around mltu's inference loop with the same network. Then hey sends half of
what came through at most, evenly, to see how long an answer takes where nothing piles up. The
evaluation's images a second are measured in the same run.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.common import as_files, least_seconds, save, table
from ctckit.cli.arguments import parse_arguments
from ctckit.cli.evaluate import plan
from ctckit.cli.labelled_images import labelled_images
from ctckit.cli.running import run_command
from ctckit.errors import InputError
from ctckit.evaluation.one_pass import evaluate
from ctckit.inference.reader import ImageToWordModel
from ctckit.sources.options import SourceOptions

ROOT = Path(__file__).parents[1]
CONNECTIONS = (1, 8, 64)
CALM = 8  # connections that half of the load comes over
PATIENCE_S = 60.0  # for a server to start
# wrk's script: it sends the images in turn, and tells what it measured as JSON.
SCRIPT = """
local files, bodies, place = %s, {}, 0
for number, name in ipairs(files) do
  local file = io.open(name, "rb")
  bodies[number] = file:read("*a")
  file:close()
end
request = function()
  place = place %% #bodies + 1
  return wrk.format("POST", "/read", {["Content-Type"] = "image/png"}, bodies[place])
end
done = function(summary, latency)
  local failed = summary.errors.status + summary.errors.timeout + summary.errors.read
  print(string.format('{"requests": %%d, "us": %%d, "failed": %%d, "p50": %%d, "p99": %%d}',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    model: Path | None = None
    """Folder of a run with one width for all images, and its val.csv; None: the newest one in
    Models/."""
    dataset: Path | None = None
    """Labelled images to read, where not those of the val.csv."""
    seconds: int = 10
    """How long each number of connections is tried."""
    turns: int = 5
    """How often the evaluation is timed."""
    quick: bool = False
    """Two seconds each, two turns."""
    output: Path = Path("benchmarks/results/serve.json")
    """JSON file to write."""


class Measured(NamedTuple):
    """What a client saw: requests a second, and how long an answer took, in milliseconds."""

    rate: float
    p50_ms: float
    p99_ms: float
    failed: int


def main() -> None:
    """Measure all."""
    arguments = parse_arguments(Arguments, prog="serve", description=__doc__)
    if missing := [name for name in ("wrk", "hey") if shutil.which(name) is None]:
        raise InputError(
            f"expected the programs wrk and hey, received a system without {', '.join(missing)}; "
            "do: apt-get install wrk hey"
        )
    task = plan(arguments.model, arguments.dataset)
    seconds, turns = (2, 2) if arguments.quick else (arguments.seconds, arguments.turns)
    with as_files(labelled_images(task.source, SourceOptions())[0]) as samples:
        ours = ImageToWordModel(task.model)
        alone = least_seconds({"evaluation": lambda: evaluate(ours, samples)}, turns)
        evaluation = len(samples) / alone["evaluation"].wall
        images = [Path(sample.image) for sample in samples[:200]]
        servers = {
            "ctckit serve": ["ctckit", "serve", str(task.model)],
            "bare handler": [
                "benchmarks.bare_server", str(task.model), str(ours.metadata.vocabulary),
            ],
        }  # fmt: skip
        results = {name: measure(words, images, seconds) for name, words in servers.items()}
    print(f"evaluation: {evaluation:,.0f} images a second")
    print(table([row for name in results for row in rows(name, results[name], evaluation)]))
    facts = {
        name: {load: one._asdict() for load, one in by_load.items()}
        for name, by_load in results.items()
    }
    save({"evaluation": evaluation, "seconds": seconds, "servers": facts}, arguments.output)


def measure(words: list[str], images: list[Path], seconds: int) -> dict[str, Measured]:
    """Start a server and load it with each number of connections; then with half of the most."""
    with served(words) as address:
        by_wrk(address, images, CALM, 1)  # warms it up
        found = {
            f"{number} connections": by_wrk(address, images, number, seconds)
            for number in CONNECTIONS
        }
        half = max(one.rate for one in found.values()) / 2
        return found | {"half of the most": by_hey(address, images[0], half, seconds)}


@contextmanager
def served(words: list[str]) -> Iterator[str]:
    """Start a server on a free port for the while; return its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    named = ["--port", str(port)] if words[0] == "ctckit" else [str(port)]
    with subprocess.Popen([sys.executable, "-m", *words, *named], cwd=ROOT) as process:
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}/read"
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Wait until a server listens."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server has not started")


def by_wrk(address: str, images: list[Path], connections: int, seconds: int) -> Measured:
    """Send as much as comes through."""
    with TemporaryDirectory() as folder:
        script = Path(folder, "images.lua")
        names = ", ".join(json.dumps(str(image)) for image in images)
        script.write_text(SCRIPT % f"{{{names}}}", encoding="utf-8")
        words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), address]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    said = json.loads(done.stdout.strip().splitlines()[-1])
    rate = said["requests"] / (said["us"] / 1e6)
    return Measured(rate, said["p50"] / 1e3, said["p99"] / 1e3, said["failed"])


def by_hey(address: str, image: Path, rate: float, seconds: int) -> Measured:
    """Send evenly, at a rate."""
    words = ["hey", "-m", "POST", "-T", "image/png", "-D", str(image), "-z", f"{seconds}s",
             "-c", str(CALM), "-q", f"{rate / CALM:.3f}", address]  # fmt: skip
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    p50, p99 = (float(re.search(rf"{share}% in ([\d.]+) secs", said)[1]) for share in (50, 99))
    answered = {
        int(code): int(times) for code, times in re.findall(r"\[(\d+)\]\s+(\d+) resp", said)
    }
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    return Measured(per_second, p50 * 1e3, p99 * 1e3, sum(answered.values()) - answered.get(200, 0))


def rows(name: str, by_load: dict[str, Measured], evaluation: float) -> Iterator[dict[str, object]]:
    """Yield the rows of a table."""
    for load, one in by_load.items():
        yield {
            "server": name,
            "load": load,
            "requests a second": f"{one.rate:,.0f}",
            "of the evaluation": f"{one.rate / evaluation:.2f}",
            "p50 (ms)": f"{one.p50_ms:.1f}",
            "p99 (ms)": f"{one.p99_ms:.1f}",
            "failed": one.failed,
        }


if __name__ == "__main__":
    sys.exit(run_command(main))
