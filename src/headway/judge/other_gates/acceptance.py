"""Which failed gates somebody accepts: entries of ``accepted`` in head's settings, each with an end.

Whether an entry has ended depends on the commits, not on when the report is made, so that the same commits always give
the same report.
"""

from __future__ import annotations

import difflib
from datetime import date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.compare.metrics import matches
from headway.judge.other_gates.approvals import is_meant
from headway.paths import parents
from headway.values.gate import Acceptance, overall
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from headway.settings import AcceptedRule, OtherGates
    from headway.values.comparison import Metric, Slice
    from headway.values.gate import AcceptanceState, Gates, OtherGate
    from headway.values.revision import Revision

_LONGEST = timedelta(days=366)
"""The longest term: an acceptance without an end would be a gate that nobody removed."""
_SETTING = "settings: accepted"


def judging_day(base: Revision, head: Revision, today: date) -> date:
    """The day on which acceptances must be in force.

    It is that of the later commit of base and head, because the author of head chooses the date of head's commit, and
    no day in the future, for the same reason. Only a workspace with uncommitted changes has no date, so ``today``
    serves.
    """
    days = [datetime.fromisoformat(side.committed).date() for side in (base, head) if side.committed]
    return today if head.dirty or not days else min(today, max(days))


def gate_names(metrics: Iterable[Metric], slices: Iterable[Slice], gates: Gates) -> dict[str, tuple[str, ...]]:
    """The names by which an entry may mean each gate, by the name that ``gates`` has for it."""
    found: dict[str, tuple[str, ...]] = {each.name: (each.name, each.key) for each in metrics if each.gate}
    for part in slices:
        if part.metric.gate:
            found[part.name] = (part.name, part.name.removeprefix(f"{part.metric.file}:"))
    for each in gates.unmatched:
        short = each.pattern.partition(":")[2] if ": slices" in each.pattern else ""
        found[each.pattern] = (each.pattern, short or each.pattern)
    for gate in gates.others:
        found[gate.name] = (gate.name, *_other_names(gate))
    return found


def _other_names(gate: OtherGate) -> Iterator[str]:
    """What else an entry may call a gate: a parameter without its file, or a folder that holds the path."""
    if gate.on == "params" and ":" in gate.name:
        yield gate.name.partition(":")[2]
    if gate.on == "data":
        yield from parents(gate.name)


class Entries(NamedTuple):
    """The entries of ``accepted`` on both sides, and the gates on what is no metric, which an entry may be about."""

    base: Sequence[AcceptedRule]
    head: Sequence[AcceptedRule]
    rules: OtherGates


def accept(gates: Gates, names: Mapping[str, Collection[str]], entries: Entries, day: date) -> Gates:
    """The gates, of which those that fail and that an entry in force names are accepted.

    Args:
        gates: what became of the gates.
        names: the result of :func:`gate_names`.
        entries: those of head count; base's say which of them head adds.
        day: the result of :func:`judging_day`.
    """
    all_names = {name for each in names.values() for name in each}

    def judged(entry: AcceptedRule) -> Acceptance:
        has_gate = any(_is_meant(entry, name) for name in all_names) or _needs_approval(entry.what, entries.rules)
        return Acceptance(
            what=entry.what,
            by=entry.by,
            why=entry.why,
            until=entry.until.isoformat(),
            state=_state(entry.until, day) if has_gate else "no_gate",
            added=entry not in entries.base,
            covers=tuple(name for name in gates.failed if any(_is_meant(entry, each) for each in names[name])),
        )

    acceptances = tuple(map(judged, entries.head))
    covered = {name for each in acceptances if each.state == "in_force" for name in each.covers}
    failed = tuple(name for name in gates.failed if name not in covered)
    return msgspec.structs.replace(
        gates,
        outcome=overall(failed, gates.warned),
        failed=failed,
        accepted=tuple(name for name in gates.failed if name in covered),
        acceptances=acceptances,
        day=day.isoformat(),
    )


def _state(until: date, day: date) -> AcceptanceState:
    if until < day:
        return "ended"
    return "too_long" if until > day + _LONGEST else "in_force"


def _is_meant(entry: AcceptedRule, name: str) -> bool:
    return entry.what == name or fnmatchcase(name, entry.what)


def without_effect(gates: Gates, names: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """One problem for each entry without an effect.

    Args:
        gates: the result of :func:`accept`.
        names: the result of :func:`gate_names`.
    """
    known = sorted({name for each in names.values() for name in each})
    for each in gates.acceptances:
        entry = f"the entry for {each.what!r} by {each.by}"
        if each.state == "no_gate":
            close = difflib.get_close_matches(each.what, known, n=1)
            what, remedy = f"{entry} names no gate", f"did you mean {close[0]!r}?" if close else "remove it"
        elif each.state == "ended":
            what, remedy = f"{entry} ended on {each.until}", "remove it, or agree on a new end"
        elif each.state == "too_long":
            latest = date.fromisoformat(gates.day) + _LONGEST
            what, remedy = f"{entry} ends more than a year ahead", f"choose an end up to {latest.isoformat()}"
        else:
            continue
        yield Problem(where=_SETTING, what=f"{what}, so it accepts nothing", remedy=remedy)


def _needs_approval(what: str, rules: OtherGates) -> bool:
    """Whether a name is that of data or of a parameter that may not change without an approval."""
    file, _, key = what.rpartition(":")
    is_data = any(is_meant(pattern, "", what) for pattern in rules.data)
    keys = rules.params if file else [pattern.rpartition(":")[2] for pattern in rules.params]
    return is_data or any(matches(pattern, file, key) for pattern in keys)
