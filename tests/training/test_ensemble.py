import keras
import numpy as np
import pytest

from ctckit.data.label_steps import LabelIndexer, LabelPadding
from ctckit.data.samples import Sample
from ctckit.export.parity import compare
from ctckit.image.steps import apply_steps, image_steps
from ctckit.inference.metadata import ModelMetadata
from ctckit.inference.reader import ImageToWordModel
from ctckit.networks.plain import plain_copy
from ctckit.run_folder import RunFolder
from ctckit.text.greedy import greedy_decode
from ctckit.training.ensemble import ensemble, predict_all, save_ensemble
from ctckit.training.provider import DataProvider
from tests import free_width
from tests.drawing import write_image
from tests.free_width import noise, reading_network
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


def test_images_are_read_in_their_order_and_unvaried(networks, tmp_path):
    varied, _ = drawn_providers(tmp_path / "drawn")
    plain = varied.with_(shuffle=False, augmentors=())
    read = predict_all(networks[0], plain)
    np.testing.assert_array_equal(predict_all(networks[0], varied), read)
    np.testing.assert_allclose(networks[0].predict(plain[0][0], verbose=0), read[:4], atol=1e-6)


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


# A free width


@pytest.fixture
def varied_provider(tmp_path):
    """Return a provider of 11 images of several widths, in batches of up to 3."""
    samples = []
    for number, image in enumerate(noise([40, 8, 160, 96, 24, 200, 96, 16, 64, 8, 120])):
        path = write_image(tmp_path / f"{number}.png", image[..., 0])
        samples.append(Sample(str(path), str(number)))
    return DataProvider(
        samples,
        data_preprocessors=image_steps(height=32, width=None, channels=1),
        transformers=[
            LabelIndexer(free_width.VOCABULARY),
            LabelPadding(max_word_length=2, padding_value=free_width.VOCABULARY.padding_id),
        ],
        batch_size=3,
        free_width=True,
    )


@pytest.mark.parametrize("members", [1, 2])
def test_samples_of_several_widths_keep_their_order(varied_provider, members):
    network = ensemble([reading_network(seed) for seed in range(members)])
    together = predict_all(network, varied_provider)
    widest = 200 // 8
    assert together.shape == (11, *([2] if members == 2 else []), widest, 11)
    for sample, row in zip(varied_provider.samples, together, strict=True):
        image = apply_steps(varied_provider.data_preprocessors, sample.image)[0]
        alone = np.asarray(network(image[None].astype("f"), training=False))[0]
        steps = alone.shape[-2]
        np.testing.assert_allclose(row[..., :steps, :], alone, atol=1e-5, rtol=0)
        assert (row[..., steps:, -1] == 1).all() and not row[..., steps:, :-1].any()


@pytest.mark.slow
def test_a_saved_ensemble_with_a_free_width(varied_provider, tmp_path):
    checkpoints = []
    for seed in range(2):
        checkpoints.append(tmp_path / f"{seed}.keras")
        plain_copy(reading_network(seed)).save(checkpoints[-1])
    run = RunFolder(tmp_path)
    save_ensemble(checkpoints, run, free_width.METADATA, varied_provider)
    reader = ImageToWordModel(tmp_path)
    texts, _ = greedy_decode(
        predict_all(keras.models.load_model(run.checkpoint), varied_provider),
        free_width.VOCABULARY,
    )
    readings = reader.read([sample.image for sample in varied_provider.samples], 3)
    assert [reading.text for reading in readings] == texts
    wrong = sum(
        text != sample.label for text, sample in zip(texts, varied_provider.samples, strict=True)
    )
    assert reader.metadata.val_WER == wrong / len(texts)
