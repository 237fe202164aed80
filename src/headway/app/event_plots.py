"""The plots of TensorBoard's event files: those that dvc.yaml declares, and those found in outputs that changed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import msgspec

from headway.gather.read.event_names import run_of
from headway.paths import is_below, normalize
from headway.sorting import by_name
from headway.values.comparison import PlotPair
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headway.app.comparison import Sides
    from headway.values.comparison import Comparison
    from headway.values.snapshot import Out, PlotDefinition, Snapshot

MOST_RUNS = 12
"""Runs whose files are read: a chart shows no more lines."""

_PACKAGES = ("google_crc32c", "tensorboard")
"""What reads them; an environment for training often has only the latter."""


def with_event_plots(comparison: Comparison, sides: Sides) -> Comparison:
    """Complete the declared plots of event files, and add one for each changed folder that holds such files.

    The names of files tell where there are any, and the report lists the folders that changed in any case. Without the
    packages that read event files, only those that are declared are worth a footnote.
    """
    declared = [_completed(pair, sides) for pair in comparison.plots]
    known = [
        normalize(plot.folder) for pair in declared for plot in (pair.base, pair.head) if plot and plot.form == "events"
    ]
    plots = [*declared, *(_found(sides, known) if all(map(find_spec, _PACKAGES)) else ())]
    limited = [_with_few_runs(pair) for pair in plots]
    problems = tuple(problem for _, problem in limited if problem)
    return msgspec.structs.replace(
        comparison, plots=_with_titles([pair for pair, _ in limited]), problems=(*comparison.problems, *problems)
    )


def _completed(pair: PlotPair, sides: Sides) -> PlotPair:
    """The pair with the event files of the side that does not declare them; their names differ on each side."""
    own = pair.head or pair.base
    if own is None or own.form != "events" or (pair.base and pair.head):
        return pair
    base = pair.base or sides.base.plot_of_events(own.folder)
    head = pair.head or sides.head.plot_of_events(own.folder)
    return msgspec.structs.replace(pair, base=base, head=head)


def _found(sides: Sides, known: Collection[str]) -> list[PlotPair]:
    views = sides.base, sides.head
    old, new = (_folders(view.snapshot()) for view in views)
    changed = sorted((path for path in {**old, **new} if old.get(path) != new.get(path)), key=by_name)
    unknown = [path for path in changed if not any(is_below(path, each) or is_below(each, path) for each in known)]
    for view, own in zip(views, (old, new), strict=True):
        view.fetch((), folders=[path for path in unknown if path in own])
    pairs = (
        PlotPair(id=path, base=sides.base.plot_of_events(path), head=sides.head.plot_of_events(path))
        for path in unknown
    )
    return [pair for pair in pairs if pair.base or pair.head]


def _folders(snapshot: Snapshot) -> dict[str, str]:
    """The hashes of the recorded folders by path."""
    outs: dict[str, Out] = {**snapshot.others, **snapshot.data}
    return {path: out.hash for path, out in outs.items() if out.files is not None or out.hash.endswith(".dir")}


def _with_few_runs(pair: PlotPair) -> tuple[PlotPair, Problem | None]:
    """The pair with the files of as many runs as are drawn, head's first, and a problem if there are more."""
    sides = [plot for plot in (pair.head, pair.base) if plot and plot.form == "events"]
    runs = list(dict.fromkeys(run_of(file, plot.folder) for plot in sides for file in plot.files))
    if len(runs) <= MOST_RUNS:
        return pair, None
    kept = set(runs[:MOST_RUNS])
    what = f"only the first {MOST_RUNS} of {len(runs):,} runs are drawn"
    problem = Problem(path=pair.id, what=what, remedy="declare the folders of the runs that a reader needs in dvc.yaml")
    base, head = (_of_runs(plot, kept) for plot in (pair.base, pair.head))
    return msgspec.structs.replace(pair, base=base, head=head), problem


def _of_runs(plot: PlotDefinition | None, runs: Collection[str]) -> PlotDefinition | None:
    if plot is None or plot.form != "events":
        return plot
    files = tuple(file for file in plot.files if run_of(file, plot.folder) in runs)
    return msgspec.structs.replace(plot, files=files) if files else None


def _with_titles(pairs: Sequence[PlotPair]) -> tuple[PlotPair, ...]:
    """The pairs, with a title for those of event files if there are several: two runs may have the same tags."""
    several = sum(any(plot and plot.form == "events" for plot in (pair.base, pair.head)) for pair in pairs) > 1
    return (
        tuple(msgspec.structs.replace(pair, base=_titled(pair.base), head=_titled(pair.head)) for pair in pairs)
        if several
        else tuple(pairs)
    )


def _titled(plot: PlotDefinition | None) -> PlotDefinition | None:
    return msgspec.structs.replace(plot, title=plot.heading) if plot and plot.form == "events" else plot
