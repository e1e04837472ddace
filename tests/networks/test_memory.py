"""TensorFlow tells glibc to give freed memory back; training keeps it."""

import platform
import subprocess
import sys

import pytest

COUNT_PAGE_FAULTS = """
import resource
import tensorflow as tf
from ctckit.networks import keep_freed_memory

BLOCK = 64 << 20  # bytes: larger than any that glibc keeps by itself

def page_faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(40):
        b"x" * BLOCK
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

signature = tf.TensorSpec((), tf.int32)
list(tf.data.Dataset.from_generator(lambda: [0], output_signature=signature))
before = page_faults()
keep_freed_memory()
page_faults()  # the first block is asked for
print(before, page_faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_freed_memory_is_used_again_instead_of_asked_for_anew():
    run = subprocess.run(
        [sys.executable, "-c", COUNT_PAGE_FAULTS], capture_output=True, text=True, check=True
    )
    before, after = map(int, run.stdout.split()[-2:])
    assert before > 1000  # of 40 blocks of 64 MiB, even were the pages as large as 2 MiB
    assert after < before / 10
