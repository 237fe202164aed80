"""Metrics of both sides, key by key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headway.compare.arithmetic import difference, json_value, same, share
from headway.compare.directions import rule_of
from headway.values.comparison import Direction, Metric, Status
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.values.revision import Side
    from headway.values.snapshot import Scalar, Snapshot

_NAMED = 3
"""How many keys a problem names before it only counts."""


def compare_metrics(base: Snapshot, head: Snapshot, directions: Mapping[str, Direction]) -> tuple[Metric, ...]:
    """Every metric of either side, sorted by file and key."""
    return tuple(_metric(file, key, base, head, rule_of(file, key, directions)) for file, key in _all_keys(base, head))


def _all_keys(base: Snapshot, head: Snapshot) -> Iterator[tuple[str, str]]:
    for file in sorted({*base.metrics, *head.metrics}):
        for key in sorted({*base.metrics.get(file, {}), *head.metrics.get(file, {})}):
            yield file, key


def _metric(file: str, key: str, base: Snapshot, head: Snapshot, rule: tuple[int | None, Direction | None]) -> Metric:
    old, new = base.metrics.get(file, {}).get(key), head.metrics.get(file, {}).get(key)
    change = difference(old, new)
    return Metric(
        file=file,
        key=key,
        base=json_value(old),
        head=json_value(new),
        change=change,
        relative=share(change, old),
        rank=rule[0],
        direction=rule[1],
        status=_status(old, new, file in base.unreadable, file in head.unreadable),
    )


def _status(old: Scalar | None, new: Scalar | None, old_unreadable: bool, new_unreadable: bool) -> Status:  # noqa: FBT001 - two symmetric facts
    if old is None:
        return "unavailable" if old_unreadable else "added"
    if new is None:
        return "unavailable" if new_unreadable else "removed"
    return "unchanged" if same(old, new) else "changed"


def non_finite_metrics(snapshot: Snapshot, side: Side) -> tuple[Problem, ...]:
    """One problem for each metrics file that holds NaN or an infinity: no change can be computed from those."""
    return tuple(
        Problem(
            where=f"{file} ({side})",
            what=f"{_listing(keys)} {'is' if len(keys) == 1 else 'are'} not finite (NaN or infinite)",
            remedy="find out why the run diverged; such a value has no change",
        )
        for file, values in sorted(snapshot.metrics.items())
        if (keys := [k for k, v in values.items() if isinstance(v, float) and not math.isfinite(v)])
    )


def _listing(keys: list[str]) -> str:
    shown = ", ".join(sorted(keys)[:_NAMED])
    return shown if len(keys) <= _NAMED else f"{shown} and {len(keys) - _NAMED} more"
