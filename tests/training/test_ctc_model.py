import keras
import numpy as np
import pytest

from ctckit.networks.blocks import columns_as_time, conv_block
from ctckit.networks.fused import FusedLSTM
from ctckit.training.ctc_model import CTCModel
from ctckit.training.losses import CTCloss
from tests.training.networks import (
    HEIGHT,
    VOCABULARY,
    WIDTH,
    compiled,
    drawn_providers,
    small_network,
)


def test_loss_is_the_weighted_mean_of_the_heads(tmp_path):
    train, _ = drawn_providers(tmp_path / "drawn")
    images, labels = train[0]
    model = compiled(small_network())
    first, second = model.network(images, training=False)
    expected = (CTCloss()(labels, first) + 0.5 * CTCloss()(labels, second)) / 1.5
    received = model.compute_loss(y=labels, y_pred=[first, second])
    assert float(received) == pytest.approx(float(expected), rel=1e-5)


def test_reads_with_the_first_head_only(tmp_path):
    images, _ = drawn_providers(tmp_path / "drawn")[0][0]
    model = compiled(small_network())
    np.testing.assert_array_equal(model(images), model.network(images)[0])
    assert len(model.reader.outputs) == 1


@pytest.mark.slow
def test_a_network_with_one_head_trains_as_usual(tmp_path):
    train, val = drawn_providers(tmp_path / "drawn")
    history = compiled(small_network(heads=1)).fit(train, validation_data=val, epochs=1, verbose=0)
    assert {"loss", "CER", "WER", "val_loss", "val_CER", "val_WER"} <= set(history.history)


@pytest.mark.slow
def test_with_a_learning_rate_of_zero_training_measures_what_validation_measures(tmp_path):
    """Same images on both sides, nothing random: any difference is a fault of the pipeline."""
    train, _ = drawn_providers(tmp_path / "drawn", augment=False)
    network = small_network(heads=1)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    model = compiled(network, learning_rate=0.0)
    logs = model.fit(train, validation_data=train, epochs=1, verbose=0).history
    for name in ("loss", "CER", "WER"):
        assert logs[name][0] == pytest.approx(logs[f"val_{name}"][0], rel=1e-4), name


@pytest.mark.slow
def test_the_same_weights_for_any_number_of_workers(tmp_path):
    def weights_after_training(workers: int) -> list[np.ndarray]:
        keras.utils.set_random_seed(1)
        train, val = drawn_providers(tmp_path / "drawn", workers=workers)
        model = compiled(small_network(dropout=0.2))
        model.fit(train, validation_data=val, epochs=3, verbose=0)
        return model.get_weights()

    expected = weights_after_training(1)
    for workers in (0, 2, 3):
        for a, b in zip(expected, weights_after_training(workers), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.slow
def test_loss_falls_on_a_small_problem(tmp_path):
    train, _ = drawn_providers(tmp_path / "drawn", augment=False)
    keras.utils.set_random_seed(0)
    model = compiled(small_network(), learning_rate=1e-2)
    losses = model.fit(train, epochs=40, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


def test_network_without_heads_beyond_the_first_ignores_the_weight():
    model = CTCModel(small_network(heads=1), auxiliary_weight=0.5)
    assert model.reader.output_shape == (None, 24, VOCABULARY.num_classes)


@pytest.mark.slow
def test_a_step_compiled_by_xla_learns_the_same(tmp_path):
    def losses(jit_step: bool) -> list[float]:
        keras.utils.set_random_seed(1)
        train, _ = drawn_providers(tmp_path / "drawn", augment=False)
        model = compiled(recurrent_network(), jit_step=jit_step)
        return model.fit(train, epochs=3, verbose=0).history["loss"]

    assert losses(True) == pytest.approx(losses(False), rel=1e-3)


def recurrent_network() -> keras.Model:
    """Return a network with the layers of ours that have fused kernels."""
    images = keras.layers.Input((HEIGHT, WIDTH, 1), name="image")
    x = conv_block(images, 8, strides=2)
    x = keras.layers.Bidirectional(FusedLSTM(8, return_sequences=True))(columns_as_time(x))
    outputs = keras.layers.Dense(VOCABULARY.num_classes, activation="softmax")(x)
    return keras.Model(images, [outputs, outputs])
