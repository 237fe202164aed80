"""Small programs of every kind that a child draws while it has nothing else to do.

V8 starts slow and compiles what it runs often. A child that has drawn a few pictures of each kind needs half the time
for its first real one, and it waits for the caller to gather data anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headway.draw.specification import specification
from headway.values.chart import Bar, BarChart, ConfusionChart, LineChart, Points, Series

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROUNDS = 4
_POINTS = Points(x=(0.0, 1.0, 2.0, 3.0), y=(1.0, 0.5, 0.25, 0.2))
_CLASSES = ("a", "b", "c", "d")
_COUNTS = ((9, 1, 0, 0), (0, 8, 2, 0), (1, 0, 7, 1), (0, 3, 0, 9))


def programs() -> Iterator[dict[str, Any]]:
    """Give programs until a child has seen each kind a few times."""
    charts = (_curves(), _confusion(), _bars())
    for _ in range(_ROUNDS):
        for chart in charts:
            yield specification(chart, "light")


def _curves() -> LineChart:
    series = tuple(Series(name=name, base=_POINTS, head=_POINTS) for name in _CLASSES)
    return LineChart(id="", title="a", alt="", series=series, x_label="x", y_label="y")


def _confusion() -> ConfusionChart:
    return ConfusionChart(
        id="",
        title="a",
        alt="",
        labels_x=_CLASSES,
        labels_y=_CLASSES,
        base=_COUNTS,
        head=_COUNTS[::-1],
        x_label="x",
        y_label="y",
    )


def _bars() -> BarChart:
    bars = tuple(Bar(label=name, base=1, head=2) for name in _CLASSES)
    return BarChart(id="", title="a", alt="", bars=bars, value_label="x", category_label="y")
