"""Why the model moved: the stages that ran differently, each with its causes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.report.blocks import Definition, Definitions, Items, Kind, Name, Section, line
from headway.report.formatting import LISTED, and_more, count, literal_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.report.blocks import Inline
    from headway.values.comparison import Cause, StageChange
    from headway.values.report import Report

KIND = Kind(noun="stage", rank=3, glance=5, markdown=100, page=500, terminal=50)
CAUSES = Kind(noun="cause", rank=4, least=3, markdown=100, page=500, terminal=100)
ANY_ITEM = "*"
"""Stands for the item's name in what the causes of several items name."""
_KINDS = {"upstream": "upstream stage"}
_TAILS = {
    "changed": "",
    "added": "added",
    "removed": "removed",
    "unknown": "(two kinds of hash, so whether it changed is unknown)",
}


def build(report: Report) -> Iterator[Section]:
    """The section on stages, where any ran differently."""
    if report.stages:
        yield Section(anchor="why", title="Why it moved", blocks=(stage_list(report.stages),))


def stage_list(stages: Iterable[StageChange]) -> Definitions:
    """Stages with their causes, items with the same causes together."""
    return Definitions(kind=KIND, entries=tuple(map(_definition, grouped_stages(stages))))


def _definition(group: StageGroup) -> Definition:
    items = f" ({count(group.stages, 'stage')})" if group.stages > 1 else ""
    causes = Items(kind=CAUSES, entries=tuple(map(cause_line, group.causes)))
    return Definition(term=line(Name(group.name), *([items] if items else [])), details=causes, number=group.stages)


def cause_line(cause: Cause) -> Inline:
    """A cause in words."""
    tail = _TAILS[cause.change]
    match cause.kind:
        case "parameter":
            base, head = literal_values(cause)
            return line("parameter ", Name(cause.what), " ", base, " → ", head, f" {tail}".rstrip())
        case "command":
            base, head = literal_values(cause)
            return line("command ", base, " → ", head)
        case "stage":
            return line(f"the stage was {cause.what}")
        case "output":
            return _output_line(cause.what, tail)
    kind = "dependency" if cause.change in ("added", "removed") else _KINDS.get(cause.kind, cause.kind)
    return line(f"{kind} ", Name(cause.what), f" {tail}".rstrip())


def _output_line(what: str, tail: str) -> Inline:
    """One output that is new or gone, or the first of those that changed without a cause."""
    if tail:
        return line("output ", Name(what), f" {tail}")
    outs = what.split(", ")
    more = and_more(len(outs) - LISTED)
    return line(
        "output ", Name(", ".join(outs[:LISTED])), f"{more} changed, although nothing that the stage depends on did"
    )


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
