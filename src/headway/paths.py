"""Paths as DVC and git write them, relative and with forward slashes; text alone, no files."""

from __future__ import annotations

import bisect
import itertools
import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def normalize(path: str) -> str:
    """A path as git writes it, without ``.`` and ``..``; "" for the root itself."""
    normal = posixpath.normpath(path)
    return "" if normal == "." else normal


def parents(path: str) -> Iterator[str]:
    """The folders that hold a path, the nearest first, without the root."""
    while (path := posixpath.dirname(path)) not in ("", "/"):
        yield path


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies below it; every path lies below ""."""
    return not folder or path == folder or path.startswith(f"{folder}/")


def paths_below(ordered: Sequence[str], folder: str) -> Iterator[str]:
    """Those of sorted paths that lie below a folder, in order; all of them below ""."""
    prefix = f"{folder}/" if folder else ""
    first = bisect.bisect_left(ordered, prefix)
    candidates = (ordered[place] for place in range(first, len(ordered)))  # islice would step through those before
    return itertools.takewhile(lambda path: path.startswith(prefix), candidates)


class PathIndex:
    """Many files and folders, such as the outputs of a pipeline, in which a path is looked up quickly."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._ordered = sorted(paths)
        self._known = frozenset(self._ordered)

    def holder(self, path: str) -> str | None:
        """The path itself if it is one of them, else the innermost folder that holds it."""
        return next((each for each in (path, *parents(path), "") if each in self._known), None)

    def below(self, path: str) -> Iterator[str]:
        """Those below a folder, sorted."""
        return paths_below(self._ordered, path)

    def overlapping(self, path: str) -> list[str]:
        """The :meth:`holder` of a path, else those below it."""
        holder = self.holder(path)
        return list(self.below(path)) if holder is None else [holder]
