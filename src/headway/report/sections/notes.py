"""The footnotes: one per reason, with the files concerned and one command for all of them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from headway.report.blocks import Command, Items, Kind, Name, Section, Value, Words, joined, line, prose
from headway.report.escaping import shorten
from headway.report.formatting import LISTED, count
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.report.blocks import Inline
    from headway.values.problem import Problem
    from headway.values.report import Report
    from headway.values.revision import Side
    from headway.values.rules import RuleChange

KIND = Kind(noun="note", rank=12, markdown=50, page=500, terminal=50)
_MOST_OPEN = 3
"""Notes that a comment shows unfolded."""
_FEWEST = 3
"""Problems that differ only in numbers and names become one note if there are at least so many."""
_REMEDY = 500
"""Characters of a remedy that names all files; a longer one names their folders, or no file."""
_RULE = 60
"""Characters of a rule's key or value."""
_OF_WORKSPACE, _OF_ALL = "dvc pull", "dvc fetch --all-commits"
"""The commands that fetch a file of the workspace, and of a commit; the second fetches both."""
_SLOT = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Replaces what differs between problems of one kind."""
_VARIABLE = re.compile(r"(?<!\w)'[^']*'(?!\w)|\b[0-9a-f]{7,64}\b|\d[\d,.]*\d|\d")
_ENUMERATION = re.compile(f"{_SLOT}(?:(?:, | and ){_SLOT})+(?: more)?")
_COMMAND = re.compile(r"(?:dvc|git|headway) [a-z][^,;]*$")
_IN_DVC = re.compile(rf"(dvc (?:pull|fetch|push)(?: --[\w-]+)*) {_SLOT}")


class Note(NamedTuple):
    """One reason with all that it concerns.

    ``rest`` follows the names of the first places, such as ``"and 97 more (on both sides)"``.
    """

    places: tuple[str, ...]
    rest: str
    what: str
    remedy: str


def build(report: Report) -> Iterator[Section]:
    """The section on problems, except those of unavailable metrics files, which the opening shows."""
    notes = (*map(note_line, grouped(other_problems(report))), *_changed_rules(report))
    if notes:
        lines = notes[: KIND.most]
        items = Items(kind=KIND, entries=lines, left_out=len(notes) - len(lines), role="numbered")
        folds_as = count(len(notes), KIND.noun) if len(notes) > _MOST_OPEN else ""
        yield Section(anchor="notes", title="Notes", blocks=(items,), folds_as=folds_as)


def _changed_rules(report: Report) -> Iterator[Inline]:
    """What head changes in base's rules without loosening them; the opening tells the rest."""
    changes = [change for change in report.rules.changes if not change.loosened] if report.rules else []
    if changes:
        named = joined("; ", map(rule_change, changes[:LISTED]))
        more = and_more(len(changes) - LISTED)
        yield line(
            Name("settings"), ": base's rules judge; what head changes applies after the merge: ", named, more, "."
        )


def rule_change(change: RuleChange) -> Inline:
    """A difference between base's and head's rules, such as "accuracy: margin 0.005 → 0.05"."""
    field = f": {shorten(change.field, _RULE)} " if change.field else ": "
    base, head = (Value(shorten(value, _RULE)) for value in (change.base, change.head))
    return line(Name(change.name or change.section), field, base, " → ", head)


def note_line(note: Note) -> Inline:
    """A note as a sentence, with its remedy; a remedy that is a command can be pasted as it is."""
    places = joined(", ", [line(Name(place)) for place in note.places])
    rest = f" {note.rest}: " if note.rest else ": "
    text = line(places, rest, prose(note.what), ".")
    if not note.remedy:
        return text
    return line(text, to_do(note.remedy, "."))


def to_do(remedy: str, end: str = "") -> Inline:
    """A remedy for the end of a note; a sentence gets an ``end``, and a command none."""
    shown = Command(remedy) if _COMMAND.match(remedy) else line(prose(remedy), end)
    return line(Words(" To do: ", "quiet"), shown)


def missing_metrics(report: Report) -> list[Problem]:
    """The problems of unavailable metrics files, which the opening shows."""
    missing = {(file.path, file.side) for file in report.unavailable}
    return [problem for problem in report.problems if (problem.path, problem.side) in missing]


def other_problems(report: Report) -> list[Problem]:
    """All other problems."""
    missing = missing_metrics(report)
    return [problem for problem in report.problems if problem not in missing]


def grouped(problems: Iterable[Problem]) -> tuple[Note, ...]:
    """One note per reason, in the order of the problems."""
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        kinds.setdefault(_kind(problem), []).append(problem)
    return tuple(note for members in kinds.values() for note in _notes(members))


def _kind(problem: Problem) -> tuple[str, str]:
    """What problems of one reason share: the sentence without numbers and names, and the remedy without the path."""
    what = _VARIABLE.sub(_SLOT, _without_path(problem.what, problem.path))
    remedy = _without_path(problem.remedy, shlex.quote(problem.path))
    return _ENUMERATION.sub(_SLOT, what).replace(" are ", " is "), remedy.replace(_OF_WORKSPACE, _OF_ALL)


def _without_path(text: str, path: str) -> str:
    """A sentence or command with a slot for the path wherever it is a separate word."""
    return re.sub(rf"(?<!\S){re.escape(path)}(?![^\s`,;)])", _SLOT, text) if path else text


def _notes(members: Sequence[Problem]) -> Iterator[Note]:
    """The notes of one reason, separately for each combination of sides."""
    sides: dict[str, set[Side | None]] = {}
    for problem in members:
        sides.setdefault(_place(problem), set()).add(problem.side)
    shared: dict[frozenset[Side | None], list[Problem]] = {}
    for problem in members:
        shared.setdefault(frozenset(sides[_place(problem)]), []).append(problem)
    for part in shared.values():
        sentences = {_without_path(problem.what, problem.path) for problem in part}
        if 1 < len(sentences) < _FEWEST:
            yield from (_note([problem]) for problem in part)
        else:
            yield _note(part)


def _place(problem: Problem) -> str:
    return problem.path or problem.where


def _note(members: Sequence[Problem]) -> Note:
    places = list(dict.fromkeys(map(_place, members)))
    sides = [side for side in ("base", "head") if any(problem.side == side for problem in members)]
    side = "(on both sides)" if len(sides) > 1 else f"({sides[0]})" if sides else ""
    whats = list(dict.fromkeys(_without_path(problem.what, problem.path) for problem in members))
    what = whats[0].replace(_SLOT, "it") if len(places) > 1 else members[0].what
    return Note(
        places=tuple(places[:LISTED]),
        rest=f"{and_more(len(places) - LISTED)} {side}".strip(),
        what=f"{what}; {len(whats) - 1:,} more of this kind" if len(whats) > 1 else what,
        remedy=_remedy(members, places),
    )


def _remedy(members: Sequence[Problem], places: Sequence[str]) -> str:
    """One command for all files, base's if both sides are concerned; any other remedy as it is."""
    first = min(members, key=lambda problem: problem.side == "head")
    command = _without_path(first.remedy, shlex.quote(first.path))
    for targets in (places, list(dict.fromkeys(problem.folder or problem.path for problem in members))):
        remedy = command.replace(_SLOT, shlex.join(targets))
        if len(remedy) <= _REMEDY or len(targets) == 1:
            return remedy
    return _IN_DVC.sub(r"\1", command).replace(_SLOT, "them")
