"""What a model file says about itself: the only place that knows the names of its keys."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from ctckit import __version__
from ctckit.errors import InputError
from ctckit.image.rotate import ROTATIONS
from ctckit.image.widths import MAX_OWN_WIDTH, WIDTH_MULTIPLE
from ctckit.text.direction import DIRECTIONS, LEFT_TO_RIGHT
from ctckit.text.vocabulary import UNICODE_FORMS, Vocabulary, spell

SCHEMA_VERSIONS = (1, 2)  # 2 is for files without a width, and has stretch and max_width
MAX_READINGS = 16  # of one image
READING_WIDTHS = f"1 to {MAX_READINGS} numbers from 0.1 to 10"
MAX_SIZE = 2**15  # pixels of an image's height or width
COLOR_ORDER = "BGR"  # OpenCV's; the network's own first layer scales the values 0…255


@dataclass(frozen=True, kw_only=True)
class ModelMetadata:
    """All one needs to read text with a model, and where it comes from.

    Attributes:
        vocabulary: the characters of the network's classes.
        height: of the network's input, in pixels.
        width: of the network's input, in pixels; None: each image has its own, see
            `ctckit.image.ImageScaler`.
        channels: 1 for grey, 3 for colour in OpenCV's order BGR.
        keep_aspect_ratio: images are padded to the input size rather than stretched.
        stretch: factor of the width, where it is each image's own.
        max_width: of an image's own width, in pixels.
        reading_widths: factors of an image's own width; readers read it at each, and the readings
            vote. Forms of the file that compute the text themselves read at one.
        rotate: how they are turned before, see `ctckit.image.ImageRotator`; None: not at all.
        dataset: name of the dataset that the network has learned from.
        val_CER: character error rate on the validation images, 0…; None when not measured.
        val_WER: share of validation images not read exactly, 0…1; None when not measured.
        confidence_temperature: above 1 where the network is surer than it should be; readers
            apply it, see `ctckit.inference.confidence`.
        unicode_form: of the texts read, one of `text.vocabulary.UNICODE_FORMS`.
        ignore_case: it has learned in lower case, and reads so.
        empty_labels: "keep" if it has learned to read nothing where there is no text.
        color_order: always "BGR".
        ctckit_version: of the package that wrote the file.
        extra: further facts, by name; anything that JSON can hold.
    """

    vocabulary: Vocabulary
    height: int
    width: int | None
    channels: int
    keep_aspect_ratio: bool
    dataset: str = ""
    val_CER: float | None = None  # noqa: N815 (spelled as everywhere)
    val_WER: float | None = None  # noqa: N815
    confidence_temperature: float = 1.0
    stretch: float = 1.0
    max_width: int = MAX_OWN_WIDTH
    reading_widths: Sequence[float] = (1.0,)
    rotate: str | None = None
    unicode_form: str = "NFC"
    ignore_case: bool = False
    empty_labels: str = "leave-out"
    color_order: str = COLOR_ORDER
    ctckit_version: str = __version__
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_another_tool(cls, vocab: str, image: Sequence[int | str | None]) -> "ModelMetadata":
        """Describe a network that takes what ours take, but whose file says nothing of it.

        Args:
            vocab: its characters.
            image: shape of its input, (N, height, width, channels).

        Raises:
            InputError: the shape is another one, or not stated.
        """
        sizes = [size for size in image[1:] if isinstance(size, int)]
        if len(image) != 4 or len(sizes) != 3:
            raise InputError(
                "expected an input (N, height, width, channels) of stated size, received "
                f"{tuple(image)}; export the model with such an input"
            )
        height, width, channels = sizes
        if channels not in (1, 3):
            raise InputError(
                f"expected an input of 1 or 3 channels, the last axis, received {tuple(image)}; "
                "export the model with channels last"
            )
        return cls(
            vocabulary=Vocabulary(vocab),
            height=height,
            width=width,
            channels=channels,
            keep_aspect_ratio=False,
        )

    @property
    def blank_id(self) -> int:
        """The class that stands for no character."""
        return self.vocabulary.blank_id

    @property
    def schema_version(self) -> int:
        """The oldest schema that can say it, so that older readers read what they can."""
        return 2 if self.width is None else 1

    @property
    def fixed_width(self) -> int | None:
        """The width of every image, in pixels; None: each has its own."""
        return self.width

    def spell(self, text: str) -> str:
        """Return `text` as the model would write it: in its Unicode form and case."""
        return spell(text, self.unicode_form, ignore_case=self.ignore_case)

    def to_facts(self) -> dict[str, Any]:
        """Return everything by name, ready for JSON."""
        fields_of_schema = _FIELDS if self.width is None else _FIELDS_OF_SCHEMA_1
        facts = {name: getattr(self, name) for name in fields_of_schema}
        facts["schema_version"] = self.schema_version
        facts["vocabulary"] = list(self.vocabulary)
        facts["blank_id"] = self.blank_id
        facts["direction"] = self.vocabulary.direction
        return {**self.extra, **facts}

    def to_strings(self) -> dict[str, str]:
        """Return the form in which an ONNX file keeps metadata: a JSON string for each key."""
        return {key: json.dumps(value) for key, value in self.to_facts().items()}

    @classmethod
    def from_strings(cls, strings: Mapping[str, str]) -> "ModelMetadata":
        """Read what `to_strings` wrote; the values are parsed as JSON, never evaluated.

        Raises:
            InputError: keys are missing, the schema is another one, or a value cannot be right.
        """
        facts = {key: _from_json(text) for key, text in strings.items()}
        _require_schema(facts)
        _require_values(facts)
        vocabulary = Vocabulary(facts["vocabulary"], facts.get("direction", LEFT_TO_RIGHT))
        if list(vocabulary) != facts["vocabulary"] or facts["blank_id"] != vocabulary.blank_id:
            raise InputError(
                "expected a vocabulary of sorted, different characters and the blank after them, "
                f"received {facts['vocabulary']!r} and blank_id {facts['blank_id']!r}; "
                "export the model again"
            )
        known = {name: facts[name] for name in _FIELDS if name in facts}
        known_keys = {*_FIELDS, "blank_id", "direction", "schema_version"}
        extra = {key: value for key, value in facts.items() if key not in known_keys}
        widths = tuple(map(float, facts.get("reading_widths", cls.reading_widths)))
        own = {"vocabulary": vocabulary, "reading_widths": widths, "extra": extra}
        return cls(**(known | own))


_FIELDS = tuple(item.name for item in fields(ModelMetadata) if item.name != "extra")
_OF_OWN_WIDTH = ("stretch", "max_width", "reading_widths")
_FIELDS_OF_SCHEMA_1 = tuple(name for name in _FIELDS if name not in _OF_OWN_WIDTH)


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_SIZE


def _is_factor(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < math.inf


def are_reading_widths(value: Any) -> bool:
    """Tell whether an image can be read at these factors of its own width."""
    is_list = isinstance(value, list) and 0 < len(value) <= MAX_READINGS
    return is_list and all(_is_factor(one) and 0.1 <= one <= 10 for one in value)


def _is_temperature(value: Any) -> bool:
    return type(value) in (int, float) and 0.01 <= value <= 100


# What each value must be; the other keys are welcome, but nothing depends on them.
_REQUIRED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "schema_version": ("1 or 2", lambda value: value in SCHEMA_VERSIONS),
    "vocabulary": ("a list of characters", lambda value: isinstance(value, list)),
    "blank_id": ("a whole number", lambda value: type(value) is int),
    "height": (f"a whole number from 1 to {MAX_SIZE}", _is_size),
    "width": (
        f"a whole number from 1 to {MAX_SIZE}, or null",
        lambda value: value is None or _is_size(value),
    ),
    "channels": ("1 or 3", lambda value: type(value) is int and value in (1, 3)),
    "color_order": (f"'{COLOR_ORDER}'", lambda value: value == COLOR_ORDER),
    "keep_aspect_ratio": ("true or false", lambda value: isinstance(value, bool)),
}

_OPTIONAL: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "confidence_temperature": ("a number from 0.01 to 100", _is_temperature),
    "stretch": ("a number above 0", _is_factor),
    "max_width": ("a multiple of 8", lambda value: _is_size(value) and not value % WIDTH_MULTIPLE),
    "reading_widths": (READING_WIDTHS, are_reading_widths),
    "rotate": (f"one of {', '.join(ROTATIONS)} or null", lambda value: value in (None, *ROTATIONS)),
    "direction": (" or ".join(DIRECTIONS), lambda value: value in DIRECTIONS),
    "unicode_form": (" or ".join(UNICODE_FORMS), lambda value: value in UNICODE_FORMS),
    "ignore_case": ("true or false", lambda value: isinstance(value, bool)),
}


def _from_json(text: str) -> Any:
    """Parse `text`; other tools' metadata need not be JSON and stays text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _require_schema(facts: Mapping[str, Any]) -> None:
    version = facts.get("schema_version", SCHEMA_VERSIONS[-1])
    if version not in SCHEMA_VERSIONS:
        known = " or ".join(map(str, SCHEMA_VERSIONS))
        raise InputError(
            f"expected metadata of schema_version {known}, received {version!r}; "
            f"read the model with the ctckit that wrote it ({facts.get('ctckit_version', '?')})"
        )


def _require_values(facts: Mapping[str, Any]) -> None:
    missing = [key for key in _REQUIRED if key not in facts]
    if missing:
        raise InputError(
            f"expected the metadata of a ctckit model, received none for {', '.join(missing)}; "
            "use a model.onnx that train.py wrote"
        )
    for key, (expected, is_valid) in (_REQUIRED | _OPTIONAL).items():
        if key in facts and not is_valid(facts[key]):
            raise InputError(
                f"metadata: expected {key} to be {expected}, received {facts[key]!r}; "
                "export the model again"
            )
    if facts["width"] is None and facts["schema_version"] == 1:
        raise InputError(
            "metadata: expected a width in schema_version 1, received null; export the model again"
        )
