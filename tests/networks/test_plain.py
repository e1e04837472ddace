import keras
import numpy as np
from keras import layers

from ctckit.networks.fused import FusedLSTM
from ctckit.networks.plain import plain_copy

SEQUENCES = np.random.default_rng(0).normal(size=(3, 7, 5)).astype(np.float32)


def test_a_plain_copy_is_made_of_layers_of_keras_only(tmp_path):
    inputs = layers.Input((7, 5))
    ours = keras.Model(inputs, layers.Bidirectional(FusedLSTM(4, return_sequences=True))(inputs))
    plain = plain_copy(ours)
    kinds = {type(plain.layers[1].forward_layer), type(plain.layers[1].backward_layer)}
    assert kinds == {layers.LSTM}
    np.testing.assert_allclose(plain(SEQUENCES), ours(SEQUENCES), atol=1e-6)
    plain.save(tmp_path / "plain.keras")
    assert "ctckit" not in plain.to_json()
