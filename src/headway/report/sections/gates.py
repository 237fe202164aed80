"""The gates: each rule with what it was judged by, those that failed first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headway.judge.movement import prominence
from headway.numbers import format_relative, format_share
from headway.report.blocks import Column, Items, Kind, Name, Row, Section, Table, Text, Words, joined, line
from headway.report.formatting import LISTED, count, counted, notations
from headway.report.sections.anchor import point_change
from headway.report.sections.gate_words import (
    acceptance_line,
    acceptance_of,
    counts_as,
    how_to_approve,
    other_rows,
    outcome_cell,
)
from headway.report.sections.metrics.cells import distinct_names
from headway.report.sections.metrics.slices import place, slice_prominence
from headway.text import and_more
from headway.values.gate import by_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block, Inline
    from headway.report.formatting import Notation
    from headway.values.comparison import Metric
    from headway.values.gate import Acceptance, GateCheck, GateCount, GateOutcome, GatePolicy, Gates, UnmatchedGate
    from headway.values.report import Report

KIND = Kind(noun="gate rule", rank=-1, glance=20, markdown=200, page=2000, terminal=200)
_ACCEPTANCES = Kind(noun="acceptance", rank=-1, glance=20)
MOST_ACCEPTANCES = 3
"""Acceptances that the first lines of a report name; if there are more, the section lists all."""
_UNFOLDED = 12
"""Rules that did not pass and that a comment shows unfolded."""
_COLUMNS = (
    Column("Outcome"),  # beside the name, so that a phone shows both
    Column("Rule"),
    Column("Judged by"),
    Column("These rows show"),
)
_ORDER: tuple[GateCount, ...] = ("fail", "accepted", "warn", "pass")
_INTERVALS = (
    "A margin's rule passes or fails if the whole 90% interval lies on one side of it. These rows show changes of the "
    "size given with a probability of 80%."
)
_POINTS = "A rule that is judged by a value or a change is a point rule: no interval stands behind it."


class _Judged(NamedTuple):
    """A rule of a metric's gate, what its outcome means by the gate's policy, and who accepts it if it fails.

    ``where`` names the slice, if it is a gate on slices; ``reference`` names what head is judged against, if there are
    two.
    """

    metric: Metric
    check: GateCheck
    meant: GateOutcome
    accepted: Acceptance | None = None
    where: Inline = ()
    reference: Inline = ()

    @property
    def outcome(self) -> GateCount:
        return counts_as(self.meant, self.accepted)

    @property
    def key(self) -> tuple[str, str]:
        return self.metric.file, self.metric.key


def build(report: Report) -> Iterator[Section]:
    """The section on gates, folded if all of them pass."""
    gates = report.gates
    if gates:
        is_quiet = gates.outcome == "pass" and not gates.accepted
        folds_as = f"Gates: {summary(gates)}" if is_quiet else ""
        yield Section(anchor="gates", title="Gates", blocks=tuple(_blocks(report, gates)), folds_as=folds_as)


def summary(gates: Gates) -> str:
    """The number of gates by outcome: ``1 failed, 1 cannot tell, 2 passed``."""
    unsure = len(gates.warned) + gates.cannot_tell
    accepted = (len(gates.accepted), "failed but accepted")
    return counted((len(gates.failed), "failed"), accepted, (unsure, "cannot tell"), (gates.passed, "passed"))


def _blocks(report: Report, gates: Gates) -> Iterator[Block]:
    judged = list(_judged(report, gates))
    names = distinct_names([each.metric for each in judged])
    notation = notations(report.metrics)
    params = {f"{each.file}:{each.key}": each for each in report.params}
    rows = [(each.outcome, _row(each, names[each.key], notation(each.metric))) for each in judged]
    rows += [_unmatched(each, gates) for each in gates.unmatched]
    rows += [row for each in gates.others for row in other_rows(each, gates, params)]
    ordered = sorted((each for each in rows if each[0] in _ORDER), key=lambda each: _ORDER.index(each[0]))
    needed = sum(outcome != "pass" for outcome, _ in ordered)
    yield from _table([row for _, row in ordered], _columns(gates, len(judged)), unfolded=min(needed, _UNFOLDED))
    yield from how_to_approve(gates)
    yield from _let_pass([row.cells[0] for outcome, row in rows if outcome == "cannot_tell"])
    if remarks := " ".join(_remarks([each.check for each in judged if each.outcome != "cannot_tell"])):
        yield Text(content=line(remarks), role="small")
    if len(gates.in_force) > MOST_ACCEPTANCES:
        yield Items(kind=_ACCEPTANCES, entries=tuple(map(acceptance_line, gates.in_force)))


def _columns(gates: Gates, metric_rules: int) -> tuple[Column, ...]:
    """The columns; without metrics, no rows show anything."""
    columns = (Column("Gate" if gates.others else "Metric"), *_COLUMNS)
    return columns if metric_rules else columns[:-1]


def _table(rows: Sequence[Row], columns: Sequence[Column], unfolded: int) -> Iterator[Table]:
    if rows:
        left_out, shown = len(rows[KIND.most :]), tuple(Row(row.cells[: len(columns)]) for row in rows[: KIND.most])
        yield Table(kind=KIND, columns=tuple(columns), entries=shown, left_out=left_out, unfolded=unfolded)


def _let_pass(names: Sequence[Any]) -> Iterator[Text]:
    """How many rules cannot tell without a consequence, in one line."""
    if names:
        whose = "its gate lets" if len(names) == 1 else "their gates let"
        distinct = list(dict.fromkeys(names))
        listed = line(joined(", ", distinct[:LISTED]), and_more(len(distinct) - LISTED))
        sentence = line(f"{count(len(names), KIND.noun)} cannot tell, which {whose} pass: ", listed, ".")
        yield Text(content=sentence, role="small")


def _remarks(checks: Sequence[GateCheck]) -> Iterator[str]:
    if any(check.detectable is not None for check in checks):
        yield _INTERVALS
    if any(check.is_point for check in checks):
        yield _POINTS


def _judged(report: Report, gates: Gates) -> Iterator[_Judged]:
    for metric in sorted(report.metrics, key=prominence):
        yield from _of_metric(metric, report, acceptance_of(metric.name, gates))
    for each in sorted(report.slices, key=slice_prominence):
        yield from _of_metric(each.metric, report, acceptance_of(each.name, gates), line(" where ", place(each)))


def _of_metric(metric: Metric, report: Report, accepted: Acceptance | None, where: Inline = ()) -> Iterator[_Judged]:
    for check in metric.gate.checks if metric.gate else ():
        policy: GatePolicy = metric.gate.on_cannot_tell if metric.gate else "warn"
        yield _Judged(metric, check, by_policy(check.outcome, policy), accepted, where, _reference(check, report))


def _reference(check: GateCheck, report: Report) -> Inline:
    if not report.anchor:
        return ()
    return line(Name(report.anchor.name)) if check.against == "anchor" else line("base")


def _row(one: _Judged, name: Words | Name, notation: Notation) -> Row:
    cells = (_rule(one, notation), line(_judged_by(one, notation)), line(_power(one, notation)))
    outcome = outcome_cell(one.check.outcome, one.meant, one.check.reason, one.accepted)
    return Row((line(name, one.where), outcome, *cells))


def _unmatched(gate: UnmatchedGate, gates: Gates) -> tuple[GateCount, Row]:
    accepted = acceptance_of(gate.pattern, gates)
    outcome = outcome_cell("cannot_tell", gate.outcome, gate.reason, accepted)
    return counts_as(gate.outcome, accepted), Row((line(Name(gate.pattern)), outcome, line(), line(), line()))


def _rule(one: _Judged, notation: Notation) -> Inline:
    check, limit = one.check, one.check.limit or 0.0
    if check.rule in {"min", "max"}:
        level = notation.level(limit)
        return line(f"at least {level}" if check.rule == "min" else f"at most {level}")
    than = line(" than ", one.reference) if one.reference else ()
    if check.rule == "require_improvement":
        return line("better", than)
    size = _size(one, notation)
    if check.rule == "margin":
        return line("not worse", than, " by more than ", size)
    falls = (check.rule == "max_regression") == (one.metric.direction == "higher")
    since = line(" from ", one.reference) if one.reference and not check.relative else ()
    return line(f"{'falls' if falls else 'rises'} by at most ", size, since)


def _size(one: _Judged, notation: Notation) -> Inline:
    limit = one.check.limit or 0.0
    if one.check.relative:
        return line(f"{format_share(limit)} of ", one.reference or "base")
    return line(notation.size(limit, 0.0))


def _judged_by(one: _Judged, notation: Notation) -> str:
    """The interval or the number, with the sign that it has for the metric."""
    metric, check = one.metric, one.check
    if check.low is not None and check.high is not None:
        ends = (check.low, check.high) if metric.direction == "higher" else (-check.high, -check.low)
        return f"90% interval {notation.interval(*ends)}"
    if check.value is None:
        return ""
    if check.rule in {"min", "max"}:
        return f"value {notation.values(metric)[1].text}"
    if check.relative:
        return f"change {format_relative(_signed(check, metric))}"
    if check.against == "anchor":
        return f"change {point_change(metric, _signed(check, metric))}"
    return f"change {notation.change(metric)}"


def _signed(check: GateCheck, metric: Metric) -> float:
    """The change that a point rule compares, with the sign that it has for the metric."""
    towards_better = check.rule == "max_improvement"
    value = check.value or 0.0
    return value if towards_better == (metric.direction == "higher") else -value


def _power(one: _Judged, notation: Notation) -> str:
    """The change that the rows of a margin's rule show, and how many rows would show the margin itself."""
    check = one.check
    if check.detectable is None or check.low is None or check.high is None:
        return ""
    moves = "drops" if one.metric.direction == "higher" else "rises"
    shown = f"{moves} above {notation.size(check.detectable, check.high - check.low)}"
    if check.rows_needed is None:
        return shown
    unit = "runs" if one.metric.evidence and one.metric.evidence.covers == "seeds" else "rows"
    needed = float(f"{check.rows_needed:.1e}")
    return f"{shown}; ≈ {needed:,.0f} {unit} would show {notation.size(check.limit or 0.0, 0.0)}"
