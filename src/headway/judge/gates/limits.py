"""The rules that a gate declares, one by one, and what each of them is judged against."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.settings import Tolerance
from headway.values.gate import REFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.settings import GateLimits, MetricRule
    from headway.values.gate import GateKind, Reference

    Limit = tuple[GateKind, float | None, bool]
    """A rule with its limit, and whether that is relative."""

_OF_HEAD_ALONE = ("min", "max")
_OF_ONE_CHANGE = ("max_improvement",)
"""Rules about the change from base alone: what was gained since the anchor is no alarm."""


def has_rules(gate: GateLimits) -> bool:
    """Whether a gate has a rule of its own, and not only some for slices."""
    return any(limits_of(gate))


def judges_against_anchor(rule: MetricRule) -> bool:
    """Whether a gate has a rule that is judged against an anchor, if there is one."""
    gates = (rule.gate, rule.gate.slices) if rule.gate else ()
    references = (rule.gate and rule.gate.against) or REFERENCES
    return any("anchor" in against_of(limit[0], references) for gate in gates if gate for limit in limits_of(gate))


def against_of(rule: GateKind, references: tuple[Reference, ...]) -> tuple[Reference | None, ...]:
    """What a rule is judged against, of what its gate names; ``None`` if it is about head alone."""
    if rule in _OF_HEAD_ALONE:
        return (None,)
    return ("base",) if rule in _OF_ONE_CHANGE else references


def limits_of(gate: GateLimits) -> Iterator[Limit]:
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
