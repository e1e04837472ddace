"""A training for people, as a page that reloads itself while it runs."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ctckit.files import replace_atomically
from ctckit.report.page.filters import percent
from ctckit.report.page.page import TEMPLATES

EVERY_S = 5  # seconds between two looks at the file
LEFT, TOP, WIDTH, HEIGHT = 48, 10, 300, 150  # of the field of a chart
MOST_POINTS = 300

Shown = Callable[[float], str]
History = Sequence[Mapping[str, float]]  # a row for each epoch, with the columns of history.csv


class ReadCard(NamedTuple):
    """An image held back, and what is read of it.

    Attributes:
        source: the image as a data URI.
        label: what it says.
        text: what is read.
    """

    source: str
    label: str
    text: str

    @property
    def is_right(self) -> bool:
        """Whether it is read exactly."""
        return self.text == self.label


class Line(NamedTuple):
    """A line of a chart: its name, its last value in words, and its points for SVG."""

    name: str
    now: str
    points: str


class Tick(NamedTuple):
    """A value at the axis of a chart, in words, and its height for SVG."""

    name: str
    y: float


class Chart(NamedTuple):
    """Lines over the epochs, from the first to the last one."""

    title: str
    lines: list[Line]
    ticks: list[Tick]
    epochs: tuple[int, int]


def save_progress(
    history: History,
    cards: Iterable[ReadCard],
    path: Path,
    *,
    title: str,
    report: str,
    is_over: bool = False,
) -> None:
    """Write the page to a file, whole or not at all.

    Args:
        history: one row or more.
        cards: some images held back, and what is read of them now.
        path: of the file.
        title: heading of the page.
        report: address of the report from the page.
        is_over: whether the training has ended: then the page reloads itself no more.

    Raises:
        InputError: nothing can be written there.
    """
    now = history[-1]
    page = TEMPLATES.get_template("progress.html").render(
        title=title,
        report=report,
        is_over=is_over,
        reload_s=None if is_over else EVERY_S,
        every_s=EVERY_S,
        epoch=int(now["epoch"]),
        time=f"{now['seconds'] / 60:.1f} minutes of learning",
        misread=_share(now["val_WER"]),
        cer=_share(now["val_CER"]),
        charts=[
            _chart("Loss", history, {"loss": "learned from", "val_loss": "held back"}, _plain),
            _chart("Errors", history, {"val_CER": "CER", "val_WER": "texts misread"}, _share),
        ],
        cards=list(cards),
    )
    with replace_atomically(path) as temporary:
        temporary.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")


def _plain(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "–"


def _share(value: float) -> str:
    return percent(value, digits=2 if value < 0.01 else 1) if math.isfinite(value) else "–"


def _chart(title: str, history: History, columns: Mapping[str, str], shown: Shown) -> Chart:
    """Draw columns of the history by the roots of their values, which shows small ones, too."""
    rows = history[:: -(-len(history) // MOST_POINTS)]
    rows = [*rows, *([history[-1]] if rows[-1] is not history[-1] else [])]
    values = [row[name] for row in rows for name in columns if math.isfinite(row[name])]
    most = max(values, default=0.0) or 1.0
    first, last = rows[0]["epoch"], rows[-1]["epoch"]

    def x(epoch: float) -> float:
        return round(LEFT + WIDTH * (epoch - first) / max(last - first, 1), 1)

    def y(value: float) -> float:
        return round(TOP + HEIGHT * (1 - math.sqrt(max(value, 0.0) / most)), 1)

    lines = [
        Line(
            label,
            shown(rows[-1][name]),
            " ".join(f"{x(r['epoch'])},{y(r[name])}" for r in rows if math.isfinite(r[name])),
        )
        for name, label in columns.items()
    ]
    ticks = [Tick(shown(most * share), y(most * share)) for share in (0, 1 / 16, 1 / 4, 1)]
    return Chart(title, lines, ticks, (int(first), int(last)))
