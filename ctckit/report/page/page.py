"""The page as a whole: what stands where in the template, and the file."""

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from ctckit.evaluation.evaluation import Evaluation
from ctckit.files import replace_atomically
from ctckit.report.page import sections
from ctckit.report.page.images import MAX_IMAGES, image_cards, images_lead
from ctckit.report.page.parts import count, percent

TEMPLATE = "template.html"


def save_html(evaluation: Evaluation, path: str | Path) -> Path:
    """Write `html_page` to a file, whole or not at all.

    Raises:
        InputError: an image cannot be read any more, or nothing can be written there.
    """
    page = html_page(evaluation)
    with replace_atomically(path) as temporary:  # odd bytes of file names have no UTF-8
        temporary.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    return Path(path)


def html_page(evaluation: Evaluation) -> str:
    """Return the page: figures, the worst images, where the errors are, calibration, the model.

    Only the worst images are in it, `MAX_IMAGES` at most, as PNG. It holds no script and asks for
    nothing from outside, which its content security policy forbids, too.

    Raises:
        InputError: an image cannot be read any more.
    """
    figures = evaluation.figures()
    calibration = figures["calibration"]
    template = files(__package__).joinpath(TEMPLATE).read_text("utf-8")
    return Template(template).substitute(
        lead=_lead(figures),
        headline=_headline(figures),
        images_title="Misread images" if figures["misread"] else "The least sure images",
        images_lead=images_lead(figures["images"], figures["misread"]),
        images=image_cards(evaluation.worst(MAX_IMAGES)),
        confusions=sections.confusions(figures),
        by_length=sections.error_rates(figures["CER_by_length"], "length"),
        by_position=sections.error_rates(figures["CER_by_position"], "position"),
        calibration=sections.calibration(calibration),
        reliability=sections.reliability(calibration["bins"]),
        threshold=sections.threshold(figures["threshold_for_error"]),
        thresholds=sections.thresholds(figures["thresholds"]),
        facts=sections.facts(figures["model"]),
    )


def _lead(figures: dict[str, Any]) -> str:
    dataset = figures["model"].get("dataset")
    reader = f"A model trained on {dataset}" if dataset else "The model"
    images, right = figures["images"], figures["images"] - figures["misread"]
    result = f"{right:,} of them exactly" if figures["misread"] else "without an error"
    return escape(f"{reader} read {count(images, 'image')}, {result}.")


def _headline(figures: dict[str, Any]) -> str:
    low, high = figures["WER_interval"]
    misread, images = figures["misread"], count(figures["images"], "image")
    edits, characters = count(figures["edits"], "edit"), count(figures["characters"], "character")
    rows = [
        (
            "Word error rate (WER)",
            percent(figures["WER"]),
            f"{misread:,} of {images} misread; "
            f"95\u202f% interval {percent(low)} to {percent(high)}",
        ),
        ("Character error rate (CER)", percent(figures["CER"]), f"{edits} in {characters}"),
        (
            "Calibration error (ECE)",
            percent(figures["calibration"]["ECE"]),
            "how far confidence and truth lie apart",
        ),
        (
            "Speed",
            f"{figures['images_per_second']:,.0f} / s",
            "images decoded, resized and read per second",
        ),
    ]
    return "\n".join(
        f'<div><dt>{name}</dt><dd class="value">{escape(value)}</dd>'
        f'<dd class="note">{escape(note)}</dd></div>'
        for name, value, note in rows
    )
