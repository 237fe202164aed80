"""The rows of one side as arrays, whatever they are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int32]
    Booleans = NDArray[np.bool_]


class Classed(Protocol):
    """What the rows of one side can be, without the rows.

    Attributes:
        classes: the names of all classes, in natural order; empty for a regression. Codes are positions in it. Two
            paired samples have the same classes.
        positive: the code of the positive class of a binary task.
        is_multilabel: whether a row can have several classes or none. ``actual`` and ``predicted`` are then missing.
    """

    @property
    def classes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def positive(self) -> int: ...  # noqa: D102
    @property
    def is_multilabel(self) -> bool: ...  # noqa: D102


class Sample(Classed, Protocol):
    """The rows of one side. Row ``i`` of two paired samples is the same example.

    An array is read when it is asked for and not kept, so that ten million rows fit into memory; ask once. Every array
    has the shape (rows,). A method whose column the settings do not name raises ``MissingColumnError``.

    Attributes:
        rows: the number of rows.
        groups: the code of the group that each row belongs to, from 0; ``None`` if rows are independent.
    """

    @property
    def rows(self) -> int: ...  # noqa: D102
    @property
    def groups(self) -> Codes | None: ...  # noqa: D102

    def actual(self) -> Codes:
        """The code of each row's class."""
        ...

    def predicted(self) -> Codes:
        """The code of each row's predicted class."""
        ...

    def targets(self) -> Floats:
        """The number to predict, for a regression."""
        ...

    def predictions(self) -> Floats:
        """The predicted number, for a regression."""
        ...

    def score(self) -> Floats:
        """The score of the positive class, for a binary task: the declared column, or the probability of that class."""
        ...

    def probability(self, code: int) -> Floats:
        """The probability of one class."""
        ...

    def column(self, name: str) -> Floats:
        """A column of numbers, such as a score of each row."""
        ...

    def buckets(self) -> Codes:
        """The bucket of each row, from 0 to 99: a hash of its id, or of its group, whatever the order of the rows."""
        ...

    def has_label(self, code: int) -> Booleans:
        """Whether each row has a label, for a multilabel task."""
        ...

    def has_predicted_label(self, code: int) -> Booleans:
        """Whether a label is predicted for each row, for a multilabel task."""
        ...


class MissingColumnError(Exception):
    """A metric needs a column that the settings do not name; the message is a clause such as ``names no `score```."""


class CannotEstimateError(Exception):
    """A metric has no value or no known uncertainty; the message is a clause such as ``is undefined: no row is 3``."""


class TooFewRowsError(CannotEstimateError):
    """There are not even the rows that a first estimate needs; the message is a clause such as ``only 1 row``."""
