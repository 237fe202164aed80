"""A report in blocks, as every renderer takes it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from headway.report import sections
from headway.report.blocks import ReportView
from headway.report.sections.summary import opening, title

if TYPE_CHECKING:
    from headway.values.report import Report


def view_report(report: Report) -> ReportView:
    """All of a report: its opening, and every section that has anything to show."""
    return ReportView(
        title=title(report),
        opening=tuple(opening(report)),
        sections=tuple(chain.from_iterable(build(report) for build in sections.SECTIONS)),
        generator=report.generator,
    )
