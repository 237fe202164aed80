"""``headway report``: compare, draw every plot, look inside the data, and read your own sections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from headway.app.bundle import Bundle, LastImages
from headway.app.comparison import Request, Sides, compare_sides, open_sides, report_of
from headway.app.data import look_inside, submit_inside
from headway.app.event_plots import with_event_plots
from headway.app.flips import submit_sheets, with_texts
from headway.draw.renderer import Renderer
from headway.gather import read_includes
from headway.report.sections import charts
from headway.values.chart import Chart, ImageChart
from headway.values.problem import Problem
from headway.values.report import IMAGE_ROLES

if TYPE_CHECKING:
    from pathlib import Path

    from headway.draw.children import Children
    from headway.values.comparison import Comparison
    from headway.values.report import Include

MOST_PLOTS = charts.CHANGED.page + charts.UNCHANGED.page
"""Plots that are drawn at most."""


def build_report(request: Request, out: Path | None = None, children: Children | None = None) -> Bundle:
    """Compare two revisions, draw their plots, and read your own sections; see :func:`headway.build_report`.

    Images that the last run drew into ``out`` from the same input are not drawn again. ``children`` are processes that
    an earlier report left.
    """
    last = LastImages.open(request.folder, out) if out else None
    # The renderer comes first: its child process warms up on the second core while DVC gathers.
    with Renderer(tables=True, children=children) as renderer, open_sides(request) as sides:
        from headway.draw.metric_families import family_charts  # noqa: PLC0415 - while the children warm up
        from headway.draw.plot_submission import submit_plot  # noqa: PLC0415 - likewise
        from headway.draw.queue import ChartQueue, submit_image  # noqa: PLC0415 - likewise

        show = request.progress.step
        show("comparing")
        comparison, left_out = _drawn(with_event_plots(compare_sides(sides), sides))
        show("reading the plots")
        _fetch_contents(sides, comparison)
        queue = ChartQueue(renderer, comparison.metrics, last.find if last else None)
        views = sides.base, sides.head
        for pair in comparison.plots:
            submit_plot(queue, pair, *views)
        show("looking inside the data")
        inside = look_inside(sides, comparison)
        submit_inside(queue, inside)
        for chart in family_charts(comparison.metrics):
            queue.submit(chart)
        comparison = with_texts(comparison, sides.settings, views)
        comparison, examples = submit_sheets(queue, comparison, sides.settings, views)
        plots = len(queue)
        includes, originals, unread = read_includes(sides.settings.include, sides.base, sides.head)
        for path, sources in originals.items():
            submit_image(queue, path, path, sources, titled=False)
        verification = sides.verify()
        import headway.app.report_files  # noqa: F401, PLC0415 - the pages' modules load while the images are drawn

        show("drawing charts")
        drawn = queue.collect()
    report = msgspec.structs.replace(
        report_of(comparison, sides, verification),
        charts=drawn.charts(stop=plots),
        includes=_with_images(includes, drawn.charts(plots)),
        problems=(*comparison.problems, *left_out, *drawn.left_out, *inside.problems, *unread, *drawn.undrawn),
        datasets=tuple(inside.found),
    )
    images = {**drawn.images, **examples}
    return Bundle(report, images, partial(last.save, drawn.inputs) if last else None)


def _drawn(comparison: Comparison) -> tuple[Comparison, tuple[Problem, ...]]:
    """The comparison with as many plots as the page shows, and a problem if there are more."""
    plots = comparison.plots
    if len(plots) <= MOST_PLOTS:
        return comparison, ()
    what = f"only the first {MOST_PLOTS} of {len(plots):,} plots are drawn"
    problem = Problem(where="plots", what=what, remedy="declare only the plots that a reader needs in dvc.yaml")
    return msgspec.structs.replace(comparison, plots=plots[:MOST_PLOTS]), (problem,)


def _fetch_contents(sides: Sides, comparison: Comparison) -> None:
    """Fetch what the plots and your own sections read, in one batch per side; reading says what is missing."""
    includes = [rule.path for rule in sides.settings.include]
    for view in (sides.base, sides.head):
        own = (pair for pair in comparison.plots if getattr(pair, view.side))
        # Head's definition serves base as well.
        plots = (plot for pair in own for plot in (getattr(pair, view.side), pair.head) if plot)
        view.fetch([*(file for plot in plots for file in plot.files), *includes])


def _with_images(includes: list[Include], charts: tuple[Chart, ...]) -> tuple[Include, ...]:
    """The sections, those that are images with what was drawn of them."""
    drawn = {chart.id: chart for chart in charts if isinstance(chart, ImageChart)}
    return tuple(
        _with_image(include, drawn[include.path]) if include.path in drawn else include for include in includes
    )


def _with_image(include: Include, chart: ImageChart | None) -> Include:
    if chart is None:
        return include
    images = {role: getattr(chart, role) for role in IMAGE_ROLES}
    return msgspec.structs.replace(include, width=chart.width, **images)
