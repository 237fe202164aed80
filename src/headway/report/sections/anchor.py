"""How far head is from the anchor, in one line: the metrics of the headline, each with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from headway.report.blocks import Link, Name, joined, line
from headway.report.formatting import notation_of, notations
from headway.report.sections.metrics.cells import distinct_names
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import Inline
    from headway.report.formatting import Notation
    from headway.report.links import Links
    from headway.values.comparison import Metric, SinceAnchor
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
            yield line(names[metric.file, metric.key], f" {_change(metric, found, notation(metric))}{shown}")
            level = "" if interval else level


def _change(metric: Metric, found: SinceAnchor, notation: Notation) -> str:
    """The change with its sign, as exact as its interval tells it."""
    if found.low is None or found.high is None:
        return point_change(metric, found.change or 0.0)
    return notation.estimate(found.change or 0.0, found.high - found.low)


def point_change(metric: Metric, change: float) -> str:
    """A change since the anchor with its sign and with the digits of the values of both."""
    anchor = metric.since_anchor.anchor if metric.since_anchor else metric.base
    beside = msgspec.structs.replace(metric, base=anchor, types=UNSET, change=change, exact_change=UNSET)
    return notation_of([beside]).change(beside)


def _interval(found: SinceAnchor, notation: Notation) -> str:
    return "" if found.low is None or found.high is None else notation.interval(found.low, found.high)
