"""Groups of metrics: the same metrics of several items, such as the tasks of a ``foreach`` stage or folders of results.

The items are files that differ in one folder or in their name, or keys of one file that differ in one part. Items
belong together if they share at least half of their metrics.
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.sorting import sorted_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from headway.values.comparison import Metric

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')
_FAMILY = re.compile(r"\.\*$")
_DEEPEST = 3
"""Parts of a key above its items."""

Cells = dict[str, dict[str, "Metric"]]
"""Metrics by item and by name."""


@dataclass(frozen=True)
class Group:
    """The same metrics of several items.

    Attributes:
        name: the path of the file or files, and what stands above the items in their keys; an asterisk is the item.
        cells: the metrics by item, in natural order, and by what the items' keys share.
    """

    name: str
    cells: Cells

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All of its metrics."""
        return tuple(metric for cells in self.cells.values() for metric in cells.values())


def groups(metrics: Iterable[Metric]) -> tuple[Group, ...]:
    """The groups among metrics, by file first; a metric is in one group at the most."""
    files: Cells = defaultdict(dict)
    for metric in metrics:
        if metric.key:  # a file that holds one bare number says nothing about what it is
            files[metric.file][metric.key] = metric
    found = list(_of_files(files))
    grouped = {metric.file for group in found for metric in group.metrics}
    alone = [(file, cells) for file, cells in files.items() if file not in grouped]
    return (*found, *(group for file, cells in alone for group in _of_keys(file, cells)))


def _of_files(files: Cells) -> Iterator[Group]:
    """Groups of whole files, the largest first."""
    left = dict(files)
    candidates = [(name, items) for name, found in _patterns(files).items() for items in _alike(found, files)]
    for name, items in sorted(candidates, key=lambda one: (-len(one[1]), one[0])):
        cells = {item: left[file] for item, file in items.items() if file in left}
        if len(cells) > 1:
            yield _group(name, cells)
            for item in cells:
                del left[items[item]]


def _patterns(files: Iterable[str]) -> dict[str, dict[str, str]]:
    """The paths with an asterisk instead of one folder or of the name, each with its items and their files."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        *folders, last = file.split("/")
        for place, folder in enumerate(folders):
            found["/".join([*folders[:place], "*", *folders[place + 1 :], last])][folder] = file
        name, extension = posixpath.splitext(last)
        found["/".join([*folders, f"*{extension}"])][name] = file
    return found


def _alike(items: Mapping[str, str], files: Cells) -> Iterator[dict[str, str]]:
    for names in _clusters({item: files[file].keys() for item, file in items.items()}):
        yield {name: items[name] for name in names}


def _of_keys(file: str, cells: Mapping[str, Metric]) -> Iterator[Group]:
    """Groups inside a file, the outermost keys first."""

    def inside(prefix: tuple[str, ...], parts: Mapping[tuple[str, ...], Metric]) -> Iterator[Group]:
        children: dict[str, dict[tuple[str, ...], Metric]] = defaultdict(dict)
        for (first, *rest), metric in parts.items():
            if rest:
                children[first][tuple(rest)] = metric
        clusters = _clusters({item: child.keys() for item, child in children.items()})
        for items in clusters:
            own = {item: {".".join(rest): metric for rest, metric in children[item].items()} for item in items}
            yield _group(f"{file}:{'.'.join(prefix)}.*" if prefix else file, own)
        grouped = {item for items in clusters for item in items}
        for item, child in children.items():
            if item not in grouped and len(prefix) < _DEEPEST:
                yield from inside((*prefix, item), child)

    yield from inside((), {tuple(_parts(key)): metric for key, metric in cells.items()})


def _parts(key: str) -> list[str]:
    """The parts of a dotted key; a family's asterisk is no part of its own."""
    parts = _PART.findall(_FAMILY.sub("", key))
    return [*parts[:-1], f"{parts[-1]}.*"] if parts and _FAMILY.search(key) else parts or [key]


def _clusters(items: Mapping[str, Collection[object]]) -> list[list[str]]:
    """The items that share at least half of what they hold with the first of them; none that is alone."""
    found: list[list[str]] = []
    for item, held in items.items():
        own = set(held)
        similar = (one for one in found if 2 * len(own & set(items[one[0]])) >= len(own | set(items[one[0]])))
        if (cluster := next(similar, None)) is not None:
            cluster.append(item)
        else:
            found.append([item])
    return [cluster for cluster in found if len(cluster) > 1]


def _group(name: str, cells: Cells) -> Group:
    return Group(name, {item: cells[item] for item in sorted_names(cells)})
