"""The charts: those that moved at once, the others folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.judge.movement import has_moved
from headway.report.blocks import Charts, Details, Kind, Section, line
from headway.report.formatting import count
from headway.report.sections.datasets import chart_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.values.report import Report

MOVED = Kind(noun="chart", rank=1, glance=8, markdown=100, page=200, terminal=0)
STILL = Kind(noun="chart without a difference", rank=20, markdown=100, page=200, terminal=0)


def build(report: Report) -> Iterator[Section]:
    """The section on charts, where there are any besides those of the data."""
    of_data = {chart_of(dataset) for dataset in report.datasets}
    charts = [chart for chart in report.charts if chart.id not in of_data]
    moved = tuple(chart for chart in charts if has_moved(chart))
    still = tuple(chart for chart in charts if not has_moved(chart))
    if charts:
        summary = line(count(len(still), STILL.noun))
        folded = Details(summary=summary, blocks=(Charts(kind=STILL, entries=still),), optional=True, opened=not moved)
        yield Section(anchor="charts", title="Charts", blocks=(Charts(kind=MOVED, entries=moved), folded))
