import math

import pytest

from configs import ARCHITECTURES, ModelConfigs
from model import NETWORKS, build_network


@pytest.mark.parametrize(
    ("architecture", "channels", "parameters", "steps"),
    [
        ("mltu_captcha", 3, 469_492, 52),
        ("keras_captcha_ocr", 1, 432_596, 50),
        ("crnn", 1, 299_192, 25),
    ],
)
def test_networks_are_the_published_ones(architecture, channels, parameters, steps):
    network = build_network(architecture, height=50, width=200, channels=channels, num_classes=20)
    assert network.count_params() == parameters
    assert network.outputs[0].shape == (None, steps, 20)
    assert network.inputs[0].name == "image"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(("height", "width"), [(50, 200), (32, 101), (31, 63), (64, 160)])
def test_configs_know_the_number_of_time_steps(architecture, height, width):
    configs = ModelConfigs(architecture=architecture, height=height, width=width)
    network = build_network(architecture, height=height, width=width, channels=1, num_classes=5)
    assert network.outputs[0].shape[1] == configs.num_steps


def test_every_architecture_has_a_network():
    assert set(NETWORKS) == set(ARCHITECTURES)


def test_auxiliary_head_has_the_form_of_the_first():
    network = build_network("crnn", height=32, width=100, channels=3, num_classes=11)
    first, second = network.outputs
    assert first.shape == second.shape == (None, math.ceil(100 / 8), 11)
