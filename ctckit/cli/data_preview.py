"""`ctckit data preview`: a picture of what is trained on."""

from dataclasses import dataclass
from pathlib import Path

from ctckit.cli.data_source import DataSource, name_left_out
from ctckit.errors import InputError
from ctckit.terminal import show


@dataclass(frozen=True)
class Preview(DataSource):
    """Draw images as the network sees them in a training, as they are and varied."""

    out: Path = Path("preview.png")
    """File to draw to, a .png."""
    images: int = 12
    """How many images, drawn at random."""
    height: int | None = None
    """Image height that the network sees, pixels. None: the recipe's."""
    width: int | None = None
    """Image width that the network sees, pixels. None: chosen from the images."""
    rotate: str | None = None
    """How the images are turned: 90, 270 or auto. None: they stay."""
    augment: str | None = None
    """How much the images are varied: none, light, strong, growing (its later epochs are shown) or
    auto. None: as in a training."""
    seed: int = 0
    """Which images, and how they are varied."""

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        super().__post_init__()
        if self.images < 1:
            raise InputError(f"expected 1 or more, received {self.images}", argument="images")
        if self.out.suffix.lower() != ".png":
            raise InputError(f"expected a .png, received {self.out}", argument="out")

    def run(self) -> None:
        """Do it."""
        import numpy as np

        from ctckit.augment.strengths import augmentors_of, later_augmentors_of
        from ctckit.data.check import scan
        from ctckit.image.steps import steps_to
        from ctckit.report.grid import save_png
        from ctckit.report.preview import preview_grid

        dataset = self.opened()
        configs = self.configs(
            height=self.height, width=self.width, rotate=self.rotate, augment=self.augment
        )
        from ctckit.training.preparation import choose  # once it is known that it can be imported

        dataset, configs = choose(scan(dataset, rotate=self.rotate), configs)
        name_left_out(dataset)
        order = np.random.default_rng(self.seed).permutation(len(dataset.samples))
        shown = [dataset.samples[position] for position in order[: self.images].tolist()]
        augmentors = later_augmentors_of(configs.augment) or augmentors_of(configs.augment)
        save_png(self.out, preview_grid(shown, steps_to(configs), augmentors, seed=self.seed))
        form = f"{configs.height} x {configs.width} x {configs.channels}"
        show(f"{self.out}  {len(shown)} of {len(dataset.samples)} images, as {form}")
