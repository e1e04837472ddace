"""The tables of the page and the sentences around them, from the figures of an evaluation."""

from html import escape
from typing import Any

from ctckit.report.page.chart import reliability_chart
from ctckit.report.page.parts import NOTHING, bar, cell, percent, table, visible

MAX_CONFUSIONS = 40

Row = dict[str, Any]


def confusions(figures: Row) -> str:
    """Return the table of characters misread, missed and read in addition."""
    rows = [*figures["confusions"], *figures["deletions"], *figures["insertions"]]
    if not rows:
        return '<p class="soft">No character was misread.</p>'
    rows.sort(key=lambda row: -row["count"])
    left_out = len(rows) - MAX_CONFUSIONS
    caption = f"Shown → read; {NOTHING} stands for no character"
    return table(
        f"{caption}; {left_out} rarer ones are left out" if left_out > 0 else caption,
        ("Characters", "", "Times"),
        (
            (
                f"{visible(row['label'])} → {visible(row['read'])}",
                bar(row["count"] / rows[0]["count"]),
                cell(f"{row['count']:,}"),
            )
            for row in rows[:MAX_CONFUSIONS]
        ),
    )


def error_rates(rows: list[Row], name: str) -> str:
    """Return the table of character error rates by `name`, a key of the rows."""
    most = max((row["CER"] for row in rows), default=0) or 1
    return table(
        f"Character error rate by {name}",
        (name.capitalize(), "", "CER", "Edits", "Characters"),
        (
            (
                str(row[name]),
                bar(row["CER"] / most),
                cell(percent(row["CER"])),
                cell(f"{row['edits']:,}"),
                cell(f"{row['characters']:,}"),
            )
            for row in rows
        ),
    )


def calibration(figures: Row) -> str:
    """Return in words how far confidence and truth lie apart, and what a temperature helps."""
    return (
        "A confidence can be trusted when of all texts read with 90\u202f% nine in ten are right. "
        f"Here confidence and truth lie {percent(figures['ECE'])} apart on average. The model "
        "divides the log-odds of its confidence by a temperature of "
        f"{figures['confidence_temperature']:.2f}; these images ask for "
        f"{figures['fitted_temperature']:.2f}. Without one the distance is "
        f"{percent(figures['ECE_uncalibrated'])}, with one fitted on the other half of these "
        f"images {percent(figures['ECE_held_back'])}."
    )


def reliability(bins: list[Row]) -> str:
    """Return the chart of truth over confidence, how to read it, and its numbers."""
    numbers = table(
        "Share of images read exactly by confidence",
        ("Confidence", "Images", "Mean", "Read exactly"),
        (
            (
                f"{group['low']:.0%} to {group['high']:.0%}",
                cell(f"{group['texts']:,}"),
                cell(percent(group["mean_confidence"])),
                cell(percent(group["right_share"])),
            )
            for group in bins
            if group["texts"]
        ),
    )
    return (
        f"{reliability_chart(bins)}\n"
        '<p class="note">A bar is the share of images read exactly, the thin line its 95\u202f% '
        "interval, the number below it counts the images. A dot stands at their mean confidence: "
        "on the dashed line it is true, below it the reader is too sure.</p>\n"
        f"<details><summary>The numbers</summary>\n{numbers}</details>"
    )


def threshold(best: Row | None) -> str:
    """Return in words from which confidence on the error is as small as wanted."""
    if best is None:
        return "No threshold leaves as little as 1 error in 1,000 accepted images."
    return (
        f"From {best['threshold']:.6f} on, no more than 1 in 1,000 accepted images is wrong: "
        f"{best['errors']:,} of {best['accepted']:,} here, {percent(best['accepted_share'], 1)} "
        f"of all. On other images the error may well be up to {percent(best['error_upper'])}, the "
        "upper end of its 95\u202f% interval."
    )


def thresholds(rows: list[Row]) -> str:
    """Return the table of what is accepted from a confidence on, and how much of it is wrong."""
    return table(
        "Images accepted from a confidence on, the errors among them, and the upper end of their "
        "95\u202f% interval",
        ("From", "Accepted", "Wrong", "Error", "Up to"),
        (
            (
                f"{row['threshold']:g}",
                cell(percent(row["accepted_share"], 1)),
                cell(f"{row['errors']:,} of {row['accepted']:,}"),
                cell(percent(row["error_share"]) if row["accepted"] else "–"),
                cell(percent(row["error_upper"]) if row["accepted"] else "–"),
            )
            for row in rows
        ),
    )


def facts(model: Row) -> str:
    """Return the table of what the model says about itself."""
    if not model:
        return '<p class="soft">Nothing is known about the model.</p>'
    rows = "\n".join(
        f'<tr><th scope="row">{escape(key.replace("_", " "))}</th>'
        f"<td><bdi>{escape(_fact(value))}</bdi></td></tr>"
        for key, value in model.items()
    )
    return (
        '<table class="facts"><caption>What the file says about itself</caption>\n'
        f"<tbody>\n{rows}\n</tbody></table>"
    )


def _fact(value: Any) -> str:
    """Return a value to read: characters as one text, other lists with commas, none as a dash."""
    if isinstance(value, list):
        separator = "" if all(isinstance(item, str) and len(item) == 1 for item in value) else ", "
        return separator.join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
