"""The parts of Keras that it does not promise to keep, all in one place.

`tests/test_privates.py` names the version they were looked at, and fails where they are gone.
"""

import keras
import tensorflow as tf
from keras.src.ops.numpy import Add as AddOperation
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

__all__ = ["AddOperation", "DataAdapter", "count_loss", "moments_of"]


def count_loss(model: keras.Model, loss: tf.Tensor, images: tf.Tensor) -> None:
    """Add the mean loss of a batch to what `model` logs as `loss`, as Keras' `train_step` does.

    Args:
        model: compiled.
        loss: scalar, mean over the batch.
        images: the batch, whose first axis counts.
    """
    model._loss_tracker.update_state(loss, sample_weight=tf.shape(images)[0])


def moments_of(
    optimizer: keras.optimizers.Adam, variable: keras.Variable
) -> tuple[keras.Variable, keras.Variable]:
    """Return the mean of the gradient of `variable`, and that of its square."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]
