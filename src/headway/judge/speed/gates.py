"""Gates on numbers that depend on the machine: only a speed test, which measures both sides alike, can judge them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from headway.compare.metrics import matches
from headway.judge.speed.changes import exceeds_noise, machine_rule
from headway.judge.speed.ratios import median_interval
from headway.values.gate import GateCheck, OtherGate, by_policy, severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.settings import GateRule, MetricRule
    from headway.values.comparison import Metric
    from headway.values.gate import GateKind, GateOutcome
    from headway.values.speed import Ratio, Speed, SpeedChange

NOT_MEASURED = "`headway speed` has not measured it"
_NO_RATIO = "a run gave a number that is not positive"
_TOO_FEW = "there are too few rounds"


def speed_gates(speed: Speed | None, rules: Mapping[str, MetricRule], metrics: Sequence[Metric]) -> Iterator[OtherGate]:
    """One gate for each number that was measured, and one for each rule whose numbers were not.

    Args:
        speed: what was measured; ``None`` if nothing was.
        rules: the rules that judge.
        metrics: the metrics of the comparison.
    """
    changes = speed.changes if speed else ()
    guarded: set[str] = set()
    for change in changes:
        pattern, rule = machine_rule(change.name, rules, metrics)
        if rule.gate:
            guarded.add(pattern)
            yield _gate(change.name, rule.gate, [_check(kind, rule.gate, change) for kind in _kinds(rule.gate)])
    for pattern, rule in rules.items():
        if rule.machine and rule.gate and pattern not in guarded:
            reason = _why_not(pattern, [change.name for change in changes], metrics) if speed else NOT_MEASURED
            checks = [_unknown(kind, rule.gate, reason) for kind in _kinds(rule.gate)]
            yield _gate(pattern, rule.gate, checks)


def _gate(name: str, gate: GateRule, checks: Sequence[GateCheck]) -> OtherGate:
    policy = gate.on_cannot_tell or "warn"
    outcome = max((by_policy(check.outcome, policy) for check in checks), key=severity)
    return OtherGate(on="speed", name=name, outcome=outcome, on_cannot_tell=policy, checks=tuple(checks))


def _kinds(gate: GateRule) -> list[GateKind]:
    """The rules that a gate declares."""
    kinds: tuple[GateKind, ...] = ("max_slowdown", "min", "max")
    return [kind for kind in kinds if getattr(gate, kind) is not None]


def _why_not(pattern: str, names: Sequence[str], metrics: Sequence[Metric]) -> str:
    files = {"", *(metric.file for metric in metrics)}
    if any(matches(pattern, file, name) for file in files for name in names):
        return "another rule applies to every number that it matches"
    close = difflib.get_close_matches(pattern, names, n=1)
    return f"the command gives no such number{f'; did you mean `{close[0]}`?' if close else ''}"


def _unknown(kind: GateKind, gate: GateRule, reason: str) -> GateCheck:
    return GateCheck(rule=kind, outcome="cannot_tell", reason=reason, **_fields(kind, gate))


def _fields(kind: GateKind, gate: GateRule) -> dict[str, Any]:
    is_change = kind == "max_slowdown"
    return {"limit": getattr(gate, kind), "relative": is_change, "against": "base" if is_change else None}


def _check(kind: GateKind, gate: GateRule, change: SpeedChange) -> GateCheck:
    if kind == "max_slowdown":
        return _slowdown(gate, change)
    interval = median_interval(change.samples.head)
    if interval is None:
        return _unknown(kind, gate, _TOO_FEW)
    low, high = interval
    outcome = _at_most(low, high, gate.max) if kind == "max" else _at_least(low, high, gate.min)
    return GateCheck(rule=kind, outcome=outcome, value=change.head, low=low, high=high, **_fields(kind, gate))


def _at_most(low: float, high: float, limit: float | None) -> GateOutcome:
    """Whether a value is at most a limit, by its interval."""
    most = limit or 0.0
    return "pass" if high <= most else "fail" if low > most else "cannot_tell"


def _at_least(low: float, high: float, limit: float | None) -> GateOutcome:
    return _at_most(-high, -low, -(limit or 0.0))


def _slowdown(gate: GateRule, change: SpeedChange) -> GateCheck:
    """Judge how much more time head takes, by the 90% interval. A failure must exceed the noise as well."""
    ratio, noise = change.ratio, change.noise
    if ratio is None or noise is None:
        return _unknown("max_slowdown", gate, _NO_RATIO)
    low, estimate, high = slowdown(change, ratio)
    outcome = _at_most(low, high, gate.max_slowdown)
    reason = ""
    if outcome == "fail" and not exceeds_noise(ratio, noise):
        outcome, reason = "cannot_tell", "base differs from itself as much"
    fields = _fields("max_slowdown", gate)
    return GateCheck(
        rule="max_slowdown", outcome=outcome, reason=reason, value=estimate, low=-high, high=-low, **fields
    )


def slowdown(change: SpeedChange, ratio: Ratio) -> tuple[float, float, float]:
    """How much more time head takes than base: the lower end of the 90% interval, the estimate, and the upper end.

    0.1 is a tenth more. Of a number that is better when higher, such as rows per second, time is the inverse.
    """
    ends = ratio.gate_low, ratio.estimate, ratio.gate_high
    low, estimate, high = (1 / ends[2], 1 / ends[1], 1 / ends[0]) if change.direction == "higher" else ends
    return low - 1, estimate - 1, high - 1
