"""How long does it take to learn to read? Ours, the Keras example and the mltu tutorial.

    python -m benchmarks.time_to_accuracy --dataset captcha_images_v2.zip      about 5 minutes
    python -m benchmarks.time_to_accuracy --quick                              about 1 minute

Seconds of fitting (compilation included, validation not) until the validation CER is at most
0.7 %, on the same split, one after the other. The mltu tutorial was at 0.7 % at epoch 227 by its
authors' account, so an epoch is timed and multiplied by 230. Its network, loss, optimizer,
augmentors, batch of 64 and data provider are mltu's own.
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import load, save, table
from configs import ModelConfigs
from ctckit.arguments import parse_arguments
from ctckit.console import LOGGER, run_command
from ctckit.data import Sample, default_augmentors, split_samples
from ctckit.quiet import hidden_native_log
from ctckit.text import Vocabulary
from train import make_model, make_provider

with hidden_native_log():
    import keras
    import mltu.augmentors
    import mltu.dataProvider
    import mltu.preprocessors
    import mltu.tensorflow.losses
    import mltu.tensorflow.metrics
    import mltu.transformers

    from ctckit.training import CTCloss, CWERMetric, OneCycle
    from model import build_network

TARGET_CER = 0.007
MLTU_EPOCHS = 230
KERAS_EPOCHS = 40

Curve = list[tuple[float, float]]  # (seconds of fitting, validation CER) after each epoch


@dataclass(frozen=True)
class Arguments:
    """The command line."""

    dataset: str | None = None
    """Folder, .zip or CSV of images; None: captcha_images_v2."""
    time_budget: str = "30s"
    """Of our run."""
    seed: int = 0
    """Of split, weights and order."""
    quick: bool = False
    """Stop the Keras example after three epochs."""
    output: Path = Path("benchmarks/results/time_to_accuracy.json")
    """JSON file to write."""


def main() -> None:
    """Run the three one after the other and compare."""
    arguments = parse_arguments(Arguments, prog="time_to_accuracy", description=__doc__)
    dataset, configs = load(
        arguments.dataset, seed=arguments.seed, time_budget=arguments.time_budget
    )
    parts = split_samples(dataset.samples, 1 - configs.validation_fraction, configs.seed)

    LOGGER.info("ctckit …")
    ours = train_ours(configs, *parts)
    LOGGER.info("Keras example …")
    keras_curve = train_keras_example(
        configs, *parts, epochs=3 if arguments.quick else KERAS_EPOCHS
    )
    LOGGER.info("mltu tutorial …")
    mltu_epoch_s = time_mltu_tutorial(configs, parts[0])

    seconds = {
        "ctckit": reached(ours),
        "Keras example": reached(keras_curve),
        "mltu tutorial": MLTU_EPOCHS * mltu_epoch_s,
    }
    rows = [
        {
            "what": name,
            "seconds to CER ≤ 0.7 %": f"{value:.0f}" if value else "not reached",
            "times ours": f"{value / seconds['ctckit']:.1f}" if value and seconds["ctckit"] else "",
        }
        for name, value in seconds.items()
    ]
    print(table(rows))
    curves = {"ctckit": ours, "keras_example": keras_curve}
    save({"seconds": seconds, "mltu_epoch_s": mltu_epoch_s, "curves": curves}, arguments.output)


def reached(curve: Curve) -> float | None:
    """Return the seconds at which the target was reached first."""
    return next((seconds for seconds, cer in curve if cer <= TARGET_CER), None)


def train_ours(configs: ModelConfigs, train: list[Sample], val: list[Sample]) -> Curve:
    """Train with default settings within the time budget."""
    provider = make_provider(train, configs)
    provider.augmentors = default_augmentors()
    cycle = OneCycle(configs.learning_rate, configs.time_budget_s)
    return fit(make_model(configs), provider, make_provider(val, configs), 1000, [cycle])


def train_keras_example(
    configs: ModelConfigs, train: list[Sample], val: list[Sample], epochs: int
) -> Curve:
    """Train the example's network properly: shuffled, mean CTC loss, Adam 1e-3, batch 16."""
    configs = configs.replace(architecture="keras_captcha_ocr", channels=1)
    vocabulary = Vocabulary(configs.vocab)
    keras.utils.set_random_seed(configs.seed)
    model = build_network(
        "keras_captcha_ocr",
        height=configs.height,
        width=configs.width,
        channels=1,
        num_classes=vocabulary.num_classes,
    )
    model = keras.Model(model.inputs[0], model.outputs[0])
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss=CTCloss(),
        metrics=[CWERMetric(padding_token=vocabulary.padding_id)],
        jit_compile=False,
    )
    provider = make_provider(train, configs), make_provider(val, configs)
    return fit(model, *provider, epochs, [StopAtTarget()])


def time_mltu_tutorial(configs: ModelConfigs, train: list[Sample]) -> float:
    """Return the seconds of an epoch of the tutorial, made of mltu's own parts."""
    vocabulary = Vocabulary(configs.vocab)

    class Provider(keras.utils.PyDataset, mltu.dataProvider.DataProvider):
        """mltu's provider as Keras 3 takes it."""

        def __init__(self, *args: object, **kwargs: object) -> None:
            keras.utils.PyDataset.__init__(self, workers=1)
            mltu.dataProvider.DataProvider.__init__(self, *args, **kwargs)

        __len__ = mltu.dataProvider.DataProvider.__len__
        __getitem__ = mltu.dataProvider.DataProvider.__getitem__
        on_epoch_end = mltu.dataProvider.DataProvider.on_epoch_end

    provider = Provider(
        [list(sample) for sample in train],
        data_preprocessors=[mltu.preprocessors.ImageReader(mltu.CVImage)],
        transformers=[
            mltu.transformers.ImageResizer(configs.width, configs.height),
            mltu.transformers.LabelIndexer(list(vocabulary)),
            mltu.transformers.LabelPadding(
                max_word_length=configs.max_text_length, padding_value=vocabulary.padding_id
            ),
        ],
        batch_size=64,
    )
    provider.augmentors = [
        mltu.augmentors.RandomBrightness(),
        mltu.augmentors.RandomRotate(),
        mltu.augmentors.RandomErodeDilate(),
    ]
    network = build_network(
        "mltu_captcha",
        height=configs.height,
        width=configs.width,
        channels=3,
        num_classes=vocabulary.num_classes,
    )
    model = keras.Model(network.inputs[0], network.outputs[0])
    model.compile(
        keras.optimizers.Adam(1e-3),
        loss=mltu.tensorflow.losses.CTCloss(),
        metrics=[mltu.tensorflow.metrics.CWERMetric(padding_token=vocabulary.padding_id)],
        jit_compile=False,
    )
    clock = FitClock()
    model.fit(provider, epochs=3, verbose=0, callbacks=[clock])
    return min(clock.epochs_s[1:])  # the first one compiles


def fit(model, train_provider, val_provider, epochs: int, callbacks: list) -> Curve:
    """Fit and return the curve of the run."""
    clock = FitClock()
    val_provider.shuffle = False
    model.fit(
        train_provider,
        validation_data=val_provider,
        epochs=epochs,
        verbose=0,
        callbacks=[*callbacks, clock],
    )
    return clock.curve


class FitClock(keras.callbacks.Callback):
    """Take the seconds of fitting, validation not counted, and the validation CER."""

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

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compare."""
        self.model.stop_training = logs["val_CER"] <= TARGET_CER


if __name__ == "__main__":
    sys.exit(run_command(main))
