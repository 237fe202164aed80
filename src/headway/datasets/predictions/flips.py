"""The rows of a table of predictions that only one side has right: how many, of which classes, and the first ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from headway.judge.statistics.cells import tabulate
from headway.judge.statistics.sample import MissingColumnError
from headway.judge.summaries.counts import from_cells
from headway.judge.summaries.flipped import MOST_FLIPS, ConfidenceBins, FlippedRow, FlippedRows, bin_confidence
from headway.values.flips import Flip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.judge.statistics.sample import Booleans, Floats, Sample
    from headway.values.flips import Flips

_CLASSIFYING = ("binary", "multiclass")


def find_flips(pair: PairedPredictions) -> Flips | None:
    """Compare the predicted classes of both sides; ``None`` if rows are not paired, or if no class is predicted."""
    rows = count_flips(pair)
    return None if rows is None else rows.describe(pair.pairing.path)


def count_flips(pair: PairedPredictions) -> FlippedRows | None:
    """The same, for several parts of the rows to be added."""
    if pair.pairing.problem or not pair.is_paired or pair.task not in _CLASSIFYING or not pair.head.rows:
        return None
    try:
        actual, base, head = pair.head.actual(), pair.base.predicted(), pair.head.predicted()
    except MissingColumnError:
        return None
    fixed, broken = (base != actual) & (head == actual), (base == actual) & (head != actual)
    return FlippedRows(
        classes=pair.head.classes,
        counts=from_cells(tabulate(actual, base, head, len(pair.head.classes))),
        fixed=_first(pair, fixed, pair.base),
        broken=_first(pair, broken, pair.head),
        base_bins=_bins(pair.base, base == actual),
        head_bins=_bins(pair.head, head == actual),
    )


def _bins(side: Sample, is_right: Booleans) -> ConfidenceBins | None:
    confidence = _confidence(side, np.arange(side.rows))
    return None if confidence is None else bin_confidence(confidence, is_right)


def _first(pair: PairedPredictions, is_flipped: Booleans, wrong: Sample) -> tuple[FlippedRow, ...]:
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
        FlippedRow(row=row, flip=Flip(id=id_, actual=of, base=old, head=new, confidence=sure))
        for row, id_, of, old, new, sure in zip(pair.row_numbers(places), ids, actual, base, head, known, strict=True)
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
