"""How long a run is: what it takes usually, at least and at most. No TensorFlow here."""

import math
from dataclasses import dataclass

COOL_DOWN = 0.4  # share of a run in which the rate falls
LONGEST = 3  # times what is usual: the end of a run that still gets better
OWN_WIDTH_COST = 1.2  # times the time of as many pixels at one width, as measured
ENOUGH_TO_DECIDE = 100  # validation images; fewer choose neither the end of a run nor an epoch
STEPS_FOR_EACH = 40  # of the usual steps, for each image, where there are very few
GOOD = 0.03  # share of texts misread from which a run need not be longer than is usual
SHORT_EPOCH = 25  # steps; of fewer, an epoch passes through the images several times
RECENT = 0.3  # share of the steps so far in which something must have got better
BETTER = 0.01  # by so much, relatively


def passes_per_epoch(num_images: int, batch_size: int) -> int:
    """Return how often an epoch passes through the images: few images are no whole epoch.

    >>> passes_per_epoch(12, 16), passes_per_epoch(100, 16), passes_per_epoch(1000, 16)
    (34, 4, 1)
    """
    return max(1, math.ceil(SHORT_EPOCH * batch_size / num_images) if num_images else 1)


def steps_per_epoch(num_images: int, batch_size: int) -> int:
    """Return the batches of an epoch."""
    return math.ceil(num_images * passes_per_epoch(num_images, batch_size) / batch_size)


def usual_epochs(num_images: int, batch_size: int, *, steps: int, passes: int) -> int:
    """Return the epochs of a run that need not be longer.

    Args:
        num_images: to learn from.
        batch_size: images of a step.
        steps: that it should have; a handful of images needs less.
        passes: through the images that it should have at least.

    >>> [usual_epochs(count, 16, steps=1300, passes=8) for count in (11, 936, 20_000)]
    [17, 23, 8]
    """
    enough = min(steps, STEPS_FOR_EACH * num_images)
    epochs = math.ceil(enough / steps_per_epoch(num_images, batch_size))
    return max(epochs, math.ceil(passes / passes_per_epoch(num_images, batch_size)))


def longest_epochs(usual: int, narrowness: float) -> int:
    """Return the epochs of the longest run: it takes three times as long as one of one width did.

    Args:
        usual: epochs of a run that need not be longer.
        narrowness: how many times as many pixels all images would have at one width; 1 if they do.

    >>> longest_epochs(20, 1.0), longest_epochs(20, 1.8)
    (60, 90)
    """
    return math.ceil(round(LONGEST * usual * max(1.0, narrowness / OWN_WIDTH_COST), 6))


@dataclass(frozen=True)
class Measured:
    """What a run was worth after some steps, measured with its averaged weights.

    Attributes:
        step: steps done.
        loss: mean over the texts.
        cer: character error rate, 0…
        wer: share of texts misread, 0…1.
    """

    step: int
    loss: float
    cer: float
    wer: float


def why_cool_down(
    measured: list[Measured], *, usual: int, most: int, texts: str = "texts"
) -> str | None:
    """Return why the rate should fall from now on, in words; None: it should stay.

    Where few texts are misread, a run of the usual length is enough. Where many are, it goes on
    until neither the loss nor the character error rate gets better, and to `most` at last.

    Args:
        measured: so far, the latest last; one or more.
        usual: steps of a run as it is usually, the fall included.
        most: steps of the longest one.
        texts: what the measured ones are called.
    """
    now = measured[-1]
    share = 1 - COOL_DOWN
    if now.step < share * usual:
        return None
    if now.wer <= GOOD:
        return f"{now.wer:.1%} of the {texts} are misread, {GOOD:.0%} or less"
    if now.step >= share * most:
        return "this is the longest run"
    since = now.step * (1 - RECENT)
    before = [one for one in measured if one.step <= since]
    recent = [one for one in measured if one.step > since]
    if before and not any(_better(name, recent, before) for name in ("loss", "cer")):
        return f"nothing has got better in the last {now.step - before[-1].step:,} steps"
    return None


def _better(name: str, recent: list[Measured], before: list[Measured]) -> bool:
    least = min(getattr(one, name) for one in before)
    return min(getattr(one, name) for one in recent) < least * (1 - BETTER)
