"""The reliability diagram: how many are right, over the confidence; inline SVG."""

from collections.abc import Sequence
from typing import Any

_LEFT, _TOP, _WIDTH, _HEIGHT = 40, 10, 300, 220  # of the field of the chart, in its 360 x 284


def reliability_chart(bins: Sequence[dict[str, Any]]) -> str:
    """Draw the share of right texts over the confidence, as inline SVG.

    A bar is as high as the share of right texts, the thin line in it the 95 % interval, the
    number below it that of texts. A dot stands at the mean confidence of the texts: on the dashed
    diagonal where the confidence is true.

    Args:
        bins: `ConfidenceBin`s as dictionaries.
    """
    ticks = "".join(map(_tick, (0, 0.25, 0.5, 0.75, 1)))
    filled = [group for group in bins if group["texts"]]
    bars = "".join(_chart_bar(group) for group in filled)
    dots = "".join(
        f'<circle class="mean" cx="{_x(group["mean_confidence"])}" '
        f'cy="{_y(group["right_share"])}" r="4"/>'
        for group in filled
    )
    return (
        '<svg class="chart" viewBox="0 0 360 284" role="img" aria-label="Share of images read '
        'exactly in each interval of confidence; the numbers are in the table below">'
        f"{ticks}{bars}"
        f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>{dots}'
        f'<text x="{_x(0.5)}" y="{_y(0) + 48}" text-anchor="middle">confidence</text></svg>'
    )


def _x(confidence: float) -> float:
    return round(_LEFT + confidence * _WIDTH, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _HEIGHT, 1)


def _tick(value: float) -> str:
    """Return a line across the chart at `value`, and its name at both axes."""
    return (
        f'<line class="axis" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(value)}" y2="{_y(value)}"/>'
        f'<text x="{_x(0) - 6}" y="{_y(value) + 4}" text-anchor="end">{value:.0%}</text>'
        f'<text x="{_x(value)}" y="{_y(0) + 30}" text-anchor="middle">{value:.0%}</text>'
    )


def _chart_bar(group: dict[str, Any]) -> str:
    """Return the bar of one interval, the line of its uncertainty and the number of texts."""
    left, right, top = _x(group["low"]), _x(group["high"]), _y(group["right_share"])
    middle, texts = round((left + right) / 2, 1), group["texts"]
    return (
        f'<rect class="share" x="{left + 1:.1f}" width="{right - left - 2:.1f}" '
        f'y="{top}" height="{_y(0) - top:.1f}"/>'
        f'<line class="interval" x1="{middle}" x2="{middle}" '
        f'y1="{_y(group["right_low"])}" y2="{_y(group["right_high"])}"/>'
        f'<text x="{middle}" y="{_y(0) + 14}" text-anchor="middle">'
        f"{texts if texts < 10_000 else f'{texts // 1000}k'}</text>"
    )
