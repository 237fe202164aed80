"""The perceptual hash: 64 bits that stay nearly the same when a picture is compressed, resized or recoloured.

Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2.1: the lowest 8 x 8
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
    from numpy.typing import NDArray

BITS = 64
MOST_BITS_APART = 6
"""Half of the bits lie above the median, so that distances are even."""
LEAST_CORRELATION = 0.98

_LOW = 8  # frequencies along each axis
_DECIMALS = 3  # zeros differ in their last digits from machine to machine
_PLAIN = 2.0  # standard deviation, of 255 levels, below which a picture shows noise or nothing
_CHUNK = 10_000  # pairs that are correlated at a time, of eight kilobytes each
_WEIGHTS = np.left_shift(np.uint64(1), np.arange(BITS, dtype=np.uint64)[::-1])


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
    chunks = np.array_split(pairs, len(pairs) // _CHUNK + 1)
    return np.concatenate([np.einsum("ij,ij->i", flat[left], flat[right]) for left, right in (c.T for c in chunks)])
