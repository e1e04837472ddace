from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from ctckit.training.callbacks.flat_start import EndOfFlatStart
from ctckit.training.ctc_model import CTCModel
from ctckit.training.flat_start import MANY, FlatStart
from ctckit.training.losses import CTCloss
from ctckit.training.recipe import make_optimizer

NUM_CHARACTERS = 3
PADDING = NUM_CHARACTERS
BLANK_STEP = np.eye(NUM_CHARACTERS + 1)[PADDING]


def random_probabilities(batch: int, steps: int) -> np.ndarray:
    scores = np.random.default_rng(0).normal(size=(batch, steps, NUM_CHARACTERS + 1))
    return (np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)).astype(np.float32)


def test_each_character_is_looked_for_around_its_even_place():
    probabilities = random_probabilities(1, 4)
    characters = probabilities[0, :, :-1] / probabilities[0, :, :-1].sum(-1, keepdims=True)
    first, second = -np.log(characters[:, [2, 0]]).T
    expected = (first[0] + 0.75 * first[1] + 0.25 * first[2]) / 2
    expected += (0.25 * second[1] + 0.75 * second[2] + second[3]) / 2
    [received] = FlatStart().losses(np.array([[2, 0, PADDING]]), probabilities)
    assert float(received) == pytest.approx(expected, rel=1e-5)


def test_how_likely_a_blank_is_does_not_count():
    labels, probabilities = np.array([[0, 1], [2, PADDING]]), random_probabilities(2, 6)
    surer = np.concatenate([probabilities[..., :-1] * 0.01, probabilities[..., -1:]], axis=-1)
    surer[..., -1] = 1 - surer[..., :-1].sum(-1)
    flat_start = FlatStart()
    np.testing.assert_allclose(
        flat_start.losses(labels, probabilities), flat_start.losses(labels, surer), rtol=1e-5
    )


def test_what_lies_beyond_an_image_does_not_count():
    labels, probabilities = np.array([[0, 1], [2, PADDING]]), random_probabilities(2, 6)
    beyond = np.broadcast_to(BLANK_STEP, (2, 5, NUM_CHARACTERS + 1)).astype(np.float32)
    flat_start = FlatStart()
    np.testing.assert_allclose(
        flat_start.losses(labels, np.concatenate([probabilities, beyond], axis=1)),
        flat_start.losses(labels, probabilities),
        rtol=1e-5,
    )


def test_a_text_of_no_character_costs_nothing():
    labels = np.full((1, 2), PADDING)
    assert FlatStart().losses(labels, random_probabilities(1, 6)) == 0


@pytest.mark.parametrize("count", [1, 2, 5])
def test_guesses_that_fit_end_it(count):
    """One text a batch would be its own mean, so there are at least two kinds of them."""
    flat_start = FlatStart()
    labels = np.repeat(np.array([[0], [1], [2]]), count, axis=0)
    known = np.full((3, NUM_CHARACTERS + 1), 0.01, np.float32)
    known[:, :3] += 0.96 * np.eye(3, dtype=np.float32)
    right = np.repeat(np.repeat(known[:, None], 6, axis=1), count, axis=0)
    flat_start.update(labels, right)
    assert flat_start.is_on
    flat_start.update(labels, right)
    assert not flat_start.is_on


def test_guesses_that_are_alike_for_all_images_do_not_end_it():
    flat_start = FlatStart()
    labels, alike = np.array([[0], [0], [1]]), np.full((3, 6, 4), 0.01, np.float32)
    alike[..., 0] = 0.97  # the commoner one, which a network finds out without looking
    for _ in range(100):
        flat_start.update(labels, alike)
    assert flat_start.is_on


@pytest.mark.parametrize(
    ("share", "is_on", "stays_on", "said"),
    [
        (0.1, False, False, "told apart after 1 steps: CTC"),
        (0.5, True, False, "hardly told apart after 1 steps: CTC"),
        (0.1, True, True, ""),
    ],
    ids=["by itself", "half of a usual run is over", "not yet"],
)
def test_its_end_is_told_and_comes_in_time(caplog, share, is_on, stays_on, said):
    callback = EndOfFlatStart(SimpleNamespace(share_of_usual=share))
    callback.set_model(SimpleNamespace(flat_start=FlatStart()))
    callback.on_train_begin()
    caplog.clear()
    callback.model.flat_start.is_on.assign(is_on)
    with caplog.at_level("INFO", "ctckit"):
        callback.on_train_batch_end(0)
    assert bool(callback.model.flat_start.is_on) == stays_on
    assert said in caplog.text and bool(caplog.text) == bool(said)


