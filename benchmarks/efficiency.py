"""On paper: what training on several devices costs, from rates that were measured on one.

    python -m benchmarks.efficiency --step-ms 40 --images-per-core 3000

A step lasts as long as that of the slowest device, whose time is drawn about `--step-ms`, and as
the sums over all: of the gradients, in a ring (2 (n - 1) / n of their bytes pass each device), and
of the few numbers by which all decide alike.
"""

import sys
from dataclasses import dataclass

import numpy as np

from ctckit.cli.arguments import parse_arguments
from ctckit.cli.running import run_command

SMALL_SUMS = 4  # in a step, beside that of the gradients
BYTES = 4  # of a number


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    step_ms: float = 40.0
    """Of one device, alone."""
    spread: float = 0.05
    """Of it, standard deviation, as a share."""
    hosts: int = 4
    """Machines."""
    gpus_per_host: int = 2
    """Devices of each."""
    parameters: int = 228_900
    """Of the network."""
    gbit: float = 10.0
    """Of the network between the machines, in a second."""
    latency_us: float = 50.0
    """Of a message between them."""
    batch: int = 64
    """Images of a device and step."""
    image_kb: float = 4.0
    """Of a file."""
    images_per_core: float = 3000.0
    """Read, resized and varied in a second."""


def main() -> None:
    """Print what a step is made of."""
    arguments = parse_arguments(Arguments, prog="efficiency", description=__doc__)
    shape = 10_000, arguments.hosts * arguments.gpus_per_host
    spread_ms = arguments.spread * arguments.step_ms
    own_ms = np.random.default_rng(0).normal(arguments.step_ms, spread_ms, shape)
    slowest_ms = float(own_ms.max(axis=1).mean())
    messages = 2 * (arguments.hosts - 1)  # of one ring between the machines
    megabytes = arguments.parameters * BYTES / 1e6
    gradients_ms = messages / arguments.hosts * megabytes * 8 / arguments.gbit
    latency_ms = messages * arguments.latency_us / 1e3 * (1 + SMALL_SUMS)
    whole_ms = slowest_ms + gradients_ms + latency_ms
    rate = arguments.batch * arguments.gpus_per_host / whole_ms * 1e3
    print(f"devices                    {shape[1]}, {arguments.batch} images each")
    print(f"sum of gradients           {megabytes:.2f} MB a step")
    print(f"slowest device             {slowest_ms:.2f} ms")
    print(f"gradients on the way       {gradients_ms:.2f} ms")
    print(f"messages on the way        {latency_ms:.2f} ms")
    print(f"step                       {whole_ms:.2f} ms")
    print(f"efficiency                 {arguments.step_ms / whole_ms:.1%}")
    print(f"images a second, per host  {rate:,.0f}")
    print(f"read from disk, per host   {rate * arguments.image_kb / 1e3:.1f} MB/s")
    print(f"cores that feed a host     {rate / arguments.images_per_core:.1f}")


if __name__ == "__main__":
    sys.exit(run_command(main))
