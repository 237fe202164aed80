"""Which of many 64-bit hashes differ in few bits, without comparing each with each.

A hash is cut into four bands of 16 bits. Two hashes that differ in at most 7 bits differ in at most one bit of at least
one band (by the pigeonhole principle: two bits in each band would make 8), so only hashes that share a band, or nearly,
are compared: the idea of Manku, Jain and Sarma, "Detecting near-duplicates for web crawling" (2007). Nothing within the
limit is missed. The bands interleave, because bits beside each other stand for like frequencies and vary together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

GUARANTEED = 7

_BANDS, _WIDTH = 4, 16
_PROBES = [0, *(1 << bit for bit in range(_WIDTH))]
_CHUNK = 1 << 20  # candidates compared at a time


def near_pairs(hashes: NDArray[np.uint64], most: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Find every pair of hashes at most so many bits apart, equal ones included.

    Args:
        hashes: any number of them. Equal hashes are pairs too, so many equal ones make a quadratic answer.
        most: bits that may differ, at most 7.

    Returns:
        n x 2 indices, the smaller first, in ascending order; and n distances.
    """
    if most > GUARANTEED:
        raise ValueError(f"at most {GUARANTEED} bits are found for certain")
    bands = _bands(hashes)
    found = [chunk for band in range(_BANDS) for chunk in _in_band(hashes, bands, band, most)]
    if not found:
        return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.uint8)
    pairs, distances = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order], distances[order]


def _bands(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Cut hashes into bands: every fourth bit makes one."""
    bits = (
        np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
        .reshape(-1, _WIDTH, _BANDS)
        .transpose(2, 0, 1)
    )
    octets = np.packbits(bits, axis=2).astype(np.uint16)
    return np.asarray(octets[:, :, 0] << np.uint16(8) | octets[:, :, 1])


def _in_band(
    hashes: NDArray[np.uint64], bands: NDArray[np.uint16], band: int, most: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """The pairs that this band is the first to bring together."""
    keys = bands[band]
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange((1 << _WIDTH) + 1))
    for probe in _PROBES:
        wanted = keys ^ np.uint16(probe)
        for left, right in _joined(order, starts[wanted], starts[wanted.astype(np.int64) + 1]):
            distances = np.bitwise_count(hashes[left] ^ hashes[right])
            close = (left < right) & (distances <= most)
            left_close, right_close = left[close], right[close]
            apart = np.bitwise_count(bands[:band, left_close] ^ bands[:band, right_close])
            first = ~(apart <= 1).any(axis=0)
            yield np.stack([left_close[first], right_close[first]], axis=1), distances[close][first]


def _joined(
    order: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pair each hash with those of its bucket, ``order[start:end]``, a bounded number at a time."""
    counts = ends - starts
    full = np.arange(_CHUNK, max(counts.sum(), 1) + _CHUNK, _CHUNK)
    edges = np.searchsorted(np.cumsum(counts), full) + 1
    for low, high in zip([0, *edges[:-1]], edges, strict=True):
        sizes = counts[low:high]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield np.repeat(np.arange(low, low + len(sizes)), sizes), order[np.repeat(starts[low:high], sizes) + within]
