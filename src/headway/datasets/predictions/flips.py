"""The rows of a table of predictions that only one side has right: how many, of which classes, and the first ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.judge.shrinkage import shrink_shares
from headway.judge.statistics.cells import tabulate
from headway.judge.statistics.sample import MissingColumnError
from headway.values.flips import ClassFlips, ConfusionChange, Flip, Flips

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.judge.statistics.cells import Cells
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample

MOST_FLIPS = 50
"""Rows of either kind that are kept."""
_MOST_CONFUSIONS, _MOST_CLASSES = 20, 200
_CLASSIFYING = ("binary", "multiclass")


def find_flips(pair: PairedPredictions) -> Flips | None:
    """Compare the predicted classes of both sides; ``None`` if rows are not paired, or if no class is predicted."""
    if pair.pairing.problem or not pair.is_paired or pair.task not in _CLASSIFYING or not pair.head.rows:
        return None
    try:
        actual, base, head = pair.head.actual(), pair.base.predicted(), pair.head.predicted()
    except MissingColumnError:
        return None
    fixed, broken = (base != actual) & (head == actual), (base == actual) & (head != actual)
    cells = tabulate(actual, base, head, len(pair.head.classes))
    return Flips(
        path=pair.pairing.path,
        rows=len(actual),
        fixed_count=int(np.count_nonzero(fixed)),
        broken_count=int(np.count_nonzero(broken)),
        fixed=_first(pair, fixed, pair.base),
        broken=_first(pair, broken, pair.head),
        confusions=tuple(_confusions(cells, pair.head.classes)),
        classes=tuple(_classes(cells, pair.head.classes)),
    )


def _first(pair: PairedPredictions, is_flipped: Booleans, wrong: Sample) -> tuple[Flip, ...]:
    """The first flips; ``wrong`` is the side whose predictions are wrong."""
    places = np.flatnonzero(is_flipped)
    confidence = _confidence(wrong, places)
    if confidence is not None:
        order = np.argsort(-confidence, kind="stable")[:MOST_FLIPS]
        places, confidence = places[order], confidence[order]
    places = places[:MOST_FLIPS]
    ids = pair.ids(places)
    names, columns = pair.head.classes, (pair.head.actual(), pair.base.predicted(), pair.head.predicted())
    actual, base, head = ([names[code] for code in column[places]] for column in columns)
    known = [None] * len(places) if confidence is None else confidence.tolist()
    return tuple(
        Flip(id=id_, actual=of, base=old, head=new, confidence=sure)
        for id_, of, old, new, sure in zip(ids, actual, base, head, known, strict=True)
    )


def _confidence(side: Sample, places: NDArray[np.signedinteger[Any]]) -> Floats | None:
    """The probability of what a side predicts in some rows."""
    predicted, found = side.predicted()[places], np.zeros(len(places))
    try:
        for code in np.unique(predicted):
            found[predicted == code] = side.probability(int(code))[places[predicted == code]]
    except MissingColumnError:
        return None
    return found


def _confusions(cells: Cells, names: tuple[str, ...]) -> Iterator[ConfusionChange]:
    """The pairs of classes by how much more or less often they are confused."""
    sides = [cells.actual.astype(np.int64) * len(names) + predicted for predicted in (cells.base, cells.head)]
    pairs, places = np.unique(np.concatenate(sides), return_inverse=True)
    base, head = (
        np.bincount(each, cells.counts, len(pairs)).astype(np.int64) for each in np.split(places.reshape(-1), 2)
    )
    actual, predicted = np.divmod(pairs, len(names))
    change = np.where(actual == predicted, 0, np.abs(head - base))
    for place in np.argsort(-change, kind="stable")[:_MOST_CONFUSIONS]:
        if change[place]:
            yield ConfusionChange(
                actual=names[actual[place]],
                predicted=names[predicted[place]],
                base=int(base[place]),
                head=int(head[place]),
            )


def _classes(cells: Cells, names: tuple[str, ...]) -> Iterator[ClassFlips]:
    def count(chosen: Booleans) -> Codes:
        return np.bincount(cells.actual[chosen], cells.counts[chosen], len(names)).astype(np.int64)

    is_base, is_head = cells.base == cells.actual, cells.head == cells.actual
    everything = np.ones(len(cells.counts), np.bool_)
    chosen = (everything, is_base, is_head, is_head & ~is_base, is_base & ~is_head)
    rows, base, head, fixed, broken = (count(each) for each in chosen)
    known = [int(code) for code in np.flatnonzero(rows)]
    is_few = 1 < len(known) <= _MOST_CLASSES
    shrunk = shrink_shares(head[known].tolist(), rows[known].tolist()) if is_few else ()
    values = dict(zip(known, shrunk, strict=False))
    for code in sorted(known, key=lambda code: -int(fixed[code] + broken[code]))[:_MOST_CLASSES]:
        found = values.get(code)
        yield ClassFlips(
            name=names[code],
            rows=int(rows[code]),
            base=int(base[code]),
            head=int(head[code]),
            fixed=int(fixed[code]),
            broken=int(broken[code]),
            shrunk=found and found.value,
            bound=found and found.low,
        )
