"""How the C library treats memory that TensorFlow frees."""

import ctypes
import platform
from functools import cache

import tensorflow as tf

# Parameters of mallopt(3), from glibc's malloc.h.
M_TRIM_THRESHOLD = -1  # bytes that may lie free at the end of the heap
M_MMAP_THRESHOLD = -3  # bytes from which a block is mapped, and unmapped when freed
KEEP_BYTES = 1 << 30


@cache
def keep_freed_memory() -> None:
    """Let the process keep the memory that a training step frees, for the next step.

    TensorFlow tells glibc at the first `tf.data.Dataset.from_generator`, which Keras uses for
    every provider, to return all but 128 KiB to the system. Each step then asks for its feature
    maps anew, a page at a time: a training step of `crnn` on two cores takes a quarter longer.

    Nothing is done where the C library is not glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    signature = tf.TensorSpec((), tf.int32)
    next(iter(tf.data.Dataset.from_generator(lambda: [0], output_signature=signature)))
    libc = ctypes.CDLL(None)
    for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
        libc.mallopt(parameter, KEEP_BYTES)
