"""Judge metrics by their gates: what docs/gates.md says, rule by rule.

Margins are non-inferiority tests: two-sided 90% intervals are one-sided tests at 5% (Schuirmann, 1987).
"""

from __future__ import annotations

import posixpath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from headway.compare.arithmetic import is_number, nearest, share
from headway.compare.metrics import closest_key, matches, rule_of
from headway.judge.power import detectable_loss, rows_for_margin, standard_error
from headway.judge.verdicts import towards_better
from headway.settings import Tolerance
from headway.values.gate import REFERENCES, Gate, GateCheck, Gates, UnmatchedGate, by_policy, overall, severity
from headway.values.typed import sides_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from headway.settings import GateLimits, GateRule, MetricRule, PredictionsRule
    from headway.values.comparison import Metric, Slice
    from headway.values.evidence import Evidence
    from headway.values.gate import GateKind, GatePolicy, Reference

    Key = tuple[str, str]
    Limit = tuple[GateKind, float | None, bool]
    """A rule with its limit, and whether that is relative."""
    Beside = Mapping[Reference, Metric | str]
    """A metric of head beside each reference that it is judged against, or why there is none, as a clause."""

Answer: TypeAlias = "dict[str, Any]"
"""The fields of a check that judging it gives."""

_OF_HEAD_ALONE = ("min", "max")
_OF_ONE_CHANGE = ("max_improvement",)
"""Rules about the change from base alone: what was gained since the anchor is no alarm."""
_NOT_IMPROVED = ("worse", "worse_within_margin", "identical")
_WITHHELD = {
    "evaluation": "{} and head are evaluated on different rows",
    "rerun": "nothing that the metric depends on changed",
    "machine": "the metric depends on the machine",
    "base": "the report's base is not the pull request's",
}
_NO_SLICE = "no slice of its predictions is tested"
_NO_COLUMN = "its table of predictions names no columns under `slices`"
_NO_EVIDENCE = "neither predictions nor runs show whether the change is real"


class Anchored(NamedTuple):
    """Head beside the anchor, which gates judge it against as well.

    Attributes:
        metrics: the metrics of the comparison of the anchor with head, by file and key.
        slices: its slices, likewise, with their column and value.
        problem: why head cannot be compared with it, as a clause; else empty.
        is_base: whether it is base itself, so that each rule is judged once.
    """

    metrics: Mapping[Key, Metric] = MappingProxyType({})
    slices: Mapping[tuple[Key, str, str | None], Slice] = MappingProxyType({})
    problem: str = ""
    is_base: bool = False

    def metric(self, metric: Metric) -> Metric | str:
        """A metric of the report beside the anchor, or why there is none."""
        return self.problem or self.metrics.get((metric.file, metric.key), "the anchor lacks the metric")

    def slice(self, each: Slice) -> Metric | str:
        """A slice of the report, likewise."""
        found = self.slices.get(((each.metric.file, each.metric.key), each.column, each.value))
        return self.problem or (_tested(found) if found else "there is no evidence of it at the anchor")


NO_ANCHOR = Anchored(problem="the settings that judge name no anchor")


def _tested(each: Slice) -> Metric | str:
    """A slice's metric, or why too little is known of it for any rule: its numbers are committed nowhere."""
    evidence = each.metric.evidence
    return (evidence.withheld or each.metric) if evidence else each.problem


class Gated(NamedTuple):
    """The metrics and slices with what became of their gates, and all gates together; unset if none is declared."""

    metrics: tuple[Metric, ...]
    slices: tuple[Slice, ...]
    gates: Gates | UnsetType


def judge_gates(  # noqa: PLR0913 - what is judged, by which rules, beside what
    metrics: Sequence[Metric],
    rules: Mapping[str, MetricRule],
    not_numbers: Collection[tuple[str, str]] = (),
    slices: Sequence[Slice] = (),
    anchored: Anchored | None = None,
    *,
    tables: Sequence[PredictionsRule] = (),
    untested: Mapping[Key, str] = MappingProxyType({}),
) -> Gated:
    """Judge metrics and slices by their gates.

    Args:
        metrics: all metrics of a report, with their verdicts and evidence.
        rules: the rules that judge, by pattern.
        not_numbers: the file and key of what head has in place of a metric, such as null.
        slices: all slices, likewise.
        anchored: head beside the anchor; ``None`` if the settings that judge name none.
        tables: the tables of predictions that the settings that judge declare, with the columns of their slices.
        untested: why metrics have no evidence, as clauses, where more is known than that they have none.
    """
    found = [rule_of(metric.file, metric.key, rules) for metric in metrics]
    judged = tuple(
        metric
        if rule.gate is None or not has_rules(rule.gate)
        else _explained(
            _gated_metric(metric, rule, rule.gate, anchored, _without_number(metric, not_numbers)), untested
        )
        for metric, (_, rule) in zip(metrics, found, strict=True)
    )
    parts = tuple(_gated_slice(each, rule_of(each.metric.file, each.metric.key, rules)[1], anchored) for each in slices)
    applied = {place for place, _ in found if place is not None}
    on_slices = [
        (metric, rule.gate.slices)
        for metric, (_, rule) in zip(metrics, found, strict=True)
        if rule.gate and rule.gate.slices
    ]
    unmatched = (*_unmatched(metrics, rules, applied), *_unsliced(on_slices, parts, tables, untested))
    return Gated(judged, parts, _gates(judged, parts, unmatched))


