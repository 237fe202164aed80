"""Judge metrics by their gates: what docs/gates.md says, rule by rule.

Margins are non-inferiority tests: two-sided 90% intervals are one-sided tests at 5% (Schuirmann, 1987).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from headway.compare.arithmetic import is_number, nearest, share
from headway.compare.metrics import closest_key, matches, rule_of
from headway.judge.power import detectable_loss, rows_for_margin, standard_error
from headway.judge.verdicts import towards_better
from headway.settings import Tolerance
from headway.values.gate import Gate, GateCheck, Gates, UnmatchedGate
from headway.values.typed import sides_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from headway.settings import GateLimits, MetricRule
    from headway.values.comparison import Metric, Slice
    from headway.values.evidence import Evidence
    from headway.values.gate import GateKind, GateOutcome, GatePolicy, Reference

    Limit = tuple[GateKind, float | None, bool]
    """A rule with its limit, and whether that is relative."""

Answer: TypeAlias = "dict[str, Any]"
"""The fields of a check that judging it gives."""

_SEVERITY: tuple[GateOutcome, ...] = ("pass", "cannot_tell", "warn", "fail")
_OF_HEAD_ALONE = ("min", "max")
_NOT_IMPROVED = ("worse", "worse_within_margin", "identical")
_WITHHELD = {
    "evaluation": "base and head are evaluated on different rows",
    "rerun": "nothing that the metric depends on changed",
    "machine": "the metric depends on the machine",
    "base": "the report's base is not the pull request's",
}
_NO_SLICE = "no slice of its predictions is tested; name columns under `slices` of the table"
_NO_EVIDENCE = "neither predictions nor runs show whether the change is real"


class Gated(NamedTuple):
    """The metrics and slices with what became of their gates, and all gates together; unset if none is declared."""

    metrics: tuple[Metric, ...]
    slices: tuple[Slice, ...]
    gates: Gates | UnsetType


def judge_gates(
    metrics: Sequence[Metric],
    rules: Mapping[str, MetricRule],
    not_numbers: Collection[tuple[str, str]] = (),
    slices: Sequence[Slice] = (),
) -> Gated:
    """Judge metrics and slices by their gates.

    Args:
        metrics: all metrics of a report, with their verdicts and evidence.
        rules: the rules that judge, by pattern.
        not_numbers: the file and key of what head has in place of a metric, such as null.
        slices: all slices, likewise.
    """
    found = [rule_of(metric.file, metric.key, rules) for metric in metrics]
    judged = tuple(
        metric
        if rule.gate is None or not any(_limits(rule.gate))
        else _gated(metric, rule.gate, _policy(metric, rule, rule.gate), _without_number(metric, not_numbers))
        for metric, (_, rule) in zip(metrics, found, strict=True)
    )
    parts = tuple(_gated_slice(each, rule_of(each.metric.file, each.metric.key, rules)[1]) for each in slices)
    applied = {place for place, _ in found if place is not None}
    unmatched = (*_unmatched(metrics, rules, applied), *_unsliced(rules, parts))
    return Gated(judged, parts, _gates(judged, parts, unmatched))


def _gated_slice(each: Slice, rule: MetricRule) -> Slice:
    gate = rule.gate and rule.gate.slices
    if not gate:
        return each
    missing = {} if each.metric.evidence else _cannot_tell(each.problem)
    return msgspec.structs.replace(each, metric=_gated(each.metric, gate, gate.on_cannot_tell or "pass", missing))


def _gated(metric: Metric, gate: GateLimits, policy: GatePolicy, missing: Answer) -> Metric:
    checks = tuple(_check(metric, *limit, missing) for limit in _limits(gate))
    worst = max(checks, key=lambda check: _SEVERITY.index(_by_policy(check.outcome, policy)))
    found = Gate(
        outcome=_by_policy(worst.outcome, policy),
        rule=worst.rule,
        against=worst.against,
        low=worst.low,
        high=worst.high,
        on_cannot_tell=policy,
        checks=checks,
    )
    return msgspec.structs.replace(metric, gate=found)


def _policy(metric: Metric, rule: MetricRule, gate: GateLimits) -> GatePolicy:
    """What a rule that cannot tell means. A class has few rows, which is no reason to warn; that it is gone, is one."""
    is_class = rule.estimating is not None and rule.estimating.class_ is not None
    return gate.on_cannot_tell or ("pass" if is_class and metric.head is not None else "warn")


def _by_policy(outcome: GateOutcome, policy: GatePolicy) -> GateOutcome:
    return policy if outcome == "cannot_tell" and policy != "pass" else outcome


def _limits(gate: GateLimits) -> Iterator[Limit]:
    """The rules that a gate declares, those with an interval first."""
    if gate.margin is not None:
        yield "margin", gate.margin, False
    if gate.require_improvement:
        yield "require_improvement", None, False
    if gate.min is not None:
        yield "min", gate.min, False
    if gate.max is not None:
        yield "max", gate.max, False
    yield from _tolerated("max_regression", gate.max_regression)
    yield from _tolerated("max_improvement", gate.max_improvement)


def _tolerated(rule: GateKind, given: float | Tolerance | None) -> Iterator[Limit]:
    limits = given if isinstance(given, Tolerance) else Tolerance(absolute=given)
    if limits.absolute is not None:
        yield rule, limits.absolute, False
    if limits.relative is not None:
        yield rule, limits.relative, True


def _check(metric: Metric, rule: GateKind, limit: float | None, relative: bool, missing: Answer) -> GateCheck:  # noqa: FBT001 - a field
    against: Reference | None = None if rule in _OF_HEAD_ALONE else "base"
    answer = missing or (_incomparable(metric) if against else {}) or _judged(metric, rule, limit or 0.0, relative)
    return GateCheck(rule=rule, limit=limit, relative=relative, against=against, **answer)


def _judged(metric: Metric, rule: GateKind, limit: float, relative: bool) -> Answer:  # noqa: FBT001 - as above
    match rule:
        case "margin":
            return _unproven(metric) or _margin(metric, limit)
        case "require_improvement":
            return _unproven(metric) or _improvement(metric)
        case "min" | "max":
            return _bound(metric, rule, limit)
        case "max_regression":
            return _change(metric, limit, relative=relative, towards=-1)
    return _change(metric, limit, relative=relative, towards=1)


def _cannot_tell(reason: str) -> Answer:
    return {"outcome": "cannot_tell", "reason": reason}


def _without_number(metric: Metric, not_numbers: Collection[tuple[str, str]]) -> Answer:
    """Why there is no number in head to judge; empty if there is one. A broken number fails, a missing one is open."""
    if metric.head is None and (metric.file, metric.key) not in not_numbers:
        gone = "head lacks the metric"
        return _cannot_tell("its file cannot be read in head" if metric.status == "unavailable" else gone)
    _, head = sides_of(metric.base, metric.head, metric.types)
    return {} if is_number(head) else {"outcome": "fail", "reason": "head's value is not a finite number"}


def _incomparable(metric: Metric) -> Answer:
    """Why head cannot be judged against base; empty if it can be."""
    if metric.direction is None:
        return _cannot_tell("no direction is declared")
    if metric.withheld:
        return _cannot_tell(_WITHHELD[metric.withheld])
    if metric.base is None:
        gone = "base lacks the metric"
        return _cannot_tell("its file cannot be read in base" if metric.status == "unavailable" else gone)
    return {} if metric.change is not None else _cannot_tell("base's value is not a finite number")


def _unproven(metric: Metric) -> Answer:
    """Why there is no interval to judge by; empty if there is one."""
    if not metric.evidence:
        return _cannot_tell("too few rows for a test" if metric.verdict == "too_few" else _NO_EVIDENCE)
    return _cannot_tell(metric.evidence.withheld) if metric.evidence.withheld else {}


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
        return _cannot_tell("base is zero, so there is no relative change")
    return {"outcome": "pass" if compared <= limit else "fail", "value": nearest(compared)}


def _unmatched(
    metrics: Sequence[Metric], rules: Mapping[str, MetricRule], applied: Collection[int]
) -> Iterator[UnmatchedGate]:
    """The gates that apply to no metric: a metric that is renamed must not pass its gate unseen."""
    for place, (pattern, rule) in enumerate(rules.items()):
        if rule.gate is not None and place not in applied:
            outcome = _by_policy("cannot_tell", rule.gate.on_cannot_tell or "warn")
            yield UnmatchedGate(pattern=pattern, outcome=outcome, reason=_why_unmatched(pattern, metrics))


def _unsliced(rules: Mapping[str, MetricRule], slices: Sequence[Slice]) -> Iterator[UnmatchedGate]:
    """The gates on slices that judge no slice."""
    gated = {(each.metric.file, each.metric.key) for each in slices if each.metric.gate}
    applied = {rule_of(*name, rules)[0] for name in gated}
    for place, (pattern, rule) in enumerate(rules.items()):
        gate = rule.gate and rule.gate.slices
        if gate and place not in applied:
            outcome = _by_policy("cannot_tell", gate.on_cannot_tell or "warn")
            yield UnmatchedGate(pattern=f"{pattern}: slices", outcome=outcome, reason=_NO_SLICE)


def _why_unmatched(pattern: str, metrics: Sequence[Metric]) -> str:
    if any(matches(pattern, metric.file, metric.key) for metric in metrics):
        return "an earlier rule applies to every metric that it matches"
    close = closest_key(pattern, [metric.key for metric in metrics])
    return f"no metric matches it{f'; did you mean `{close}`?' if close else ''}"


def _gates(
    metrics: Sequence[Metric], slices: Sequence[Slice], unmatched: tuple[UnmatchedGate, ...]
) -> Gates | UnsetType:
    named = [(metric.name, metric.gate.outcome) for metric in metrics if metric.gate]
    named += ((each.name, each.metric.gate.outcome) for each in slices if each.metric.gate)
    named += ((gate.pattern, gate.outcome) for gate in unmatched)
    if not named:
        return UNSET
    failed = tuple(name for name, outcome in named if outcome == "fail")
    warned = tuple(name for name, outcome in named if outcome == "warn")
    return Gates(
        outcome="fail" if failed else "warn" if warned else "pass",
        failed=failed,
        warned=warned,
        passed=sum(outcome == "pass" for _, outcome in named),
        cannot_tell=sum(outcome == "cannot_tell" for _, outcome in named),
        unmatched=unmatched,
    )
