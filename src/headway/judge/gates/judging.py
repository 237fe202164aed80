"""Judge all metrics and slices of a comparison by the gates that the settings declare."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from headway.compare.metrics import rule_of
from headway.judge.gates.checks import NO_EVIDENCE, check_rule, without_number
from headway.judge.gates.limits import against_of, has_rules, limits_of
from headway.judge.gates.references import NO_ANCHOR, references_of, tested_slice
from headway.judge.gates.unguarded import unmatched_gates, unsliced_gates
from headway.values.gate import Gate, Gates, by_policy, overall, severity

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from headway.judge.gates.checks import Answer, Beside
    from headway.judge.gates.references import Anchored
    from headway.settings import GateLimits, GateRule, MetricRule, PredictionsRule
    from headway.values.comparison import Metric, Slice
    from headway.values.gate import GateCheck, GatePolicy, Reference, UnmatchedGate

    Key = tuple[str, str]


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
        if rule.gate is None or rule.machine or not has_rules(rule.gate)  # judge/speed judges those of the machine
        else _explained(_gated_metric(metric, rule, rule.gate, anchored, without_number(metric, not_numbers)), untested)
        for metric, (_, rule) in zip(metrics, found, strict=True)
    )
    parts = tuple(_gated_slice(each, rule_of(each.metric.file, each.metric.key, rules)[1], anchored) for each in slices)
    applied = {place for place, _ in found if place is not None}
    on_slices = [
        (metric, rule.gate.slices)
        for metric, (_, rule) in zip(metrics, found, strict=True)
        if rule.gate and rule.gate.slices
    ]
    unmatched = (*unmatched_gates(metrics, rules, applied), *unsliced_gates(on_slices, parts, tables, untested))
    return Gated(judged, parts, _gates(judged, parts, unmatched))


def _explained(metric: Metric, untested: Mapping[Key, str]) -> Metric:
    """The metric, whose gate says why there is no evidence where that is known."""
    if not metric.gate or not (why := untested.get((metric.file, metric.key))):
        return metric
    checks = tuple(
        msgspec.structs.replace(check, reason=why) if check.reason == NO_EVIDENCE else check
        for check in metric.gate.checks
    )
    return msgspec.structs.replace(metric, gate=msgspec.structs.replace(metric.gate, checks=checks))


def _gated_metric(
    metric: Metric, rule: MetricRule, gate: GateRule, anchored: Anchored | None, missing: Answer
) -> Metric:
    beside: Beside = {"base": metric, "anchor": (anchored or NO_ANCHOR).metric(metric)}
    checks = _checks(gate, references_of(gate, anchored), beside, missing)
    return _gated(metric, checks, _policy(metric, rule, gate))


def _gated_slice(each: Slice, rule: MetricRule, anchored: Anchored | None) -> Slice:
    if not (rule.gate and rule.gate.slices):
        return each
    gate = rule.gate.slices
    beside: Beside = {"base": tested_slice(each), "anchor": (anchored or NO_ANCHOR).slice(each)}
    checks = _checks(gate, references_of(rule.gate, anchored), beside, {})
    return msgspec.structs.replace(each, metric=_gated(each.metric, checks, gate.on_cannot_tell or "pass"))


def _checks(
    gate: GateLimits, references: tuple[Reference, ...], beside: Beside, missing: Answer
) -> tuple[GateCheck, ...]:
    """Each rule, judged against each reference that it is about."""
    return tuple(
        check_rule(limit, against, beside, missing)
        for limit in limits_of(gate)
        for against in against_of(limit[0], references)
    )


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
