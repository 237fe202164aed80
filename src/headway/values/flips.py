"""Which predictions a change fixed, and which it broke."""

from __future__ import annotations

import msgspec

from headway.values.count import Count


class ExampleText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of an example in one column.

    Attributes:
        column: the column.
        base, head: the text on each side, which differs if the model wrote it.
    """

    column: str
    base: str
    head: str


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """A row that only one side has right.

    Attributes:
        id: the row's id.
        actual: its class.
        base, head: the class that each side predicts.
        confidence: the probability that the wrong side gives to its prediction; ``None`` without probabilities.
        texts: what the settings let the report show of the example.
        image: path of a small PNG of the example, relative to report.json; ``None`` if no contact sheet shows it.
    """

    id: str
    actual: str
    base: str
    head: str
    confidence: float | None = None
    texts: tuple[ExampleText, ...] = ()
    image: str | None = None


class ConfusionChange(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of one class are predicted as another one.

    Attributes:
        actual: the class.
        predicted: the other one.
        base, head: the number of such rows on each side.
    """

    actual: str
    predicted: str
    base: Count
    head: Count


class ClassFlips(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one class.

    Attributes:
        name: the class.
        rows: how many rows are of it.
        base, head: how many of them each side has right.
        fixed, broken: how many only head, or only base, has right.
        shrunk: head's recall, pulled towards that of all classes as far as chance explains how they differ.
        bound: the recall that head's is above with a probability of 95%.
    """

    name: str
    rows: Count
    base: Count
    head: Count
    fixed: Count
    broken: Count
    shrunk: float | None = None
    bound: float | None = None


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one side is as often right as it says, on the rows that both sides have.

    Attributes:
        confidence: the mean probability that the side gives to its own predictions.
        accuracy: the share of rows that it has right.
        error: the expected calibration error: the mean distance of both, over ten bins of confidence of equal width. It
            describes these rows. With few of them, it is too large even for a calibrated model.
    """

    confidence: float
    accuracy: float
    error: float


class Flips(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a table of predictions that only one side has right.

    Attributes:
        path: the table, relative to the project's root.
        rows: the rows that both sides have.
        fixed_count, broken_count: how many only head, or only base, has right.
        fixed, broken: the first of these rows, those with the most confident wrong prediction first.
        confusions: the pairs of classes that are confused more or less often, those that changed most first.
        classes: the classes, those with most flips first.
        calibration_base, calibration_head: how far each side's confidence is right; ``None`` without probabilities.
        sheet: the id of the chart that shows images of these rows; empty if there is none.
    """

    path: str
    rows: Count
    fixed_count: Count
    broken_count: Count
    fixed: tuple[Flip, ...] = ()
    broken: tuple[Flip, ...] = ()
    confusions: tuple[ConfusionChange, ...] = ()
    classes: tuple[ClassFlips, ...] = ()
    calibration_base: Calibration | None = None
    calibration_head: Calibration | None = None
    sheet: str = ""
