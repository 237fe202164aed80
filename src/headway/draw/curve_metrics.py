"""One number for one thing: a curve quotes the metric that measures the area under it, if the project has one.

A library computes such a metric from all scores, and a plot file often holds fewer points, so the area under the drawn
curve differs in the last digits. A reader who sees both numbers has to find out why.
"""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING

import msgspec

from headway.compare.arithmetic import is_number
from headway.draw.key_numbers import line_alt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.chart import LineChart, Points
    from headway.values.comparison import JsonScalar, Metric

_NAMES = {
    "precision-recall": frozenset(
        ("averageprecision", "averageprecisionscore", "avgprec", "ap", "prauc", "aucpr", "auprc")
    ),
    "roc": frozenset(("rocauc", "rocaucscore", "aucroc", "auroc", "auc")),
}
"""Usual names of the metrics, in small letters and without punctuation, by the kind of curve."""
_TRAINING = re.compile(r"(^|[^a-z])train", re.IGNORECASE)
_CLOSE = 0.02
"""By how much a metric may differ from the area under the drawn curve; beyond, it measures something else."""


def quoting_metric(chart: LineChart, metrics: Sequence[Metric]) -> LineChart:
    """The chart with the values of the metric that measures the area under its only curve, if there is one."""
    if len(chart.series) != 1 or chart.curve not in _NAMES:
        return chart
    near = sorted((_distance(chart, metric), metric.file, metric.key) for metric in metrics if _is_named(chart, metric))
    if not near or near[0][0] > _CLOSE:
        return chart
    metric = next(one for one in metrics if (one.file, one.key) == near[0][1:])
    series = chart.series[0]
    base, head = _quoted(series.base, metric.base), _quoted(series.head, metric.head)
    named = metric.written.title or metric.key
    quoting = msgspec.structs.replace(
        chart, series=(msgspec.structs.replace(series, base=base, head=head),), metric=named
    )
    return msgspec.structs.replace(quoting, alt=line_alt(quoting))


def _is_named(chart: LineChart, metric: Metric) -> bool:
    parts = {re.sub(r"[^a-z0-9]", "", part.lower()) for part in metric.key.split(".")}
    return not parts.isdisjoint(_NAMES[chart.curve]) and not _TRAINING.search(f"{metric.file}:{metric.key}")


def _distance(chart: LineChart, metric: Metric) -> float:
    """How far the metric is from the areas on both sides; infinite if a side lacks one of them."""
    series = chart.series[0]
    pairs = [
        (points.area, value) for points, value in ((series.base, metric.base), (series.head, metric.head)) if points
    ]
    return max(abs(area - value) if area is not None and is_number(value) else inf for area, value in pairs)


def _quoted(points: Points | None, value: JsonScalar) -> Points | None:
    return msgspec.structs.replace(points, area=value if is_number(value) else None) if points else None
