"""The headline: a report in numbers, for its first line, a commit status, and a table of projects."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from headway.judge.movement import counts_as_changed, movement
from headway.report.blocks import MARKS, Fact, Tone
from headway.report.formatting import count
from headway.report.sections.comparability import withheld_facts
from headway.report.sections.datasets import findings
from headway.report.sections.params import changed_params

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.values.report import Report, Scope


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The numbers of a report, or the sums of several; ``metrics`` excludes metrics that depend on the machine."""

    metrics: int = 0
    changed: int = 0
    better: int = 0
    worse: int = 0
    unavailable: int = 0
    failed_checks: int = 0
    warnings: int = 0
    params: int = 0
    stages: int = 0
    data: int = 0
    datasets: int = 0


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The first line of a report: facts about metrics and data, then the scope of all other changes."""

    counts: Counts
    facts: tuple[Fact, ...]
    scope: tuple[Fact, ...] = ()

    @property
    def sentence(self) -> str:
        """The facts in one line: ``2 of 5 metrics changed, ▲ 1 better, ▼ 1 worse``."""
        return ", ".join(f"{MARKS.get(fact.tone, '')} {fact.words.text}".strip() for fact in self.facts)


def headline(report: Report) -> Headline:
    """The headline of a report."""
    counts = _counts(report)
    scope = ((counts.params, "parameter"), (counts.stages, "stage"), (counts.data, "tracked output"))
    return Headline(
        counts=counts,
        facts=(*_changes(report.scope, counts), *withheld_facts(report), *_findings(counts)),
        scope=tuple(_fact(number, noun) for number, noun in scope if number),
    )


def combined_headline(reports: Iterable[Report]) -> Headline:
    """The headline of several reports: ``2 projects changed, 2 of 3 metrics changed, ▲ 1 better``."""
    each = [_counts(report) for report in reports]
    counts = Counts(**{field.name: sum(getattr(one, field.name) for one in each) for field in fields(Counts)})
    projects = _fact(len(each), "project", "strong", " changed")
    return Headline(counts=counts, facts=(projects, *_movements(counts), *_findings(counts)))


def _counts(report: Report) -> Counts:
    movements = [movement(metric) for metric in report.metrics]
    found = [finding for dataset in report.datasets for finding in findings(dataset)]
    return Counts(
        metrics=sum(metric.withheld != "machine" for metric in report.metrics),
        changed=sum(map(counts_as_changed, report.metrics)),
        better=movements.count("better"),
        worse=movements.count("worse"),
        unavailable=len({file.path for file in report.unavailable}),
        failed_checks=sum(finding.is_failure for finding in found),
        warnings=sum(not finding.is_failure for finding in found),
        params=sum(param.status != "unavailable" for param in changed_params(report)),
        stages=sum(any(cause.change != "unknown" for cause in stage.causes) for stage in report.stages),
        data=sum(change.status == "changed" for change in report.data),
        datasets=len(report.datasets),
    )


def _changes(scope: Scope, counts: Counts) -> tuple[Fact, ...]:
    if scope == "all":
        return _movements(counts)
    if scope == "description":
        return (_fact(counts.datasets, "data set", "strong"),)
    if not counts.datasets and not counts.data:
        return (Fact(value="No", label="data changed", tone="strong"),)
    number, noun = (counts.datasets, "data set") if counts.datasets else (counts.data, "tracked output")
    return (_fact(number, noun, "strong", " changed"),)


def _movements(counts: Counts) -> tuple[Fact, ...]:
    if counts.metrics:
        changed = Fact(
            value=f"{counts.changed:,}", label=f"of {count(counts.metrics, 'metric')} changed", tone="strong"
        )
    elif counts.datasets:
        changed = _fact(counts.datasets, "data set", "strong", " changed")
    else:
        changed = Fact(value="No", label="metrics", tone="strong")
    better = Fact(value=f"{counts.better:,}", label="better", tone="better")
    worse = Fact(value=f"{counts.worse:,}", label="worse", tone="worse")
    unavailable = _fact(counts.unavailable, "metrics file", "withheld", " unavailable")
    return (changed, *(fact for fact in (better, worse, unavailable) if fact.value != "0"))


def _findings(counts: Counts) -> tuple[Fact, ...]:
    failed = _fact(counts.failed_checks, "failed data check", "failed")
    warnings = _fact(counts.warnings, "data warning", "warning")
    return tuple(fact for fact in (failed, warnings) if fact.value != "0")


def _fact(number: int, noun: str, tone: Tone = "plain", verb: str = "") -> Fact:
    value, _, label = count(number, noun).partition(" ")
    return Fact(value=value, label=f"{label}{verb}", tone=tone)
