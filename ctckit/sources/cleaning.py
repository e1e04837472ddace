"""From what a layout found to a dataset: labels in one form, unusable records set aside."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ctckit.data.samples import Dataset, LeftOut, Sample, Samples
from ctckit.data.texts import Texts
from ctckit.errors import InputError
from ctckit.image.address import name_of
from ctckit.log import counted
from ctckit.sources.listing import Listing
from ctckit.sources.options import SourceOptions
from ctckit.text.odd_characters import odd_characters
from ctckit.text.vocabulary import spell

NO_LABELS = frozenset({"nan", "NaN", "None", "none", "NULL", "null", "N/A", "#N/A", "<NA>"})
BLANKS = " \t\r\n"  # others are told by name


def cleaned(name: str, listing: Listing, options: SourceOptions) -> Dataset:
    """Return a dataset of what a layout found.

    Blanks around labels are removed, labels brought into the Unicode form of the options, and into
    lower case if they say so. Records without a label are left out unless they are to be kept.

    Args:
        name: of the dataset.
        listing: what a layout found.
        options: how labels are to be.

    Raises:
        InputError: no record can be used.
    """
    parts = [Samples.of(part) for part in (listing.samples, listing.validation, listing.test)]
    ordered = [_in_order(samples, options) for samples in parts]
    samples, validation, test = _apart(ordered, name)
    everything = samples + validation + test
    unusable = [LeftOut(*s, why) for s in everything if (why := _unusable(s, options))]
    if len(unusable) == len(everything):
        reasons = [record.reason for record in (*unusable, *listing.left_out)]
        raise InputError(
            f"expected labelled images in {name}, none of {len(reasons)} is"
            + (f": {reasons[0]}" if reasons else "")
        )
    dataset = Dataset(
        name, samples, list(listing.left_out), validation=validation, test=test,
        layout=listing.said,
    ).without(unusable)  # fmt: skip
    labels = dataset.everything.labels
    again = sum(map(len, ordered)) - len(everything)
    notes = [*listing.notes, *_padded(parts), *_missing(labels), *odd_characters(labels)]
    if again:
        notes.append(f"not used, in another part, too: {counted(again, 'image')}")
    return replace(dataset, notes=tuple(notes))


def _apart(parts: Sequence[Samples], name: str) -> Sequence[Samples]:
    """Return the parts without images that a later one has, too: nobody trains on a test.

    Raises:
        InputError: an image has different labels in two parts.
    """
    if not any(parts[1:]):
        return parts
    labels: dict[str, str] = {}
    apart: list[Samples] = []
    for part in reversed(parts):
        here = {**labels}
        for image, label in part:
            if labels.get(image, label) != label:
                raise InputError(
                    f"expected one label for each image of {name}, received {name_of(image)} as "
                    f"{label!r} and, in another part, as {labels[image]!r}; correct the lists"
                )
            here[image] = label
        apart.append(part.where(image not in labels for image in part.images))
        labels = here
    return apart[::-1]


def _missing(labels: Sequence[str]) -> list[str]:
    """Return a line on labels that programs write where there is none."""
    found = [label for label in labels if label in NO_LABELS]
    if not found:
        return []
    return [f"{counted(len(found), 'label')} such as {found[0]!r}: perhaps there is none"]


def _in_order(samples: Samples, options: SourceOptions) -> Samples:
    form, lower = options.unicode_form, options.ignore_case
    labels = (spell(label.strip(BLANKS), form, ignore_case=lower) for label in samples.labels)
    return Samples(samples.images, Texts.of(labels)).sorted()


def _padded(parts: Iterable[Samples]) -> list[str]:
    padded = [label for part in parts for label in part.labels if label != label.strip(BLANKS)]
    if not padded:
        return []
    number = f"{len(padded)} labels have" if len(padded) > 1 else "1 label has"
    return [f"{number} blanks at an end, which are removed, such as {padded[0]!r}"]


def _unusable(sample: Sample, options: SourceOptions) -> str:
    if not sample.label and options.empty_labels != "keep":
        return "empty label"
    if sample.image.isascii() and sample.label.isascii():
        return ""
    for what, text in (("file name", sample.image), ("label", sample.label)):
        try:
            text.encode()
        except UnicodeEncodeError:  # no CSV in UTF-8 can hold it
            return f"{what} is not UTF-8"
    return ""
