"""The view of a report: all its blocks, which every renderer takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headway.judge.movement import counts_as_changed, has_moved, movement
from headway.judge.speed.changes import moved
from headway.report.blocks import ReportView
from headway.report.links import NO_LINKS
from headway.report.sections import charts, datasets, flips, gates, includes, notes, params, stages, tracked
from headway.report.sections.metrics import section as metrics
from headway.report.sections.metrics import speed
from headway.report.sections.summary import opening, title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headway.report.blocks import Section
    from headway.report.links import Links
    from headway.values.report import Report, SectionLayout, SectionName

SECTIONS: dict[SectionName, Callable[[Report], Iterator[Section]]] = {
    "metrics": metrics.build,
    "speed": speed.build,
    "flips": flips.build,
    "parameters": params.build,
    "why": stages.build,
    "data": tracked.build,
    "datasets": datasets.build,
    "charts": charts.build,
    "includes": includes.build,
    "notes": notes.build,
}
"""The sections in reading order. To add a section, write a module in ``sections/`` and list its ``build`` here.

The gates always come first, because settings that could move or hide them could hide that one failed.
"""

_OF_BOTH_SIDES = {"metrics", "charts", "includes"}
"""Sections that also show what did not change."""


def view_report(report: Report, links: Links = NO_LINKS, *, brief: bool = False) -> ReportView:
    """A report's opening, and each section that has content, as the settings arrange them.

    Args:
        report: what to show.
        links: where the report's commits, files and run are.
        brief: leave out what is the same on both sides if nothing differs.
    """
    named: list[tuple[SectionName, Section]] = []
    for name, build in SECTIONS.items():
        if name not in _OF_BOTH_SIDES or not (brief and is_unchanged(report)):
            named += [(name, section) for section in build(report)]
    return ReportView(
        title=title(report),
        opening=tuple(opening(report, links)),
        sections=(*gates.build(report), *arranged(named, report.layout)),
        generator=report.generator,
    )


def is_unchanged(report: Report) -> bool:
    """Whether nothing that a report shows differs between base and head."""
    return not (
        any(map(counts_as_changed, report.metrics))
        or any(movement(each.metric) != "neutral" for each in report.slices)
        or (report.params or report.stages or report.data or report.datasets or report.unavailable)
        or any(map(has_moved, report.charts))
        or (report.speed and any(True for _ in moved(report.speed)))
        or any(include.base != include.head for include in report.includes)
        or (report.verification and report.verification.status != "verified")
    )


def arranged(sections: Sequence[tuple[SectionName, Section]], layout: Sequence[SectionLayout]) -> Iterator[Section]:
    """The sections of the layout in its order, then the others; the notes are never hidden."""
    order = {each.section: place for place, each in enumerate(layout)}
    displays = {each.section: each.display for each in layout}
    for name, section in sorted(sections, key=lambda each: order.get(each[0], len(order))):
        display = displays.get(name)
        if display != "hide" or name == "notes":
            folds_as = section.folds_as or section.title
            yield section if display is None else replace(section, folds_as="" if display == "show" else folds_as)
