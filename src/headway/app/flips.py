"""Show the examples that were fixed or broken, where the settings say what of them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import msgspec

from headway.draw.flip_sheet import lay_out
from headway.gather.read.parsing import UnreadableError
from headway.values.chart import ImageChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.app.evidence.search import Views
    from headway.datasets.predictions.examples import Examples
    from headway.draw.queue import ChartQueue
    from headway.settings import Settings
    from headway.values.comparison import Comparison
    from headway.values.flips import Flips


def with_texts(comparison: Comparison, settings: Settings, views: Views) -> Comparison:
    """The comparison with the texts of its flips, and a problem where these cannot be read."""
    found, problems = list(comparison.flips), list(comparison.problems)
    for place, flips, examples in _shown(comparison, settings, views):
        try:
            found[place] = examples.with_texts(flips)
        except UnreadableError as error:
            problems.append(_unreadable(flips, error))
    return msgspec.structs.replace(comparison, flips=tuple(found), problems=tuple(problems))


def submit_sheets(
    queue: ChartQueue, comparison: Comparison, settings: Settings, views: Views
) -> tuple[Comparison, dict[str, bytes]]:
    """Submit a contact sheet of each table's flips.

    Returns:
        The comparison, whose flips name their sheet and its small images, and these images by path.
    """
    found, problems, images = list(comparison.flips), list(comparison.problems), dict[str, bytes]()
    for place, plain, examples in _shown(comparison, settings, views):
        try:
            flips, shown = examples.with_images(plain)
        except UnreadableError as error:
            problems.append(_unreadable(plain, error))
            continue
        if sheet := lay_out(flips, shown):
            id_ = f"{flips.path}: fixed and broken"
            queue.submit(ImageChart(id=id_, title=id_, alt=sheet.alt, base=None, head=None), jobs={"image": sheet.jobs})
            found[place] = msgspec.structs.replace(flips, sheet=id_)
            images |= shown
    comparison = msgspec.structs.replace(comparison, flips=tuple(found), problems=tuple(dict.fromkeys(problems)))
    return comparison, images


def _shown(comparison: Comparison, settings: Settings, views: Views) -> Iterator[tuple[int, Flips, Examples]]:
    """The flips whose examples may be shown; head's settings say so, because nothing is judged by it."""
    rules = {posixpath.normpath(rule.path): rule for rule in settings.predictions}
    for place, flips in enumerate(comparison.flips):
        rule = rules.get(flips.path)
        if rule and rule.examples and (flips.fixed or flips.broken):
            from headway.datasets.predictions.examples import Examples  # noqa: PLC0415 - loads polars and Pillow

            yield place, flips, Examples(rule, rule.examples, *views)


def _unreadable(flips: Flips, error: UnreadableError) -> Problem:
    where = f"settings: predictions: {flips.path}: examples"
    return Problem(where=where, what=f"are not shown, because their table {error}")
