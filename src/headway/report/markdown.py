"""The report as GitHub-flavoured Markdown, for a comment, a job summary or a file.

The prose is in ``templates/*.md.j2``. Whatever a template prints is escaped as plain words unless it already is safe
Markdown (:class:`markupsafe.Markup`, as every function of :mod:`headway.report.escaping` returns).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import escape

from headway.report.outline import LIMITS, Detail, outline
from headway.report.templating import template
from headway.values.chart import ConfusionChart, ImageChart, LineChart, ScatterChart, VegaChart

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.chart import Chart
    from headway.values.report import Report

_NARROW, _CURVE, _WIDE = 500, 600, 840
"""Pixels of a square or barred picture, of a curve, and of several beside each other: near their natural sizes."""


def beside(path: str) -> str:
    """The URL of an image that lies beside the Markdown file, as report.json names it."""
    from jinja2.utils import url_quote  # noqa: PLC0415  Jinja is loaded only when something is rendered

    return url_quote(path)


def render(
    report: Report,
    *,
    image_url: Callable[[str], str] = beside,
    detail: Detail = Detail.FULL,
    full_report: str | None = None,
) -> str:
    """Write a report as Markdown.

    Args:
        report: what to write.
        image_url: gives the URL of an image from its path beside report.json; by default a relative one.
        detail: how much to write. A caller whose place is too small renders again with less.
        full_report: the URL of the whole report, linked where something is left out.

    Returns:
        GitHub-flavoured Markdown that ends with a line break.
    """
    text = template("md").render(
        it=outline(report, LIMITS[detail]),
        width=_width,
        url=lambda path: escape(image_url(path)),
        full_report=full_report and escape(full_report),
    )
    return f"{text}\n"


def _width(chart: Chart) -> int:
    match chart:
        case LineChart() | ScatterChart() if len(chart.series) > 1:
            return _WIDE
        case ConfusionChart() | ImageChart() | VegaChart():
            return _WIDE
        case LineChart(diagonal=False):
            return _CURVE
    return _NARROW
