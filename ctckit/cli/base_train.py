"""`ctckit base train`: a network that reads drawn texts, for trainings to start from."""

import json
from dataclasses import dataclass, field, fields
from datetime import datetime
from multiprocessing import cpu_count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ctckit import base
from ctckit.cli.arguments import flag_of
from ctckit.cli.drawing import DrawingFlags, require_count
from ctckit.cli.recipe_configs import recipe_configs, recipe_module
from ctckit.cli.results import run_summary
from ctckit.cli.running import require_packages
from ctckit.cli.train import NEEDED
from ctckit.errors import InputError
from ctckit.files import replace_atomically
from ctckit.inference.reader import ImageToWordModel
from ctckit.log import LOGGER, counted
from ctckit.render.texts import LONGEST
from ctckit.run_folder import (
    RunFolder,
    new_default_run_path,
    new_run_folder,
    unfinished_run_folder,
)
from ctckit.sources.unlabelled import list_images
from ctckit.terminal import show
from ctckit.training.configs import AUTO, NOTHING, TrainConfigs
from ctckit.training.start import find_start

if TYPE_CHECKING:
    from ctckit.render.likeness import Likeness
    from ctckit.render.renderer import Renderer

ROUND = 4096  # images: 200 MB, and as much that are drawn ahead
ROUNDS = 100  # that are drawn where nothing is said
ROUNDS_LIKE = 8  # in the manner of images, from a start that reads already
LOOKED_AT = 500  # images in whose manner others are drawn, at most
AUGMENTS = ("none", "light", "strong")
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
    like: Path | None = None
    """Images without labels, a folder, .zip or list, in whose manner all are drawn: of their sizes,
    grounds, colours, strokes, noise, lengths and characters, as far as the base makes them out. The
    training begins with the base then."""
    start_from: str | None = None
    """Begin with base, the folder of a run, or none. None: none, with --like base."""
    images: int | None = None
    """Images to draw, rounded up to whole rounds of 4,096. None: 400,000, with --like 32,000, or
    what time allows."""
    time_budget: str | None = None
    """Time for it, such as 90min or 8h, instead of a number of images."""
    passes: int = 3
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
        if self.augment not in AUGMENTS:
            raise InputError(
                f"expected one of {', '.join(AUGMENTS)}, received '{self.augment}'",
                argument="augment",
            )
        if self.target is not None and self.target.name in base.FOLDERS:
            raise InputError(
                f"expected another name for the folder, received {self.target.name}, which "
                "means the one of the package"
            )
        others = [
            one.name
            for one in fields(self)
            if one.name != "resume" and getattr(self, one.name) != one.default
        ]
        if self.resume is not None and others:
            raise InputError(
                f"expected a base to go on as it began, received {flag_of(others[0])} with it; "
                "leave it out",
                argument="resume",
            )

    def run(self) -> None:
        """Do it."""
        require_packages(*NEEDED, "fontTools", "PIL")
        if self.resume is not None:
            with unfinished_run_folder(self.resume) as run:
                flags = self._load(run)
                flags._train(run, *flags._drawn())
            return
        self._require_start()
        renderer, configs = self._drawn()
        with new_run_folder(self.target or new_default_run_path("base", datetime.now())) as run:
            self._save(run)
            self._train(run, renderer, configs)

    def _drawn(self) -> "tuple[Renderer, TrainConfigs]":
        """Return what draws, and the settings for what is drawn."""
        likeness = self._likeness()
        longest = 0 if likeness is None else likeness.longest
        return self.renderer(likeness), self._configs(longest)

    def _require_start(self) -> None:
        """Refuse a start that cannot be, before all that takes time."""
        configs = self._configs()
        if find_start(configs) is None and configs.start_from != NOTHING:
            raise InputError(
                "expected the network of the base to begin with it, received "
                f"{configs.architecture}, {configs.width_multiplier:g} times as wide; give it the "
                f"same, or begin with {NOTHING}",
                argument="start_from",
            )

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

    def _configs(self, longest: int = 0) -> TrainConfigs:
        usual = ROUNDS if self.like is None else ROUNDS_LIKE
        rounds = -(-self.images // self.round_images) if self.images else usual
        length = {"time_budget": self.time_budget}
        if self.time_budget is None:
            length = {"train_epochs": rounds * self.passes}
        return recipe_configs()(
            start_from=self.start_from or (NOTHING if self.like is None else base.NAME),
            vocab=self.characters + " ",
            max_text_length=max(LONGEST, longest),
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

    def _likeness(self) -> "Likeness | None":
        """Return what the images are like in whose manner others are drawn."""
        if self.like is None:
            return None
        from ctckit.render.likeness import likeness_of, no_larger

        images = list_images(self.like)
        some = images[:: -(-len(images) // LOOKED_AT)]
        reader = ImageToWordModel(base.NAME, characters=self.characters + " ")
        shown: dict[int, Any] = {}  # by place: batches come in another order
        for chunk in reader.chunks(some, unreadable=lambda place, error: None):
            texts = (reading.text.strip() for reading in chunk.readings)
            small = map(no_larger, chunk.pixels)
            shown |= zip(chunk.places, zip(small, texts, strict=True), strict=True)
        likeness = likeness_of(shown[place] for place in sorted(shown))
        LOGGER.info(
            "like        %s of %s, texts of %s", counted(len(likeness.looks), "image"), self.like,
            likeness.alphabet,
        )  # fmt: skip
        return likeness

    def _save(self, run: RunFolder) -> None:
        """Write what is needed to go on, or to do it again."""
        facts = {one.name: getattr(self, one.name) for one in fields(self)}
        facts |= {"target": None, "resume": None}
        with replace_atomically(run.drawing) as temporary:
            text = json.dumps(facts, default=lambda path: str(path.absolute()), indent=1)
            temporary.write_text(text, encoding="utf-8")

    @classmethod
    def _load(cls, run: RunFolder) -> Self:
        """Return the flags that a base was begun with."""
        try:
            facts: dict[str, Any] = json.loads(run.drawing.read_text(encoding="utf-8"))
            named = [name for name in ("fonts", "words", "like") if facts.get(name)]
            return cls(**(facts | {name: Path(facts[name]) for name in named}))
        except InputError:
            raise
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                f"expected what the base is drawn from in {run.drawing}, received none, or a "
                f"damaged file ({error!r}); begin a new one",
                argument="resume",
            ) from error
