"""`ctckit base train`: a network that reads drawn texts, for trainings to start from."""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from multiprocessing import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ctckit.cli.drawing import DrawingFlags, require_count
from ctckit.cli.recipe_configs import recipe_configs, recipe_module
from ctckit.cli.results import run_summary
from ctckit.cli.running import require_packages
from ctckit.cli.train import NEEDED
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.render.texts import LONGEST
from ctckit.run_folder import (
    RunFolder,
    new_default_run_path,
    new_run_folder,
    unfinished_run_folder,
)
from ctckit.terminal import show
from ctckit.training.configs import AUTO, TrainConfigs

if TYPE_CHECKING:
    from ctckit.render.renderer import Renderer

ROUND = 8192  # images: 400 MB
ROUNDS = 50  # that are drawn where nothing is said
HELD_BACK = 1000  # images, to measure with


@dataclass(frozen=True)
class BaseTrain(DrawingFlags):
    """Train a base: a network that reads drawn texts of many kinds, for others to start from.

    The images are drawn while it trains, by other processes. What comes out is a folder like
    that of every run; `python train.py --start-from FOLDER` begins with it.
    """

    target: Path | None = field(default=None, metadata={"positional": True})
    """A new folder. None: Models/base_<YYYYmmdd-HHMMSS>."""
    resume: Path | None = None
    """Go on with the base in this folder, whose training did not come to its end."""
    images: int | None = None
    """Images to draw, rounded up to whole rounds of 8,192. None: 400,000, or what time allows."""
    time_budget: str | None = None
    """Time for it, such as 90min or 8h, instead of a number of images."""
    passes: int = 4
    """How often each is learned from, varied."""
    round_images: int = field(default=ROUND, metadata={"flag": False})
    """Images of a round."""
    held_back: int = field(default=HELD_BACK, metadata={"flag": False})
    """Images to measure with."""
    stretch: float = 1.25
    """Factor of the width of images, beside the height that the network sees."""
    width_multiplier: float = 1.0
    """Size of the network, as of train.py."""
    batch_size: int = 32
    """Images per step."""
    learning_rate: float = 5e-3
    """Highest learning rate."""
    augment: str = "light"
    """How much the images are varied, as of train.py: none, light or strong."""
    processes: int | None = None
    """That draw images. None: one for each core, behind the training."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        super().__post_init__()
        for name in ("images", "passes", "batch_size", "processes"):
            if (value := getattr(self, name)) is not None:
                require_count(value, name)
        if self.images is not None and self.time_budget is not None:
            raise InputError(
                "expected this or --time-budget, received both; leave one out", argument="images"
            )

    def run(self) -> None:
        """Do it."""
        require_packages(*NEEDED, "fontTools", "PIL")
        if self.resume is not None:
            with unfinished_run_folder(self.resume) as run:
                flags = self._load(run)
                flags._train(run, flags.renderer(), flags._configs())
            return
        configs, renderer = self._configs(), self.renderer()
        with new_run_folder(self.target or new_default_run_path("base", datetime.now())) as run:
            self._save(run)
            self._train(run, renderer, configs)

    def _train(self, run: RunFolder, renderer: "Renderer", configs: TrainConfigs) -> None:
        from ctckit.training.base import RoundPlan, train_base

        plan = RoundPlan(
            images=self.round_images,
            passes=self.passes,
            held_back=self.held_back,
            processes=self.processes or cpu_count(),
        )
        configs = configs.replace(model_path=str(run.path))
        configs.save(run.configs)
        make_model = recipe_module("model.py").make_model
        result = train_base(make_model, renderer, configs, run, plan)
        show(*run_summary(result))

    def _configs(self) -> TrainConfigs:
        rounds = -(-self.images // self.round_images) if self.images else ROUNDS
        length = {"time_budget": self.time_budget}
        if self.time_budget is None:
            length = {"train_epochs": rounds * self.passes}
        return recipe_configs()(
            vocab=self.characters + " ",
            max_text_length=LONGEST,
            width=AUTO,
            stretch=self.stretch,
            channels=3,
            width_multiplier=self.width_multiplier,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            augment=self.augment,
            seed=self.seed,
            **length,
        )

    def _save(self, run: RunFolder) -> None:
        """Write what is needed to go on, or to do it again."""
        facts = {one.name: getattr(self, one.name) for one in fields(self)}
        facts |= {"target": None, "resume": None}
        with replace_atomically(run.drawing) as temporary:
            temporary.write_text(json.dumps(facts, default=str, indent=1), encoding="utf-8")

    @classmethod
    def _load(cls, run: RunFolder) -> Self:
        """Return the flags that a base was begun with."""
        try:
            facts: dict[str, Any] = json.loads(run.drawing.read_text(encoding="utf-8"))
            paths = {name: Path(facts[name]) for name in ("fonts", "words") if facts[name]}
            return cls(**(facts | paths))
        except InputError:
            raise
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise InputError(
                f"expected what the base is drawn from in {run.drawing}, received none, or a "
                f"damaged file ({error!r}); begin a new one",
                argument="resume",
            ) from error
