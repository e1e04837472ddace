"""The others: the mltu tutorial and the Keras example "captcha_ocr".

Data provider, augmentors, loss and optimizer are their own; their networks are built of our
blocks, whose fused operations make them a little quicker than they are.
"""

import time

import mltu.augmentors
import mltu.dataProvider
import mltu.preprocessors
import mltu.tensorflow.losses
import mltu.transformers

from configs import ModelConfigs
from ctckit.data.samples import Sample
from ctckit.log import LOGGER, hidden_native_log

with hidden_native_log():
    import keras

    from ctckit.networks.fused import keep_freed_memory
    from ctckit.training.losses import CTCloss
    from ctckit.training.metrics import CWERMetric
    from ctckit.training.provider import DataProvider
    from model import build_network

MLTU_BATCH_SIZE = 64
KERAS_BATCH_SIZE = 16
UNUSED = "\N{REPLACEMENT CHARACTER}"  # stands for the "[UNK]" of the port

Curve = list[tuple[float, float]]  # (seconds of fitting, validation CER) after each epoch


def keras_example(configs: ModelConfigs) -> keras.Model:
    """Return the example's network, compiled as it is trained properly: mean loss, Adam 1e-3."""
    return _compiled("keras_captcha_ocr", configs, channels=1, loss=CTCloss())


def mltu_tutorial(configs: ModelConfigs) -> keras.Model:
    """Return the tutorial's network with mltu's loss and optimizer.

    The metric is ours: mltu's never resets on Keras 3.
    """
    return _compiled("mltu_captcha", configs, channels=3, loss=mltu.tensorflow.losses.CTCloss())


def _compiled(architecture: str, configs: ModelConfigs, *, channels: int, loss) -> keras.Model:
    vocabulary = configs.vocabulary
    keep_freed_memory()
    keras.utils.set_random_seed(configs.seed)
    keras.config.set_dtype_policy("float32")
    network = build_network(configs.replace(architecture=architecture, channels=channels))
    model = keras.Model(network.inputs[0], network.outputs[0])
    metric = CWERMetric(padding_token=vocabulary.padding_id)
    model.compile(keras.optimizers.Adam(1e-3), loss=loss, metrics=[metric], jit_compile=False)
    return model


def keras_configs(configs: ModelConfigs, *, port: bool = False) -> ModelConfigs:
    """Return the settings for the example: grey, batches of 16 images.

    Args:
        configs: of the images.
        port: as the example's port to Keras 3 (2024) has it: one class more, which no label uses.
    """
    vocab = configs.vocab + UNUSED if port else configs.vocab
    return configs.replace(channels=1, batch_size=KERAS_BATCH_SIZE, vocab=vocab)


class MltuProvider(keras.utils.PyDataset, mltu.dataProvider.DataProvider):
    """mltu's provider as Keras 3 takes it."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        keras.utils.PyDataset.__init__(self, workers=1)
        mltu.dataProvider.DataProvider.__init__(self, *args, **kwargs)

    __len__ = mltu.dataProvider.DataProvider.__len__
    __getitem__ = mltu.dataProvider.DataProvider.__getitem__
    on_epoch_end = mltu.dataProvider.DataProvider.on_epoch_end


def mltu_provider(
    configs: ModelConfigs, samples: list[Sample], *, augment: bool = True, use_cache: bool = True
) -> MltuProvider:
    """Return the tutorial's provider with its three augmentors."""
    vocabulary = configs.vocabulary
    provider = MltuProvider(
        [list(sample) for sample in samples],
        data_preprocessors=[mltu.preprocessors.ImageReader(mltu.CVImage)],
        transformers=[
            mltu.transformers.ImageResizer(configs.width, configs.height),
            mltu.transformers.LabelIndexer(list(vocabulary)),
            mltu.transformers.LabelPadding(
                max_word_length=configs.max_text_length, padding_value=vocabulary.padding_id
            ),
        ],
        batch_size=MLTU_BATCH_SIZE,
        use_cache=use_cache,
    )
    if augment:
        provider.augmentors = [
            mltu.augmentors.RandomBrightness(),
            mltu.augmentors.RandomRotate(),
            mltu.augmentors.RandomErodeDilate(),
        ]
    return provider


def fit(
    model: keras.Model,
    train_provider: keras.utils.PyDataset,
    val_provider: DataProvider | None,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
) -> "FitClock":
    """Fit and return the clock of the run."""
    clock = FitClock()
    model.fit(
        train_provider,
        validation_data=val_provider,
        epochs=epochs,
        verbose=0,
        callbacks=[*callbacks, clock],
    )
    return clock


class FitClock(keras.callbacks.Callback):
    """Take the seconds of fitting, validation not counted, and the validation CER.

    Attributes:
        epochs_s: seconds of each epoch; the first one compiles.
        curve: the sum of them and the validation CER, after each epoch.
    """

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start to count."""
        self.epochs_s: list[float] = []
        self.curve: Curve = []

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self._began, self._ended = time.perf_counter(), None

    def on_test_begin(self, logs: dict | None = None) -> None:
        """Stop the clock."""
        self._ended = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Note the epoch."""
        self.epochs_s.append((self._ended or time.perf_counter()) - self._began)
        if "val_CER" in logs:
            self.curve.append((sum(self.epochs_s), logs["val_CER"]))
            LOGGER.info("%6.1f s   val_CER %.2f%%", self.curve[-1][0], logs["val_CER"] * 100)


class StopAtTarget(keras.callbacks.Callback):
    """End the run when the target is reached."""

    def __init__(self, target_cer: float) -> None:
        super().__init__()
        self.target_cer = target_cer

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compare."""
        self.model.stop_training = logs["val_CER"] <= self.target_cer
