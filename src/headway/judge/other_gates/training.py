"""Gates on curves of the training: did the model converge, and does it overfit?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

from headway.compare.arithmetic import difference
from headway.values.gate import GateCheck, OtherGate, by_policy, severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.settings import TrainingRule

Cells: TypeAlias = "Sequence[object] | str"
"""The cells of a column in the order of the rows, or why it cannot be read, as a clause."""
Values: TypeAlias = "list[float | None]"
"""A column as numbers: ``None`` for an empty cell, and NaN for what is no number."""
Answer: TypeAlias = "dict[str, Any]"
"""The fields of a check that judging it gives."""


def judge_training(name: str, rule: TrainingRule, validation: Cells, train: Cells = ()) -> OtherGate:
    """Judge one curve.

    Args:
        name: the curve, as ``file:column``.
        rule: what it must satisfy.
        validation: the curve.
        train: the same on training data; not used unless the rule names it.
    """
    policy = rule.on_cannot_tell or "warn"
    checks = tuple(_checks(rule, validation, train))
    return OtherGate(
        on="training",
        name=name,
        outcome=max((by_policy(each.outcome, policy) for each in checks), key=severity),
        on_cannot_tell=policy,
        checks=checks,
    )


def _checks(rule: TrainingRule, validation: Cells, train: Cells) -> Iterator[GateCheck]:
    values, beside = map(_values, (validation, train if rule.train else ()))
    rows = len(values) if isinstance(values, list) else None
    if rule.best_before_last:
        yield GateCheck(rule="best_before_last", rows=rows, **_best_before_last(values, rule))
    if rule.finite:
        yield GateCheck(rule="finite", rows=rows, **_finite(values, beside))
    if rule.max_gap is not None:
        yield GateCheck(rule="max_gap", limit=rule.max_gap, rows=rows, **_gap(values, beside, rule, rule.max_gap))


def _values(cells: Cells) -> Values | str:
    return cells if isinstance(cells, str) else list(map(_value, cells))


def _value(cell: object) -> float | None:
    """A cell as a number: ``None`` if it is empty, and NaN if it is no number."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        return float(cell)  # type: ignore[arg-type]  # whatever is no number raises
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _best_before_last(values: Values | str, rule: TrainingRule) -> Answer:
    """Judge whether the best value, the first one of several, comes before the last row that has a value."""
    if isinstance(values, str):
        return _cannot_tell(values)
    best = _best(values, rule)
    if best is None:
        return _nothing_finite(values)
    last = max(row for row, value in enumerate(values) if value is not None)
    return {"outcome": "pass" if best < last else "fail", "value": best + 1}


def _finite(values: Values | str, beside: Values | str) -> Answer:
    """Judge whether all cells hold finite numbers. What an empty one stands for is unknown: pandas writes NaN so."""
    if isinstance(values, str) or isinstance(beside, str):
        return _cannot_tell(values if isinstance(values, str) else str(beside))
    cells = [(row, value) for column in (values, beside) for row, value in enumerate(column)]
    wrong = [row for row, value in cells if value is not None and not math.isfinite(value)]
    if wrong:
        return {"outcome": "fail", "value": min(wrong) + 1}
    empty = [row for row, value in cells if value is None]
    if empty:
        return _cannot_tell(f"row {min(empty) + 1} has no value, which may stand for NaN")
    return {"outcome": "pass"} if values else _cannot_tell("the file has no rows")


def _gap(values: Values | str, beside: Values | str, rule: TrainingRule, limit: float) -> Answer:
    """Judge by how much validation is worse than train where validation is best."""
    if isinstance(values, str) or isinstance(beside, str):
        return _cannot_tell(values if isinstance(values, str) else str(beside))
    best = _best(values, rule)
    if best is None:
        return _nothing_finite(values)
    if len(beside) != len(values):
        return _cannot_tell(f"the columns have {len(values):,} and {len(beside):,} rows")
    pair = (beside[best], values[best]) if rule.direction == "lower" else (values[best], beside[best])
    gap = difference(*pair)
    if gap is None:
        return _cannot_tell(f"`train` has no finite number in row {best + 1}, where validation is best")
    return {"outcome": "pass" if gap <= limit else "fail", "value": gap}


def _best(values: Values, rule: TrainingRule) -> int | None:
    """The first row with the best finite value."""
    sign = 1 if rule.direction == "higher" else -1
    rows = [row for row, value in enumerate(values) if _is_finite(value)]
    return max(rows, key=lambda row: sign * (values[row] or 0.0), default=None)


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _nothing_finite(values: Values) -> Answer:
    if any(value is not None for value in values):
        return {"outcome": "fail", "reason": "no value is a finite number"}
    return _cannot_tell("the column has no values" if values else "the file has no rows")


def _cannot_tell(reason: str) -> Answer:
    return {"outcome": "cannot_tell", "reason": reason}
