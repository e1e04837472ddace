"""Several networks in one, and what a network says of many images."""

from collections.abc import Iterator, Sequence
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
from ctckit.text.greedy import greedy_decode, with_blanks
from ctckit.text.vocabulary import Vocabulary
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
    said: dict[int, np.ndarray] = {}
    for positions, probabilities in _predict_batches(network, provider):
        said |= zip(positions, probabilities, strict=True)
    num_steps = max(rows.shape[-2] for rows in said.values())
    return np.stack([with_blanks(said[position], num_steps) for position in sorted(said)])


def read_all(
    network: keras.Model, provider: DataProvider, vocabulary: Vocabulary
) -> dict[int, tuple[str, float]]:
    """Return text and confidence, 0…1, of every sample by its position; one batch is in memory.

    Those are left out in whose place another image had to be read.
    """
    read: dict[int, tuple[str, float]] = {}
    for positions, probabilities in _predict_batches(network, provider):
        texts, confidences = greedy_decode(probabilities, vocabulary)
        read |= zip(positions, zip(texts, confidences.tolist(), strict=True), strict=True)
    return {place: read[place] for place in sorted(read) if place not in provider.replaced}


def _predict_batches(
    network: keras.Model, provider: DataProvider
) -> Iterator[tuple[list[int], np.ndarray]]:
    """Yield positions and probabilities of each batch; those of like widths come together."""
    ordered = provider.with_(shuffle=False, augmentors=())
    read = keras_reader(network)
    for step in range(len(ordered)):
        yield ordered.plan(ordered.epoch, step).positions, read(ordered[step][0])


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
