"""Begin a training with what the base, or another run, has learned, instead of drawn weights."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import cv2
import numpy as np

from ctckit import base
from ctckit.errors import InputError
from ctckit.image.decode import LUMA
from ctckit.log import LOGGER, counted
from ctckit.run_folder import RunFolder
from ctckit.text.vocabulary import Vocabulary
from ctckit.training.configs import AUTO, NOTHING, TrainConfigs

if TYPE_CHECKING:
    import keras

Configs = TypeVar("Configs", bound=TrainConfigs)
_MEMBER = re.compile(r"member_\d+")
FEW = 500  # images, up to which the large base and the width that a base likes are worth their time
FEW_VARIED = 10_000  # the same of the large base where shapes differ: such images are hard
OTHER_NETWORK = "start       from nothing: model.py has another network than the base"
OF_NETWORK = ("architecture", "width_multiplier")  # settings that two networks share


class Start(NamedTuple, Generic[Configs]):
    """What a training begins with.

    Attributes:
        checkpoint: the network, a `.keras`.
        configs: that it was trained with.
    """

    checkpoint: Path
    configs: Configs


def start_from(model: "keras.Model", configs: TrainConfigs) -> bool:
    """Give a network the weights of what `configs.start_from` names, as far as they fit.

    Characters that both know keep their weights, new ones begin as drawn; a network that sees
    another height, or grey instead of colour, gets the weights that answer as nearly the same.
    An auxiliary head begins as drawn. A flat start is left out, unless very many characters are
    new. Where the network is another one than the base, all of it
    does.

    Args:
        model: built, not yet trained.
        configs: of the run, its characters among them.

    Returns:
        Whether there was something to start from.

    Raises:
        InputError: there is no such run, or its network is another one.
    """
    start = find_start(configs)
    if start is None:
        return False
    reader, weights = _reader_and_weights(model, configs, start)
    if weights is None:
        if not _is_base(configs):
            raise _other_network("the network of model.py", "weights of another form")
        LOGGER.info(OTHER_NETWORK)
        return False
    reader.set_weights(weights)
    known = start.configs.vocabulary
    new = [one for one in configs.vocabulary.characters if one not in known.characters]
    LOGGER.info(
        "start       from %s: %d of %s known%s", configs.start_from,
        len(configs.vocabulary) - len(new), counted(len(configs.vocabulary), "character"),
        f", new {''.join(new[:40])}" if new else "",
    )  # fmt: skip
    flat_start = getattr(model, "flat_start", None)
    if flat_start is not None and flat_start.where_needed(len(new)) is None:
        flat_start.is_on.assign(False)  # it would unlearn where characters stand
    return True


def _reader_and_weights(
    model: "keras.Model", configs: TrainConfigs, start: Start
) -> "tuple[keras.Model, list[np.ndarray] | None]":
    """Return the part of a network that reads, and its weights by the start; None: another kind."""
    import keras  # here, so that a start that cannot be is refused before TensorFlow is loaded

    from ctckit.training.callbacks.export import reading_network

    source = keras.models.load_model(start.checkpoint)
    reader, known = reading_network(model), start.configs.vocabulary
    return reader, carried_over(
        reader.get_weights(), source.get_weights(), configs.vocabulary, known
    )


def with_fitting_start(
    make_model: "Callable[[Configs], keras.Model]", configs: Configs, run: RunFolder
) -> Configs:
    """Return settings from nothing, of the usual width and rate, where the large base is no start.

    Which network `model.py` makes shows only when it is made; what the large base has brought would
    be no good for another one. The configuration of the run is written anew then.
    """
    start = find_start(configs) if configs.start_from == base.LARGE else None
    if start is None:
        return configs
    LOGGER.disabled = True  # this one is made to be looked at; what it says is said of the next
    try:
        _, weights = _reader_and_weights(make_model(configs), configs, start)
    finally:
        LOGGER.disabled = False
    if weights is not None:
        return configs
    LOGGER.info(OTHER_NETWORK)
    usual, rate = type(configs), configs.learning_rate
    configs = configs.replace(
        start_from=NOTHING,
        width_multiplier=usual.width_multiplier,
        learning_rate=usual.learning_rate if rate == base.LARGE_RATE else rate,
    )
    configs.save(run.configs)
    return configs


def find_start(configs: Configs) -> Start[Configs] | None:
    """Return what a training begins with, of several models the first one.

    Returns:
        None: nothing, by choice or because the base is another network than that of `configs`.

    Raises:
        InputError: there is no such run, or its network is another one.
    """
    if configs.start_from in (None, NOTHING):
        return None
    path = base.find_run(base.NAME if configs.start_from == AUTO else configs.start_from)
    folder = path.parent if path.suffix == ".keras" else path
    run = RunFolder(folder.parent if _MEMBER.fullmatch(folder.name) else folder)
    checkpoints = [path, run.member(1).checkpoint, run.checkpoint]
    if path == run.checkpoint:  # of several models it holds all
        checkpoints = checkpoints[1:]
    checkpoint = next((file for file in checkpoints if file.is_file()), None)
    if checkpoint is None or not run.configs.is_file():
        raise InputError(
            f"expected {AUTO}, {base.NAME}, {base.LARGE}, {NOTHING}, the folder of a run, with "
            f"{run.checkpoint.name} and {run.configs.name}, or a .keras file in one, received "
            f"{path}; name another one, or {NOTHING}",
            argument="start_from",
        )
    if _is_base(configs) and base.NETWORK not in configs.forms:
        return None
    start = Start(checkpoint, type(configs).load(run.configs))
    for name in OF_NETWORK:
        if getattr(start.configs, name) != getattr(configs, name):
            if _is_base(configs):
                return None
            raise _other_network(
                f"{name} {getattr(configs, name)}", f"{getattr(start.configs, name)}"
            )
    return start


def with_possible_start(configs: Configs, num_images: int, *, are_varied: bool) -> Configs:
    """Return settings that go with what the training begins with; say so where they change.

    "auto" is the large base for few images, or not too many whose shapes differ, unless a time
    budget or another width is asked for, and else the base. The large base brings its width, and
    its learning rate where another one was not asked for. Where the base is another network, the
    training begins with nothing.

    Args:
        configs: of the run.
        num_images: with labels.
        are_varied: their shapes differ.
    """
    is_usual = configs.width_multiplier == 1 and configs.architecture == base.NETWORK
    if configs.start_from == AUTO:
        is_worth_it = num_images <= (FEW_VARIED if are_varied else FEW)
        is_large = is_worth_it and is_usual and configs.time_budget is None
        configs = configs.replace(start_from=base.LARGE if is_large else base.NAME)
    if configs.start_from == base.LARGE:
        configs = _as_large(configs)
    if not _is_base(configs) or find_start(configs) is not None:
        return configs
    LOGGER.info(
        "start       from nothing: %s, %s times as wide as usual, is another network than the base",
        configs.architecture, f"{configs.width_multiplier:g}",
    )  # fmt: skip
    return configs.replace(start_from=NOTHING)


def _as_large(configs: Configs) -> Configs:
    """Return settings with width and learning rate of the large base, where none were asked for."""
    large = type(configs).load(RunFolder(base.FOLDERS[base.LARGE]).configs)
    width, rate = large.width_multiplier, configs.learning_rate
    if configs.architecture != base.NETWORK or configs.width_multiplier not in (1, width):
        return configs
    if rate == type(configs).learning_rate:
        rate = base.LARGE_RATE
    LOGGER.info(
        "start       %s: %g times as wide as usual, learning rate %g; it takes about three times "
        "as long as --start-from %s",
        base.LARGE, width, rate, base.NAME,
    )  # fmt: skip
    return configs.replace(width_multiplier=width, learning_rate=rate)


def _is_base(configs: TrainConfigs) -> bool:
    named = configs.start_from
    return named == AUTO or (named is not None and base.find_run(named) in base.FOLDERS.values())


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
