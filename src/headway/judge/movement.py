"""Whether metrics, charts and columns changed or vary, and whether metrics got better or worse."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from msgspec import UNSET

from headway.compare.families import families
from headway.values.chart import BarChart, ConfusionChart, ImageChart, LineChart, ScatterChart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.compare.families import Family
    from headway.values.chart import Chart
    from headway.values.comparison import Metric
    from headway.values.dataset import ColumnChange
    from headway.values.evidence import Verdict

SIGNIFICANCE = 0.05
MOVED_PSI = 0.01
"""The population stability index from which a column counts as changed."""
LARGE_PSI = 0.25
"""The index of a large shift (Siddiqi, "Credit Risk Scorecards", 2006), even if a test of few rows detects none."""

Movement = Literal["better", "worse", "neutral"]
Word = Literal[
    "better",
    "worse",
    "worse within the margin",
    "equal within the margin",
    "not worse",
    "no difference detected",
    "too few rows to tell",
    "cannot tell",
    "identical predictions",
    "as wanted",
    "not as wanted",
    "changed",
    "unchanged",
    "added",
    "removed",
    "unavailable",
    "not comparable",
    "run-to-run variation",
    "not compared",
]
_WITHHELD: dict[str, Word] = {
    "evaluation": "not comparable",
    "rerun": "run-to-run variation",
    "machine": "not compared",
    "base": "not comparable",
}
_WORDS: dict[Verdict, Word] = {
    "identical": "identical predictions",
    "cannot_tell": "cannot tell",
    "too_few": "too few rows to tell",
    "improved": "better",
    "worse": "worse",
    "worse_within_margin": "worse within the margin",
    "equal": "equal within the margin",
    "not_worse": "not worse",
    "no_difference": "no difference detected",
}


def movement(metric: Metric) -> Movement:
    """Whether the evidence says that a metric got better or worse; neutral if it says neither, or if there is none."""
    if metric.evidence is UNSET or metric.withheld:
        return "neutral"
    if metric.verdict == "improved":
        return "better"
    return "worse" if metric.verdict in {"worse", "worse_within_margin"} else "neutral"


def verdict(metric: Metric) -> Word:
    """What a report says about a metric, in a few words."""
    if metric.status not in {"changed", "unchanged"}:
        return metric.status
    if metric.status == "changed" and metric.withheld:
        return _WITHHELD[metric.withheld]
    is_known = metric.evidence is not UNSET or metric.verdict == "too_few"
    if is_known and metric.verdict in _WORDS:
        return _WORDS[metric.verdict]
    if metric.direction is None or not metric.change:
        return metric.status
    return "as wanted" if (metric.change > 0) == (metric.direction == "higher") else "not as wanted"


def says_otherwise(metric: Metric) -> bool:
    """Whether the evidence moved another way than the metric: other rows or other runs than those that it is about."""
    return metric.evidence is not UNSET and metric.evidence.estimate * (metric.change or 0.0) < 0


def is_untested(metric: Metric) -> bool:
    """Whether a metric that should rise or fall changed, and nothing says if the change is real."""
    return verdict(metric) in {"as wanted", "not as wanted"}


def counts_as_changed(metric: Metric) -> bool:
    """Whether a metric changed; false for one that depends on the machine, or could not be read."""
    return metric.status not in {"unchanged", "unavailable"} and metric.withheld != "machine"


def prominence(metric: Metric) -> tuple[int, float, float, str, str]:
    """The sort key of metrics: by status, by the settings' rules, by relative change; last those of the machine."""
    statuses = ("changed", "unavailable", "removed", "added", "unchanged")
    place = statuses.index(metric.status) + len(statuses) * (metric.withheld == "machine")
    rank = math.inf if metric.rank is None else metric.rank
    return place, rank, -abs(metric.relative or 0), metric.file, metric.key


def moved_families(metrics: Iterable[Metric]) -> list[Family]:
    """The families of which a member changed, the most prominent first."""
    moved = [family for family in families(metrics) if family.changed]
    return sorted(moved, key=lambda family: prominence(family.mean))


def has_moved(chart: Chart) -> bool:
    """Whether base and head of a chart differ; a custom template always counts as changed."""
    match chart:
        case LineChart() | ScatterChart():
            return any(series.base != series.head for series in chart.series)
        case BarChart():
            return any(bar.base != bar.head for bar in chart.bars)
        case ConfusionChart() | ImageChart():
            return chart.base != chart.head
    return True


def has_both_sides(chart: Chart) -> bool:
    """Whether a chart compares base with head, instead of showing what only one side has."""
    match chart:
        case LineChart() | ScatterChart():
            sides = {side for series in chart.series for side in series.sides}
            return len(sides) > 1
        case BarChart():
            return any(bar.base is not None for bar in chart.bars) and any(bar.head is not None for bar in chart.bars)
        case ConfusionChart() | ImageChart():
            return chart.base is not None and chart.head is not None
    return True


def has_drifted(column: ColumnChange) -> bool:
    """Whether a column's distribution moved further than chance explains, or very far."""
    return column.drift is not None and (column.drift.psi >= LARGE_PSI or column.drift.adjusted < SIGNIFICANCE)


def has_changed(column: ColumnChange) -> bool:
    """Whether the type, the number of missing cells or the distribution changed in a column of both sides."""
    if column.base_type is None or column.head_type is None:
        return False
    if column.base_type != column.head_type or column.base_missing != column.head_missing:
        return True
    return has_drifted(column) or (column.drift is not None and column.drift.psi >= MOVED_PSI)


def is_constant(column: ColumnChange) -> bool:
    """Whether all of head's rows have the same value in a column; only a column that was described can be."""
    if column.head_missing:
        return False
    if column.head:
        return column.head.minimum == column.head.maximum
    return column.description is not None and column.description.distinct == 1
