"""What would be told twice, told once: the items of a ``foreach`` or matrix stage, and DVCLive's copy of parameters."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.values.comparison import Cause, Param, StageChange
    from headway.values.report import Report

ANY_ITEM = "*"
"""Stands for the item's name in what the causes of several items name."""


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
