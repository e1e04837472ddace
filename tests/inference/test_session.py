import numpy as np
import pytest

from ctckit.errors import InputError
from ctckit.image.widths import stack_images
from ctckit.inference import session
from ctckit.inference.session import PROVIDERS, OnnxInferenceModel, load_session
from ctckit.text.greedy import ctc_decoder
from ctckit.text.vocabulary import Vocabulary
from tests.inference.tiny_model import draw_stripes, metadata, write_model


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model.onnx")


def test_file_and_folder_mean_the_same(file):
    for path in (file, file.parent, str(file), str(file.parent)):
        model = OnnxInferenceModel(model_path=path)
        assert model.model_path == file
        assert model.metadata == metadata()
        assert (model.input_name, model.image_shape) == ("image", (8, 40, 1))


def test_probabilities(file):
    model = OnnxInferenceModel(file, num_threads=1)
    batch = np.stack([draw_stripes("2345"), draw_stripes("33")])[..., None]
    probabilities = model.predict_probabilities(batch)
    assert (probabilities.dtype, probabilities.shape) == (np.float32, (2, 40, 5))
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_array_equal(probabilities, model.predict_probabilities(batch / 1.0))
    assert ctc_decoder(probabilities, model.metadata.vocabulary) == ["2345", "33"]


def test_mltu_style_code(file):
    session = OnnxInferenceModel(file).session
    batch = draw_stripes("24")[None, ..., None].astype(np.float32)
    assert ctc_decoder(session.run(None, {"image": batch})[0], "2345") == ["24"]


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        ("tensorrt", r"^provider: expected a .*onnxruntime has \(cpu.*received 'tensorrt'"),
        ("cpuu", r"^provider: expected a provider of cpu, cuda.*received 'cpuu'; .* 'cpu'\?"),
    ],
)
def test_a_provider_that_is_not_here_is_refused(file, provider, message):
    with pytest.raises(InputError, match=message):
        OnnxInferenceModel(file, provider=provider)


class Session:
    """A session in which the providers that were asked for have started, or not."""

    started = ("CPUExecutionProvider",)

    def __init__(self, path, options, providers):
        self.asked = providers

    def get_providers(self):
        return list(self.started)


@pytest.mark.parametrize(
    ("provider", "started", "is_said"),
    [
        ("cuda", ["CPUExecutionProvider"], True),
        ("cuda", ["CUDAExecutionProvider", "CPUExecutionProvider"], False),
        ("cpu", ["CPUExecutionProvider"], False),
        ("coreml", ["AzureExecutionProvider"], True),  # one that has no short name
    ],
)
def test_a_provider_that_did_not_start_is_said(monkeypatch, file, provider, started, is_said):
    monkeypatch.setattr(session.ort, "get_available_providers", PROVIDERS.values)
    monkeypatch.setattr(session.ort, "InferenceSession", Session)
    monkeypatch.setattr(Session, "started", started)
    said = []
    monkeypatch.setattr(session.LOGGER, "warning", lambda text, *args: said.append(text % args))
    assert load_session(file, provider).asked[0] == PROVIDERS[provider]
    assert len(said) == is_said
    if is_said:
        name = {"CPUExecutionProvider": "cpu"}.get(started[0], started[0])
        assert said[0].startswith(f"expected {provider} to compute, received {name}: ")
        assert said[0].endswith("or say provider cpu")


@pytest.mark.parametrize("shape", [(8, 40, 1), (1, 8, 40, 3), (1, 40, 8, 1), (1, 8, 40)])
def test_wrong_batch(file, shape):
    with pytest.raises(InputError, match=r"^batch: expected a batch of shape \(N, 8, 40, 1\)"):
        OnnxInferenceModel(file).predict_probabilities(np.zeros(shape, np.uint8))


def test_no_such_file(tmp_path):
    for path in (tmp_path, tmp_path / "other.onnx"):
        with pytest.raises(InputError, match="expected a model file, received none"):
            OnnxInferenceModel(path)


def test_not_an_onnx_file(tmp_path, file):
    content = file.read_bytes()
    damaged = [b"", b"hello", bytes(range(256)), content[:-1], content[1:]]
    damaged += [content[:size] for size in range(0, len(content), 97)]
    for data in damaged:
        path = tmp_path / "damaged.onnx"
        path.write_bytes(data)
        with pytest.raises(InputError, match="damaged.onnx: expected "):
            OnnxInferenceModel(path)


def test_no_metadata(tmp_path):
    path = write_model(tmp_path / "foreign.onnx", {})
    with pytest.raises(
        InputError, match="foreign.onnx.*none for schema_version, vocabulary.* characters as vocab$"
    ):
        OnnxInferenceModel(path)


@pytest.mark.parametrize(
    ("strings", "vocab", "message"),
    [
        ({}, "2342", "^vocab: expected a string of different characters, received '2342'; "),
        (None, "2345", "^vocab: expected none, .* received '2345'; leave it out$"),
        ({}, "234", r"foreign.onnx: expected an output \(N, T, 4\) .* of 3 characters"),
    ],
    ids=["a character twice", "a file that says it itself", "too few characters"],
)
def test_characters_that_are_not_those_of_the_file(tmp_path, strings, vocab, message):
    path = write_model(tmp_path / "foreign.onnx", strings)
    with pytest.raises(InputError, match=message):
        OnnxInferenceModel(path, vocab=vocab)


