"""Intervals and p-values of a metric of the confusion table by resampling, for few rows that differ between the sides.

Rows are never drawn one by one: how often each cell is drawn has a multinomial distribution. All draws start from one
seed, cells are drawn in an order that does not depend on the side, and each draw is used for both sides, so that the
order of the rows changes nothing and swapping the sides changes the sign alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headway.judge.statistics.proportions import Interval
from headway.judge.statistics.shares import Shares

if TYPE_CHECKING:
    from headway.judge.statistics.cells import Cells, Integers
    from headway.judge.statistics.sample import Codes, Floats
    from headway.judge.statistics.shares import ShareFunction

_SEED = 20_261_129
_DRAWS = 1000
"""Draws of each side; the sides together make twice as many."""
_EQUAL = 1e-12
"""Changes that differ by less are equal: floating-point sums depend on their order."""


class _Pairs(NamedTuple):
    """Two cells that differ by swapping the sides, each of shape (pairs,).

    Attributes:
        actual, first, second: the codes of the class and of both predictions, ``first`` at most ``second``.
        forward: the rows for which base predicts ``first`` and head ``second``.
        backward: the rows for which it is the other way round; none if both predictions are the same.
    """

    actual: Codes
    first: Codes
    second: Codes
    forward: Floats
    backward: Floats


def bootstrap(function: ShareFunction, cells: Cells, classes: int, levels: tuple[float, ...]) -> list[Interval]:
    """The percentile interval of head's metric minus base's for each level.

    Efron, "Nonparametric standard errors and confidence intervals", 1981.
    """
    pairs = _pair(cells, classes)
    turned = _pair(cells._replace(base=cells.head, head=cells.base), classes)
    drawn = np.concatenate([_draw(pairs), _draw(turned)[:, ::-1]]).astype(np.float64)
    changes = np.sort(_changes(function, pairs, classes, drawn[:, 0], drawn[:, 1]))
    tails = [round((1 - level) / 2 * len(changes)) for level in levels]
    return [Interval(float(changes[tail]), float(changes[-1 - tail])) for tail in tails]


def _draw(pairs: _Pairs) -> Integers:
    """Shape (draws, 2, pairs): the rows of each direction in each draw."""
    counts = np.concatenate([pairs.forward, pairs.backward])
    drawn = np.random.default_rng(_SEED).multinomial(int(counts.sum()), counts / counts.sum(), size=_DRAWS)
    return drawn.reshape(_DRAWS, 2, -1)


def swap_labels(function: ShareFunction, cells: Cells, classes: int) -> float:
    """The two-sided p-value of no change: how often swapping the sides of each row at random changes as much.

    Of the rows of two cells that differ by swapping the sides, each one has Binomial(rows, 1/2). An equal change counts
    half, as in the mid-p-value of ``mcnemar``. Good, "Permutation, Parametric, and Bootstrap Tests of
    Hypotheses", 2005.
    """
    pairs = _pair(cells, classes)
    observed = float(abs(_changes(function, pairs, classes, pairs.forward[None], pairs.backward[None])[0]))
    differs, total = pairs.first != pairs.second, pairs.forward + pairs.backward
    drawn = np.tile(total, (2 * _DRAWS, 1))
    swappable = total[differs].astype(np.int64)
    drawn[:, differs] = np.random.default_rng(_SEED).binomial(swappable, 0.5, size=(2 * _DRAWS, len(swappable)))
    changes = _changes(function, pairs, classes, drawn, total - drawn)
    larger = int(np.count_nonzero(np.abs(changes) > observed + _EQUAL))
    equal = sum(int(np.count_nonzero(np.abs(changes - sign * observed) <= _EQUAL)) for sign in (1, -1))
    return min((larger + equal / 2 + 1) / (len(changes) + 1), 1.0)


def _pair(cells: Cells, classes: int) -> _Pairs:
    first, second = np.minimum(cells.base, cells.head), np.maximum(cells.base, cells.head)
    joint = (cells.actual.astype(np.int64) * classes + first) * classes + second
    _, at, index = np.unique(joint, return_index=True, return_inverse=True)
    is_forward = cells.base <= cells.head
    forward, backward = np.zeros(len(at)), np.zeros(len(at))
    np.add.at(forward, index[is_forward], cells.counts[is_forward])
    np.add.at(backward, index[~is_forward], cells.counts[~is_forward])
    return _Pairs(cells.actual[at], first[at], second[at], forward, backward)


def _changes(function: ShareFunction, pairs: _Pairs, classes: int, forward: Floats, backward: Floats) -> Floats:
    """Head's metric minus base's for rows of shape (draws, pairs)."""
    rows = (forward[0] + backward[0]).sum()
    one = np.eye(classes)
    is_of = one[pairs.actual]
    actual = (forward + backward) @ is_of / rows
    by_first, by_second = (np.hstack([one[code], one[code] * is_of]) for code in (pairs.first, pairs.second))
    base, head = ((f @ by_first + b @ by_second) / rows for f, b in ((forward, backward), (backward, forward)))
    change: Floats = function(Shares(head[:, classes:], actual, head[:, :classes])) - function(
        Shares(base[:, classes:], actual, base[:, :classes])
    )
    return change
