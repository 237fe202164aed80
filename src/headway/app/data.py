"""``headway data``: what changed inside the data that DVC tracks, or what it contains."""

from __future__ import annotations

import posixpath
from contextlib import ExitStack
from typing import TYPE_CHECKING

from headway._version import __version__
from headway.app.bundle import Bundle
from headway.app.comparison import Request, Sides, compare_sides, open_sides
from headway.compare.folders import compare_data, incomparable_data
from headway.datasets.changed_data import ChangedData
from headway.draw.renderer import Renderer
from headway.judge.rules import describe_rules
from headway.paths import normalize
from headway.settings import Settings
from headway.values.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.queue import ChartQueue
    from headway.gather import RevisionReader
    from headway.values.chart import Chart
    from headway.values.comparison import Comparison
    from headway.values.problem import Problem

_SAME_DATA = "No data that DVC tracks differs between base and head"
_NO_DATA = "DVC tracks no data here; name a file or folder to describe it"


def build_data(request: Request, *, draw: bool) -> Bundle:
    """Compare the data of two revisions alone; see ``headway data``.

    Args:
        request: what to compare; with ``fetch``, data that is missing here is downloaded into DVC's cache.
        draw: whether to draw the distributions.
    """
    with ExitStack() as opened:
        renderer = opened.enter_context(Renderer()) if draw else None
        sides = opened.enter_context(open_sides(request))
        comparison = compare_sides(sides, tested=False)
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
        scope="data",
        rules=describe_rules(
            _data_rules(sides.base_settings), _data_rules(sides.settings), (), sides.no_rules, keys=sides.base_keys
        ),
        problems=(*sides.base.broken, *incomparable_data((), comparison.data), *inside.problems, *undrawn),
    )
    return Bundle(report, images)


def describe_data(request: Request, paths: Sequence[str] = (), *, draw: bool) -> Bundle:
    """Describe the data of one revision by itself; see ``headway data --describe``.

    Args:
        request: the revision is its head; with ``fetch``, data that is missing here is downloaded into DVC's cache.
        paths: files and folders, relative to the project's root; by default, everything that DVC tracks, and the tables
            that the settings name.
        draw: whether to draw the distributions.
    """
    with ExitStack() as opened:
        renderer = opened.enter_context(Renderer()) if draw else None
        sides = opened.enter_context(open_sides(request, has_base=False))
        inside = _changed_data(sides, fetch=bool(request.fetch))
        names = list(dict.fromkeys(map(normalize, paths)))
        is_everything = not names or "" in names
        tracked = compare_data(sides.base.snapshot(), sides.head.snapshot(), ()) if is_everything else ()
        if is_everything:
            inside.compare(tracked)
        else:
            inside.describe(names)
        charts, images, undrawn = _drawn(renderer, inside) if renderer else ((), {}, ())
    described = {dataset.path for dataset in inside.found}
    report = Report(
        generator=__version__,
        project=sides.project,
        base=sides.base.revision,
        head=sides.head.revision,
        notes=(*sides.head.snapshot().notes, *(() if names or tracked or described else (_NO_DATA,))),
        data=tuple(change for change in tracked if change.path not in described),
        charts=charts,
        datasets=tuple(inside.found),
        problems=(*sides.head.broken, *inside.problems, *undrawn),
        scope="description",
    )
    return Bundle(report, images)


def _of_equality(base: RevisionReader, comparison: Comparison) -> tuple[str, ...]:
    """A note if nothing differs; none if base's records cannot be read, so that nobody can tell."""
    return () if base.incomplete or comparison.data else (_SAME_DATA,)


def look_inside(sides: Sides, comparison: Comparison, *, fetch: bool = False) -> ChangedData:
    """Compare the contents of the changed data; with ``fetch``, what is missing here is downloaded first."""
    inside = _changed_data(sides, fetch=fetch)
    inside.compare(comparison.data)
    return inside


def _changed_data(sides: Sides, *, fetch: bool) -> ChangedData:
    """Prepare to look into the data of two sides, by the rules of the settings."""
    predictions = {posixpath.normpath(rule.path) for rule in sides.judging.predictions}
    return ChangedData(sides.base, sides.head, sides.judging.data, fetch, predictions)


def _data_rules(settings: Settings) -> Settings:
    return Settings(data=settings.data)


def submit_inside(queue: ChartQueue, inside: ChangedData) -> None:
    """Submit the charts and contact sheets of the changed data."""
    for chart in inside.charts:
        sheet = inside.sheets.get(chart.id)
        queue.submit(chart, jobs={"image": sheet} if sheet else None)


def _drawn(renderer: Renderer, inside: ChangedData) -> tuple[tuple[Chart, ...], dict[str, bytes], tuple[Problem, ...]]:
    from headway.draw.queue import ChartQueue  # noqa: PLC0415 - while the child warms up

    queue = ChartQueue(renderer)
    submit_inside(queue, inside)
    drawn = queue.collect()
    return drawn.charts(), drawn.images, drawn.undrawn
