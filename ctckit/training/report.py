"""Pictures of what a run was trained on and how it went."""

from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ctckit.files import replace_atomically
from ctckit.inference import image_grid, save_png
from ctckit.text import Vocabulary
from ctckit.training.provider import DataProvider


def save_training_samples(
    provider: DataProvider, vocabulary: Vocabulary, folder: Path, limit: int = 48
) -> Path:
    """Draw the first samples as the network sees them, augmented: training_samples.png."""
    images, labels = provider.first(limit)
    grid = image_grid(list(images), [vocabulary.decode(ids) for ids in labels])
    return save_png(folder / "training_samples.png", grid)


def save_learning_curves(history: list[dict[str, float]], folder: Path, title: str) -> Path:
    """Draw losses, error rates and learning rate per epoch: learning_curves.png.

    Args:
        history: rows with the columns of history.csv.
        folder: where to write.
        title: heading of the picture.
    """
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    figure.suptitle(title)
    loss, error, rate = figure.subplots(1, 3)

    def draw(axes, columns: tuple[str, ...], scale: float = 1) -> None:
        for column in columns:
            values = [row[column] * scale for row in history]
            axes.plot(epochs, values, marker=".", label=column)
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
    path = folder / "learning_curves.png"
    with replace_atomically(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png")
    return path
