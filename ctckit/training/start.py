"""Begin a training with what another one has learned, instead of drawn weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np

from ctckit.errors import InputError
from ctckit.image.decode import LUMA
from ctckit.log import LOGGER, counted
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.configs import TrainConfigs

if TYPE_CHECKING:
    from ctckit.training.ctc_model import CTCModel

Configs = TypeVar("Configs", bound=TrainConfigs)
OF_NETWORK = ("architecture", "width_multiplier")  # settings that two networks share


def start_from(model: "CTCModel", configs: TrainConfigs) -> None:
    """Give a network the weights of the run that `configs.start_from` names, as far as they fit.

    Characters that both know keep their weights, new ones begin as drawn; a network that sees
    another height, or grey instead of colour, gets the weights that answer as nearly the same.
    An auxiliary head begins as drawn.

    Args:
        model: built, not yet trained.
        configs: of the run, its characters among them.

    Raises:
        InputError: there is no such run, or its network is another one.
    """
    import keras  # here, so that a start that cannot be is refused before TensorFlow is loaded

    checkpoint, old = require_start(configs)
    source = keras.models.load_model(checkpoint)
    weights = carried_over(
        model.reader.get_weights(), source.get_weights(), configs.vocabulary, old.vocabulary
    )
    if weights is None:
        raise _other_network("the network of model.py", "weights of another form")
    model.reader.set_weights(weights)
    new = [one for one in configs.vocabulary.characters if one not in old.vocabulary.characters]
    LOGGER.info(
        "start       from %s: %d of %s known%s", configs.start_from,
        len(configs.vocabulary) - len(new), counted(len(configs.vocabulary), "character"),
        f", new {''.join(new[:40])}" if new else "",
    )  # fmt: skip


def require_start(configs: Configs) -> tuple[Path, Configs]:
    """Return the checkpoint to start from, of several models the first one's, and its settings.

    Raises:
        InputError: there is no such run, or its network is another one.
    """
    run = RunFolder(Path(configs.start_from or ""))
    checkpoints = [run.member(1).checkpoint, run.checkpoint]
    found = next((file for file in checkpoints if file.is_file()), None)
    if found is None or not run.configs.is_file():
        raise InputError(
            f"expected the folder of a run, with {run.checkpoint.name} and {run.configs.name}, "
            f"received {run.path}; name another one, or leave it out",
            argument="start_from",
        )
    old = type(configs).load(run.configs)
    for name in OF_NETWORK:
        if getattr(old, name) != getattr(configs, name):
            raise _other_network(f"{name} {getattr(configs, name)}", f"{getattr(old, name)}")
    return found, old


def _other_network(expected: str, received: str) -> InputError:
    return InputError(
        f"expected a run with {expected}, received {received}; give it the same, or leave it out",
        argument="start_from",
    )


def carried_over(
    own: Sequence[np.ndarray],
    other: Sequence[np.ndarray],
    vocabulary: Vocabulary,
    old_vocabulary: Vocabulary,
) -> list[np.ndarray] | None:
    """Return weights of another network of the same kind, in the shapes of one's own.

    Args:
        own: the weights of a network that reads, as drawn; the last two are those of the classes.
        other: those of the other network, in the same order.
        vocabulary: of the one.
        old_vocabulary: of the other.

    Returns:
        None where they are not of the same kind.
    """
    if len(own) != len(other):
        return None
    carried = []
    for drawn, learned in zip(own[:-2], other[:-2], strict=True):
        weights = learned if drawn.shape == learned.shape else _adapted(learned, drawn.shape)
        if weights is None:
            return None
        carried.append(weights)
    places = _places(vocabulary, old_vocabulary)
    for drawn, learned in zip(own[-2:], other[-2:], strict=True):
        if drawn.shape[:-1] != learned.shape[:-1]:
            return None
        classes = drawn.copy()
        for new, known in places:
            classes[..., new] = learned[..., known]
        carried.append(classes)
    return carried


def _places(vocabulary: Vocabulary, old_vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """Return the class of each character that both know, and of the blank, in both."""
    old = {character: place for place, character in enumerate(old_vocabulary.characters)}
    known = [
        (place, old[character])
        for place, character in enumerate(vocabulary.characters)
        if character in old
    ]
    return [*known, (vocabulary.blank_id, old_vocabulary.blank_id)]


def _adapted(kernel: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the kernel of a convolution for other inputs that look the same; None: no way."""
    if kernel.ndim != 4 or len(shape) != 4:
        return None
    height, width, channels, filters = kernel.shape
    if (height, width, filters) == (shape[0], shape[1], shape[3]):
        if (channels, shape[2]) == (3, 1):
            return kernel.sum(2, keepdims=True)
        if (channels, shape[2]) == (1, 3):
            return kernel * LUMA[:, None]
    if (width, channels, filters) == shape[1:] and width == 1:  # of whole columns
        rows = cv2.resize(kernel.reshape(height, -1), (channels * filters, shape[0]))
        return rows.reshape(shape) * np.float32(height / shape[0])
    return None
