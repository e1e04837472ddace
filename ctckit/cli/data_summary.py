"""What `ctckit data check` prints."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ctckit.data.samples import Sample
from ctckit.image.address import name_of
from ctckit.log import counted
from ctckit.sources.listing import shown

NUM_CHARACTERS = 100  # named with their number; a page names more
NUM_RECORDS = 5


def data_summary(figures: Mapping[str, Any]) -> list[str]:
    """Return figures of `set_figures`, with `choice` and `why_not`, as lines for the terminal."""
    return [f"{title:<12} {text}".rstrip() for title, text in _rows(figures)]


def _rows(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Dataset", f"{figures['dataset']}: {_parts(figures)}"
    yield "Layout", figures["layout"]
    yield from (("", line) for line in shown([Sample(**first) for first in figures["first"]]))
    yield from _left_out(figures)
    yield from _images(figures)
    yield from _labels(figures)
    yield from (("Note", note) for note in figures["notes"])
    yield from _choice(figures)


def _parts(figures: Mapping[str, Any]) -> str:
    more = [f"{figures[part]} to {verb}" for part, verb in
            (("validation", "validate"), ("test", "test")) if figures[part]]  # fmt: skip
    left_out = len(figures["records_left_out"])
    more += [f"{left_out} left out"] if left_out else []
    return ", ".join([counted(figures["samples"], "image"), *more])


def _left_out(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if figures["left_out"]:
        yield "Left out", ", ".join(f"{n} × {kind}" for kind, n in figures["left_out"].items())
    records = figures["records_left_out"]
    for record in records[:NUM_RECORDS]:
        yield "", f"{name_of(record['image'])}: {record['reason']}"
    if len(records) > NUM_RECORDS:
        yield "", f"… and {len(records) - NUM_RECORDS} more; --json and --page name them"


def _images(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sizes = figures["sizes"]
    smallest, median, largest = (
        "{} x {}".format(*sizes[name]) for name in ("smallest", "median", "largest")
    )
    if sizes["shapes"] == 1:
        yield "Sizes", f"all {median} pixels (height x width)"
    else:
        yield (
            "Sizes",
            f"{smallest} to {largest} pixels (height x width), median {median}, "
            f"{sizes['shapes']} shapes",
        )
    yield (
        "Images",
        f"{'grey' if figures['is_grey'] else 'in colour'}, {figures['tall']} higher than wide, "
        f"{figures['several_lines']} with several lines of text, {figures['blank']} blank",
    )


def _labels(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    labels, characters = figures["labels"], figures["characters"]
    most = f": {_counted(labels['most'].items())}" if labels["repeated"] else ""
    yield "Labels", f"{labels['different']} different, {labels['repeated']} repeated{most}"
    yield "Lengths", _counted(figures["label_lengths"].items())
    named = list(characters.items())[:NUM_CHARACTERS]
    rarer = len(characters) - len(named)
    more = f" and {rarer} rarer ones" if rarer else ""
    yield "Characters", f"{len(characters)}: {_counted(named)}{more}"


def _choice(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    title = "Training"
    for row in figures["choice"]:
        yield title, f"{row['name']:<11} {row['value']}  ({row['why']})"
        title = ""


def _counted(counts: Iterable[tuple[Any, int]]) -> str:
    return ", ".join(f"{_visible(name)} {count}" for name, count in counts)


def _visible(name: Any) -> str:
    plain = isinstance(name, str) and (not name.isprintable() or name != name.strip() or not name)
    return repr(name) if plain else str(name)
