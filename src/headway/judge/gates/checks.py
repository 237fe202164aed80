"""Judge one rule of a gate.

Margins are non-inferiority tests: two-sided 90% intervals are one-sided tests at 5% (Schuirmann, 1987).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from headway.compare.arithmetic import is_number, nearest, share
from headway.judge.power import detectable_loss, rows_for_margin, standard_error
from headway.judge.verdicts import towards_better
from headway.values.gate import GateCheck
from headway.values.typed import sides_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from headway.judge.gates.limits import Limit
    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence
    from headway.values.gate import GateKind, Reference

    Beside = Mapping[Reference, Metric | str]
    """A metric of head beside each reference that it is judged against, or why there is none, as a clause."""

Answer: TypeAlias = "dict[str, Any]"
"""The fields of a check that judging it gives."""

_NOT_IMPROVED = ("worse", "worse_within_margin", "identical")
_WITHHELD = {
    "evaluation": "{} and head are evaluated on different rows",
    "rerun": "nothing that the metric depends on changed",
    "machine": "the metric depends on the machine",
    "base": "the report's base is not the pull request's",
}
NO_EVIDENCE = "neither predictions nor runs show whether the change is real"
TOO_FEW_ROWS = "too few rows for a test"


def check_rule(limit: Limit, against: Reference | None, beside: Beside, missing: Answer) -> GateCheck:
    """Judge a rule against one reference; ``missing`` is the answer if head has no number to judge."""
    (rule, size, relative), metric = limit, beside[against or "base"]
    if isinstance(metric, str):
        answer = missing or _cannot_tell(metric)
    else:
        apart = incomparable(metric, against) if against else {}
        answer = missing or apart or _judged(metric, rule, size or 0.0, relative)
    return GateCheck(rule=rule, limit=size, relative=relative, against=against, **answer)


def _judged(metric: Metric, rule: GateKind, limit: float, relative: bool) -> Answer:  # noqa: FBT001 - as settings declare it
    match rule:
        case "margin":
            return _unproven(metric) or _margin(metric, limit)
        case "require_improvement":
            return _unproven(metric) or _improvement(metric)
        case "min" | "max":
            return refuted(metric) or _bound(metric, rule, limit)
        case "max_regression":
            return refuted(metric) or _change(metric, limit, relative=relative, towards=-1)
    return refuted(metric) or _change(metric, limit, relative=relative, towards=1)


def _cannot_tell(reason: str) -> Answer:
    return {"outcome": "cannot_tell", "reason": reason}


def without_number(metric: Metric, not_numbers: Collection[tuple[str, str]]) -> Answer:
    """Why there is no number in head to judge; empty if there is one. A broken number fails, a missing one is open."""
    if metric.head is None and (metric.file, metric.key) not in not_numbers:
        gone = "head lacks the metric"
        return _cannot_tell("its file cannot be read in head" if metric.status == "unavailable" else gone)
    _, head = sides_of(metric.base, metric.head, metric.types)
    return {} if is_number(head) else {"outcome": "fail", "reason": "head's value is not a finite number"}


def incomparable(metric: Metric, against: Reference) -> Answer:
    """Why head cannot be judged against a reference, which the metric is compared with; empty if it can be."""
    where = "the anchor" if against == "anchor" else "base"
    if metric.direction is None:
        return _cannot_tell("no direction is declared")
    if metric.withheld:
        return _cannot_tell(_WITHHELD[metric.withheld].format(where))
    if metric.base is None:
        gone = f"{where} lacks the metric"
        return _cannot_tell(f"its file cannot be read in {where}" if metric.status == "unavailable" else gone)
    return {} if metric.change is not None else _cannot_tell(f"{where}'s value is not a finite number")


def _unproven(metric: Metric) -> Answer:
    """Why there is no interval to judge by; empty if there is one."""
    if not metric.evidence:
        return _cannot_tell(TOO_FEW_ROWS if metric.verdict == "too_few" else NO_EVIDENCE)
    return _cannot_tell(metric.evidence.withheld) if metric.evidence.withheld else {}


def refuted(metric: Metric) -> Answer:
    """Why its committed numbers are not to be trusted; empty unless the predictions of a side refute them."""
    evidence = metric.evidence
    return _cannot_tell(evidence.withheld) if evidence and evidence.is_mismatch else {}


def _margin(metric: Metric, limit: float) -> Answer:
    evidence = _evidence(metric)
    low, high = towards_better(metric, evidence.gate_low, evidence.gate_high)
    error = standard_error(evidence.low, evidence.high)
    answer = {
        "low": low,
        "high": high,
        "rows": evidence.rows,
        "detectable": detectable_loss(error),
        "rows_needed": rows_for_margin(limit, evidence.rows, error),
    }
    if metric.verdict == "identical" or low > -limit:
        return {"outcome": "pass", **answer}
    if high < -limit:
        return {"outcome": "fail", **answer}
    return {**_cannot_tell("the interval crosses the margin"), **answer}


def _improvement(metric: Metric) -> Answer:
    evidence = _evidence(metric)
    low, high = towards_better(metric, evidence.gate_low, evidence.gate_high)
    answer = {"low": low, "high": high, "rows": evidence.rows}
    if metric.verdict == "improved":
        return {"outcome": "pass", **answer}
    if metric.verdict in _NOT_IMPROVED or high <= 0:
        return {"outcome": "fail", **answer}
    return {**_cannot_tell("no improvement is detected, and none is ruled out"), **answer}


def _evidence(metric: Metric) -> Evidence:
    assert metric.evidence, "an interval is judged only where there is one"  # noqa: S101 - for the type checker
    return metric.evidence


def _bound(metric: Metric, rule: GateKind, limit: float) -> Answer:
    _, head = sides_of(metric.base, metric.head, metric.types)
    is_within = head >= limit if rule == "min" else head <= limit
    return {"outcome": "pass" if is_within else "fail", "value": nearest(head)}


def _change(metric: Metric, limit: float, *, relative: bool, towards: int) -> Answer:
    """Judge the change of two numbers towards better (1) or worse (-1); numbers are as their files write them."""
    change = metric.change or 0
    size = change * towards if metric.direction == "higher" else -change * towards
    base, _ = sides_of(metric.base, metric.head, metric.types)
    compared = (share(size, abs(base)) if size else 0) if relative else size
    if compared is None:
        return _cannot_tell("nothing is relative to zero")
    return {"outcome": "pass" if compared <= limit else "fail", "value": nearest(compared)}
