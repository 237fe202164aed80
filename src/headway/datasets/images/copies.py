"""Find the images of head that are identical or look alike, and the splits and classes that they leak between.

Identical files have one content hash. Alike images have perceptual hashes that differ in a few bits: 64 bits that stay
nearly the same when an image is compressed, resized or recoloured. Zauner, "Implementation and Benchmarking of
Perceptual Image Hash Functions" (2010), section 3.2.1: the lowest 8 x 8 frequencies of the image's discrete cosine
transform, each above their median or not. (The package ImageHash would bring PyWavelets along for these four lines.)

The bits alone call many small images of one kind alike: of scikit-learn's 1797 digits, 461 pairs differ in six bits
or fewer, and none of them are copies. So the grey levels of a pair also have to correlate.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.fft import dctn
from scipy.sparse.csgraph import connected_components

from headway.datasets.images.image_files import place_by_folders
from headway.sorting import by_name
from headway.values.imagery import Copies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from headway.datasets.images.image_files import Changes
    from headway.datasets.images.reading import ReducedImage

MOST_BITS_APART = 6
"""Half of the bits lie above the median, so distances are even."""
LEAST_CORRELATION = 0.98
_LOW = 8  # frequencies along each axis
_DECIMALS = 3  # zeros differ in their last digits from machine to machine
_PLAIN = 2.0  # standard deviation, of 255 levels, below which an image shows noise or nothing
_WEIGHTS = np.left_shift(np.uint64(1), np.arange(_LOW**2, dtype=np.uint64)[::-1])
_MOST_PATHS = 12


def find_copies(changes: Changes, opened: Mapping[str, ReducedImage]) -> tuple[Copies, ...]:
    """Group images of head that show the same, where at least one of them is new; leaks first.

    ``opened`` holds the reduced images by content hash; plain ones are alike to nothing.
    """
    paths = defaultdict(list)
    for file in changes.head.values():
        paths[file.hash].append(file.path)
    known = {(path, file.hash) for path, file in changes.base.items()}
    new = {path for path, file in changes.head.items() if (path, file.hash) not in known}
    telling = sorted(content for content, image in opened.items() if not is_plain(image.grey))
    found = [_copies("identical", same, 0, new) for same in paths.values() if len(same) > 1 and new & {*same}]
    for members, distance in _alike([opened[content].grey for content in telling]):
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
    """Yield groups of images linked by likeness, each with the largest distance of its links.

    Each image is compared with each: for the few thousand that are opened, that is two small matrices.
    """
    if not greys:
        return
    hashes = np.array([perceptual_hash(grey) for grey in greys], dtype=np.uint64)
    distances = np.bitwise_count(hashes[:, None] ^ hashes)
    links = np.triu((distances <= MOST_BITS_APART) & (_correlations(np.stack(greys)) >= LEAST_CORRELATION), 1)
    left, right = np.nonzero(links)
    _, groups = connected_components(links, directed=False)
    for group in np.unique(groups[left]):
        yield np.flatnonzero(groups == group).tolist(), int(distances[left, right][groups[left] == group].max())


def perceptual_hash(grey: NDArray[np.uint8]) -> int:
    """Hash 32 x 32 grey levels to 64 bits, to the same as the package ImageHash's ``phash``."""
    low = np.round(dctn(grey.astype(np.float64))[:_LOW, :_LOW], _DECIMALS).ravel()
    return int(_WEIGHTS[low > np.median(low)].sum())


def is_plain(grey: NDArray[np.uint8]) -> bool:
    """Whether an image shows next to nothing, so that its likeness to another means nothing."""
    return bool(grey.std() < _PLAIN)


def _correlations(greys: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pearson correlation of the grey levels of each image with each; brightness and contrast do not count."""
    flat = greys.reshape(len(greys), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    return flat @ flat.T
