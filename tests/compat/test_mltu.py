"""The names that scripts made for mltu import."""

import csv

import cv2
import keras
import numpy as np
import pytest

from ctckit.compat import mltu
from ctckit.errors import InputError
from ctckit.inference.session import load_session
from tests.drawing import CHARACTERS, draw_folder, draw_text, write_image
from tests.inference import tiny_model

BACKWARDS = CHARACTERS[::-1]


def test_what_is_assigned_is_saved_and_loaded(tmp_path):
    class Configs(mltu.BaseModelConfigs):
        height = 50  # of the class, as some scripts have it

        def __init__(self):
            super().__init__()
            self.model_path = str(tmp_path / "run")
            self.vocab = ""

    configs = Configs()
    configs.vocab = "ba é"
    configs.save()
    loaded = mltu.BaseModelConfigs.load(tmp_path / "run" / "configs.yaml")
    assert loaded.serialize() == configs.serialize()
    assert (loaded.vocab, loaded.height) == ("ba é", 50)


def test_a_configuration_that_cannot_be_saved(tmp_path):
    configs = mltu.BaseModelConfigs()
    with pytest.raises(InputError, match="received None; assign one"):
        configs.save()
    configs.model_path, configs.folder = str(tmp_path), tmp_path
    with pytest.raises(InputError, match=r"received .*; assign a plain value"):
        configs.save()


@pytest.mark.parametrize("content", ["7", "!!python/object/apply:os.getcwd []", "a: ["])
def test_a_file_that_is_no_configuration(tmp_path, content):
    file = tmp_path / "configs.yaml"
    file.write_text(content)
    with pytest.raises(InputError, match="expected"):
        mltu.BaseModelConfigs.load(file)


@pytest.mark.parametrize(
    ("arguments", "channels"),
    [((), 3), ((mltu.CVImage,), 3), ((cv2.IMREAD_COLOR,), 3), ((cv2.IMREAD_GRAYSCALE,), 1)],
)
def test_both_spellings_of_the_reader(tmp_path, arguments, channels):
    path = write_image(tmp_path / "2.png", draw_text("2"))
    assert mltu.ImageReader(*arguments)(path, "2")[0].shape == (32, 96, channels)


def test_ids_are_places_in_the_vocabulary_as_it_was_given():
    assert mltu.LabelIndexer("cab")(None, "abc")[1].tolist() == [1, 2, 0]
    with pytest.raises(InputError, match="received 'x'; correct the label"):
        mltu.LabelIndexer("cab")(None, "ax")
    with pytest.raises(InputError, match="different characters, received 'aa'"):
        mltu.LabelIndexer("aa")


def provider(folder, **arguments):
    draw_folder(folder, count=8)
    pairs = [[str(path), path.stem] for path in sorted(folder.iterdir())]
    return mltu.DataProvider(
        pairs,
        [mltu.ImageReader(mltu.CVImage)],
        4,
        transformers=[
            mltu.ImageResizer(48, 16),
            mltu.LabelIndexer(BACKWARDS),
            mltu.LabelPadding(max_word_length=4, padding_value=len(BACKWARDS)),
        ],
        **arguments,
    )


def test_a_provider_takes_what_mltus_takes(tmp_path):
    all_of_1_2_5 = {
        "shuffle": True, "initial_epoch": 3, "augmentors": None, "batch_postprocessors": None,
        "skip_validation": False, "limit": 6, "use_cache": True, "log_level": 20, "numpy": True,
    }  # fmt: skip
    provided = provider(tmp_path / "drawn", **all_of_1_2_5)
    assert (len(provided), provided.epoch) == (2, 2)
    images, labels = provided[0]
    assert (images.shape, labels.shape) == ((4, 16, 48, 3), (4, 4))


def test_a_split_of_the_pairs_as_they_stand(tmp_path):
    whole = provider(tmp_path / "drawn")
    train, val = whole.split(0.75, shuffle=False)
    assert [*train.samples, *val.samples] == list(whole.samples)
    train, val = whole.split(0.75)
    train.augmentors = [mltu.RandomBrightness(), mltu.RandomRotate(), mltu.RandomErodeDilate()]
    assert (len(train.samples), len(val.samples), val.augmentors) == (6, 2, [])
    val.to_csv(tmp_path / "run" / "val.csv")
    rows = list(csv.reader((tmp_path / "run" / "val.csv").open()))
    assert rows[1:] == [list(sample) for sample in val.samples]


@pytest.fixture
def network():
    images = keras.Input((16, 48, 3))
    x = keras.layers.Lambda(lambda x: x / 255)(images)  # as the tutorial's network begins
    x = mltu.residual_block(x, 8, activation="leaky_relu", skip_conv=True, strides=4, dropout=0.2)
    x = keras.layers.Reshape((x.shape[1] * x.shape[2], x.shape[3]))(x)
    x = keras.layers.Dense(len(BACKWARDS) + 1, activation="softmax")(x)
    return keras.Model(images, x)


@pytest.mark.slow
def test_a_training_leaves_log_checkpoint_and_a_file_that_reads(tmp_path, network):
    train, val = provider(tmp_path / "drawn").split(0.75)
    metrics = [mltu.CWERMetric(padding_token=len(BACKWARDS))]
    network.compile("adam", loss=mltu.CTCloss(), metrics=metrics)
    checkpoint = tmp_path / "run" / "model.keras"
    network.fit(
        train,
        validation_data=val,
        epochs=2,
        verbose=0,
        callbacks=[
            mltu.TrainLogger(str(tmp_path / "run")),
            keras.callbacks.ModelCheckpoint(checkpoint, monitor="val_CER", mode="min"),
            mltu.Model2onnx(str(checkpoint), {"vocab": BACKWARDS}, save_on_epoch_end=True),
        ],
    )
    assert (tmp_path / "run" / "logs.log").read_text().count("val_CER") == 2
    image = draw_text("2345")
    resized = mltu.ImageResizer(48, 16)(image, "")[0]
    probabilities = network.predict(resized[None].astype("float32"), verbose=0)
    text = mltu.ctc_decoder(probabilities, BACKWARDS)[0]
    assert mltu.ImageToWordModel(str(tmp_path / "run"), BACKWARDS).predict(image) == text
    assert mltu.ImageToWordModel(str(tmp_path / "run"), list(BACKWARDS)).predict(image) == text


def test_a_model_of_ones_own(tmp_path):
    path = tiny_model.write_model(tmp_path / "model.onnx")

    class Shapes(mltu.OnnxInferenceModel):
        def predict(self, data):
            return self.model.run(self.output_names, {self.input_names[0]: data})[0].shape

    model = Shapes(str(tmp_path))
    facts = load_session(path).get_modelmeta().custom_metadata_map
    assert model.metadata.keys() == facts.keys()
    assert model.input_shape == model.input_shapes[0][1:]
    assert (model.input_name, model.output_name) == ("image", "probabilities")
    data = np.zeros((2, *model.input_shape), np.float32)
    assert model(data)[0] == 2
    with pytest.raises(NotImplementedError):
        mltu.OnnxInferenceModel(str(path), force_cpu=True)(data)
    with pytest.raises(InputError, match="expected a model file"):
        mltu.OnnxInferenceModel(str(tmp_path / "none.onnx"))
