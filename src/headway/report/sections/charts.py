"""The charts: changed ones first, the others folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.families import families
from headway.judge.movement import has_both_sides, has_moved
from headway.report.blocks import Charts, Details, Kind, Section, line
from headway.report.formatting import count
from headway.report.sections.datasets import chart_of
from headway.values.chart import LineChart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block
    from headway.values.chart import Chart
    from headway.values.report import Report

OPEN = Kind(noun="chart", rank=1, glance=4, markdown=4, page=200, terminal=0)
"""The charts that a comment shows unfolded: two rows of two."""
CHANGED = Kind(noun="chart", rank=6, markdown=96, page=200, terminal=0)
_CURVES = 2
"""Curves over epochs or steps that come before all other charts."""
UNCHANGED = Kind(noun="unchanged chart", rank=20, markdown=100, page=200, terminal=0)


def build(report: Report) -> Iterator[Section]:
    """The charts of plots, those that compare both sides first; the sections on data and metrics show the others."""
    elsewhere = {*map(chart_of, report.datasets), *(family.chart_id for family in families(report.metrics))}
    elsewhere |= {flips.sheet for flips in report.flips}
    charts = [chart for chart in report.charts if chart.id not in elsewhere]
    changed = _by_prominence(list(filter(has_moved, charts)))
    compared = sum(map(has_both_sides, changed))
    unchanged = [chart for chart in charts if not has_moved(chart)]
    if charts:
        most = min(compared, OPEN.markdown) if compared else OPEN.markdown
        yield Section(anchor="charts", title="Charts", blocks=tuple(_blocks(changed[:most], changed[most:], unchanged)))


def _by_prominence(charts: Sequence[Chart]) -> list[Chart]:
    """The charts that compare both sides first, and few curves of the training before other charts."""
    curves = [chart for chart in charts if isinstance(chart, LineChart) and not chart.curve]
    later = {chart.id for chart in curves[_CURVES:]}
    return sorted(charts, key=lambda chart: (not has_both_sides(chart), chart.id in later))


def _blocks(first: Sequence[Chart], more: Sequence[Chart], unchanged: Sequence[Chart]) -> Iterator[Block]:
    yield Charts(kind=OPEN, entries=tuple(first))
    for kind, charts, noun in ((CHANGED, more, "more chart"), (UNCHANGED, unchanged, UNCHANGED.noun)):
        listed = Charts(kind=kind, entries=tuple(charts))
        yield Details(
            summary=line(count(len(charts), noun)),
            blocks=(listed,),
            optional=kind is UNCHANGED,
            opened=kind is CHANGED or not first,
        )