@pytest.mark.parametrize("is_over", [False, True], ids=["none", "over before it began"])
def test_a_model_without_one_is_left_alone(caplog, is_over):
    flat_start = FlatStart() if is_over else None
    if flat_start is not None:
        flat_start.is_on.assign(False)
    callback = EndOfFlatStart(SimpleNamespace(share_of_usual=1.0))
    callback.set_model(SimpleNamespace(flat_start=flat_start))
    with caplog.at_level("INFO", "ctckit"):
        callback.on_train_begin()
        callback.on_train_batch_end(0)
    assert not caplog.text


def test_that_a_training_begins_so_is_told(caplog):
    callback = EndOfFlatStart(SimpleNamespace(share_of_usual=0.0))
    callback.set_model(SimpleNamespace(flat_start=FlatStart()))
    with caplog.at_level("INFO", "ctckit"):
        callback.on_train_begin()
    assert "as if characters were evenly spread" in caplog.text


def test_only_vocabularies_of_very_many_characters_need_one():
    assert FlatStart.where_needed(MANY - 1) is None
    assert FlatStart.where_needed(MANY).is_on


GLYPHS = np.random.default_rng(0).random((MANY, 8, 8)) > 0.5
HEIGHT, WIDTH, LENGTH = 16, 64, 4
Batch = tuple[np.ndarray, np.ndarray]


def patterns(batch: int, rng: np.random.Generator) -> Batch:
    """Return images float32 (B, 16, 64, 1) of four patterns each, and their ids int32 (B, 4)."""
    ids = rng.integers(0, MANY, (batch, LENGTH))
    rows = np.concatenate(np.moveaxis(GLYPHS[ids].repeat(2, 2).repeat(2, 3), 1, 0), axis=-1)
    return rows[..., None].astype(np.float32), ids.astype(np.int32)


def pattern_model(*, jit_step: bool = False) -> CTCModel:
    keras.utils.set_random_seed(0)
    images = keras.layers.Input((HEIGHT, WIDTH, 1))
    x = keras.layers.Conv2D(32, (16, 4), strides=(16, 4), activation="relu")(images)
    x = keras.layers.Reshape((WIDTH // 4, 32))(x)
    heads = [keras.layers.Dense(MANY + 1, activation="softmax")(x) for _ in range(2)]
    model = CTCModel(
        keras.Model(images, heads), jit_step=jit_step, flat_start=FlatStart.where_needed(MANY)
    )
    model.compile(
        optimizer=make_optimizer(learning_rate=2e-3, weight_decay=0.0, clip_norm=5),
        loss=CTCloss(xla=jit_step), jit_compile=False,
    )  # fmt: skip
    return model


def test_a_model_trains_with_it_and_validates_without():
    model, (images, ids) = pattern_model(), patterns(4, np.random.default_rng(1))
    heads = model(images, training=True)
    mean = [float(tf.reduce_mean(model.flat_start.losses(ids, head))) for head in heads]
    loss = model.compute_loss(images, ids, heads, training=True)
    assert float(loss) == pytest.approx((mean[0] + 0.5 * mean[1]) / 1.5, rel=1e-5)
    validated = model.compute_loss(images, ids, heads[:1], training=False)
    assert float(validated) == pytest.approx(float(CTCloss()(ids, heads[0])), rel=1e-5)


def test_once_it_has_ended_the_loss_is_ctc():
    model, (images, ids) = pattern_model(), patterns(4, np.random.default_rng(1))
    model.flat_start.is_on.assign(False)
    heads = model(images, training=True)
    ctc = [float(CTCloss()(ids, head)) for head in heads]
    loss = model.compute_loss(images, ids, heads, training=True)
    assert float(loss) == pytest.approx((ctc[0] + 0.5 * ctc[1]) / 1.5, rel=1e-5)


@pytest.mark.parametrize("jit_step", [False, True])
def test_a_training_leaves_it_by_itself(jit_step):
    model, rng = pattern_model(jit_step=jit_step), np.random.default_rng(1)
    step = tf.function(lambda *batch: model.train_step(batch), autograph=False)
    for _ in range(MANY):
        step(*patterns(16, rng))
        if not model.flat_start.is_on:
            break
    assert not model.flat_start.is_on
