"""Likeness of pictures: a hash of what they show, which of many hashes are nearly the same, and a second opinion.

The perceptual hash is 64 bits that stay nearly the same when a picture is compressed, resized or recoloured: Zauner,
"Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.1: the lowest 8 x 8
frequencies of the picture's discrete cosine transform, each above their median or not. Two pictures are alike where few
bits differ. (The package ImageHash is well kept, but would bring PyWavelets along for these four lines.)

The bits alone call many small pictures of one kind alike: of scikit-learn's 1797 digits, 461 pairs differ in six bits
or fewer, and none of them are copies. So the grey levels of a pair also have to correlate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import dctn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BITS = 64
MOST_BITS_APART = 6
"""Half of the bits lie above the median, so that distances are even."""
LEAST_CORRELATION = 0.98
GUARANTEED = 7
"""Bits up to which no pair of hashes is missed."""

_LOW = 8  # frequencies along each axis
_DECIMALS = 3  # zeros differ in their last digits from machine to machine
_PLAIN = 2.0  # standard deviation, of 255 levels, below which a picture shows noise or nothing
_CORRELATED = 10_000  # pairs that are correlated at a time, of eight kilobytes each
_WEIGHTS = np.left_shift(np.uint64(1), np.arange(BITS, dtype=np.uint64)[::-1])

_BANDS, _WIDTH = 4, 16
_PROBES = [0, *(1 << bit for bit in range(_WIDTH))]
_COMPARED = 1 << 20  # candidates compared at a time


def perceptual_hash(grey: NDArray[np.uint8]) -> int:
    """Hash 32 x 32 grey levels to 64 bits, to the same as the package ImageHash's ``phash``."""
    low = np.round(dctn(grey.astype(np.float64))[:_LOW, :_LOW], _DECIMALS).ravel()
    return int(_WEIGHTS[low > np.median(low)].sum())


def is_plain(grey: NDArray[np.uint8]) -> bool:
    """Tell whether a picture shows next to nothing, so that its likeness to another means nothing."""
    return bool(grey.std() < _PLAIN)


def correlations(greys: NDArray[np.uint8], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Correlate the grey levels of pairs; brightness and contrast do not count.

    Args:
        greys: pictures x 32 x 32, none of them plain.
        pairs: n x 2 indices of pictures.

    Returns:
        n Pearson correlations.
    """
    flat = greys.reshape(len(greys), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    chunks = np.array_split(pairs, len(pairs) // _CORRELATED + 1)
    return np.concatenate([np.einsum("ij,ij->i", flat[left], flat[right]) for left, right in (c.T for c in chunks)])


def near_pairs(hashes: NDArray[np.uint64], most: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Find every pair of hashes at most so many bits apart, equal ones included, without comparing each with each.

    A hash is cut into four bands of 16 bits. Two hashes that differ in at most 7 bits differ in at most one bit of at
    least one band (by the pigeonhole principle: two bits in each band would make 8), so only hashes that share a band,
    or nearly, are compared: the idea of Manku, Jain and Sarma, "Detecting near-duplicates for web crawling" (2007).

    Args:
        hashes: any number of them. Equal hashes are pairs too, so many equal ones make a quadratic answer.
        most: bits that may differ, at most 7.

    Returns:
        n x 2 indices, the smaller first, in ascending order; and n distances.
    """
    if most > GUARANTEED:
        raise ValueError(f"at most {GUARANTEED} bits are found for certain")
    numbers = [number for band in _bands(hashes) for number in _in_band(hashes, band, most)]
    found = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *numbers]))
    left, right = np.divmod(found, max(len(hashes), 1))
    return np.stack([left, right], axis=1), np.bitwise_count(hashes[left] ^ hashes[right])


def _bands(hashes: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Every fourth bit makes a band: bits beside each other stand for like frequencies and vary together."""
    bits = np.unpackbits(hashes.astype(">u8").view(np.uint8).reshape(-1, 8), axis=1)
    octets = np.packbits(bits.reshape(-1, _WIDTH, _BANDS).transpose(2, 0, 1), axis=2).astype(np.uint16)
    return np.asarray(octets[:, :, 0] << np.uint16(8) | octets[:, :, 1])


def _in_band(hashes: NDArray[np.uint64], keys: NDArray[np.uint16], most: int) -> Iterator[NDArray[np.int64]]:
    """The pairs that a band brings together, each as one number: left times the number of hashes, plus right."""
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange((1 << _WIDTH) + 1))
    for probe in _PROBES:
        wanted = keys ^ np.uint16(probe)
        for left, right in _joined(order, starts[wanted], starts[wanted.astype(np.int64) + 1]):
            close = (left < right) & (np.bitwise_count(hashes[left] ^ hashes[right]) <= most)
            yield left[close] * len(hashes) + right[close]


def _joined(
    order: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pair each hash with those of its bucket, ``order[start:end]``, a bounded number at a time."""
    counts = ends - starts
    full = np.arange(_COMPARED, max(counts.sum(), 1) + _COMPARED, _COMPARED)
    edges = np.searchsorted(np.cumsum(counts), full) + 1
    for low, high in zip([0, *edges[:-1]], edges, strict=True):
        sizes = counts[low:high]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        yield np.repeat(np.arange(low, low + len(sizes)), sizes), order[np.repeat(starts[low:high], sizes) + within]
