"""A `.keras` file is a network, not a program: Keras' safe mode stays on, beside our own layers."""

import json
import zipfile

import keras
import pytest

from ctckit.networks.fused import FusedBatchNormalization, FusedLSTM
from ctckit.training.losses import CTCloss


def saved(folder, *more):
    """Save a network with layers of ours, and `more` behind them."""
    image = keras.Input((4, 3))
    x = FusedBatchNormalization()(FusedLSTM(2, return_sequences=True)(image))
    for layer in more:
        x = layer(x)
    path = folder / "network.keras"
    keras.Model(image, x).save(path)
    return path


def changed(path, find, replace):
    """Rewrite what a `.keras` file says of its layers."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    config = files["config.json"].decode()
    assert find in config
    files["config.json"] = config.replace(find, replace).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_layers_of_ours_are_known(tmp_path):
    layers = keras.models.load_model(saved(tmp_path)).layers
    assert {FusedLSTM, FusedBatchNormalization} <= {type(layer) for layer in layers}
    assert keras.saving.get_registered_name(CTCloss) == "ctckit>CTCloss"


def test_code_inside_is_refused(tmp_path):
    path = saved(tmp_path, keras.layers.Lambda(lambda x: x * 2))
    with pytest.raises(ValueError, match="arbitrary code execution"):
        keras.models.load_model(path)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("keras.config", "enable_unsafe_deserialization"),
        ("keras.utils", "get_file"),
        ("ctckit.files", "new_folder"),
    ],
)
def test_a_name_of_a_function_is_no_layer(tmp_path, module, name):
    path = saved(tmp_path, keras.layers.Activation("relu"))
    call = {"module": module, "class_name": name, "config": {"name": "x"}, "registered_name": name}
    path = changed(path, '"activation": "relu"', f'"activation": {json.dumps(call)}')
    with pytest.raises((ValueError, TypeError)):
        keras.models.load_model(path)
    with pytest.raises(ValueError, match="arbitrary code execution"):  # safe mode is still on
        keras.models.load_model(saved(tmp_path, keras.layers.Lambda(lambda x: x * 2)))
