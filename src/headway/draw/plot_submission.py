"""Submits the plots of a comparison to the queue of charts: tables by their files, images as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.plots import drawn_apart
from headway.draw.plots.sides import change_of_form
from headway.draw.queue import submit_image
from headway.gather.revision_reader import PLOT_LIMIT
from headway.values.problem import Problem
from headway.values.tables import IMAGE_LIMIT, Originals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.draw.queue import ChartQueue
    from headway.gather import RevisionReader
    from headway.values.comparison import PlotPair
    from headway.values.snapshot import PlotDefinition


def submit_plot(queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader) -> None:
    """Submit one plot; whatever is wrong with it costs a footnote, never the report."""
    if all(side.form == "image" for side in (pair.base, pair.head) if side):
        _submit_images(queue, pair, base, head)
    elif all(side.form == "events" for side in (pair.base, pair.head) if side):
        _submit_events(queue, pair, base, head)
    elif problem := change_of_form(pair):
        queue.note(problem)
        for side in drawn_apart(pair):
            submit_plot(queue, side, base, head)
    else:
        # Base may be read by head's definition.
        names = [tuple(plot.files) if plot else () for plot in (pair.base, pair.head)]
        wanted = dict.fromkeys((*names[0], *names[1])) if pair.base else {}
        queue.submit_plot(pair, _contents(base, wanted), _contents(head, names[1]))


def _submit_events(queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader) -> None:
    queue.submit_plot(pair, _event_files(pair.base, base), _event_files(pair.head, head))


def _event_files(plot: PlotDefinition | None, view: RevisionReader) -> dict[str, bytes | Problem | None]:
    """The event files of one side, which share the limit of a plot file."""
    if plot is None:
        return {}
    contents: dict[str, bytes | Problem | None] = dict.fromkeys(plot.files, b"")
    size = 0
    for file in plot.files:
        data = view.read(file, PLOT_LIMIT)
        size += len(data) if isinstance(data, bytes) else 0
        if size > PLOT_LIMIT:
            limit = f"{PLOT_LIMIT // 1024**2} MiB"
            what = f"the event files have more than {limit} in all; {file} and later files are left out"
            contents[file] = Problem(path=plot.id, side=view.side, what=what)
            break
        contents[file] = data
    return contents


def _contents(view: RevisionReader, files: Iterable[str]) -> dict[str, bytes | Problem | None]:
    return {file: view.read(file, PLOT_LIMIT) for file in files}


def _submit_images(queue: ChartQueue, pair: PlotPair, base: RevisionReader, head: RevisionReader) -> None:
    old, new = _image(queue, pair.base, base), _image(queue, pair.head, head)
    if old is not None or new is not None:
        title = next((plot.title for plot in (pair.head, pair.base) if plot and plot.title), "")
        title = title or next(plot.heading for plot in (pair.head, pair.base) if plot)
        submit_image(queue, pair.id, title, Originals(base=old, head=new))


def _image(queue: ChartQueue, definition: PlotDefinition | None, view: RevisionReader) -> bytes | None:
    """The content of an image plot; ``None``, and a problem if it should exist, where there is none."""
    if definition is None:
        return None
    path = definition.files[0]
    content = view.read(path, IMAGE_LIMIT)
    if content is None:
        content = Problem(path=path, side=view.side, what="the image does not exist")
    if isinstance(content, Problem):
        queue.note(content)
        return None
    return content
