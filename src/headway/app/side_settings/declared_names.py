"""Head's settings name metrics, paths, parameters and curves: those that neither side has are an error.

A rule that guards nothing would be mistaken for one that passed. What cannot be known for certain is no error: the
judged gate then cannot tell, and a note says why.
"""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING

from headway.app.other_gates import curves_of, fetch_curves
from headway.errors import SettingsError
from headway.gather.read.parsing import UnreadableError
from headway.gather.revision_reader import PLOT_LIMIT
from headway.judge.other_gates.approvals import data_states, param_states
from headway.judge.unknown_names import UnknownName, unknown_approvals, unknown_metrics
from headway.values.problem import Problem
from headway.values.revision import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from headway.gather import RevisionReader
    from headway.settings import Settings, TrainingRule
    from headway.values.snapshot import Snapshot

    Snapshots = tuple[Snapshot, Snapshot, Collection[tuple[str, str]]]
    """Both sides, and the pairs of their hashes that cannot be compared."""
    Views = tuple[RevisionReader, RevisionReader]
    Locate = Callable[[Sequence[Sequence[str]]], tuple[str, list[int | None]]]
    """Gives the file that settings come from, and the line of each of some keys."""


def require_names(settings: Settings, snapshots: Snapshots, views: Views, locate: Locate) -> None:
    """Raise one error for everything that head's settings name and neither side has.

    Args:
        settings: head's.
        snapshots: both sides.
        views: the opened revisions, whose curves are read.
        locate: gives the place of these settings.

    Raises:
        SettingsError: there is such a name.
    """
    found = list(unknown_names(settings, snapshots, views))
    if not found:
        return
    file, lines = locate([each.path for each in found])
    name = views[1].revision.name
    command = "headway rules" if name == WORKSPACE else f"headway rules {shlex.quote(name)}"
    remedy = "Correct the name or remove the rule."
    if any(each.path[0] == "metrics" for each in found):
        remedy = f"Correct the name or remove the rule; `{command}` lists the metrics and the rule of each."
    if len(found) == 1:
        (unknown,), place = found, f"{file}, line {lines[0]}" if lines[0] else file
        raise SettingsError(f"{place}: {_sentence(unknown)}.", why=_guess(unknown), remedy=remedy)
    each = [
        f"{f'Line {line}: ' if line else ''}{_sentence(unknown)}. {_guess(unknown)}".rstrip()
        for line, unknown in zip(lines, found, strict=True)
    ]
    raise SettingsError(f"{file} has {len(found)} names that match nothing.", why="\n".join(each), remedy=remedy)


def _sentence(unknown: UnknownName) -> str:
    return f"{'.'.join(unknown.path)} {unknown.what}"


def _guess(unknown: UnknownName) -> str:
    return f"Did you mean {unknown.nearest!r}?" if unknown.nearest else ""


def unknown_names(settings: Settings, snapshots: Snapshots, views: Views) -> Iterator[UnknownName]:
    """What settings name and neither side has, as far as both are known."""
    sides = snapshots[:2]
    if any(side.incomplete for side in sides):
        return
    unavailable = {file for side in sides for file in side.unavailable}
    yield from unknown_metrics(settings.metrics, _metrics(sides), unavailable)
    gates = settings.gates
    if gates.data and not any(side.unrecorded for side in sides):
        yield from unknown_approvals("data", gates.data, data_states(*snapshots))
    lost = {file for side in sides for file in (*side.unavailable_params, *side.unreadable)}
    yield from unknown_approvals("params", gates.params, param_states(*sides), lost)
    yield from _unknown_curves(gates.training, views)


def _metrics(sides: Sequence[Snapshot]) -> set[tuple[str, str]]:
    """The file and key of every metric, those among them whose value is no metric, such as null."""
    files = [item for side in sides for values in (side.metrics, side.no_metrics) for item in values.items()]
    return {(file, key) for file, values in files for key in values}


def _unknown_curves(rules: Mapping[str, TrainingRule], views: Views) -> Iterator[UnknownName]:
    base, head = views
    fetch_curves(head, rules)
    for name, rule in rules.items():
        for place, (file, column) in enumerate(curves_of(name, rule)):
            path = ("gates", "training", name, *(["train"] if place else []))
            if (columns := _columns(head, file)) is None or column in columns:
                continue
            base.fetch([file])
            if (before := _columns(base, file)) is not None and column not in before:
                yield _unknown_curve(path, file, column, columns or before, views)


def _columns(view: RevisionReader, file: str) -> Sequence[str] | None:
    """The columns of a file; empty if this side has no such file, and ``None`` if that cannot be known."""
    from headway.gather.read.plot_tables import open_columns  # noqa: PLC0415 - loads polars

    data = view.read(file, PLOT_LIMIT)
    if data is None:
        return None if view.may_appear(file) else ()
    if isinstance(data, Problem):
        return None
    try:
        return list(open_columns(file, data, header=True).columns)
    except UnreadableError:
        return None


def _plot_files(view: RevisionReader) -> set[str]:
    return {file for plot in view.snapshot().plots for file in plot.files}


def _unknown_curve(path: tuple[str, ...], file: str, column: str, columns: Sequence[str], views: Views) -> UnknownName:
    if columns:
        close = difflib.get_close_matches(column, columns, n=1)
        return UnknownName(path, f"names no column of {file}", f"{file}:{close[0]}" if close else "")
    close = difflib.get_close_matches(file, sorted(set().union(*map(_plot_files, views))), n=1)
    has_column = any(column in (_columns(view, each) or ()) for each in close for view in views)
    nearest = f"{close[0]}:{column}" if has_column else ""
    return UnknownName(path, f"names no file: neither side has {file}", nearest)
