import math

import keras
import pytest

from ctckit.data.samples import Sample
from ctckit.training.callbacks.advice import Advice, loss_of_guessing

SAMPLES = [Sample("a.png", "ab"), Sample("b.png", "abcd")]


def run(epochs, **options):
    advice = Advice(SAMPLES, num_characters=10, usual_epochs=3, **options)
    advice.set_model(keras.Sequential())
    advice.on_train_begin()
    for epoch, logs in enumerate(epochs):
        advice.on_epoch_end(epoch, logs)
    advice.on_train_end()


def logs(loss, cer, val_cer, val_wer):
    return {"loss": loss, "CER": cer, "val_CER": val_cer, "val_WER": val_wer}


def test_guessing_costs_the_logarithm_of_the_alphabet_for_each_character():
    assert loss_of_guessing(SAMPLES, 10) == pytest.approx(3 * math.log(10))


@pytest.mark.parametrize(
    ("epochs", "said"),
    [
        pytest.param([logs(7, 1, 1, 1)] * 2, "", id="plateau, early"),
        pytest.param(
            [logs(7, 1, 1, 1)] * 9, "the loss is 7.0 after 3 epochs, and guess", id="late"
        ),
        pytest.param([logs(3, 0.3, 0.4, 0.5)] * 9, "", id="learns"),
        pytest.param(
            [logs(1, 0.01, 0.2, 0.5)], "1.0% of the characters are wrong where", id="heart"
        ),
        pytest.param([logs(1, 0.0, 0.01, 0.05)], "", id="by heart, but good"),
    ],
)
def test_what_is_said(caplog, epochs, said):
    with caplog.at_level("WARNING", "ctckit"):
        run(epochs)
    assert len(caplog.messages) == bool(said)
    assert said in caplog.text


@pytest.mark.parametrize(("misread", "is_said"), [(0.05, False), (0.2, True)])
def test_a_larger_start_is_named_where_much_is_misread(caplog, misread, is_said):
    with caplog.at_level("INFO", "ctckit"):
        run([logs(1, 0.05, 0.05, misread)], larger="base-large")
    assert ("20% of the validation texts are misread: --start-from base-large" in caplog.text) == (
        is_said
    )
