"""Several networks in one, and what a network says of many images."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
from keras import layers

from ctckit.export.keras_reader import keras_reader
from ctckit.export.onnx import export_onnx
from ctckit.files import replace_atomically
from ctckit.inference.metadata import ModelMetadata
from ctckit.networks.plain import plain_copy
from ctckit.run_folder import RunFolder
from ctckit.text.error_rates import count_errors
from ctckit.text.greedy import greedy_decode
from ctckit.text.vocabulary import blank_id
from ctckit.training.provider import DataProvider


def ensemble(networks: Sequence[keras.Model]) -> keras.Model:
    """Return one network that runs all of `networks` on its input.

    Its output is (B, M, T, V + 1), the probabilities of M networks one after the other. They
    are not averaged: each network puts a character at a time step of its own, so that the
    average would double or lose some. Readers let them vote instead.
    """
    if len(networks) == 1:
        return networks[0]
    images = layers.Input(networks[0].input_shape[1:], name="image")
    outputs = []
    for index, network in enumerate(networks, start=1):
        member = plain_copy(network)
        member.name = f"member_{index}"
        shape = (1, *(-1 if size is None else size for size in network.output_shape[1:]))
        outputs.append(layers.Reshape(shape, dtype="float32")(member(images)))
    return keras.Model(
        images, layers.Concatenate(axis=1, dtype="float32")(outputs), name="ensemble"
    )


def predict_all(network: keras.Model, provider: DataProvider) -> np.ndarray:
    """Return the probabilities of all samples in their order, float32 (N, T, V + 1) or 4-D.

    Where the width is free, T is that of the widest; rows beyond an image's end say blank.
    """
    ordered = provider.with_(shuffle=False, augmentors=())
    read = keras_reader(network)
    said: dict[int, np.ndarray] = {}  # by position: batches of like widths come in another order
    for step in range(len(ordered)):
        positions = ordered.plan(ordered.epoch, step).positions
        said |= zip(positions, read(ordered[step][0]), strict=True)
    num_steps = max(rows.shape[-2] for rows in said.values())
    return np.stack([_with_blanks(said[position], num_steps) for position in sorted(said)])


def _with_blanks(probabilities: np.ndarray, num_steps: int) -> np.ndarray:
    """Return probabilities (…, T, V + 1) with further steps that say blank, up to `num_steps`."""
    *members, steps, classes = probabilities.shape
    blanks = np.eye(1, classes, blank_id(classes), dtype=np.float32)
    missing = np.broadcast_to(blanks, (*members, num_steps - steps, classes))
    return np.concatenate([probabilities, missing], axis=-2)


def save_ensemble(
    checkpoints: Sequence[Path], run: RunFolder, metadata: ModelMetadata, provider: DataProvider
) -> None:
    """Put the networks of `checkpoints` into one, saved as checkpoint and ONNX file of the run.

    Args:
        checkpoints: `*.keras` of networks with one output.
        run: where to write.
        metadata: what the ONNX file says about itself; the error rates of the vote are added.
        provider: validation data.
    """
    network = ensemble([keras.models.load_model(checkpoint) for checkpoint in checkpoints])
    texts, _ = greedy_decode(predict_all(network, provider), metadata.vocabulary)
    pairs = [
        (text, sample.label)
        for place, (text, sample) in enumerate(zip(texts, provider.samples, strict=True))
        if place not in provider.replaced
    ]
    errors = count_errors(*zip(*pairs, strict=True))
    metadata = replace(metadata, val_CER=errors.cer, val_WER=errors.wer)
    with replace_atomically(run.checkpoint) as temporary:
        network.save(temporary)
    export_onnx(network, run.onnx, metadata)
