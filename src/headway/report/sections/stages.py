"""Why metrics changed: the stages that ran differently, each with its causes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.report.blocks import Definition, Definitions, Items, Kind, Name, Section, Words, joined, line
from headway.report.formatting import LISTED, count, literal_values
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.report.blocks import Inline
    from headway.values.comparison import Cause, StageChange
    from headway.values.report import Report

KIND = Kind(noun="stage", rank=3, glance=5, markdown=100, page=500, terminal=50)
CAUSES = Kind(noun="cause", rank=4, least=3, markdown=100, page=500, terminal=100)
ANY_ITEM = "*"
"""Replaces the item's name in causes that several items of a stage share."""
_TAILS = {
    "changed": "",
    "added": "added",
    "removed": "removed",
    "unknown": "(unknown whether it changed: hashes of DVC 2 and DVC 3 cannot be compared)",
}


def build(report: Report) -> Iterator[Section]:
    """The section on stages."""
    if report.stages:
        number = count(len(report.stages), "changed stage")
        yield Section(anchor="why", title="Why it moved", blocks=(stage_list(report.stages),), folds_as=number)


def stage_list(stages: Iterable[StageChange]) -> Definitions:
    """Stages with their causes; those with the same causes are one entry."""
    shared: dict[bytes, list[StageGroup]] = {}
    for group in grouped_stages(stages):
        shared.setdefault(msgspec.json.encode(group.causes), []).append(group)
    entries = tuple(map(_definition, shared.values()))
    left_out = sum(entry.number for entry in entries[KIND.most :])
    return Definitions(kind=KIND, entries=entries[: KIND.most], left_out=left_out)


def _definition(groups: Sequence[StageGroup]) -> Definition:
    """Stages with the same causes."""
    every = groups[0].causes
    lines = tuple(map(cause_line, every[: CAUSES.most]))
    causes = Items(kind=CAUSES, entries=lines, left_out=len(every) - len(lines))
    term = line(joined(", ", map(_named, groups[:LISTED])), and_more(len(groups) - LISTED))
    return Definition(term=term, details=causes, number=sum(group.stages for group in groups))


def _named(group: StageGroup) -> Inline:
    return line(Name(group.name), f" ({count(group.stages, 'stage')})" if group.stages > 1 else "")


def cause_line(cause: Cause) -> Inline:
    """A cause as a phrase."""
    tail = f" {_TAILS[cause.change]}".rstrip()
    match cause.kind:
        case "parameter" | "command":
            base, head = literal_values(cause)
            param = (Name(cause.what), Words(" ")) if cause.kind == "parameter" else ()
            one_side = {"added": (head,), "removed": (base,)}.get(cause.change)
            return line(f"{cause.kind} ", param, *(one_side or (base, " → ", head)), tail)
        case "stage":
            return line(f"the stage was {cause.what}")
        case "output" if cause.change == "changed":
            return _unexplained(cause.what.split(", "))
        case "output":
            return line("output ", Name(cause.what), tail)
    kind = "upstream stage" if cause.kind == "upstream" else cause.kind
    return line("dependency " if cause.change in ("added", "removed") else f"{kind} ", Name(cause.what), tail)


def _unexplained(outs: Sequence[str]) -> Inline:
    rest = f"{and_more(len(outs) - LISTED)} changed, although nothing that the stage depends on did"
    return line("output ", Name(", ".join(outs[:LISTED])), rest)


class StageGroup(NamedTuple):
    """A stage with its causes, or several items of one stage with the same causes.

    For several items, ``name`` is the stage's address without an item, and the causes contain :data:`ANY_ITEM` instead.
    """

    name: str
    causes: tuple[Cause, ...]
    stages: int = 1


def grouped_stages(changes: Iterable[StageChange]) -> list[StageGroup]:
    """The stages in order; items of one stage whose causes differ only in the item are one group."""
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
    """The address of a stage and its item, which may be empty."""
    file, colon, name = address.rpartition("dvc.yaml:")
    stage, _, item = name.partition("@")
    return f"{file}{colon}{stage}", item


def _of_any_item(causes: tuple[Cause, ...], item: str) -> tuple[Cause, ...]:
    """The causes with the item's name replaced wherever it is a separate word."""
    if not item:
        return causes
    word = re.compile(rf"(?<![^\W_]){re.escape(item)}(?![^\W_])")

    def masked(value: object) -> object:
        return word.sub(ANY_ITEM, value) if isinstance(value, str) else value

    return tuple(
        msgspec.structs.replace(cause, what=masked(cause.what), base=masked(cause.base), head=masked(cause.head))
        for cause in causes
    )
