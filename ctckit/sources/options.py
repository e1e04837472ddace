"""How the images and labels of a source are to be understood, where looking is not enough."""

import re
from dataclasses import dataclass
from re import Pattern

from ctckit.errors import InputError
from ctckit.text.vocabulary import UNICODE_FORMS

EMPTY_LABELS = ("leave-out", "keep")


@dataclass(frozen=True)
class SourceOptions:
    """What a person may say about a source of labelled images; all of it can be left open."""

    layout: str | None = None
    """How images and labels lie there, as `ctckit data layouts` lists them. None: found out by
    looking."""

    columns: str | None = None
    """Columns of a list that hold image and label, as image,label: their names, or their numbers
    from 1. None: known by their usual names."""

    label_separator: str | None = None
    """Characters that end the label in a file name: with "-" the label of ab12-7.png is ab12.
    None: a counting suffix (-1, _2, .3) is found by itself. "": the whole name is the label."""

    label_pattern: str | None = None
    """Regular expression that file names (without suffix) match, with a group called label:
    "[0-9]+_(?P<label>.+)" reads 17_abc.png as abc."""

    unicode_form: str = "NFC"
    """Unicode form of the labels, and of what is read: NFC (composed), NFD (decomposed) or NFKC
    (composed, compatible characters replaced: ２ is 2)."""

    ignore_case: bool = False
    """Learn all labels in lower case."""

    empty_labels: str = "leave-out"
    """What becomes of images with an empty label: leave-out, or keep, which teaches to read
    nothing where there is no text."""

    images_root: str | None = None
    """Folder where the images of a list are now, if they were moved: found by the path that the
    list has, else by their name, where only one file below the folder has it."""

    def __post_init__(self) -> None:
        """Refuse what no source can be understood by."""
        for name, choices in (("unicode_form", UNICODE_FORMS), ("empty_labels", EMPTY_LABELS)):
            if getattr(self, name) not in choices:
                raise InputError(
                    f"expected one of {', '.join(choices)}, received '{getattr(self, name)}'",
                    argument=name,
                )
        if self.label_separator is not None and self.label_pattern is not None:
            raise InputError(
                "expected this or a label pattern, received both; leave one out",
                argument="label_separator",
            )
        if self.columns is not None and len(self.columns.split(",")) != 2:
            raise InputError(
                f"expected two columns, as image,label, received '{self.columns}'",
                argument="columns",
            )
        self.compiled_pattern()

    @property
    def tell_labels(self) -> bool:
        """Whether a person said where the labels are, so that nothing is to be doubted."""
        told = (self.layout, self.columns, self.label_separator, self.label_pattern)
        return told != (None,) * len(told)

    def compiled_pattern(self) -> Pattern[str] | None:
        """Return the label pattern, compiled.

        Raises:
            InputError: it is no regular expression, or has no group called label.
        """
        if self.label_pattern is None:
            return None
        try:
            pattern = re.compile(self.label_pattern)
        except re.error as error:
            raise InputError(
                f"expected a regular expression, received '{self.label_pattern}': {error}",
                argument="label_pattern",
            ) from None
        if "label" not in pattern.groupindex:
            raise InputError(
                f"expected a group called label, as in '[0-9]+_(?P<label>.+)', received "
                f"'{self.label_pattern}'",
                argument="label_pattern",
            )
        return pattern
