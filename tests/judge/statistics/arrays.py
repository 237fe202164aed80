"""A sample of rows that holds its arrays in memory; an array that is left out is a column that does not exist."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from headway.judge.statistics.sample import MissingColumnError

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Booleans, Codes, Floats


@dataclass(frozen=True, kw_only=True)
class ArraySample:
    """Arrays of shape (rows,), or (rows, classes) for ``probabilities`` and labels; anything NumPy accepts."""

    actual_codes: Any = None
    predicted_codes: Any = None
    target: Any = None
    prediction: Any = None
    scores: Any = None
    probabilities: Any = None
    labels: Any = None
    predicted_labels: Any = None
    columns: dict[str, Any] = field(default_factory=dict)
    group: Any = None
    bucket: Any = None
    positive: int = 1
    classes: tuple[str, ...] = ("no", "yes")

    @property
    def rows(self) -> int:
        return next(len(value) for value in [*self._arrays().values(), *self.columns.values()])

    @property
    def is_multilabel(self) -> bool:
        return self.labels is not None

    @property
    def groups(self) -> Codes | None:
        return None if self.group is None else np.asarray(self.group, np.int32)

    def actual(self) -> Codes:
        return np.asarray(self._array("actual_codes"), np.int32)

    def predicted(self) -> Codes:
        return np.asarray(self._array("predicted_codes"), np.int32)

    def targets(self) -> Floats:
        return np.asarray(self._array("target"), np.float64)

    def predictions(self) -> Floats:
        return np.asarray(self._array("prediction"), np.float64)

    def score(self) -> Floats:
        if self.scores is None and self.probabilities is not None:
            return self.probability(self.positive)
        return np.asarray(self._array("scores"), np.float64)

    def probability(self, code: int) -> Floats:
        return np.asarray(self._array("probabilities"), np.float64)[:, code]

    def column(self, name: str) -> Floats:
        if name not in self.columns:
            raise MissingColumnError(f"has no column `{name}`")
        return np.asarray(self.columns[name], np.float64)

    def buckets(self) -> Codes:
        return np.asarray(self._array("bucket"), np.int32)

    def has_label(self, code: int) -> Booleans:
        return np.asarray(self._array("labels"), np.bool_)[:, code]

    def has_predicted_label(self, code: int) -> Booleans:
        return np.asarray(self._array("predicted_labels"), np.bool_)[:, code]

    def take(self, order: Any) -> ArraySample:
        """Some of the rows, in an order."""
        columns = {name: np.asarray(value)[order] for name, value in self.columns.items()}
        return replace(
            self, columns=columns, **{name: np.asarray(value)[order] for name, value in self._arrays().items()}
        )

    def _arrays(self) -> dict[str, Any]:
        names = {one.name for one in fields(self)} - {"columns", "positive", "classes"}
        return {name: getattr(self, name) for name in sorted(names) if getattr(self, name) is not None}

    def _array(self, name: str) -> Any:
        if getattr(self, name) is None:
            raise MissingColumnError(f"names no `{name}`")
        return getattr(self, name)


def classified(actual: Any, predicted: Any, classes: int | None = None, **more: Any) -> ArraySample:
    """Rows of a classification, by codes."""
    count = classes or int(max(np.max(actual), np.max(predicted), 1)) + 1
    names = tuple(str(code) for code in range(count))
    return ArraySample(actual_codes=np.asarray(actual), predicted_codes=np.asarray(predicted), classes=names, **more)
