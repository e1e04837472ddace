"""The events that TensorBoard shows."""

from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from ctckit.files import replace_atomically


def forget_events(folder: Path, *, since: float) -> None:
    """Remove the events that were written after a moment, and a torn last one.

    A run that goes on from an earlier state writes them once more.

    Args:
        folder: of TensorBoard; the files may lie deeper.
        since: seconds since 1970.
    """
    for file in sorted(folder.rglob("events.out.tfevents.*")):
        kept = [event for event in events_of(file) if event.wall_time <= since]
        with replace_atomically(file) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
            for event in kept:
                writer.write(event.SerializeToString())


def events_of(file: Path) -> Iterator[tf.compat.v1.Event]:
    """Yield the events of a file of TensorBoard's, up to a torn one."""
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            yield tf.compat.v1.Event.FromString(record)
    except tf.errors.DataLossError:  # the process died while it wrote the last one
        return
