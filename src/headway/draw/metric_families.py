"""Families of metrics, such as ``precision.0`` to ``precision.9``, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.compare.arithmetic import is_number
from headway.compare.families import MOST_DRAWN
from headway.draw.key_numbers import bar_alt
from headway.judge.movement import moved_families
from headway.numbers import as_percentage
from headway.values.chart import Bar, BarChart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.compare.families import Family
    from headway.values.comparison import JsonScalar, Metric

_MOST_BARS = 40


def family_charts(metrics: Sequence[Metric]) -> tuple[BarChart, ...]:
    """A chart for each of the first families of which both sides have a value and a member changed."""
    drawn = moved_families(metrics)[:MOST_DRAWN]
    return tuple(_chart(family) for family in drawn if family.mean.status == "changed")


def _chart(family: Family) -> BarChart:
    """One bar for each member, or for those that moved most."""
    written = family.mean.written
    shown = {metric.key for metric in [*family.changed, *family.members][:_MOST_BARS]}
    bars = tuple(_bar(family, metric) for metric in family.members if metric.key in shown)
    title = written.title or family.mean.key
    unit = "%" if written.percent else written.unit
    chart = BarChart(
        id=family.chart_id,
        title=title,
        alt="",
        bars=bars,
        value_label=f"{title} ({unit})" if unit else title,
        category_label="member",
    )
    return msgspec.structs.replace(chart, alt=bar_alt(chart))


def _bar(family: Family, metric: Metric) -> Bar:
    def value(side: JsonScalar) -> float | None:
        return (as_percentage(side) if metric.written.percent else side) if is_number(side) else None

    return Bar(label=family.name(metric), base=value(metric.base), head=value(metric.head))