def test_characters_of_a_foreign_file_come_in_the_order_of_its_classes(tmp_path):
    path = write_model(tmp_path / "foreign.onnx", {})
    model, batch = OnnxInferenceModel(path, vocab="dbca"), draw_stripes("2345")[None, ..., None]
    assert ctc_decoder(model.predict_probabilities(batch), model.metadata.vocabulary) == ["dbca"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": Vocabulary("234")}, r"expected an output \(N, T, 4\)"),
        ({"vocabulary": Vocabulary("23456")}, r"expected an output \(N, T, 6\)"),
        ({"height": 9}, r"expected an input \(N, H, W, C\) of \(9, 40, 1\)"),
        ({"channels": 3}, r"of \(8, 40, 3\) as its metadata says"),
    ],
)
def test_metadata_of_another_model(tmp_path, changes, message):
    path = write_model(tmp_path / "model.onnx", metadata(**changes).to_strings())
    with pytest.raises(InputError, match=message):
        OnnxInferenceModel(path)


# A free width


@pytest.fixture(scope="module")
def free(tmp_path_factory):
    path = tmp_path_factory.mktemp("free") / "model.onnx"
    return OnnxInferenceModel(write_model(path, free_width=True))


def test_images_of_several_widths_run_together(free):
    assert free.image_shape == (8, None, 1)
    texts, widths = ["2345", "", "33"], [24, 8, 16]
    images = [draw_stripes(*each)[..., None] for each in zip(texts, widths, strict=True)]
    together = free.predict_probabilities(stack_images(images))
    assert together.shape == (3, 24, 5)
    assert ctc_decoder(together, free.metadata.vocabulary) == texts
    for image, row in zip(images, together, strict=True):
        alone = free.predict_probabilities(image[None])[0]
        np.testing.assert_array_equal(row[: len(alone)], alone)
        assert (row[len(alone) :].argmax(axis=-1) == 4).all()


@pytest.mark.parametrize("shape", [(8, 40, 1), (1, 8, 40, 3), (1, 9, 40, 1), (1, 8, 40)])
def test_wrong_batch_of_a_free_width(free, shape):
    with pytest.raises(InputError, match=r"^batch: expected a batch of shape \(N, 8, W, 1\)"):
        free.predict_probabilities(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    ("widths", "received"),
    [([20, 16], "16, 20"), ([24, 20], "20, 24"), ([8, 0], "0, 8"), ([0], "0")],
    ids=["the batch", "an image in it", "no image at all", "an empty batch"],
)
def test_widths_that_are_no_whole_steps_are_refused(free, widths, received):
    images = [np.zeros((8, width, 1), np.uint8) for width in widths]
    with pytest.raises(InputError, match=f"multiples of 8, from 8, received {received}; fill them"):
        free.predict_probabilities(stack_images(images))


@pytest.mark.parametrize("free_width", [True, False])
def test_graph_and_metadata_agree_on_whether_the_width_is_free(tmp_path, free_width):
    strings = metadata(width=40 if free_width else None).to_strings()
    path = write_model(tmp_path / "model.onnx", strings, free_width=free_width)
    if free_width:  # any width, so that of the metadata, too
        assert OnnxInferenceModel(path).image_shape == (8, 40, 1)
    else:
        with pytest.raises(InputError, match=r"of \(8, None, 1\) as its metadata says, received"):
            OnnxInferenceModel(path)


def test_only_some_characters_are_read(file):
    batch = np.stack([draw_stripes("2345"), draw_stripes("33")])[..., None]
    whole, narrow = (OnnxInferenceModel(file, characters=some) for some in (None, "532"))
    assert str(narrow.metadata.vocabulary) == "235"
    probabilities = narrow.predict_probabilities(batch)
    np.testing.assert_allclose(probabilities.sum(-1), 1, atol=1e-6)
    kept = whole.predict_probabilities(batch)[..., [0, 1, 3, 4]]
    np.testing.assert_allclose(probabilities, kept / kept.sum(-1, keepdims=True), atol=1e-4)
    assert ctc_decoder(probabilities, "235")[1] == "33"
    assert "4" not in ctc_decoder(probabilities, "235")[0]


def test_some_characters_of_another_tool(tmp_path):
    path = write_model(tmp_path / "foreign.onnx", {})
    model = OnnxInferenceModel(path, vocab="dbca", characters="ca")
    batch = draw_stripes("44")[None, ..., None]  # its third class
    assert ctc_decoder(model.predict_probabilities(batch), "ac") == ["cc"]


def test_a_character_that_is_not_known_is_refused(file):
    with pytest.raises(InputError, match="^characters: expected characters that .* received '6';"):
        OnnxInferenceModel(file, characters="26")
