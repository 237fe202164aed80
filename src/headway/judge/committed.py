"""Test a metric on the rows of both sides, if their predictions give what the revisions have committed."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.compare.arithmetic import half_unit
from headway.judge.statistics.compare import compare_paired
from headway.judge.statistics.estimators import tolerance, value
from headway.judge.statistics.unpaired import compare_unpaired
from headway.numbers import format_pair
from headway.values.evidence import MISMATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.sample import Sample
    from headway.judge.summaries.summary import Summary
    from headway.settings import Estimator
    from headway.values.evidence import Evidence

    Samples = tuple[Sample, Sample]

_PERCENT, _NEGATIVE = 100.0, -1.0
_IN_UNITS = ("mae", "mse", "rmse", "log_loss", "brier", "quantile_loss")
"""Metrics that nobody writes in percent; their negatives are common, as scikit-learn's scorers write losses."""
_ARITHMETIC = 1e-9
_SINGLE = 1e-6
"""What arithmetic in single precision leaves, relatively, in which many libraries compute metrics."""


class Computed(NamedTuple):
    """A metric of one side as it is committed, and as the predictions give it, within what their rounding can do."""

    committed: float
    value: float
    tolerance: float = 0.0


def compare_committed(
    committed: tuple[float, float], estimator: Estimator, paired: Samples | None, whole: Samples
) -> Outcome:
    """Compare a metric on both sides; without a verdict if the predictions do not give the committed values.

    Args:
        committed: the metric of base and head, as their metrics files have it.
        estimator: how the metric is computed.
        paired: the rows that both sides have, in one order; ``None`` if nothing pairs them.
        whole: all rows of each side; the same samples as ``paired`` if those are all.

    Raises:
        MissingColumnError: the settings do not name a column that the metric needs.
        CannotEstimateError: the metric is undefined on these rows.
    """
    tested = compare_paired(estimator, *paired) if paired else compare_unpaired(estimator, *whole)
    all_rows = _AllRows(
        are_compared=not paired or whole == paired,
        values=lambda: (value(estimator, whole[0]), value(estimator, whole[1])),
        tolerances=lambda: (tolerance(estimator, whole[0]), tolerance(estimator, whole[1])),
    )
    return _checked(committed, estimator, tested, all_rows)


def compare_summary(
    committed: tuple[float, float], estimator: Estimator, summary: Summary, *, is_whole: bool
) -> Outcome:
    """As ``compare_committed``, on what is known of the rows; ``is_whole`` says whether those in common are all."""
    tested = summary.test(estimator)
    all_rows = _AllRows(is_whole, partial(summary.values, estimator), partial(summary.tolerances, estimator))
    return _checked(committed, estimator, tested, all_rows)


class _AllRows(NamedTuple):
    """What all rows of each side give, which is only asked for where it is needed.

    Attributes:
        are_compared: whether they are the compared rows, so that the evidence has their values.
        values: the metric.
        tolerances: the most by which the rounding of printed predictions can have moved it.
    """

    are_compared: bool
    values: Callable[[], tuple[float, float]]
    tolerances: Callable[[], tuple[float, float]]


def _checked(committed: tuple[float, float], estimator: Estimator, tested: Outcome, all_rows: _AllRows) -> Outcome:
    """The outcome of a test, withheld if the values of all rows are not the committed ones."""
    values = (tested.evidence.base, tested.evidence.head)
    if tested.note or not all_rows.are_compared:  # a committed average leaves out no class
        values = all_rows.values()
    sides = [Computed(*each) for each in zip(committed, values, strict=True)]
    scales = (1.0, _NEGATIVE if estimator.name in _IN_UNITS else _PERCENT)
    scale = scale_of(sides, scales)
    if scale is None:  # what follows reads the predictions again
        allowed = [side._replace(tolerance=most) for side, most in zip(sides, all_rows.tolerances(), strict=True)]
        scale = scale_of(allowed, scales)
    evidence = tested.evidence if scale is None else scaled(tested.evidence, scale)
    undecided = "" if tested.is_identical else evidence.withheld
    withheld = _mismatch(sides) if scale is None else undecided
    return replace(tested, evidence=msgspec.structs.replace(evidence, withheld=withheld), scale=scale or 1.0)


def _mismatch(sides: Sequence[Computed]) -> str:
    unit = half_unit([side.committed for side in sides])
    wrong = [
        f"{' instead of '.join(format_pair(side.value, side.committed))} for {name}"
        for name, side in zip(("base", "head"), sides, strict=True)
        if not _agrees(side, 1.0, unit)
    ]
    return f"{MISMATCH}{' and '.join(wrong)}"


def scale_of(sides: Sequence[Computed], scales: Sequence[float]) -> float | None:
    """The scale by which the predictions give best what each side has committed; ``None`` if none does.

    The best one, as values near zero agree with their negatives within what rounding can do.
    """
    unit = half_unit([side.committed for side in sides])
    fitting = [scale for scale in scales if all(_agrees(side, scale, unit) for side in sides)]
    return min(fitting, key=lambda scale: sum(_distance(side, scale) for side in sides), default=None)


def _distance(side: Computed, scale: float) -> float:
    return abs(side.committed - side.value * scale)


def _agrees(side: Computed, scale: float, unit: float) -> bool:
    allowed = unit + side.tolerance * abs(scale) + _ARITHMETIC + _SINGLE * abs(side.committed)
    return _distance(side, scale) <= allowed


def scaled(evidence: Evidence, scale: float) -> Evidence:
    """The evidence in the unit and sign of the committed metric."""
    low, high = sorted((evidence.low * scale, evidence.high * scale))
    gate_low, gate_high = sorted((evidence.gate_low * scale, evidence.gate_high * scale))
    statistic = evidence.statistic if evidence.statistic is None else math.copysign(1.0, scale) * evidence.statistic
    return msgspec.structs.replace(
        evidence,
        base=evidence.base * scale,
        head=evidence.head * scale,
        estimate=evidence.estimate * scale,
        statistic=statistic,
        low=low,
        high=high,
        gate_low=gate_low,
        gate_high=gate_high,
        detectable=evidence.detectable * abs(scale),
    )
