"""How far head is from the anchor, in one line: the metrics of the headline, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.report.blocks import Link, Name, joined, line
from headway.report.formatting import notations
from headway.report.sections.metrics.cells import distinct_names
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import Inline
    from headway.report.formatting import Notation
    from headway.report.links import Links
    from headway.values.comparison import SinceAnchor
    from headway.values.report import Report

_MOST = 3
"""Metrics that are named."""


def since(report: Report, links: Links) -> Inline:
    """The changes since the anchor, or why there are none; empty without an anchor besides base."""
    anchor = report.anchor
    if not anchor or (anchor.sha and anchor.sha == report.base.sha):
        return ()
    url = links.commit(anchor.sha) if anchor.sha else ""
    name = Link(anchor.name, url) if url else Name(anchor.name)
    if not anchor.sha:
        return line("Since ", name, ": unknown, because it cannot be read; the notes say why.")
    changes = list(_changes(report))
    if not changes:
        return line("Since ", name, ": no metric of the headline can be compared.")
    return line("Since ", name, ": ", joined(", ", changes[:_MOST]), and_more(len(changes) - _MOST), ".")


def _changes(report: Report) -> Iterator[Inline]:
    """The metrics of the headline with their changes; the level of all intervals stands at the first one."""
    named = [metric for metric in report.metrics if metric.headline is not None and metric.since_anchor]
    names, notation = distinct_names(named), notations(report.metrics)
    level = "95% interval "
    for metric in sorted(named, key=lambda each: each.headline or 0):
        found = metric.since_anchor
        if found and found.change is not None:
            interval = _interval(found, notation(metric))
            shown = f" ({level}{interval})" if interval else ""
            yield line(names[metric.file, metric.key], f" {_change(found, notation(metric))}{shown}")
            level = "" if interval else level


def _change(found: SinceAnchor, notation: Notation) -> str:
    """The change with its sign, as exact as its interval tells it."""
    change = found.change or 0.0
    width = abs(change) if found.low is None or found.high is None else found.high - found.low
    return notation.estimate(change, width)


def _interval(found: SinceAnchor, notation: Notation) -> str:
    return "" if found.low is None or found.high is None else notation.interval(found.low, found.high)
