"""Which pictures of head are identical or alike, and what that leaks between splits and classes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from headway.datasets.images.files import place_by_folders
from headway.datasets.images.likeness import (
    LEAST_CORRELATION,
    MOST_BITS_APART,
    correlations,
    is_plain,
    near_pairs,
    perceptual_hash,
)
from headway.sorting import by_name
from headway.values.imagery import Copies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from headway.datasets.images.files import Changes
    from headway.datasets.images.reading import Look

_MOST_PATHS = 12
_MOST_EQUAL = 32
"""So many pictures of one perceptual hash are compared with all others; further ones only with the first of them."""


def find_copies(changes: Changes, looks: Mapping[str, Look]) -> tuple[Copies, ...]:
    """Group pictures of head that show the same, where at least one of them is new; leaks first.

    Args:
        changes: the folder on both sides.
        looks: the opened pictures by content hash; plain ones are alike to nothing.
    """
    paths = defaultdict(list)
    for file in changes.head.values():
        paths[file.hash].append(file.path)
    known = {(path, file.hash) for path, file in changes.base.items()}
    new = {path for path, file in changes.head.items() if (path, file.hash) not in known}
    telling = sorted(content for content, look in looks.items() if not is_plain(look.grey))
    found = [_copies("identical", same, 0, new) for same in paths.values() if len(same) > 1 and new & {*same}]
    for members, distance in _alike([looks[content].grey for content in telling]):
        alike = [path for member in members for path in paths[telling[member]]]
        if new & {*alike}:
            found.append(_copies("alike", alike, distance, new))
    found.sort(key=lambda one: (not one.crosses_splits, not one.crosses_classes, -one.count, one.paths[0]))
    return tuple(found)


def _copies(kind: Literal["identical", "alike"], paths: Iterable[str], distance: int, new: set[str]) -> Copies:
    listed = sorted(paths, key=lambda path: (path not in new, by_name(path)))
    places = [place_by_folders(path) for path in listed]
    return Copies(
        kind=kind,
        paths=tuple(listed[:_MOST_PATHS]),
        new=tuple(path for path in listed[:_MOST_PATHS] if path in new),
        count=len(listed),
        distance=distance,
        crosses_splits=len({where.split for where in places}) > 1,
        crosses_classes=len({where.label for where in places}) > 1,
    )


def _alike(greys: Sequence[NDArray[np.uint8]]) -> Iterator[tuple[list[int], int]]:
    """Give groups of pictures linked by likeness, each with the largest distance of its links."""
    if not greys:
        return
    pairs, distances = _candidates(np.array([perceptual_hash(grey) for grey in greys], dtype=np.uint64))
    alike = correlations(np.stack(greys), pairs) >= LEAST_CORRELATION
    pairs, distances = pairs[alike], distances[alike]
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(greys), len(greys)))
    _, groups = connected_components(links, directed=False)
    farthest: dict[int, int] = defaultdict(int)
    for group, distance in zip(groups[pairs[:, 0]].tolist(), distances.tolist(), strict=True):
        farthest[group] = max(farthest[group], distance)
    for group, distance in farthest.items():
        yield np.flatnonzero(groups == group).tolist(), distance


def _candidates(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Pair pictures by their hashes; of very many equal ones, some only with the first, so that pairs stay few."""
    order = np.argsort(hashes, kind="stable")
    _, firsts, sizes = np.unique(hashes[order], return_index=True, return_counts=True)
    ranks = np.arange(len(hashes)) - np.repeat(firsts, sizes)
    compared = order[ranks < _MOST_EQUAL]
    pairs, distances = near_pairs(hashes[compared], MOST_BITS_APART)
    others = ranks >= _MOST_EQUAL
    stars = np.stack([order[np.repeat(firsts, sizes)[others]], order[others]], axis=1)
    return np.concatenate([compared[pairs], stars]), np.concatenate([distances, np.zeros(len(stars), dtype=np.uint8)])
