"""Metrics of both sides, key by key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from headway.compare.arithmetic import difference, share
from headway.compare.directions import rule_of
from headway.compare.params import compare_values
from headway.values.comparison import Metric
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.comparison import Direction, Param
    from headway.values.revision import Side
    from headway.values.snapshot import Snapshot

_NAMED = 3
"""How many keys a problem names before it only counts."""


def compare_metrics(base: Snapshot, head: Snapshot, directions: Mapping[str, Direction]) -> tuple[Metric, ...]:
    """Every metric of either side, sorted by file and key."""
    pairs = compare_values(base.metrics, head.metrics, (base.unreadable, head.unreadable))
    return tuple(_metric(pair, *rule_of(pair.file, pair.key, directions)) for pair in pairs)


def _metric(pair: Param, rank: int | None, direction: Direction | None) -> Metric:
    change = difference(pair.base, pair.head)
    relative = share(change, pair.base)
    return Metric(**msgspec.structs.asdict(pair), change=change, relative=relative, rank=rank, direction=direction)


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
