"""Tracked files and folders that differ, and the files of a folder that were added, removed or changed."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from headway.compare.arithmetic import differing
from headway.sorting import by_name
from headway.text import first_names
from headway.values.comparison import DataChange
from headway.values.dataset import FileChange, FolderChange, SideStatus
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from headway.values.comparison import StageChange
    from headway.values.snapshot import Snapshot

MOST_FILES = 100
"""Files of a folder that the report names; the rest is counted."""
MOST_SIZED = 5_000
"""Files of a folder whose sizes are looked up; a new folder may have any number of files."""
_NAMED = 3
"""Paths that a problem names."""
Listing = dict[str, SideStatus]


def compare_data(
    base: Snapshot, head: Snapshot, incomparable: Collection[tuple[str | None, str | None]]
) -> tuple[DataChange, ...]:
    """The data whose content hash differs or that only one side records, in natural order of the paths.

    Data on one side may be a metric, a plot or a file in git on the other. Pairs of hashes in ``incomparable`` have
    different kinds, so their contents may or may not differ.
    """
    old, new = ({**side.others, **side.data} for side in (base, head))
    pairs = ((path, old.get(path), new.get(path)) for path in sorted({*base.data, *head.data}, key=by_name))
    return tuple(
        DataChange(path=path, base=before, head=after, status="unknown" if hashes in incomparable else "changed")
        for path, before, after in pairs
        for hashes in [(before and before.hash, after and after.hash)]
        if hashes[0] != hashes[1]
    )


def incomparable_data(stages: Iterable[StageChange], data: Iterable[DataChange]) -> Iterator[Problem]:
    """One problem for all data with hashes that cannot be compared."""
    unknown = (cause for stage in stages for cause in stage.causes if cause.change == "unknown")
    read = {cause.what for cause in unknown if cause.kind != "upstream"}
    paths = sorted(read | {change.path for change in data if change.status == "unknown"})
    if paths:
        targets = paths if len(paths) <= _NAMED else []
        yield Problem(
            where=first_names(paths, _NAMED),
            what="one side records a hash of DVC 2, which ignores line endings, and the other one a hash of DVC 3, so "
            "Headway cannot tell without the content whether it changed",
            remedy=f"dvc fetch --all-commits {shlex.join(targets)}".rstrip(),
        )


def differing_files(base: Mapping[str, str], head: Mapping[str, str]) -> Listing:
    """The files that only one side has, or whose known hashes differ, sorted by path."""
    return {
        path: "added" if path not in base else "removed" if path not in head else "changed"
        for path in differing(base, head)
        if base.get(path) != "" != head.get(path)
    }


def compare_folder(
    change: DataChange, files: Listing | None, size: Callable[[str], tuple[int | None, int | None]]
) -> FolderChange:
    """What changed in a folder: counts, and the largest files.

    ``files`` is the result of :func:`differing_files`, or ``None`` if a listing is unknown; ``size`` returns a file's
    size on each side.
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
    if known:
        sized.sort(key=lambda file: (-max(file[2] or 0, file[3] or 0), by_name(file[0])))
    for path, status, base, head in sized[:MOST_FILES]:
        yield FileChange(path=path, status=status, base=base, head=head)
