"""A chart as Slack draws it (`data_visualization`), within its limits, or not at all: its numbers are said in words.

https://docs.slack.dev/changelog/2026/06/16/block-kit-data-visualization-block
"""

from typing import Any

from bot.chat.reply import Chart

TITLE_MAX, LABEL_MAX, CATEGORIES_MAX, AXIS_MAX = 50, 20, 20, 50
"""Characters of a title, of a label and of an axis' name; points of a series."""

_TYPE = "data_visualization"


def is_chart(block: dict[str, Any]) -> bool:
    return bool(block["type"] == _TYPE)


def chart_block(chart: Chart) -> dict[str, Any] | None:
    """A line chart of the last points; None where they are no line, or have labels that Slack would refuse."""
    points = chart.points[-CATEGORIES_MAX:]
    labels = [_cut(point.label, LABEL_MAX) for point in points]
    title, counts = _cut(chart.title, TITLE_MAX), _cut(chart.counts, LABEL_MAX)
    if len(points) < 2 or not all((*labels, title, counts)) or len(set(labels)) < len(labels):
        return None
    data = [{"label": label, "value": point.value} for label, point in zip(labels, points, strict=True)]
    return {
        "type": _TYPE,
        "title": title,
        "chart": {
            "type": "line",
            "series": [{"name": counts, "data": data}],
            "axis_config": {"categories": labels, "y_label": _cut(chart.counts.capitalize(), AXIS_MAX)},
        },
    }


def _cut(text: str, most: int) -> str:
    """One line without control characters, at most so long."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= most else f"{clean[: most - 1].rstrip()}…"
