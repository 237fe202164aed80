"""In which order a report fills a place that has no room for all of it: entry by entry, what matters most first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headway.report.includes import state
from headway.report.outline import FULL_LIMITS, HEADLINE_LIMITS, Limits, outline

if TYPE_CHECKING:
    from headway.values.report import Include, Report

_CORE = Limits(changed=20, moved=8, params=10, stages=5, data=5, datasets=2, includes=1)
"""What tells the change at a glance: it is shown before the rest of any section."""
_REST = (
    *("changed", "moved", "params", "stages", "causes", "data", "datasets", "rows", "includes", "lines"),
    *("problems", "still", "unchanged", "same"),
)
"""The sections in the order in which their rest is shown. The last one gives way first."""


def ladder(report: Report) -> tuple[Limits, ...]:
    """The limits under which a report is shown: its headline first, one entry more on each rung, at last all of it."""
    totals = _totals(report)
    rungs = [HEADLINE_LIMITS]
    for limits, sections in ((_CORE, vars(_CORE)), (FULL_LIMITS, _REST)):
        for section in sections:
            most = min(getattr(limits, section), totals[section])
            rungs += [replace(rungs[-1], **{section: n}) for n in range(getattr(rungs[-1], section) + 1, most + 1)]
    return (*rungs[:-1], FULL_LIMITS)


def _totals(report: Report) -> dict[str, int]:
    """What a report has of each section, and the most that one of its stages, sections and tables has."""
    it = outline(report, HEADLINE_LIMITS)
    different = sum(state(include) != "same" for include in report.includes)
    return {
        "changed": it.changed.total,
        "unchanged": it.unchanged.total,
        "params": it.params.total,
        "stages": it.stages.total,
        "causes": max((len(stage.causes) for stage in report.stages), default=0),
        "data": it.data.total,
        "moved": it.moved.total,
        "still": it.still.total,
        "includes": different,
        "same": len(report.includes) - different,
        "lines": max(map(_lines, report.includes), default=0),
        "problems": it.problems.total,
        "datasets": it.datasets.total,
        "rows": FULL_LIMITS.rows if report.datasets else 0,
    }


def _lines(include: Include) -> int:
    """As many lines as what differs between the sides can have."""
    return sum(len((side or "").splitlines()) for side in (include.base, include.head))
