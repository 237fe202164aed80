"""Parameters that differ between the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.arithmetic import json_value, same
from headway.values.comparison import Param, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.values.snapshot import Snapshot


def compare_params(base: Snapshot, head: Snapshot) -> tuple[Param, ...]:
    """The parameters that were changed, added or removed, sorted by file and key."""
    return tuple(_changed(base, head))


def _changed(base: Snapshot, head: Snapshot) -> Iterator[Param]:
    for file in sorted({*base.params, *head.params}):
        old, new = base.params.get(file, {}), head.params.get(file, {})
        for key in sorted({*old, *new}):
            if key in old and key in new and same(old[key], new[key]):
                continue
            yield Param(
                file=file,
                key=key,
                base=json_value(old.get(key)),
                head=json_value(new.get(key)),
                status=_status(file, key, base, head),
            )


def _status(file: str, key: str, base: Snapshot, head: Snapshot) -> Status:
    if key not in base.params.get(file, {}):
        return "unavailable" if file in base.unreadable else "added"
    if key not in head.params.get(file, {}):
        return "unavailable" if file in head.unreadable else "removed"
    return "changed"
