"""From what a layout found to a dataset: labels in one form, unusable records set aside."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ctckit.data.samples import Dataset, LeftOut, Sample
from ctckit.errors import InputError
from ctckit.sources.listing import Listing
from ctckit.sources.options import SourceOptions
from ctckit.text.odd_characters import odd_characters
from ctckit.text.vocabulary import spell

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
    parts = [listing.samples, listing.validation, listing.test]
    ordered = [_in_order(samples, options) for samples in parts]
    samples, validation, test = ordered
    everything = [sample for part in ordered for sample in part]
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
    labels = [label for _, label in dataset.everything]
    notes = (*listing.notes, *_padded(parts), *odd_characters(labels))
    return replace(dataset, notes=notes)


def _in_order(samples: Iterable[Sample], options: SourceOptions) -> list[Sample]:
    form, lower = options.unicode_form, options.ignore_case
    changed = []
    for image, label in samples:
        text = spell(label.strip(BLANKS), form, ignore_case=lower)
        changed.append(Sample(image, text))
    return sorted(changed)


def _padded(parts: Iterable[Sequence[Sample]]) -> list[str]:
    padded = [label for part in parts for _, label in part if label != label.strip(BLANKS)]
    if not padded:
        return []
    number = f"{len(padded)} labels have" if len(padded) > 1 else "1 label has"
    return [f"{number} blanks at an end, which are removed, such as {padded[0]!r}"]


def _unusable(sample: Sample, options: SourceOptions) -> str:
    if not sample.label and options.empty_labels != "keep":
        return "empty label"
    try:
        "".join(sample).encode()
    except UnicodeEncodeError:  # bytes of a file name that no CSV in UTF-8 can hold
        return "file name is not UTF-8"
    return ""
