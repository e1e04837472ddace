"""Pictures of how a run went."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ctckit.files import replace_atomically

NAMES = {"val_WER": "val texts misread"}  # columns of history.csv in other words


def save_learning_curves(history: list[dict[str, float]], path: Path, title: str) -> Path:
    """Draw losses, error rates and learning rate per epoch, as PNG.

    Args:
        history: rows with the columns of history.csv.
        path: file to write.
        title: heading of the picture.
    """
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    figure.suptitle(title)
    loss, error, rate = figure.subplots(1, 3)

    def draw(axes: Axes, columns: tuple[str, ...], scale: float = 1) -> None:
        for column in columns:
            values = [row[column] * scale for row in history]
            axes.plot(epochs, values, marker=".", label=NAMES.get(column, column))
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()

    draw(loss, ("loss", "val_loss"))
    loss.set(title="CTC loss, nats per text", yscale="log")
    draw(error, ("val_CER", "val_WER", "CER"), scale=100)
    error.set(title="error rates, %", yscale="symlog", ylim=(0, None))
    draw(rate, ("learning_rate",))
    rate.set(title="learning rate")
    with replace_atomically(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    return path
