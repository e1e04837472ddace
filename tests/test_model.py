import math

import pytest

import model
from configs import ModelConfigs
from ctckit import networks
from model import build_network


def configs(architecture: str, *, height=50, width=200, channels=1, num_characters=19, **others):
    vocab = "".join(map(chr, range(ord("A"), ord("A") + num_characters)))
    return ModelConfigs(
        architecture=architecture, height=height, width=width, channels=channels, vocab=vocab,
        **others,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("architecture", "channels", "parameters", "steps"),
    [
        ("mltu_captcha", 3, 469_492, 52),
        ("keras_captcha_ocr", 1, 432_596, 50),
        ("crnn", 1, 230_840, 25),
    ],
)
def test_networks_are_the_published_ones(architecture, channels, parameters, steps):
    network = build_network(configs(architecture, channels=channels))
    assert network.count_params() == parameters
    assert network.outputs[0].shape == (None, steps, 20)
    assert network.inputs[0].name == "image"


@pytest.mark.parametrize("architecture", ModelConfigs.forms)
@pytest.mark.parametrize(("height", "width"), [(50, 200), (32, 101), (31, 63), (64, 160)])
def test_configs_know_the_number_of_time_steps(architecture, height, width):
    own = configs(architecture, height=height, width=width)
    assert build_network(own).outputs[0].shape[1] == own.num_steps


def test_a_free_width_stays_free_and_has_the_same_weights():
    fixed, free = (
        build_network(configs("crnn", width=width, stretch=1.0)) for width in (200, "auto")
    )
    assert free.inputs[0].shape == (None, 50, None, 1)
    assert free.outputs[0].shape == (None, None, 20)
    assert [w.shape for w in free.weights] == [w.shape for w in fixed.weights]


def test_auxiliary_head_has_the_form_of_the_first():
    first, second = build_network(configs("crnn", height=32, width=100, channels=3)).outputs
    assert first.shape == second.shape == (None, math.ceil(100 / 8), 20)


def test_width_multiplier_is_for_crnn():
    sizes = [build_network(configs("crnn", width_multiplier=x)).count_params() for x in (0.5, 1)]
    assert sizes[0] < 0.4 * sizes[1]


def test_a_new_network_is_a_row_and_a_function(monkeypatch):
    def wide_steps(images, num_classes):
        x = networks.columns_as_time(networks.conv_block(images, 4, strides=(2, 16)))
        return [model.classes(x, num_classes, name="probabilities")]

    form = networks.Form(num_steps=lambda height, width: math.ceil(width / 16))
    monkeypatch.setattr(ModelConfigs, "forms", ModelConfigs.forms | {"wide_steps": form})
    monkeypatch.setattr(model, "wide_steps", wide_steps, raising=False)
    own = configs("wide_steps")
    assert build_network(own).outputs[0].shape == (None, own.num_steps, 20)