def _explained(metric: Metric, untested: Mapping[Key, str]) -> Metric:
    """The metric, whose gate says why there is no evidence where that is known."""
    if not metric.gate or not (why := untested.get((metric.file, metric.key))):
        return metric
    checks = tuple(
        msgspec.structs.replace(check, reason=why) if check.reason == _NO_EVIDENCE else check
        for check in metric.gate.checks
    )
    return msgspec.structs.replace(metric, gate=msgspec.structs.replace(metric.gate, checks=checks))


def has_rules(gate: GateLimits) -> bool:
    """Whether a gate has a rule of its own, and not only some for slices."""
    return any(_limits(gate))


def judges_against_anchor(rule: MetricRule) -> bool:
    """Whether a gate has a rule that is judged against an anchor, if there is one."""
    gates = (rule.gate, rule.gate.slices) if rule.gate else ()
    references = (rule.gate and rule.gate.against) or REFERENCES
    return any("anchor" in _against(limit[0], references) for gate in gates if gate for limit in _limits(gate))


def _references(gate: GateRule, anchored: Anchored | None) -> tuple[Reference, ...]:
    """What a gate is judged against: once if both are the same commit."""
    named = tuple(dict.fromkeys(gate.against or (REFERENCES if anchored else REFERENCES[:1])))
    return named[:1] if anchored and anchored.is_base else named


def _gated_metric(
    metric: Metric, rule: MetricRule, gate: GateRule, anchored: Anchored | None, missing: Answer
) -> Metric:
    beside: Beside = {"base": metric, "anchor": (anchored or NO_ANCHOR).metric(metric)}
    checks = _checks(gate, _references(gate, anchored), beside, missing)
    return _gated(metric, checks, _policy(metric, rule, gate))


def _gated_slice(each: Slice, rule: MetricRule, anchored: Anchored | None) -> Slice:
    if not (rule.gate and rule.gate.slices):
        return each
    gate = rule.gate.slices
    beside: Beside = {"base": _tested(each), "anchor": (anchored or NO_ANCHOR).slice(each)}
    checks = _checks(gate, _references(rule.gate, anchored), beside, {})
    return msgspec.structs.replace(each, metric=_gated(each.metric, checks, gate.on_cannot_tell or "pass"))


def _checks(
    gate: GateLimits, references: tuple[Reference, ...], beside: Beside, missing: Answer
) -> tuple[GateCheck, ...]:
    """Each rule, judged against each reference that it is about."""
    return tuple(
        _check(limit, against, beside, missing) for limit in _limits(gate) for against in _against(limit[0], references)
    )


def _against(rule: GateKind, references: tuple[Reference, ...]) -> tuple[Reference | None, ...]:
    if rule in _OF_HEAD_ALONE:
        return (None,)
    return ("base",) if rule in _OF_ONE_CHANGE else references


