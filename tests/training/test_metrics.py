import keras
import numpy as np
import pytest
from mltu.tensorflow.metrics import CWERMetric as MltuCWERMetric

from ctckit.text.error_rates import get_cer, get_wer
from ctckit.text.greedy import ctc_decoder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.metrics import CWERMetric

VOCABULARY = Vocabulary("abc")
BLANK = VOCABULARY.blank_id


def one_hot(paths: list[str]) -> np.ndarray:
    """Probabilities of paths written with "-" for the blank."""
    ids = [[BLANK if c == "-" else VOCABULARY.encode(c)[0] for c in path] for path in paths]
    return np.eye(VOCABULARY.num_classes, dtype=np.float32)[np.array(ids)]


def padded(labels: list[str], length: int = 5) -> np.ndarray:
    ids = [[*VOCABULARY.encode(label), *[BLANK] * (length - len(label))] for label in labels]
    return np.array(ids, np.int32)


def measure(paths: list[str], labels: list[str]) -> dict[str, float]:
    metric = CWERMetric(padding_token=BLANK)
    metric.update_state(padded(labels), one_hot(paths))
    return {name: float(value) for name, value in metric.result().items()}


@pytest.mark.parametrize(
    ("paths", "labels", "cer", "wer", "reason"),
    [
        (["aabb-"], ["ab"], 0, 0, "repeats merge"),
        (["a-ab-"], ["aab"], 0, 0, "a blank parts equal neighbours"),
        (["-----"], ["abc"], 1, 1, "nothing read"),
        (["abc--", "a----"], ["abc", "b"], 1 / 4, 1 / 2, "summed first, divided once"),
        (["abcab"], ["a"], 4, 1, "CER may exceed 1"),
        (["abcab"], ["ccccc"], 4 / 5, 1, "replacements"),
        (["-----", "ab---"], ["", "ab"], 0, 0, "an image without text"),
        (["a-b--", "ab---"], ["", "ab"], 1, 1 / 2, "what is read on it counts"),
        (["-----", "ab---"], ["", ""], 1, 1 / 2, "no characters at all: edits per text"),
    ],
)
def test_rates(paths, labels, cer, wer, reason):
    result = measure(paths, labels)
    assert result["CER"] == pytest.approx(cer), reason
    assert result["WER"] == pytest.approx(wer), reason


def test_agrees_with_the_plain_definition_over_many_batches():
    rng = np.random.default_rng(0)
    metric, predictions, targets = CWERMetric(padding_token=BLANK), [], []
    for _ in range(5):
        probabilities = rng.dirichlet(np.ones(4), (7, 9)).astype(np.float32)
        labels = ["".join(rng.choice(list("abc"), rng.integers(1, 6))) for _ in range(7)]
        metric.update_state(padded(labels), probabilities)
        predictions += ctc_decoder(probabilities, VOCABULARY)
        targets += labels
    result = metric.result()
    assert float(result["CER"]) == pytest.approx(get_cer(predictions, targets))
    assert float(result["WER"]) == pytest.approx(get_wer(predictions, targets))


def test_agrees_with_mltus_on_one_batch_of_labels_of_one_length():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(4), (16, 12)).astype(np.float32)
    labels = padded(["".join(rng.choice(list("abc"), 5)) for _ in range(16)])
    ours, theirs = CWERMetric(padding_token=BLANK), MltuCWERMetric(padding_token=BLANK)
    for metric in (ours, theirs):
        metric.update_state(labels, probabilities)
    for name in ("CER", "WER"):
        assert float(ours.result()[name]) == pytest.approx(float(theirs.result()[name]))


def test_forgets_at_reset():
    metric = CWERMetric(padding_token=BLANK)
    metric.update_state(padded(["abc"]), one_hot(["-----"]))
    metric.reset_state()
    assert float(metric.result()["CER"]) == 0
    metric.update_state(padded(["ab"]), one_hot(["ab---"]))
    assert float(metric.result()["WER"]) == 0


def test_survives_serialisation():
    metric = CWERMetric(padding_token=7, name="other")
    copy = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert (copy.padding_token, copy.name) == (7, "other")
