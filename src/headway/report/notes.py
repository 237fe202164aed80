"""What would be told many times, told once.

One reason is one note, with the files that it concerns and one command for all. The items of a ``foreach`` or matrix
stage that have the same causes are one line, and DVCLive's copy of the parameters is none.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.report.formatting import LISTED, and_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.values.comparison import Cause, Param, StageChange
    from headway.values.problem import Problem
    from headway.values.report import Report
    from headway.values.revision import Side

_FEWEST = 3
"""Problems that differ in their numbers and names from which on they are one note."""
_REMEDY = 500
"""Characters of a remedy with the names of all files; where they are more, it names their folders, or no file."""
_OF_WORKSPACE, _OF_ALL = "dvc pull", "dvc fetch --all-commits"
"""What brings a file of the workspace, and of a commit; the second brings both."""
_SLOT = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for what differs between problems of one kind."""
_VARIABLE = re.compile(r"(?<!\w)'[^']*'(?!\w)|\b[0-9a-f]{7,64}\b|\d[\d,.]*\d|\d")
_ENUMERATION = re.compile(f"{_SLOT}(?:(?:, | and ){_SLOT})+(?: more)?")
_IN_DVC = re.compile(rf"(dvc (?:pull|fetch|push)(?: --[\w-]+)*) {_SLOT}")
ANY_ITEM = "*"
"""Stands for the item's name in what the causes of several items name."""


class Note(NamedTuple):
    """A footnote, ready to print.

    Attributes:
        places: what it is about: the first files or other things, by name.
        rest: what follows the names, such as ``"and 97 more (on both sides)"``; often empty.
        what, remedy: as in :class:`~headway.values.problem.Problem`.
    """

    places: tuple[str, ...]
    rest: str
    what: str
    remedy: str


def grouped(problems: Iterable[Problem]) -> tuple[Note, ...]:
    """One note for each reason, in the order of the problems."""
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in dict.fromkeys(problems):
        kinds.setdefault(_kind(problem), []).append(problem)
    return tuple(note for members in kinds.values() for note in _notes(members))


def _kind(problem: Problem) -> tuple[str, str]:
    """What problems of one reason share: the sentence but for numbers and names, and the remedy but for the path."""
    what = _VARIABLE.sub(_SLOT, _without_path(problem.what, problem.path))
    remedy = _without_path(problem.remedy, shlex.quote(problem.path))
    return _ENUMERATION.sub(_SLOT, what).replace(" are ", " is "), remedy.replace(_OF_WORKSPACE, _OF_ALL)


def _without_path(text: str, path: str) -> str:
    """A sentence or command with a slot where the path stands as a word of its own."""
    return re.sub(rf"(?<!\S){re.escape(path)}(?![^\s`,;)])", _SLOT, text) if path else text


def _notes(members: Sequence[Problem]) -> Iterator[Note]:
    """The notes of one reason: what concerns both sides, and what concerns one or neither."""
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
    """One command for all files, base's where it concerns both sides; else the remedy as it is."""
    first = min(members, key=lambda problem: problem.side == "head")
    command = _without_path(first.remedy, shlex.quote(first.path))
    for targets in (places, list(dict.fromkeys(problem.folder or problem.path for problem in members))):
        remedy = command.replace(_SLOT, shlex.join(targets))
        if len(remedy) <= _REMEDY or len(targets) == 1:
            return remedy
    return _IN_DVC.sub(r"\1", command).replace(_SLOT, "them")


class StageGroup(NamedTuple):
    """A stage with its causes, or the items of one stage that have the same causes.

    Attributes:
        name: the stage's address; of several items the stage's own, without an item.
        causes: of several items, with :data:`ANY_ITEM` in place of the item.
        stages: how many stages it stands for.
    """

    name: str
    causes: tuple[Cause, ...]
    stages: int = 1


def grouped_stages(changes: Iterable[StageChange]) -> list[StageGroup]:
    """The stages in their order, items of one stage whose causes differ in nothing but the item as one."""
    groups: dict[tuple[str, bytes], list[StageChange]] = {}
    for change in changes:
        stage, item = _parts(change.name)
        causes = msgspec.json.encode(_of_any_item(change.causes, item))
        groups.setdefault((stage, causes), []).append(change)
    return [_group(stage, members) for (stage, _), members in groups.items()]


def _group(stage: str, members: Sequence[StageChange]) -> StageGroup:
    first = members[0]
    if len(members) == 1:
        return StageGroup(first.name, first.causes)
    shared = all(member.causes == first.causes for member in members)
    causes = first.causes if shared else _of_any_item(first.causes, _parts(first.name)[1])
    return StageGroup(stage, causes, len(members))


def _parts(address: str) -> tuple[str, str]:
    """The address of a stage and its item; "" for a stage that has none."""
    file, colon, name = address.rpartition("dvc.yaml:")
    stage, _, item = name.partition("@")
    return f"{file}{colon}{stage}", item


def _of_any_item(causes: tuple[Cause, ...], item: str) -> tuple[Cause, ...]:
    """The causes with the item's name, wherever it stands as a word of its own, replaced."""
    if not item:
        return causes
    word = re.compile(rf"(?<![^\W_]){re.escape(item)}(?![^\W_])")

    def masked(value: object) -> object:
        return word.sub(ANY_ITEM, value) if isinstance(value, str) else value

    return tuple(
        msgspec.structs.replace(cause, what=masked(cause.what), base=masked(cause.base), head=masked(cause.head))
        for cause in causes
    )


def without_copies(report: Report) -> list[Param]:
    """The parameters without those that DVCLive copied: params.yaml beside its metrics.json, which no stage reads."""
    folders = {posixpath.dirname(metric.file) for metric in report.metrics if metric.file.endswith("/metrics.json")}
    read = {cause.what.partition(":")[0] for stage in report.stages for cause in stage.causes}
    copies = {f"{folder}/params.yaml" for folder in folders} - read
    told = {said for param in report.params if param.file not in copies for said in _sayings(param)}
    return [param for param in report.params if param.file not in copies or next(_sayings(param)) not in told]


def _sayings(param: Param) -> Iterator[tuple[str, ...]]:
    """What a parameter says under its key, then under the ends of its key: DVCLive may have been given a section."""
    parts = param.key.split(".")
    said = param.status, repr(param.base), repr(param.head)
    return ((".".join(parts[number:]), *said) for number in range(len(parts)))
