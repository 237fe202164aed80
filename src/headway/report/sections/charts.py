"""The charts: changed ones first, the others folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.families import families
from headway.judge.movement import has_moved
from headway.report.blocks import Charts, Details, Kind, Section, line
from headway.report.formatting import count
from headway.report.sections.datasets import chart_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.values.report import Report

CHANGED = Kind(noun="chart", rank=1, glance=8, markdown=100, page=200, terminal=0)
UNCHANGED = Kind(noun="unchanged chart", rank=20, markdown=100, page=200, terminal=0)


def build(report: Report) -> Iterator[Section]:
    """The charts of plots; the sections on metrics and data show the others."""
    elsewhere = {*map(chart_of, report.datasets), *(family.chart_id for family in families(report.metrics))}
    charts = [chart for chart in report.charts if chart.id not in elsewhere]
    changed = tuple(chart for chart in charts if has_moved(chart))
    unchanged = tuple(chart for chart in charts if not has_moved(chart))
    if charts:
        folded = Details(
            summary=line(count(len(unchanged), UNCHANGED.noun)),
            blocks=(Charts(kind=UNCHANGED, entries=unchanged),),
            optional=True,
            opened=not changed,
        )
        yield Section(anchor="charts", title="Charts", blocks=(Charts(kind=CHANGED, entries=changed), folded))
