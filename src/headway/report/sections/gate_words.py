"""What gates say: their outcome, who accepts that one fails, and the rules of gates on what is no metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from headway.numbers import format_decimals, format_relative, format_share, format_value, interval_decimals
from headway.report.blocks import Command, Name, Row, Text, Words, joined, line, prose
from headway.report.escaping import shorten
from headway.report.sections.params import param_values
from headway.values.gate import by_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.report.blocks import Inline
    from headway.values.comparison import Param
    from headway.values.gate import Acceptance, GateCheck, GateCount, GateOutcome, Gates, OtherGate

_WHY = 200
"""Characters of a reason."""
_WHO = 60
"""Characters of who accepts."""
_APPROVAL = "changes only with an approval"


def acceptance_line(one: Acceptance) -> Inline:
    """Who accepts that a gate fails, until when and why."""
    who = line(Words("Accepted", "strong"), f" by {_who(one)}: ", Name(one.what))
    notes = (" Head adds this entry." if one.added else "", "" if one.covers else " No gate needs it now.")
    return line(who, f", because “{shorten(one.why, _WHY)}”.", *notes)


def _who(one: Acceptance) -> str:
    return f"{shorten(one.by, _WHO)} until {shorten(one.until, _WHO)}"


def acceptance_of(name: str, gates: Gates) -> Acceptance | None:
    """The acceptance of a failed gate: one in force, else one without an effect."""
    found = [each for each in gates.acceptances if name in each.covers]
    return next((each for each in found if each.state == "in_force"), next(iter(found), None))


def counts_as(meant: GateOutcome, accepted: Acceptance | None) -> GateCount:
    """A rule's outcome, with those that fail and are accepted apart."""
    is_accepted = meant == "fail" and accepted is not None and accepted.state == "in_force"
    return "accepted" if is_accepted else meant


def outcome_cell(check: GateOutcome, meant: GateOutcome, reason: str, accepted: Acceptance | None = None) -> Inline:
    """What a rule says, who accepts that it fails, and why it fails or cannot tell."""
    why = line(": ", prose(reason)) if reason else line()
    if meant == "fail":
        word = "failed, because it cannot tell" if check == "cannot_tell" else "failed"
        return line(_failed(word, why, accepted))
    return line(Words("passed") if check == "pass" else Words("cannot tell", "warning"), why)


def _failed(word: str, why: Inline, accepted: Acceptance | None) -> Inline:
    if accepted is None:
        return line(Words(word, "failed"), why)
    if accepted.state == "in_force":
        return line(Words(f"{word}, but accepted", "warning"), f" by {_who(accepted)}", why)
    without = "has ended" if accepted.state == "ended" else "has no effect"
    return line(Words(word, "failed"), why, f"; the acceptance by {_who(accepted)} {without}")


def other_rows(gate: OtherGate, gates: Gates, params: Mapping[str, Param]) -> Iterator[tuple[GateCount, Row]]:
    """One row for each rule of a gate on no metric, with its outcome; ``params`` are those that changed, by name."""
    param = params.get(gate.name)
    accepted = acceptance_of(gate.name, gates)
    for check in gate.checks:
        meant = by_policy(check.outcome, gate.on_cannot_tell)
        judged_by = line(*joined(" → ", map(line, param_values(param)))) if param else line(_judged_by(check))
        outcome = outcome_cell(check.outcome, meant, check.reason, accepted)
        yield counts_as(meant, accepted), Row((line(Name(gate.name)), outcome, line(_rule(check)), judged_by, line()))


def _rule(check: GateCheck) -> str:
    if check.rule == "approval":
        return _APPROVAL
    if check.rule == "best_before_last":
        return "best before the last row"
    if check.rule == "finite":
        return "finite numbers only"
    if check.rule == "max_slowdown":
        return f"at most {format_share(check.limit or 0.0)} slower than base"
    if check.rule in {"min", "max"}:
        return f"at {'least' if check.rule == 'min' else 'most'} {format_value(check.limit)}"
    return f"at most {format_value(check.limit)} worse than train"


def _judged_by(check: GateCheck) -> str:
    if check.value is None:
        return ""
    if check.rule == "max_slowdown" or check.rule in {"min", "max"}:
        return _interval(check)
    if check.rule == "max_gap":
        return f"gap {format_value(check.value)} where validation is best"
    if check.rule == "finite":
        return f"no finite number in row {check.value:,.0f} of {check.rows or 0:,}"
    return f"best in row {check.value:,.0f} of {check.rows or 0:,}"


def _interval(check: GateCheck) -> str:
    """The 90% interval that judges what a speed test measured: of the slowdown, or of head's median."""
    if check.low is None or check.high is None:
        return ""
    if check.rule == "max_slowdown":
        return f"90% interval {format_relative(-check.high)} to {format_relative(-check.low)}"
    decimals, ends = interval_decimals(check.low, check.high), (check.low, check.high)
    low, high = (format_value(end) if decimals is None else format_decimals(end, decimals) for end in ends)
    return f"90% interval {low} to {high}"


def how_to_approve(gates: Gates) -> Iterator[Text]:
    """The entry that approves a change of data or of a parameter, to paste."""
    names = [gate.name for gate in gates.others if gate.on in {"data", "params"} and gate.name in gates.failed]
    if names:
        entry = f"{{what: {json.dumps(names[0], ensure_ascii=False)}, by: NAME, why: REASON, until: YYYY-MM-DD}}"
        told = line(
            "To approve a change, add an entry to ", Name("accepted"), " in the settings: ", Command(entry), "."
        )
        yield Text(content=told, role="small")
