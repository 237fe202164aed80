"""``headway data``: what changed inside the data that DVC tracks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from headway._version import __version__
from headway.app.bundle import Bundle
from headway.app.comparison import Request, Sides, compare_sides, open_sides
from headway.compare.folders import incomparable_data
from headway.datasets.changed_data import ChangedData
from headway.draw.renderer import Renderer
from headway.values.report import Report

if TYPE_CHECKING:
    from headway.draw.queue import ChartQueue
    from headway.gather import RevisionReader
    from headway.values.chart import Chart
    from headway.values.comparison import Comparison
    from headway.values.problem import Problem

_SAME_DATA = "No data that DVC tracks differs between base and head"


def build_data(request: Request, *, draw: bool) -> Bundle:
    """Compare the data of two revisions alone; see ``headway data``.

    Args:
        request: what to compare; with ``fetch``, data that is missing here is downloaded into DVC's cache.
        draw: whether to draw the distributions.
    """
    with ExitStack() as opened:
        renderer = opened.enter_context(Renderer()) if draw else None
        sides = opened.enter_context(open_sides(request))
        comparison = compare_sides(sides)
        inside = look_inside(sides, comparison, fetch=bool(request.fetch))
        charts, images, undrawn = _drawn(renderer, inside) if renderer else ((), {}, ())
    report = Report(
        generator=__version__,
        project=sides.project,
        base=comparison.base,
        head=comparison.head,
        notes=(*comparison.notes, *_of_equality(sides.base, comparison)),
        data=comparison.data,
        charts=charts,
        datasets=tuple(inside.found),
        problems=(*sides.base.broken, *incomparable_data((), comparison.data), *inside.problems, *undrawn),
    )
    return Bundle(report, images)


def _of_equality(base: RevisionReader, comparison: Comparison) -> tuple[str, ...]:
    """A note if nothing differs; none if base's records cannot be read, so that nobody can tell."""
    return () if base.incomplete or comparison.data else (_SAME_DATA,)


def look_inside(sides: Sides, comparison: Comparison, *, fetch: bool = False) -> ChangedData:
    """Compare the contents of the changed data; with ``fetch``, what is missing here is downloaded first."""
    inside = ChangedData(sides.base, sides.head, sides.settings.data, fetch)
    inside.compare(comparison.data)
    return inside


def submit_inside(queue: ChartQueue, inside: ChangedData) -> None:
    """Submit the charts and contact sheets of the changed data."""
    for chart in inside.charts:
        sheet = inside.sheets.get(chart.id)
        queue.submit(chart, jobs={"image": sheet} if sheet else None)


def _drawn(renderer: Renderer, inside: ChangedData) -> tuple[tuple[Chart, ...], dict[str, bytes], tuple[Problem, ...]]:
    from headway.draw.queue import ChartQueue  # noqa: PLC0415 - polars, while the child warms up

    queue = ChartQueue(renderer)
    submit_inside(queue, inside)
    return queue.collect()
