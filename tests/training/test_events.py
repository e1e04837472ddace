"""TensorBoard shows each value once, also of a run that went back to an earlier state."""

import tensorflow as tf

from ctckit.training.events import events_of, forget_events


def write_events(folder, **moments):
    """Write an event of each name, as of its moment; return the file."""
    folder.mkdir()
    file = folder / "events.out.tfevents.0"
    with tf.io.TFRecordWriter(str(file)) as writer:
        for step, (name, moment) in enumerate(moments.items()):
            value = tf.compat.v1.Summary.Value(tag=name, simple_value=1.0)
            summary = tf.compat.v1.Summary(value=[value])
            event = tf.compat.v1.Event(wall_time=moment, step=step, summary=summary)
            writer.write(event.SerializeToString())
    return file


def names(file):
    return [value.tag for event in events_of(file) for value in event.summary.value]


def test_what_came_after_the_state_is_forgotten(tmp_path):
    train = write_events(tmp_path / "train", early=10.0, just_then=20.0, late=20.5)
    validation = write_events(tmp_path / "validation", early=11.0, late=21.0)
    forget_events(tmp_path, since=20.0)
    assert (names(train), names(validation)) == (["early", "just_then"], ["early"])


def test_a_torn_event_ends_a_file_and_is_removed(tmp_path):
    file = write_events(tmp_path / "train", first=1.0, second=2.0)
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    assert names(file) == ["first"]
    forget_events(tmp_path, since=9.0)
    assert names(file) == ["first"] and file.read_bytes() == whole[: file.stat().st_size]
