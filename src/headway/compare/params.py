"""Values by file and key, side by side: the parameters, and whatever else files hold under keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.arithmetic import json_value, same
from headway.values.comparison import Param, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from headway.values.snapshot import Snapshot


def compare_params(base: Snapshot, head: Snapshot) -> tuple[Param, ...]:
    """The parameters that were changed, added or removed, sorted by file and key."""
    found = compare_values(base.params, head.params, (base.unreadable, head.unreadable))
    return tuple(param for param in found if param.status != "unchanged")


def compare_values(
    base: Mapping[str, Mapping[str, object]],
    head: Mapping[str, Mapping[str, object]],
    unreadable: tuple[Collection[str], Collection[str]] = ((), ()),
) -> Iterator[Param]:
    """Every key of either side, sorted by file and key.

    Args:
        base, head: values by key by file.
        unreadable: the files of each side that could not be read.
    """
    for file in sorted({*base, *head}):
        old, new = base.get(file, {}), head.get(file, {})
        for key in sorted({*old, *new}):
            if key not in old:
                status: Status = "unavailable" if file in unreadable[0] else "added"
            elif key not in new:
                status = "unavailable" if file in unreadable[1] else "removed"
            else:
                status = "unchanged" if same(old[key], new[key]) else "changed"
            values = json_value(old.get(key)), json_value(new.get(key))
            yield Param(file=file, key=key, base=values[0], head=values[1], status=status)
