"""One target under atheris: `python -m tests.fuzz.guided <target> <corpus> -max_total_time=60`."""

import sys

import atheris

with atheris.instrument_imports(include=["ctckit", "zipfile", "yaml", "json", "csv"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run it; libFuzzer ends the process."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name].run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
