"""Numbers of one evidence that cannot all be true, as they may stand in the report of a stranger.

No check here shows that evidence is genuine: who makes up numbers can make up some that agree. Rounding and
approximations never fail a check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.arithmetic import half_unit, is_number, nearest
from headway.judge.power import standard_error
from headway.values.typed import sides_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence, Pairing

LARGEST = 1e100
"""Of all numbers: arithmetic on them must not overflow."""
_ARITHMETIC = 1e-6
"""What different orders of the same sums may leave, as a share of the numbers."""
_ROUNDED = 0.05
"""How far rounded predictions may move a metric, as a share of it."""
_PERCENT = 100.0
_DETECTED, _FAR, _NEAR = 0.001, 4.0, 1.0
"""A p-value that a change near zero cannot have, and how many standard errors are far from zero, or near it."""
_NOTHING = 0.5
"""A p-value that a change far from zero cannot have."""


def contradiction(metric: Metric, evidence: Evidence, pairings: Mapping[str, Pairing], rows: int | None = None) -> str:
    """The first contradiction, as a clause such as ``the estimate lies outside of the interval``; empty without one.

    Args:
        metric: the metric, with its direction and verdict.
        evidence: what is claimed about its change.
        pairings: how rows of tables are said to be matched, by path.
        rows: the rows of the slice that the metric is about; ``None`` if it is about all rows.
    """
    if rows is not None and evidence.rows > rows:
        return "there are more rows than the slice has"
    return next(_contradictions(metric, evidence, pairings, is_slice=rows is not None), "")


def _contradictions(
    metric: Metric, evidence: Evidence, pairings: Mapping[str, Pairing], *, is_slice: bool
) -> Iterator[str]:
    numbers = (*_interval(evidence), evidence.estimate, evidence.base, evidence.head, evidence.detectable)
    is_large = not all(abs(number) <= LARGEST for number in numbers)
    if is_large:
        yield f"there are numbers above {LARGEST:g}"
    if is_large or evidence.withheld:  # further arithmetic might overflow; what decides nothing may be anything
        return
    slack = _ARITHMETIC * max(map(abs, numbers))
    low, gate_low, gate_high, high = _interval(evidence)
    if low > gate_low + slack or gate_low > gate_high + slack or gate_high > high + slack:
        yield "the 90% interval does not lie within the 95% interval"
    if not low - slack <= evidence.estimate <= high + slack:
        yield "the estimate lies outside of the interval"
    if abs(evidence.head - evidence.base - evidence.estimate) > slack:
        yield "the estimate is not the difference of the values"
    yield from _of_rows(metric, evidence, pairings)
    if _is_identical(metric) and (evidence.estimate or evidence.fixed or evidence.broken):
        yield "the predictions are called identical, and the numbers differ"
    if _p_disagrees(evidence):
        yield "the p-value and the interval disagree"
    if not is_slice and _is_of_all_rows(evidence, pairings) and not _gives(metric, evidence):
        yield "the values are not those of the metric"


def _interval(evidence: Evidence) -> tuple[float, float, float, float]:
    return evidence.low, evidence.gate_low, evidence.gate_high, evidence.high


def _is_identical(metric: Metric) -> bool:
    return metric.verdict == "identical"


def _of_rows(metric: Metric, evidence: Evidence, pairings: Mapping[str, Pairing]) -> Iterator[str]:
    if _is_paired(evidence, pairings) and evidence.rows > sum(pairings[path].common for path in evidence.sources):
        yield "there are more rows than both sides have in common"
    fixed, broken = evidence.fixed, evidence.broken
    if fixed is None or broken is None:
        return
    if fixed + broken > evidence.rows:
        yield "more rows are fixed and broken than there are"
    counted = (fixed - broken) / max(evidence.rows, 1) * (1 if metric.direction == "higher" else -1)
    if metric.direction and not any(_near(counted * unit, evidence.estimate) for unit in (1.0, _PERCENT)):
        yield "the fixed and broken rows do not give the estimate"


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _ARITHMETIC * max(abs(one), abs(other), _ARITHMETIC)


def _p_disagrees(evidence: Evidence) -> bool:
    """Whether a p-value and an interval of one change are far from each other; methods differ, so near is enough."""
    error, change = standard_error(evidence.low, evidence.high), abs(evidence.estimate)
    if evidence.p <= _DETECTED:
        return change < _NEAR * error
    return evidence.p >= _NOTHING and change > _FAR * error


def _is_paired(evidence: Evidence, pairings: Mapping[str, Pairing]) -> bool:
    return evidence.covers == "rows" and bool(evidence.sources) and pairings.keys() >= set(evidence.sources)


def _is_of_all_rows(evidence: Evidence, pairings: Mapping[str, Pairing]) -> bool:
    """Whether the evidence is said to rest on all rows of both sides, so that it must give the metric itself."""
    if not _is_paired(evidence, pairings) or evidence.note:
        return False
    tables = [pairings[path] for path in evidence.sources]
    return not any(table.added or table.removed or table.relabelled for table in tables)


def _gives(metric: Metric, evidence: Evidence) -> bool:
    """Whether the evidence has the metric's values, as far as rounding goes."""
    values = [nearest(side) for side in sides_of(metric.base, metric.head, metric.types) if is_number(side)]
    known = [value for value in values if value is not None]
    computed = (evidence.base, evidence.head)
    if len(known) < len(computed):
        return False
    slack = half_unit(known) + _ROUNDED * max(map(abs, known))
    return all(abs(one - other) <= slack for one, other in zip(known, computed, strict=True))
