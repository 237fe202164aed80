"""Judge the gates on data, parameters and training, and let failed gates pass that somebody accepts."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import msgspec

from headway.judge.other_gates.acceptance import accept, gate_names, judging_day, without_effect
from headway.judge.other_gates.approvals import data_states, is_meant, judge_approvals, param_states
from headway.judge.other_gates.totals import with_others
from headway.judge.other_gates.training import judge_training
from headway.values.gate import Gates
from headway.values.problem import Problem
from headway.values.snapshot import Axis, PlotDefinition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date

    from headway.gather import RevisionReader
    from headway.judge.other_gates.acceptance import Entries
    from headway.judge.other_gates.approvals import State, States
    from headway.judge.other_gates.training import Cells
    from headway.settings import OtherGates, TrainingRule
    from headway.values.comparison import Comparison
    from headway.values.gate import OtherGate
    from headway.values.snapshot import Snapshot


def with_other_gates(
    comparison: Comparison,
    rules: OtherGates,
    snapshots: tuple[Snapshot, Snapshot, Collection[tuple[str, str]]],
    views: tuple[RevisionReader, RevisionReader],
) -> Comparison:
    """The comparison with the outcomes of the gates that belong to no metric.

    Args:
        comparison: the comparison, whose metrics are judged by their gates.
        rules: the gates that judge.
        snapshots: both snapshots, and the pairs of hashes that cannot be compared.
        views: the opened base and head; files that git tracks are read from both, curves from head.
    """
    gates = with_others(comparison.gates, tuple(_judged(rules, snapshots, views)))
    return msgspec.structs.replace(comparison, gates=gates)


def _judged(
    rules: OtherGates,
    snapshots: tuple[Snapshot, Snapshot, Collection[tuple[str, str]]],
    views: tuple[RevisionReader, RevisionReader],
) -> Iterator[OtherGate]:
    (base, new, _), (_, head) = snapshots, views
    if rules.data:
        yield from judge_approvals("data", rules.data, _in_git(data_states(*snapshots), rules.data, *views))
    if rules.params:
        yield from judge_approvals("params", rules.params, param_states(base, new))
    fetch_curves(head, rules.training)
    for name, rule in rules.training.items():
        yield judge_training(name, rule, *(_cells(head, *curve) for curve in curves_of(name, rule)))


def fetch_curves(view: RevisionReader, rules: Mapping[str, TrainingRule]) -> None:
    """Fetch the files of all curves that gates on training are about."""
    view.fetch(sorted({file for name, rule in rules.items() for file, _ in curves_of(name, rule)}))


def _in_git(states: States, patterns: Collection[str], base: RevisionReader, head: RevisionReader) -> States:
    """The states, in which a file of git that differs has changed, even if dvc.lock is stale and its hash does not."""
    same = (name for name, state in states.items() if state == "unchanged")
    meant = [name for name in same if any(is_meant(pattern, *name) for pattern in patterns)]
    return {**states, **{(file, path): _state_in_git(path, base, head) for file, path in meant}}


def _state_in_git(path: str, base: RevisionReader, head: RevisionReader) -> State:
    old = base.hashes_outside_dvc(path)
    if not old:  # DVC keeps it, or nobody
        return "unchanged"
    new = old if isinstance(old, Problem) else head.hashes_outside_dvc(path, old)
    if isinstance(old, Problem) or isinstance(new, Problem):
        return "unknown"
    if old == new or path in head.snapshot().data:  # of what moved to DVC, its hash tells
        return "unchanged"
    return "changed" if new else "removed"


def curves_of(name: str, rule: TrainingRule) -> Iterator[tuple[str, str]]:
    """The file and the column of a curve, and of the same on training data if that is named."""
    file, _, column = name.rpartition(":")
    yield file, column
    if rule.train:
        other, _, column = rule.train.rpartition(":")
        yield other or file, column


def _cells(view: RevisionReader, file: str, column: str) -> Cells:
    """The cells of a column, or why they are unknown. A file that is damaged anywhere is not judged in part."""
    plot = PlotDefinition(id=file, form="table", files=(file,), y=(Axis(file, column),))
    source, problems = view.tables(plot)
    if problems or source is None:
        why = problems[0].what if problems else "the file cannot be read"
        return f"{why.replace('the plot file', 'the file', 1)}{_nearest(view, file, why)}"
    cells: list[object] = source.frames[file][column].to_list()
    return cells


def _nearest(view: RevisionReader, file: str, why: str) -> str:
    """The plot file that may be meant by one that does not exist."""
    plots = sorted({each for plot in view.snapshot().plots for each in plot.files})
    close = difflib.get_close_matches(file, plots, n=1) if "does not exist" in why else []
    return f"; did you mean `{close[0]}`?" if close else ""


def with_acceptances(comparison: Comparison, entries: Entries, today: date) -> Comparison:
    """The comparison, in which failed gates that somebody accepts do not count as failed.

    Args:
        comparison: the comparison with all gates.
        entries: what the settings say.
        today: the current day, in UTC.
    """
    if not entries.head:
        return comparison
    gates = comparison.gates or Gates(outcome="pass")
    names = gate_names(comparison.metrics, comparison.slices, gates)
    judged = accept(gates, names, entries, judging_day(comparison.base, comparison.head, today))
    return msgspec.structs.replace(
        comparison,
        gates=judged if comparison.gates else comparison.gates,
        problems=(*comparison.problems, *without_effect(judged, names)),
    )