def _gated(metric: Metric, checks: tuple[GateCheck, ...], policy: GatePolicy) -> Metric:
    worst = max(checks, key=lambda check: severity(by_policy(check.outcome, policy)))
    found = Gate(
        outcome=by_policy(worst.outcome, policy),
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


def _check(limit: Limit, against: Reference | None, beside: Beside, missing: Answer) -> GateCheck:
    (rule, size, relative), metric = limit, beside[against or "base"]
    if isinstance(metric, str):
        answer = missing or _cannot_tell(metric)
    else:
        incomparable = _incomparable(metric, against) if against else {}
        answer = missing or incomparable or _judged(metric, rule, size or 0.0, relative)
    return GateCheck(rule=rule, limit=size, relative=relative, against=against, **answer)


def _judged(metric: Metric, rule: GateKind, limit: float, relative: bool) -> Answer:  # noqa: FBT001 - as above
    match rule:
        case "margin":
            return _unproven(metric) or _margin(metric, limit)
        case "require_improvement":
            return _unproven(metric) or _improvement(metric)
        case "min" | "max":
            return _refuted(metric) or _bound(metric, rule, limit)
        case "max_regression":
            return _refuted(metric) or _change(metric, limit, relative=relative, towards=-1)
    return _refuted(metric) or _change(metric, limit, relative=relative, towards=1)


def _cannot_tell(reason: str) -> Answer:
    return {"outcome": "cannot_tell", "reason": reason}


def _without_number(metric: Metric, not_numbers: Collection[tuple[str, str]]) -> Answer:
    """Why there is no number in head to judge; empty if there is one. A broken number fails, a missing one is open."""
    if metric.head is None and (metric.file, metric.key) not in not_numbers:
        gone = "head lacks the metric"
        return _cannot_tell("its file cannot be read in head" if metric.status == "unavailable" else gone)
    _, head = sides_of(metric.base, metric.head, metric.types)
    return {} if is_number(head) else {"outcome": "fail", "reason": "head's value is not a finite number"}


def _incomparable(metric: Metric, against: Reference) -> Answer:
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
        return _cannot_tell("too few rows for a test" if metric.verdict == "too_few" else _NO_EVIDENCE)
    return _cannot_tell(metric.evidence.withheld) if metric.evidence.withheld else {}


def _refuted(metric: Metric) -> Answer:
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


def _unmatched(
    metrics: Sequence[Metric], rules: Mapping[str, MetricRule], applied: Collection[int]
) -> Iterator[UnmatchedGate]:
    """The gates that apply to no metric: a metric that is renamed must not pass its gate unseen."""
    for place, (pattern, rule) in enumerate(rules.items()):
        if rule.gate is not None and place not in applied:
            outcome = by_policy("cannot_tell", rule.gate.on_cannot_tell or "warn")
            reason = _why_unmatched(pattern, metrics)
            yield UnmatchedGate(pattern=pattern, outcome=outcome, reason=reason)
            if rule.gate.slices:
                yield _no_slices(pattern, rule.gate.slices, reason)


def _unsliced(
    gated: Sequence[tuple[Metric, GateLimits]],
    slices: Sequence[Slice],
    tables: Sequence[PredictionsRule],
    untested: Mapping[Key, str],
) -> Iterator[UnmatchedGate]:
    """The gates on slices that judge no slice of a metric, or none by one of the columns that are declared."""
    judged: dict[Key, set[str]] = {}
    for each in slices:
        judged.setdefault((each.metric.file, each.metric.key), set()).add(each.column)
    declared = {posixpath.normpath(table.path): table.slices for table in tables}
    for metric, gate in gated:
        found, columns = judged.get((metric.file, metric.key), set()), _columns(metric, declared)
        if not found:
            why = _why_unsliced(metric, columns)
            known = untested.get((metric.file, metric.key), why) if why == _NO_EVIDENCE else why
            yield _no_slices(metric.name, gate, known)
        for column in columns:
            if found and column not in found:
                yield _no_slices(metric.name, gate, _NO_SLICE, f" by {column}")


def _no_slices(name: str, gate: GateLimits, reason: str, by: str = "") -> UnmatchedGate:
    outcome = by_policy("cannot_tell", gate.on_cannot_tell or "warn")
    return UnmatchedGate(pattern=f"{name}: slices{by}", outcome=outcome, reason=reason)


def _columns(metric: Metric, declared: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The columns that divide the tables which a metric is tested on."""
    sources = metric.evidence.sources if metric.evidence else ()
    tables = [declared.get(path, ()) for path in sources]
    return [name for name in tables[0] if all(name in columns for columns in tables)] if tables else ()


def _why_unsliced(metric: Metric, columns: Sequence[str]) -> str:
    known = _without_number(metric, ()) or _incomparable(metric, "base") or _refuted(metric)
    if known:
        return str(known["reason"])
    if not metric.evidence:
        return _NO_EVIDENCE if metric.verdict != "too_few" else "too few rows for a test"
    return _NO_SLICE if columns or metric.evidence.covers == "seeds" else _NO_COLUMN


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
        outcome=overall(failed, warned),
        failed=failed,
        warned=warned,
        passed=sum(outcome == "pass" for _, outcome in named),
        cannot_tell=sum(outcome == "cannot_tell" for _, outcome in named),
        unmatched=unmatched,
    )
