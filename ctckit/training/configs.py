"""Every knob of a training, with its unit and its reason, and what cannot go together."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from ctckit.augment.strengths import STRENGTHS
from ctckit.config import BaseModelConfigs
from ctckit.data.groups import key_of_groups
from ctckit.errors import InputError, nearest_name
from ctckit.feed.cache import OFF, cache_size
from ctckit.feed.order import BATCH_PIXELS
from ctckit.image.rotate import ROTATIONS
from ctckit.image.widths import MAX_OWN_WIDTH, WIDTH_MULTIPLE
from ctckit.networks.forms import PEERS, Form
from ctckit.remote.publish import place_of_runs
from ctckit.sources.options import SourceOptions
from ctckit.text.direction import has_joined_letters
from ctckit.text.vocabulary import Vocabulary, spell
from ctckit.training.length import longest_epochs, usual_epochs

QUANTIZED_FORMS = ("float16", "int8")
EXCLUSIVE = (  # fields of which only one may be given
    ("time_budget", "train_epochs"),
    ("quantize", "folds"),  # folds leave no model
    ("validation", "folds"),  # and hold each image back once
)
LENGTH = ("time_budget", "train_epochs", "min_epochs", "max_epochs")  # what says how long it is
CHANGEABLE = (  # while a run is unfinished
    "learning_rate", "gradient_clip_norm", "save_every", "train_workers", "use_multiprocessing",
    "cache", "devices", "publish", "publish_states",
)  # fmt: skip
SECONDS_PER = {"": 1, "s": 1, "min": 60, "h": 3600}
AUTO = "auto"
ALL = "all"  # devices
DEVICES = rf"{ALL}|cpu|\d+(,\d+)*"
NOTHING = "none"  # to start from


@dataclass(frozen=True)
class _Dataset:
    """What to learn from."""

    dataset: str | None = None
    """Images to learn from: a folder, a .zip of one, or a list such as a CSV, in any of the
    layouts of `ctckit data layouts`; or the address of one, s3://… or https://…, which is fetched
    once. None: captcha_images_v2, downloaded on first use."""


@dataclass(frozen=True)
class TrainConfigs(BaseModelConfigs, SourceOptions, _Dataset):
    """Configuration of a training run.

    A field that is None is chosen from the data; the saved `configs.yaml` holds the choice.
    A project's own choices are the defaults of a subclass.
    """

    forms: ClassVar[Mapping[str, Form]] = PEERS
    """The networks to choose from, by name."""
    usual_steps: ClassVar[int] = 1300
    """Steps of a run that need not be longer."""
    usual_passes: ClassVar[int] = 8
    """Passes through the images that it has at least."""
    pixels_per_character: ClassVar[int] = 16
    """Width that the network should see of each character, where the images have less."""
    pixels_per_character_of_own_width: ClassVar[int] = 24
    """The same where each image keeps its own width, of the characters of nine images in ten."""
    pixels_per_joined_character: ClassVar[int] = 32
    """The same of Arabic and the like, many letters of which are narrow: a doubled one needs three
    time steps."""
    steps_per_character: ClassVar[int] = 2
    """Time steps to have for each character; CTC needs one."""

    model_path: str | None = None
    """Folder of this run; must be new or empty. None: Models/<dataset>_<YYYYmmdd-HHMMSS>."""

    start_from: str | None = None
    """Begin with the weights of base, the network that comes with the package and has learned to
    read drawn texts; of base-large, which has learned more of them, reads hard images better, and
    takes about three times as long; of a run, such as Models/plates_20260102-030405, or a .keras
    file in one, with the same or other characters; or of none. auto: base-large for up to 500
    images, for up to 10,000 whose shapes differ, unless time_budget or width_multiplier is given;
    else base."""

    start_share: float | None = None
    """How much of the weights that it begins with is in the network that is kept, 0…1: it forgets
    less of what the new images do not show. None: 0.2 of up to 500 images, with others
    without labels 0; or 0.6 times the share of them that the start reads where width is auto and
    their shapes differ, if that is more; of more images as much less as there are more."""

    architecture: str = "mltu_captcha"
    """Network: mltu_captcha (the mltu tutorial's), keras_captcha_ocr (the Keras example's), or
    another one of `forms`."""

    width_multiplier: float = 1.0
    """Size of crnn: all its filters and units times this. 0.5 reads in half the time, 1.5 may
    read more exactly where there is much to learn from."""

    vocab: str | None = None
    """Characters the network can read. None: all characters of the labels."""

    max_text_length: int | None = None
    """Longest label, in characters. None: the longest of the dataset."""

    height: int = 50
    """Image height that the network sees, pixels."""

    width: int | str | None = None
    """Image width that the network sees, pixels; the network reads width / 8 columns (crnn). auto:
    as each image has it at this height. None: auto where the shapes of the images differ, else
    from their median shape and the longest label."""

    stretch: float | None = None
    """Factor of the width that is auto. None: from 1 on, as much as lets the network see 24 pixels
    of a character or more in nine images of ten."""

    max_width: int = MAX_OWN_WIDTH
    """Limit of the width that is auto, pixels, a multiple of 8: wider images are squeezed."""

    batch_pixels: int = BATCH_PIXELS
    """Largest batch where the width is auto, in pixels: wide images come in smaller batches.
    Training takes about 300 bytes for each."""

    channels: int | None = None
    """1 grey or 3 colour (BGR). None: the architecture's own; crnn: 1 if the images are grey."""

    keep_aspect_ratio: bool = False
    """Pad images with white instead of stretching them to height x width, a width that is not
    auto."""

    rotate: str | None = None
    """Turn the images before that: 90 clockwise, for text from the bottom to the top; 270
    counter-clockwise, for text from the top to the bottom; auto: as 270, but only images that are
    higher than wide. None: they stay."""

    validation_fraction: float = 0.1
    """Share of the images held back to choose the best epoch, between 0 and 1 (both excluded)."""

    validation: str | None = None
    """Images of your own to choose the best epoch by: a source like dataset. None: the part of the
    dataset that is called so, or else a share of it."""

    unlabelled: str | None = None
    """Images without labels to learn from, too: a folder, .zip or list. Those of which the network
    is sure while it trains are learned as it reads them; labels there may be are not looked at."""

    group_by: str | None = None
    """What keeps images on one side of the split, and in one fold: label, so that no text is on
    both; or a regular expression that file names begin with, as "[a-z]+[0-9]+" for a page or a
    writer; its first group, if it has one. None: each image by itself."""

    batch_size: int = 16
    """Images per step. Small batches leave the CTC plateau earlier per image seen."""

    learning_rate: float = 5e-3
    """Highest learning rate."""

    train_epochs: int | None = None
    """Passes through the training images. None: the validation images decide, from min_epochs on,
    as long as many texts are misread and it gets better; fewer than 100 of them leave it to the
    training images. Without a number given, an epoch of fewer than 25 steps passes through the
    images several times."""

    min_epochs: int | None = None
    """Length of a run that need not be longer. None: about 1,300 steps, and 8 passes or more."""

    max_epochs: int | None = None
    """Length of the longest run. None: 3 times min_epochs, more where the width is auto and
    images narrower than the longest text would need."""

    time_budget: str | None = None
    """Time for fitting and validating (of each fold and model), such as 60s or 5min, instead of
    a number of epochs: the schedule follows the clock, so that the run ends on time and fully
    annealed."""

    folds: int | None = None
    """Cross-validate: train this many models, each without its own part of the images, and list
    the labels that look wrong. Leaves figures and lists, no model; validation_fraction and
    early_stopping_patience mean nothing then."""

    save_every: str = "60s"
    """Time between two savings of the state of a run, from which --resume goes on, such as 30s or
    5min; it is also saved behind the last step of an epoch, but takes no more than 1 % of the
    time."""

    publish: str | None = None
    """Where the folder of the run is stored, too, when it is done, such as s3://bucket/runs; that
    it can be is tried first. Not taken over by --config."""

    publish_states: bool = False
    """Store it there whenever the state is saved, too, in the background, so that another machine
    can go on with the run."""

    models: int = 1
    """Train this many models, which differ in their seed only, and keep them in one file: the
    text that most of them read is taken, the surer ones counting more. Each takes as long to
    train and to read as a single one."""

    weight_decay: float = 1e-4
    """Decoupled weight decay of AdamW, per step, times the learning rate."""

    gradient_clip_norm: float = 5.0
    """Largest norm of the gradient of all weights together; CTC has rare huge gradients."""

    auxiliary_weight: float = 0.5
    """Weight of the CTC head on the image features (crnn), which shortens the plateau and is
    dropped at export; 0 switches it off."""

    early_stopping_patience: int | None = None
    """Epochs without a better validation CER after which the run stops. None: it runs to its
    end, as it learns most in its last epochs."""

    augment: str = AUTO
    """How much the training images are varied, anew every epoch but the last ones: none; light
    (shift, scale, shear, rotation, a little); strong (further, bent, other contrast, patches);
    growing (light, and in runs longer than usual strong, once half of the training texts are read);
    auto: growing where the shapes of the images differ, as of handwriting and photographs, else
    light."""

    cache: str = AUTO
    """Memory in which resized images (height x width x channels bytes each) are kept from epoch to
    epoch, such as 2GB; what does not fit is read again. auto: half of what is free, the limit of a
    container included; off: none."""

    train_workers: int = 2
    """Threads that prepare batches, which are the same for any number; with 0 each is prepared
    when it is needed."""

    use_multiprocessing: bool = False
    """Prepare batches in train_workers processes instead of threads: where many cores feed a GPU.
    Each keeps images of its own, in its part of the cache."""

    devices: str | None = None
    """Where to train: all GPUs of this machine, some by number as 0,1, or cpu. By default the first
    GPU; all of them where several machines train together, as TF_CONFIG says."""

    sync_batch_norm: bool = False
    """Several devices: take the statistics of batch normalisation over the whole batch instead of
    each device's share. Slower; of use where a share has very few images."""

    quantize: str | None = None
    """float16 or int8: keep a file of half the size, too (model.float16.onnx), unless it misreads
    0.5 % more of the validation images."""

    mixed_precision: bool = False
    """Compute in 16 bits where it is safe, for GPUs: float16; on a CPU bfloat16. The exported
    file computes in 32."""

    jit_compile: bool = False
    """Compile the network with XLA, for GPUs: takes longer to start, and, where the width is auto,
    at every width that is met first."""

    deterministic: bool = False
    """Repeat to the bit on the same machine: only TensorFlow operations that do. No slower on a
    CPU; may be on a GPU."""

    seed: int = 0
    """Seed of the split, the initial weights, the order and the augmentation."""

    dataset_fingerprint: str | None = field(default=None, metadata={"flag": False})
    """Of the images and labels that the open settings were chosen for; the run notes it."""

    def __post_init__(self) -> None:
        """Refuse values that no run can use."""
        super().__post_init__()
        self._check_choices()
        self._check_ranges()
        self._check_combinations()

    @classmethod
    def _brought_up_to_date(cls, document: dict[str, Any]) -> dict[str, Any]:
        """Bring older ones up to date.

        Up to version 0.3 `augment` was true or false; up to 0.4 runs started from nothing, and
        whether images are kept was true or false.
        """
        document = {"start_from": NOTHING} | document
        if isinstance(kept := document.pop("use_cache", None), bool):
            document["cache"] = AUTO if kept else OFF
        if isinstance(document.get("augment"), bool):
            return document | {"augment": "light" if document["augment"] else "none"}
        return document

    def _check_choices(self) -> None:
        if self.architecture not in self.forms:
            raise InputError(
                f"expected one of {', '.join(self.forms)}, received '{self.architecture}'."
                f"{nearest_name(self.architecture, self.forms)}",
                argument="architecture",
            )
        if self.quantize not in (None, *QUANTIZED_FORMS):
            raise InputError(
                f"expected one of {', '.join(QUANTIZED_FORMS)}, received '{self.quantize}'",
                argument="quantize",
            )
        strengths = (*STRENGTHS, AUTO)
        if self.augment not in strengths:
            raise InputError(
                f"expected one of {', '.join(strengths)}, received '{self.augment}'."
                f"{nearest_name(str(self.augment), strengths)}",
                argument="augment",
            )
        cache_size(self.cache)
        if not re.fullmatch(DEVICES, self.devices or ALL):
            raise InputError(
                f"expected {ALL}, cpu or numbers of GPUs such as 0,1, received '{self.devices}'",
                argument="devices",
            )
        if self.rotate not in (None, *ROTATIONS):
            raise InputError(
                f"expected one of {', '.join(ROTATIONS)}, received '{self.rotate}'",
                argument="rotate",
            )
        if isinstance(self.width, str) and self.width != AUTO:
            raise InputError(
                f"expected a number of pixels or {AUTO}, received '{self.width}'", argument="width"
            )
        if self.max_width % WIDTH_MULTIPLE:
            raise InputError(
                f"expected a multiple of {WIDTH_MULTIPLE}, received {self.max_width}",
                argument="max_width",
            )
        if self.group_by is not None:
            key_of_groups(self.group_by)
        if self.channels not in (None, 1, 3):
            raise InputError(
                f"expected 1 (grey) or 3 (colour), received {self.channels}", argument="channels"
            )
        if self.publish is not None:
            place_of_runs(self.publish)
        if self.vocab is not None and not self.vocab:
            raise InputError("expected at least one character, received none", argument="vocab")

    def _check_ranges(self) -> None:
        if not 0 < self.validation_fraction < 1:
            raise InputError(
                "expected a share between 0 and 1, both excluded, received "
                f"{self.validation_fraction}; 0.1 holds back every tenth image",
                argument="validation_fraction",
            )
        for name in ("time_budget", "save_every"):
            text = getattr(self, name)
            if text is not None and not _seconds(text) > 0:
                raise InputError(
                    f"expected a time in s, min or h, such as 60s, received '{text}'",
                    argument=name,
                )
        for name, (smallest, largest) in _RANGES.items():
            value = getattr(self, name)
            if isinstance(value, int | float) and not smallest <= value <= largest:
                endless = largest >= sys.float_info.max
                wanted = f"{smallest} or more" if endless else f"{smallest} to {largest}"
                raise InputError(f"expected {wanted}, received {value}", argument=name)

    def _check_combinations(self) -> None:
        if self.publish_states and self.publish is None:
            raise InputError(
                "expected a place to publish to, received none; give publish, too",
                argument="publish_states",
            )
        if (self.min_epochs or 0) > (self.max_epochs or math.inf):
            raise InputError(
                f"expected no more than max_epochs, {self.max_epochs}, received {self.min_epochs}; "
                "raise the one or lower the other",
                argument="min_epochs",
            )
        if self.width == AUTO and not self.forms[self.architecture].free_width:
            free = ", ".join(name for name, form in self.forms.items() if form.free_width)
            raise InputError(
                f"expected a number of pixels, received {AUTO}, which {self.architecture} cannot "
                f"read; give one, or an architecture that can: {free or 'there is none'}",
                argument="width",
            )
        for first, second in EXCLUSIVE:
            if getattr(self, first) is not None and getattr(self, second) is not None:
                raise InputError(
                    f"expected this or {second}, received both; leave one out", argument=first
                )

    @property
    def time_budget_s(self) -> float | None:
        """The time budget in seconds."""
        return None if self.time_budget is None else _seconds(self.time_budget)

    @property
    def save_every_s(self) -> float:
        """Seconds between two savings of the state."""
        return _seconds(self.save_every)

    @property
    def fixed_width(self) -> int | None:
        """The width of every image, pixels; None: each has its own."""
        return None if self.width == AUTO else self.width

    @property
    def num_steps(self) -> int:
        """Time steps of the network's output, T, at most; a label and its repeats must fit in."""
        width = self.fixed_width or self.max_width
        return self.forms[self.architecture].num_steps(self.height, width)

    @property
    def vocabulary(self) -> Vocabulary:
        """The characters of the network, in the direction in which they are written."""
        return Vocabulary.from_labels([self.vocab])

    def spell(self, text: str) -> str:
        """Return `text` in the Unicode form, and the case, in which this run learns labels."""
        return spell(text, self.unicode_form, ignore_case=self.ignore_case)

    def pixels_for(self, characters: str) -> int:
        """Return the width that the network should see of each character of such texts."""
        joined = has_joined_letters(characters)
        return self.pixels_per_joined_character if joined else self.pixels_per_character

    def with_labels(
        self, labels: Sequence[str], *, num_held_back: int | None = None, narrowness: float = 1.0
    ) -> Self:
        """Choose vocabulary, longest label and number of epochs from the data where left open.

        Args:
            labels: of all images that are trained on or validated with.
            num_held_back: how many of them are to validate with; None: a share is taken.
            narrowness: how many times as many pixels all images would have at one width.
        """
        vocabulary = Vocabulary.from_labels([self.spell(self.vocab)] if self.vocab else labels)
        held_back = 1 / self.folds if self.folds else self.validation_fraction
        num_train = len(labels) * (1 - held_back)
        if num_held_back is not None:
            num_train = len(labels) - num_held_back
        usual = usual_epochs(
            round(num_train), self.batch_size, steps=self.usual_steps, passes=self.usual_passes
        )
        min_epochs = self.min_epochs or min(usual, self.max_epochs or usual)
        max_epochs = self.max_epochs or longest_epochs(min_epochs, narrowness)
        return self.replace(
            vocab=str(vocabulary),
            max_text_length=self.max_text_length or max(map(len, labels)),
            min_epochs=min_epochs,
            max_epochs=max_epochs,
        )


_RANGES = {
    "max_text_length": (1, math.inf),
    "height": (8, 4096),
    "width": (8, 32_768),
    "stretch": (0.1, 10),
    "max_width": (8, 32_768),
    "batch_pixels": (1, math.inf),
    "width_multiplier": (0.25, 8),
    "batch_size": (1, math.inf),
    "train_epochs": (1, math.inf),
    "min_epochs": (1, math.inf),
    "max_epochs": (1, math.inf),
    "early_stopping_patience": (1, math.inf),
    "train_workers": (0, math.inf),
    "seed": (0, 2**32 - 1),
    "folds": (2, math.inf),
    "models": (1, math.inf),
    "learning_rate": (0, sys.float_info.max),
    "gradient_clip_norm": (0, sys.float_info.max),
    "weight_decay": (0, sys.float_info.max),
    "auxiliary_weight": (0, sys.float_info.max),
    "start_share": (0, 1),
}


def _seconds(text: str) -> float:
    """Return a time such as 30s, 5min or 2h in seconds; NaN if it cannot be understood."""
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|min|h|)", text.strip())
    return float(number[1]) * SECONDS_PER[number[2]] if number else math.nan
