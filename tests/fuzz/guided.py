"""One target under atheris: `python -m tests.fuzz.guided <target> <corpus> -max_total_time=60`."""

import sys

import atheris

with atheris.instrument_imports(include=["ctckit", "zipfile", "yaml", "json", "csv"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run it; libFuzzer ends the process."""
    target = TARGETS[sys.argv.pop(1)]
    for seed in target.seeds():  # what a target loads when it first runs takes its time
        target.run(seed)
    atheris.Setup(sys.argv, target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
