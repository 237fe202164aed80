"""Gates: the rules that the settings declare for a metric, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from headway.values.count import Count

if TYPE_CHECKING:
    from collections.abc import Collection

GateKind = Literal[
    "margin",
    "require_improvement",
    "min",
    "max",
    "max_regression",
    "max_improvement",
    "approval",
    "best_before_last",
    "finite",
    "max_gap",
    "max_slowdown",
]
"""The rules of a gate; docs/gates.md explains each one. The last five are those of gates on no metric."""

GateOutcome = Literal["pass", "warn", "fail", "cannot_tell"]
"""What becomes of a rule or a gate. A rule alone never warns: ``warn`` is a gate with a rule that cannot tell."""

GateCount = GateOutcome | Literal["accepted"]
"""What gates are counted by."""

GatePolicy = Literal["pass", "warn", "fail"]
"""What a rule that cannot tell means for its gate."""

Reference = Literal["base", "anchor"]
"""What head is judged against: the base, or the anchor that the settings name, such as the released version."""

REFERENCES: tuple[Reference, ...] = ("base", "anchor")
"""Both, in the order in which they are judged against."""

_SEVERITY: tuple[GateOutcome, ...] = ("pass", "cannot_tell", "warn", "fail")


def severity(outcome: GateOutcome) -> int:
    """The place of an outcome among all, the worst last."""
    return _SEVERITY.index(outcome)


def by_policy(outcome: GateOutcome, policy: GatePolicy) -> GateOutcome:
    """What the outcome of a rule means for its gate: one that cannot tell is what the policy says, unless let pass."""
    return policy if outcome == "cannot_tell" and policy != "pass" else outcome


def overall(failed: Collection[str], warned: Collection[str]) -> Literal["pass", "warn", "fail"]:
    """The outcome of all gates together, of which some fail and some warn."""
    return "fail" if failed else "warn" if warned else "pass"


GateSubject = Literal["data", "params", "training", "speed"]
"""What a gate judges that is no metric."""

AcceptanceState = Literal["in_force", "no_gate", "ended", "too_long"]


class GateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of a gate, and its outcome.

    Attributes:
        rule: the rule. ``margin``, ``require_improvement``, ``max_slowdown``, and ``min`` and ``max`` of what a speed
            test measured, judge an interval; all others compare one number.
        outcome: ``pass``, ``fail`` or ``cannot_tell``, before the policy of the gate.
        limit: the number that the settings declare; ``None`` for ``require_improvement``.
        relative: whether the limit is a share of the absolute value that head is judged against.
        against: what head is judged against; ``None`` for a rule about head's value alone.
        low, high: the 90% interval of the change, with its sign turned so that larger is better; ``None`` without one.
            For ``min`` and ``max`` of what a speed test measured, that of head's median.
        value: the number that is compared with the limit: head's value, or the change towards worse for
            ``max_regression`` and towards better for ``max_improvement``; ``None`` if there is none. For
            ``max_slowdown``, by which share head takes more time.
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
    """A gate that applies to no metric, or a gate on slices that applies to none of a metric, so it cannot tell.

    Attributes:
        pattern: the pattern in the settings; for slices ``file:key: slices``, or ``file:key: slices by column``.
        outcome: what that means by the policy, as for a gate.
        reason: why it applies to none, as a clause.
    """

    pattern: str
    outcome: GateOutcome
    reason: str


class OtherGate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a gate on something that is no metric.

    Attributes:
        on: what it judges: a file or folder that DVC records, a parameter, a curve of the training, or a number that
            ``headway speed`` measured.
        name: the path, the parameter as ``file:key``, the curve as ``file:column``, or the name of the number; the
            pattern in the settings if nothing that it matches changed, or if it matches nothing.
        outcome: as for a metric's gate.
        on_cannot_tell: the policy.
        checks: all rules. For ``approval``, ``reason`` is what happened; for the rules of a curve, ``rows`` is its
            number of rows, and ``value`` is the row with the best value (``best_before_last``), the first row without
            a finite number (``finite``, if it fails), or by how much validation is worse than train (``max_gap``).
    """

    on: GateSubject
    name: str
    outcome: GateOutcome
    on_cannot_tell: GatePolicy = "warn"
    checks: tuple[GateCheck, ...]


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of ``accepted`` in head's settings: somebody accepts that a gate fails, for a time.

    Attributes:
        what: the gate, by its name or by a pattern over names.
        by, why: who accepts it, and why.
        until: the last day, in ISO 8601.
        state: ``in_force``; ``no_gate`` if no gate has the name; ``ended`` after the last day; or ``too_long`` if that
            is more than a year away. Only an entry that is in force has an effect.
        added: whether base's settings lack the entry, so that head brings it along.
        covers: the gates that fail and that the entry names.
    """

    what: str
    by: str
    why: str
    until: str
    state: AcceptanceState
    added: bool
    covers: tuple[str, ...] = ()


class Gates(msgspec.Struct, frozen=True, kw_only=True):
    """All gates of a report.

    Attributes:
        outcome: ``fail`` if a gate fails and nobody accepts that, else ``warn`` if one warns.
        failed: the gates that fail, as ``file:key`` or, if it applies to no metric, by their pattern.
        warned: those that warn, likewise.
        passed: how many pass.
        cannot_tell: how many cannot tell and are let pass.
        unmatched: the gates whose pattern applies to no metric, and those on slices that apply to no slice.
        accepted: the gates that fail, too, but that an entry of ``accepted`` covers; ``failed`` lacks them.
        others: the gates on data, parameters, training and speed.
        acceptances: the entries of ``accepted`` in head's settings.
        day: the day on which entries are in force, in ISO 8601 and UTC; empty without entries. It is that of the later
            commit of base and head, and the current one if the workspace has uncommitted changes.
    """

    outcome: Literal["pass", "warn", "fail"]
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    passed: Count = 0
    cannot_tell: Count = 0
    unmatched: tuple[UnmatchedGate, ...] = ()
    accepted: tuple[str, ...] = ()
    others: tuple[OtherGate, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    day: str = ""

    @property
    def in_force(self) -> tuple[Acceptance, ...]:
        """The acceptances that have an effect, those first that a gate needs."""
        found = (each for each in self.acceptances if each.state == "in_force")
        return tuple(sorted(found, key=lambda each: not each.covers))

    @property
    def counts(self) -> dict[GateCount, int]:
        """The number of gates by outcome; those that fail are counted as ``accepted`` if somebody accepts that."""
        return {
            "fail": len(self.failed),
            "accepted": len(self.accepted),
            "warn": len(self.warned),
            "pass": self.passed,
            "cannot_tell": self.cannot_tell,
        }
