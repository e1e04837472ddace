"""No parser answers bytes with anything but a result or an InputError of one line.

Here with a few hundred inputs each, always the same ones; `FUZZ_INPUTS=100000` tries more. `make
fuzz` goes on for an hour, guided by which lines of the code an input reaches.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

NUM_INPUTS = int(os.environ.get("FUZZ_INPUTS", "200"))

# Where, how many bytes are dropped there, and what stands in their place.
EDITS = st.lists(
    st.tuples(
        st.integers(0, 2**16),
        st.sampled_from([0, 0, 1, 1, 1, 2, 4, 8, 100, 2**20]),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"[" * 2000]),
            st.text(max_size=4).map(lambda text: text.encode("utf-8", "surrogatepass")),
            st.sampled_from([b'"', b",", b"\t", b"\n", b"\r", b"{", b"]", b"..", b"/", b"\\ud800"]),
        ),
    ),
    max_size=6,
)


def edited(seed: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Return `seed` with some of its bytes replaced."""
    for place, dropped, new in edits:
        at = place % (len(seed) + 1)
        seed = seed[:at] + new + seed[at + dropped :]
    return seed


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_give_a_result_or_one_line(name):
    target = TARGETS[name]
    seeds = target.seeds()

    @settings(
        max_examples=NUM_INPUTS,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(seeds), EDITS)
    def check(seed, edits):
        target.run(edited(seed, edits))

    check()


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_are_tried(name):
    for seed in TARGETS[name].seeds():
        TARGETS[name].run(seed)
