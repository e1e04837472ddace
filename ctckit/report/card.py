"""The card of a model: the `README.md` of a run, in the form of the Hugging Face Hub."""

import json
from pathlib import Path
from typing import Any

from ctckit.files import replace_atomically
from ctckit.inference.description import describe
from ctckit.report.markdown import MARKDOWN
from ctckit.run_folder import ReportFiles, RunFolder


def save_card(run: RunFolder) -> Path:
    """Write the card of a finished run, from its model and the figures of its reports.

    Raises:
        InputError: there is no model, or nothing can be written there.
    """
    text = card(run)
    with replace_atomically(run.card) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    return run.card


def card(run: RunFolder) -> str:
    """Return the card: front matter, figures with intervals, data, how to read with it.

    What only a person knows is marked "FILL IN": the licence, and where the images come from.

    Raises:
        InputError: there is no model.
    """
    return MARKDOWN.get_template("card.md").render(
        name=run.path.resolve().name,
        facts=describe(run.onnx),
        validation=_figures(run.evaluation),
        test=_figures(run.test_evaluation),
        reader=run.reader.name if run.reader.is_file() else "",
    )


def _figures(report: ReportFiles) -> dict[str, Any] | None:
    if not report.figures.is_file():
        return None
    figures: dict[str, Any] = json.loads(report.figures.read_text(encoding="utf-8"))
    return figures
