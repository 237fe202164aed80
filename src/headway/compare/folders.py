"""Tracked files and folders that differ, and of two listings of a folder the files that are new, gone or different."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headway.compare.arithmetic import differing
from headway.sorting import by_name
from headway.values.comparison import DataChange
from headway.values.dataset import FileChange, FolderChange, SideStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from headway.values.snapshot import Out

MOST_FILES = 100
"""Files of a folder that are named; the rest is counted."""
MOST_SIZED = 5_000
"""Files whose sizes are looked up one by one; a folder that is all new may have any number of them."""
Listing = dict[str, SideStatus]


def compare_data(base: Mapping[str, Out], head: Mapping[str, Out]) -> tuple[DataChange, ...]:
    """The outs whose content hash differs or that only one side tracks, sorted by path, numbers as numbers."""
    return tuple(
        DataChange(path=path, base=old, head=new)
        for path in sorted({*base, *head}, key=by_name)
        for old, new in [(base.get(path), head.get(path))]
        if old is None or new is None or old.hash != new.hash
    )


def differing_files(base: Mapping[str, str], head: Mapping[str, str]) -> Listing:
    """The files that only one side has or whose hash differs, sorted by path."""
    return {
        path: "added" if path not in base else "removed" if path not in head else "changed"
        for path in differing(base, head)
    }


def compare_folder(
    change: DataChange, files: Listing | None, size: Callable[[str], tuple[int | None, int | None]]
) -> FolderChange:
    """Count what changed in a folder and name the largest files.

    Args:
        change: the folder as both locks record it.
        files: what :func:`differing_files` found; ``None`` where a listing is not known.
        size: a file's size on each side, where known.
    """
    counts = None if files is None else Counter(files.values())
    return FolderChange(
        path=change.path,
        base_files=change.base.files if change.base else None,
        head_files=change.head.files if change.head else None,
        base_size=change.base.size if change.base else None,
        head_size=change.head.size if change.head else None,
        added=None if counts is None else counts["added"],
        removed=None if counts is None else counts["removed"],
        changed=None if counts is None else counts["changed"],
        files=tuple(_largest(files or {}, size)),
    )


def _largest(files: Listing, size: Callable[[str], tuple[int | None, int | None]]) -> Iterator[FileChange]:
    known = len(files) <= MOST_SIZED
    sized = [(path, status, *(size(path) if known else (None, None))) for path, status in files.items()]
    if known:  # else only a few of very many are named, and those in the order of plain text
        sized.sort(key=lambda file: (-max(file[2] or 0, file[3] or 0), by_name(file[0])))
    for path, status, base, head in sized[:MOST_FILES]:
        yield FileChange(path=path, status=status, base=base, head=head)
