import keras
import numpy as np
import pytest

from ctckit.export.parity import compare
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.run_folder import RunFolder
from ctckit.text.greedy import greedy_decode
from ctckit.training.ensemble import ensemble, predict_all, save_ensemble
from tests.training.networks import VOCABULARY, drawn_providers, small_network


@pytest.fixture
def networks():
    members = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        members.append(small_network(heads=1))
    return members


@pytest.fixture
def provider(tmp_path):
    return drawn_providers(tmp_path / "drawn")[1]


def test_an_ensemble_says_what_each_network_says(networks, provider):
    together = predict_all(ensemble(networks), provider)
    for index, network in enumerate(networks):
        np.testing.assert_allclose(together[:, index], predict_all(network, provider), atol=1e-6)


def test_one_network_is_no_ensemble(networks):
    assert ensemble(networks[:1]) is networks[0]


@pytest.mark.slow
def test_a_saved_ensemble_votes_in_one_file(networks, provider, tmp_path):
    checkpoints = []
    for index, network in enumerate(networks):
        checkpoints.append(tmp_path / f"{index}.keras")
        network.save(checkpoints[-1])
    height, width, channels = networks[0].input_shape[1:]
    metadata = ModelMetadata(
        vocabulary=VOCABULARY, height=height, width=width, channels=channels,
        keep_aspect_ratio=False,
    )  # fmt: skip
    run = RunFolder(tmp_path)
    save_ensemble(checkpoints, run, metadata, provider)

    reader = ImageToWordModel(tmp_path)
    assert 0 <= reader.metadata.val_WER <= 1
    batch = provider[0][0]
    compare(keras.models.load_model(run.checkpoint), reader, [batch]).require()
    texts, confidences = greedy_decode(ensemble(networks)(batch.astype("f")).numpy(), VOCABULARY)
    readings = reader.read([sample.image for sample in provider.samples])[: len(texts)]
    assert [reading.text for reading in readings] == texts
    np.testing.assert_allclose([r.confidence for r in readings], confidences, rtol=1e-3)
