"""The view of a report: all its blocks, which every renderer takes."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from headway.report.blocks import ReportView
from headway.report.sections import charts, datasets, includes, metrics, notes, params, stages, tracked
from headway.report.sections.summary import opening, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.report.blocks import Section
    from headway.values.report import Report

SECTIONS: tuple[Callable[[Report], Iterator[Section]], ...] = (
    metrics.build,
    params.build,
    stages.build,
    tracked.build,
    datasets.build,
    charts.build,
    includes.build,
    notes.build,
)
"""The sections in reading order. To add a section, write a module in ``sections/`` and list its ``build`` here."""


def view_report(report: Report) -> ReportView:
    """A report's opening, and each section that has content."""
    return ReportView(
        title=title(report),
        opening=tuple(opening(report)),
        sections=tuple(chain.from_iterable(build(report) for build in SECTIONS)),
        generator=report.generator,
    )
