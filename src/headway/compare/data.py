"""Tracked files and folders that differ between the sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.values.comparison import DataChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.snapshot import Out


def compare_data(base: Mapping[str, Out], head: Mapping[str, Out]) -> tuple[DataChange, ...]:
    """The outs whose content hash differs or that only one side tracks, sorted by path."""
    return tuple(
        DataChange(path=path, base=old, head=new)
        for path in sorted({*base, *head})
        for old, new in [(base.get(path), head.get(path))]
        if old is None or new is None or old.hash != new.hash
    )
