"""Compares two snapshots and returns one :class:`~headway.values.comparison.Comparison`. Pure.

Nothing is judged here: a change is a number, and the settings declare which direction is better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.compare.folders import compare_data, incomparable_data
from headway.compare.metrics import (
    compare_metrics,
    compare_params,
    expected_in_files,
    lost_metrics,
    non_finite_metrics,
    unmatched_patterns,
)
from headway.compare.plots import pair_plots
from headway.compare.stages import compare_stages
from headway.values.comparison import Comparison, UnavailableFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from headway.settings import MetricRule
    from headway.values.comparison import StageChange
    from headway.values.problem import Problem
    from headway.values.revision import Revision, Side
    from headway.values.snapshot import Snapshot

__all__ = ["compare_snapshots"]


def compare_snapshots(
    base: Snapshot,
    head: Snapshot,
    rules: Mapping[str, MetricRule],
    incomparable: Collection[tuple[str, str]] = frozenset(),
    judging: Mapping[str, MetricRule] | None = None,
) -> Comparison:
    """Compare two snapshots.

    Args:
        base: the snapshot before the change.
        head: the snapshot with the change.
        rules: the settings' rules for metrics, by pattern over metric keys; see :mod:`headway.compare.metrics`.
        incomparable: pairs of base's and head's hashes of different kinds, whose contents may or may not differ.
        judging: the rules that judge, if they are others.

    Returns:
        All differences, with the problems of both snapshots and of the comparison itself.
    """
    base = _with_unknown_files(base, head) if base.incomplete else base
    metrics = compare_metrics(base, head, rules, judging)
    expected = expected_in_files(rules, metrics)
    stages, data = compare_stages(base, head, incomparable), compare_data(base, head, incomparable)
    return Comparison(
        base=base.revision,
        head=head.revision,
        notes=(*_same_revision(base.revision, head.revision), *base.notes, *head.notes),
        metrics=metrics,
        params=compare_params(base, head),
        stages=tuple(change for change in stages if not (base.incomplete and _is_new(change))),
        data=tuple(change for change in data if change.base or not base.incomplete),
        unavailable=(*_unavailable(base, "base"), *_unavailable(head, "head")),
        plots=pair_plots(base.plots, head.plots),
        problems=(
            *_problems(base, head),
            *incomparable_data(stages, data),
            # A pattern may match a metric whose file could not be read.
            *(() if base.unreadable or head.unreadable else unmatched_patterns(expected, metrics)),
        ),
    )


def _with_unknown_files(base: Snapshot, head: Snapshot) -> Snapshot:
    """An incomplete base, in which every file of metrics or parameters that only head has is unavailable."""
    metric_files = head.metrics.keys() - base.metrics.keys()
    return msgspec.structs.replace(
        base,
        unavailable=tuple(dict.fromkeys((*base.unavailable, *sorted(metric_files)))),
        unreadable=base.unreadable | metric_files | (head.params.keys() - base.params.keys()),
    )


def _problems(base: Snapshot, head: Snapshot) -> Iterator[Problem]:
    yield from (*base.problems, *head.problems)
    yield from (*lost_metrics(base, head, "base"), *lost_metrics(head, base, "head"))
    yield from (*non_finite_metrics(base, "base"), *non_finite_metrics(head, "head"))


def _is_new(change: StageChange) -> bool:
    """Whether base records no run of a stage."""
    return any(cause.kind == "stage" and cause.change == "added" for cause in change.causes)


def _unavailable(snapshot: Snapshot, side: Side) -> Iterator[UnavailableFile]:
    return (UnavailableFile(path=path, side=side) for path in snapshot.unavailable)


def _same_revision(base: Revision, head: Revision) -> tuple[str, ...]:
    if base.sha is None or base.sha != head.sha:
        return ()
    if head.dirty:
        return ("Head is the workspace: its uncommitted changes on top of the base commit.",)
    return ("Base and head are the same commit, so nothing can differ.",)
