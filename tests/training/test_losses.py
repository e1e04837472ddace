import keras
import numpy as np
import pytest
import tensorflow as tf
from mltu.tensorflow.losses import CTCloss as MltuCTCloss

from ctckit.training.losses import CTCloss

BLANK = 3


def random_probabilities(batch: int, steps: int, classes: int = BLANK + 1) -> np.ndarray:
    scores = np.random.default_rng(0).normal(size=(batch, steps, classes))
    return tf.nn.softmax(scores.astype(np.float32)).numpy()


def brute_force(probabilities: np.ndarray, label: list[int]) -> float:
    """-log of the sum over all paths that collapse to the label."""
    steps, classes = probabilities.shape
    total = 0.0
    for path in np.ndindex(*[classes] * steps):
        collapsed = [c for i, c in enumerate(path) if i == 0 or path[i - 1] != c]
        if [c for c in collapsed if c != BLANK] == label:
            total += np.prod(probabilities[np.arange(steps), path])
    return -np.log(total)


@pytest.mark.parametrize("label", [[0], [0, 1], [2, 2], [1, 0, 1], []])
def test_equals_the_sum_over_all_paths(label):
    probabilities = random_probabilities(1, 5)
    padded = np.array([label + [BLANK] * (3 - len(label))])
    loss = CTCloss(reduction=None)(padded, probabilities)
    assert float(loss[0]) == pytest.approx(brute_force(probabilities[0], label), abs=1e-4)


def test_equals_mltus_loss_on_labels_of_one_length():
    probabilities = random_probabilities(4, 12)
    labels = np.array([[0, 1, 2], [1, 1, 0], [2, 0, 2], [0, 0, 0]])
    ours = CTCloss(reduction=None)(labels, probabilities)
    theirs = MltuCTCloss()(labels, probabilities)
    np.testing.assert_allclose(ours, np.ravel(theirs), atol=1e-4)


def test_is_the_mean_over_the_batch():
    probabilities = random_probabilities(4, 8)
    labels = np.array([[0, 1], [1, BLANK], [2, 0], [0, 0]])
    each = CTCloss(reduction=None)(labels, probabilities)
    assert float(CTCloss()(labels, probabilities)) == pytest.approx(float(np.mean(each)))


def test_padding_does_not_count():
    probabilities = random_probabilities(1, 8)
    short = CTCloss()(np.array([[0, 1]]), probabilities)
    padded = CTCloss()(np.array([[0, 1, BLANK, BLANK]]), probabilities)
    assert float(short) == pytest.approx(float(padded))


def test_logits_and_probabilities_agree():
    logits = np.random.default_rng(0).normal(size=(2, 6, 4)).astype(np.float32)
    labels = np.array([[0, 1], [2, BLANK]])
    from_probabilities = CTCloss()(labels, tf.nn.softmax(logits))
    assert float(CTCloss(from_logits=True)(labels, logits)) == pytest.approx(
        float(from_probabilities), abs=1e-4
    )


def test_survives_serialisation():
    loss = CTCloss(from_logits=True, name="other")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert copy.get_config() == loss.get_config()


def test_what_xla_compiles_is_the_same_loss():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(6), (4, 9)).astype(np.float32)
    labels = np.array([[0, 1, 2, 5], [1, 1, 5, 5], [5, 5, 5, 5], [0, 0, 0, 1]])  # 5 pads
    kernel, compiled = (
        CTCloss(xla=xla, reduction=None)(labels, probabilities) for xla in (False, True)
    )
    np.testing.assert_allclose(compiled, kernel, rtol=1e-5)


@pytest.mark.parametrize("labels", [[[0, 1], [BLANK, BLANK]], [[BLANK, BLANK]] * 2])
def test_images_without_text_have_gradients(labels):
    probabilities = tf.Variable(random_probabilities(2, 5))
    gradients = []
    for xla in (False, True):
        with tf.GradientTape() as tape:
            loss = CTCloss(xla=xla)(np.array(labels), probabilities)
        gradients.append(tape.gradient(loss, probabilities).numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], atol=1e-5)
    assert (gradients[0][1, :, BLANK] < 0).all()  # more of the blank is better
