"""Train a small network for twenty steps, as one of the processes of a test; keep its weights.

python -m tests.training.train_together IMAGES OUT.npz [LOGICAL_DEVICES]

With CTCKIT_TEST_SLOWLY set each step waits, and the first one says that it is done.
"""

import os
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ctckit.augment.defaults import default_augmentors
from ctckit.cli.running import run_command
from ctckit.networks.fused import synchronise_batch_normalisation
from ctckit.training.devices import ManyDevices, open_devices
from ctckit.training.loop import run_loop
from tests.training.networks import compiled, drawn_provider_of, small_network

BATCH = 8
STEPS = 5  # in an epoch
EPOCHS = 4


class Losses(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.steps, self.epochs = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(float(logs["loss"]))
        if "CTCKIT_TEST_SLOWLY" in os.environ:
            print("at work", file=sys.stderr, flush=True)
            time.sleep(1)

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append([logs[name] for name in ("loss", "CER", "val_loss", "val_CER")])


def main() -> None:
    images, out, *logical = sys.argv[1:]
    if logical:
        number = int(logical[0])
        cpu = tf.config.list_physical_devices("CPU")[0]
        own = [tf.config.LogicalDeviceConfiguration()] * number
        tf.config.set_logical_device_configuration(cpu, own)
        names = [f"CPU:{index}" for index in range(number)]
        devices = ManyDevices(tf.distribute.MirroredStrategy(names))
    else:
        devices = open_devices(None)
    keras.utils.set_random_seed(1)
    provider = drawn_provider_of(
        Path(images), batch_size=BATCH
    )  # 33 images: the last batch has one
    provider.augmentors = default_augmentors()
    devices.require_same(images=len(provider.samples))
    with devices.scope():
        model = compiled(small_network())
    if devices.number > 1:
        synchronise_batch_normalisation(model.network)
    losses = Losses()
    run_loop(
        model,
        lambda epoch: provider,
        steps=STEPS,
        epochs=EPOCHS,
        measured={"val": provider.with_(augmentors=(), shuffle=False)},
        callbacks=[losses],
        devices=devices,
    )
    weights = {f"weight_{place}": weight for place, weight in enumerate(model.get_weights())}
    np.savez(out, steps=losses.steps, epochs=losses.epochs, **weights)


if __name__ == "__main__":
    sys.exit(run_command(main))
