"""On paper: what training on several devices costs, from rates that were measured on one.

    python -m benchmarks.efficiency --step-ms 25 --spread 0.05 --hosts 4 --gpus-per-host 2

A step lasts as long as that of the slowest device, whose time is drawn about `--step-ms`, and as
the sums over all: of the gradients, in a ring (2 (n - 1) / n of their bytes pass each device), and
of the few numbers by which all decide alike.
"""

import argparse

import numpy as np

SMALL_SUMS = 4  # in a step: two wishes to end, the clock, and the loss with the gradients
BYTES = 4  # of a number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--step-ms", type=float, required=True, help="of one device, alone")
    parser.add_argument("--spread", type=float, default=0.05, help="of it, standard deviation")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--gpus-per-host", type=int, default=2)
    parser.add_argument("--parameters", type=int, default=228_900)
    parser.add_argument("--gbit", type=float, default=10, help="of the network, per second")
    parser.add_argument("--latency-us", type=float, default=50, help="of a message")
    parser.add_argument("--batch", type=int, default=64, help="images of a device and step")
    parser.add_argument("--image-kb", type=float, default=4)
    parser.add_argument("--images-per-core", type=float, required=True, help="made in a second")
    arguments = parser.parse_args()
    number = arguments.hosts * arguments.gpus_per_host
    rng = np.random.default_rng(0)
    own_ms = rng.normal(arguments.step_ms, arguments.spread * arguments.step_ms, (10_000, number))
    messages = 2 * (arguments.hosts - 1)  # one ring between the hosts
    gradient_ms = (
        messages / arguments.hosts * arguments.parameters * BYTES * 8 / arguments.gbit / 1e6
    )
    latency_ms = messages * arguments.latency_us / 1e3 * (1 + SMALL_SUMS)
    whole_ms = own_ms.max(axis=1).mean() + gradient_ms + latency_ms
    rate = arguments.batch * arguments.gpus_per_host / whole_ms * 1e3
    print(f"devices                    {number}, {arguments.batch} images each")
    print(f"sum of gradients           {arguments.parameters * BYTES / 1e6:.2f} MB a step")
    print(f"slowest device             {own_ms.max(axis=1).mean():.2f} ms")
    print(f"gradients on the way       {gradient_ms:.2f} ms")
    print(f"messages on the way        {latency_ms:.2f} ms")
    print(f"step                       {whole_ms:.2f} ms")
    print(f"efficiency                 {arguments.step_ms / whole_ms:.1%}")
    print(f"images a second, per host  {rate:,.0f}")
    print(f"read from disk, per host   {rate * arguments.image_kb / 1e3:.1f} MB/s")
    print(f"cores that feed a host     {rate / arguments.images_per_core:.1f}")


if __name__ == "__main__":
    main()
