"""Gates: the rules that the settings declare for a metric, and what became of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count

GateKind = Literal["margin", "require_improvement", "min", "max", "max_regression", "max_improvement"]
"""The rules of a gate; docs/gates.md explains each one."""

GateOutcome = Literal["pass", "warn", "fail", "cannot_tell"]
"""What becomes of a rule or a gate. A rule alone never warns: ``warn`` is a gate with a rule that cannot tell."""

GatePolicy = Literal["pass", "warn", "fail"]
"""What a rule that cannot tell means for its gate."""

Reference = Literal["base", "anchor"]
"""What head is judged against: the base, or the anchor that the settings name, such as the released version."""

REFERENCES: tuple[Reference, ...] = ("base", "anchor")
"""Both, in the order in which they are judged against."""


class GateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a gate, and its outcome.

    Attributes:
        rule: the rule. ``margin`` and ``require_improvement`` judge an interval; all others compare one number.
        outcome: ``pass``, ``fail`` or ``cannot_tell``, before the policy of the gate.
        limit: the number that the settings declare; ``None`` for ``require_improvement``.
        relative: whether the limit is a share of the absolute value that head is judged against.
        against: what head is judged against; ``None`` for a rule about head's value alone.
        low, high: the 90% interval of the change, with its sign turned so that larger is better; ``None`` without one.
        value: the number that is compared with the limit: head's value, or the change towards worse for
            ``max_regression`` and towards better for ``max_improvement``; ``None`` if there is none.
        reason: why the rule cannot tell, or why it fails without a comparison, as a clause; else empty.
        rows: the rows or runs that the interval rests on; ``None`` without an interval.
        detectable: for a margin, the change for the worse that these rows tell from no change with a probability of
            80%; ``None`` for other rules.
        rows_needed: about how many such rows would tell a change as large as the margin, so that a model that is as
            good as the one that it is judged against passes with a probability of 80%; ``None`` if these do.
    """

    rule: GateKind
    outcome: GateOutcome
    limit: float | None = None
    relative: bool = False
    against: Reference | None = None
    low: float | None = None
    high: float | None = None
    value: float | None = None
    reason: str = ""
    rows: Count | None = None
    detectable: float | None = None
    rows_needed: Count | None = None

    @property
    def is_point(self) -> bool:
        """Whether the rule compares one number, with no interval behind it."""
        return self.rule not in {"margin", "require_improvement"}


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a metric's gate.

    Attributes:
        outcome: the worst outcome of its rules. A rule that cannot tell counts as ``warn`` or ``fail``, or stays
            ``cannot_tell`` if the policy is ``pass``.
        rule, against, low, high: those of the rule that decides.
        on_cannot_tell: the policy.
        checks: all rules.
    """

    outcome: GateOutcome
    rule: GateKind
    against: Reference | None
    low: float | None
    high: float | None
    on_cannot_tell: GatePolicy
    checks: tuple[GateCheck, ...]


class UnmatchedGate(msgspec.Struct, frozen=True, kw_only=True):
    """A gate whose pattern applies to no metric, so it cannot tell.

    Attributes:
        pattern: the pattern in the settings.
        outcome: what that means by the policy, as for a gate.
        reason: why it applies to none, as a clause.
    """

    pattern: str
    outcome: GateOutcome
    reason: str


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """All gates of a report.

    Attributes:
        outcome: ``fail`` if a gate fails, else ``warn`` if one warns.
        failed: the gates that fail, as ``file:key`` or, if it applies to no metric, by their pattern.
        warned: those that warn, likewise.
        passed: how many pass.
        cannot_tell: how many cannot tell and are let pass.
        unmatched: the gates whose pattern applies to no metric.
    """

    outcome: Literal["pass", "warn", "fail"]
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    passed: Count = 0
    cannot_tell: Count = 0
    unmatched: tuple[UnmatchedGate, ...] = ()

    @property
    def counts(self) -> dict[GateOutcome, int]:
        """The number of gates by outcome."""
        return {
            "fail": len(self.failed),
            "warn": len(self.warned),
            "pass": self.passed,
            "cannot_tell": self.cannot_tell,
        }
