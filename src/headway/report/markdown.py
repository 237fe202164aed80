"""The report as GitHub-flavoured Markdown, for a comment, a job summary or a file.

Where a place has no room for all of a report, it shows entry by entry what matters most first (:func:`ladder`).

It holds HTML for parts that fold, dark pictures and small print; or none, for the forge that shows tags as text.

The prose is in ``templates/*.md.j2``. Whatever a template prints is escaped as plain words unless it already is safe
Markdown (:class:`markupsafe.Markup`, as every function of :mod:`headway.report.escaping` returns).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from markupsafe import escape

from headway.report.escaping import plain_address
from headway.report.includes import state
from headway.report.limits import FULL_LIMITS, HEADLINE_LIMITS, Limits
from headway.report.outline import outline
from headway.report.templating import template
from headway.values.chart import ConfusionChart, DistributionChart, ImageChart, LineChart, ScatterChart, VegaChart

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.chart import Chart
    from headway.values.report import Include, Report

_NARROW, _WIDE = 500, 840
"""Pixels of one plot, and of several beside each other: near their natural sizes, so that their words can be read."""
_CORE = Limits(changed=20, moved=8, params=10, stages=5, data=5, datasets=2, includes=1)
"""What tells the change at a glance: it is shown before the rest of any section."""
_REST = (
    *("changed", "moved", "params", "stages", "causes", "data", "datasets", "rows", "includes", "lines"),
    *("problems", "still", "unchanged", "same"),
)
"""The sections in the order in which their rest is shown. The last one gives way first."""


def beside(path: str) -> str:
    """The URL of an image that lies beside the Markdown file, as report.json names it."""
    from jinja2.utils import url_quote  # noqa: PLC0415  Jinja is loaded only when something is rendered

    return url_quote(path)


def render(  # noqa: PLR0913 - what to write, where it is read, and how much of it
    report: Report,
    *,
    html: bool = True,
    image_url: Callable[[str], str] = beside,
    limits: Limits = FULL_LIMITS,
    full_report: str | None = None,
    name: str = "",
    **given: object,
) -> str:
    """Write a report as Markdown.

    Args:
        report: what to write.
        html: whether the place reads HTML inside Markdown. Without, the text holds no tag and no entity; what does not
            differ is left out rather than folded.
        image_url: gives the URL of an image from its path beside report.json; by default a relative one.
        limits: how much to write. A caller whose place is too small renders again with less.
        full_report: the URL of the whole report, linked where something is left out.
        name: another template than the usual one.
        given: what that template needs besides.

    Returns:
        GitHub-flavoured Markdown that ends with a line break.
    """
    address = escape if html else plain_address
    # Where nothing folds, the entries without a difference are only counted, lest the others drown in them.
    it = outline(report, limits if html else replace(limits, unchanged=0, still=0))
    text = template("md" if html else "plain", name).render(
        it=it,
        shortened=limits != FULL_LIMITS,
        html=html,
        width=_width,
        url=lambda path: address(image_url(path)),
        full_report=full_report and address(full_report),
        **given,
    )
    return f"{text}\n"


def _width(chart: Chart) -> int:
    match chart:
        case LineChart() | ScatterChart() if len(chart.series) > 1:
            return _WIDE
        case ConfusionChart() | DistributionChart() | ImageChart() | VegaChart():
            return _WIDE
    return _NARROW


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
