"""The report's headline as a verdict on the commit: a check run, a commit status or a Code Insights report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.publish.forges.forge import Status
from headway.report.formatting import count
from headway.report.outline import LIMITS, Detail, outline

if TYPE_CHECKING:
    from headway.report.outline import Counts
    from headway.values.report import Report

NAME = "headway"


def status_name(project: str, label: str) -> str:
    """What tells the statuses of several pipelines on one commit apart: ``headway: models/digits, nightly``."""
    place = ", ".join(part for part in (project, label) if part)
    return f"{NAME}: {place}" if place else NAME


def headline(report: Report) -> str:
    """The report in one line: ``2 of 5 metrics changed: 1 better, 1 worse``, or ``1 data set changed``."""
    counts = outline(report, LIMITS[Detail.HEADLINE]).counts
    moved = [f"{number} {word}" for number, word in ((counts.better, "better"), (counts.worse, "worse")) if number]
    findings = ((counts.failed_checks, "failed data check"), (counts.warnings, "data warning"))
    told = [*moved, *(count(number, noun) for number, noun in findings if number)]
    return f"{_changed(counts)}: {', '.join(told)}" if told else _changed(counts)


def _changed(counts: Counts) -> str:
    if counts.metrics:
        return f"{counts.changed} of {count(counts.metrics, 'metric')} changed"
    return f"{count(counts.datasets, 'data set')} changed" if counts.datasets else "No metrics"


def report_status(report: Report, label: str, summary: str, url: str) -> Status:
    """The verdict of a report: neutral, because without gates a report only tells.

    Args:
        report: what it is about.
        label: as in the comment's marker.
        summary: the report in Markdown, for forges that show it.
        url: where the details are.
    """
    name = status_name(report.project, label)
    return Status(name=name, state="neutral", title=headline(report), summary=summary, url=url)
