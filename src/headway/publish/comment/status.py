"""The name and the headline of a verdict on the commit: a check run, a commit status or a Code Insights report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.report.formatting import count
from headway.report.limits import HEADLINE_LIMITS
from headway.report.outline import Counts, outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.report.monorepo import Projects
    from headway.values.report import Report

NAME = "headway"


def status_name(project: str, label: str) -> str:
    """What tells the statuses of several pipelines on one commit apart: ``headway: models/digits, nightly``."""
    place = ", ".join(part for part in (project, label) if part)
    return f"{NAME}: {place}" if place else NAME


def headline(report: Report) -> str:
    """The report in one line: ``2 of 5 metrics changed: 1 better, 1 worse``, or ``1 data set changed``."""
    it = outline(report, HEADLINE_LIMITS)
    counts = it.counts
    findings = ((counts.failed_checks, "failed data check"), (counts.warnings, "data warning"))
    found = [count(number, noun) for number, noun in findings if number]
    missing = [f"{count(counts.unavailable, 'metrics file')} unavailable"] if counts.unavailable else []
    standing = [it.standing.verdict] if it.standing else []
    return _told(_changed(counts), [counts], *missing, *standing, *found)


def _changed(counts: Counts) -> str:
    if counts.metrics:
        return f"{counts.changed} of {count(counts.metrics, 'metric')} changed"
    return f"{count(counts.datasets, 'data set')} changed" if counts.datasets else "No metrics"


def projects_headline(projects: Projects) -> str:
    """Several reports in one line: ``2 projects changed, 2 of 3 metrics: 1 better, 1 worse``."""
    lines = [projects.line(number).counts for number in range(len(projects.reports))]
    changed, metrics = sum(each.changed for each in lines), sum(each.metrics for each in lines)
    return _told(f"{count(len(lines), 'project')} changed, {changed} of {count(metrics, 'metric')}", lines)


def _told(changed: str, counts: Sequence[Counts], *found: str) -> str:
    ways = ((sum(each.better for each in counts), "better"), (sum(each.worse for each in counts), "worse"))
    told = [*(f"{number} {word}" for number, word in ways if number), *found]
    return f"{changed}: {', '.join(told)}" if told else changed
