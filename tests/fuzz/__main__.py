"""`make fuzz`: try each parser on inputs that are guided by what of the code they reach.

    python -m tests.fuzz --seconds 3600 --inputs 100000 image zip

One process a target, so that one that ends the process leaves the others. The inputs that were
kept stay in `build/fuzz/<target>`, and whatever was found beside them.
"""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path("build/fuzz")


def main() -> int:
    """Run the targets; the exit status is 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], help="all, if none is given")
    parser.add_argument("--seconds", type=int, default=3600, help="for each target")
    parser.add_argument("--inputs", type=int, default=-1, help="at most, for each target")
    given = parser.parse_args()
    found = 0
    print(f"{'target':18} {'inputs':>9} {'seconds':>8}  found", flush=True)
    for name in given.targets or TARGETS:
        found += _run(name, given.seconds, given.inputs)
    return 1 if found else 0


def _run(name: str, seconds: int, inputs: int) -> bool:
    """Run one target, print its line, and say whether anything was found."""
    corpus = ROOT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(TARGETS[name].seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    command = [
        sys.executable, "-m", "tests.fuzz.guided", name, str(corpus),
        f"-max_total_time={seconds}", f"-runs={inputs}", f"-artifact_prefix={corpus}.",
        "-timeout=20", "-rss_limit_mb=6000", "-max_len=32768",
    ]  # fmt: skip
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    corpus.with_suffix(".log").write_text(done.stdout + done.stderr)
    tried = [int(number) for number in re.findall(r"^#(\d+)\s", done.stderr, re.MULTILINE)]
    what = _reason(done.stdout + done.stderr) if done.returncode else "nothing"
    print(f"{name:18} {max(tried, default=0):>9} {time.monotonic() - start:>8.0f}  {what}")
    sys.stdout.flush()
    return done.returncode != 0


def _reason(output: str) -> str:
    marks = re.findall(r"^(?:\w+(?:\.\w+)*(?:Error|Exception)\b.*|==\d+==.*ERROR.*)", output, re.M)
    return marks[0] if marks else "it ended without a word"


if __name__ == "__main__":
    sys.exit(main())
