"""Recognizes a table of predictions by the names of its columns and by its first rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import fmean
from typing import TYPE_CHECKING

import msgspec

from headway.settings import PredictionsRule
from headway.sorting import sorted_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from headway.settings import Task

_TABLE_WORDS = frozenset({"pred", "preds", "predicted", "prediction", "predictions", "sample", "samples"})
_IDS = ("id", "idx", "index", "sample_id", "row_id", "example_id", "uid", "uuid")
_ACTUAL = (
    "actual",
    "y_true",
    "true_label",
    "ground_truth",
    "truth",
    "target",
    "label",
    "gold",
    "expected",
    "answer",
    "y",
)
_PREDICTED = ("predicted", "y_pred", "prediction", "predicted_label", "pred", "preds", "y_hat", "yhat", "output")
_SCORES = ("score", "y_score", "probability", "proba", "prob", "y_prob", "y_proba")
_PROBABILITY = re.compile(r"((?:y_)?(?:p|probs?|proba|probability)[_.])(.+)")
_FEW, _MOST_CLASSES = 5, 100
"""Rows of each class, on average, from which values are classes; and the classes of a task."""
_BINARY = 2


@dataclass(frozen=True)
class PredictionColumns:
    """A table of predictions.

    Attributes:
        rule: what the settings would say of it.
        reasons: why, by key of the rule.
        classes: the classes that the first rows have, in natural order.
        scores: the columns of numbers that are none of the rule's.
    """

    rule: PredictionsRule
    reasons: Mapping[str, str]
    classes: tuple[str, ...]
    scores: frozenset[str]


def is_named_like_predictions(path: str) -> bool:
    """Whether a file or folder is named like a table of predictions, such as ``predictions.csv``."""
    return not _TABLE_WORDS.isdisjoint(re.findall(r"[a-z]+", PurePosixPath(path).stem.lower()))


def recognize(
    path: str, rows: Mapping[str, Sequence[object]], declared: PredictionsRule | None = None
) -> PredictionColumns | None:
    """The table as predictions, or ``None`` if no column identifies a row or none holds what was predicted.

    Args:
        path: the table.
        rows: the first rows: the values by column.
        declared: what the settings say of it already, which counts more than any name.
    """
    known = declared or PredictionsRule(path=path, id="")
    id_ = known.id or _find(_IDS, [name for name in rows if _is_unique(rows[name])]) or _only_id(rows)
    actual, predicted = (known.actual or _find(_ACTUAL, rows), known.predicted or _find(_PREDICTED, rows))
    score = known.score or _find(_SCORES, [name for name in rows if _is_numeric(rows[name])])
    values = _names(rows.get(actual, ()))
    pattern, classes = _probabilities(rows, values)
    probabilities = known.probabilities or pattern
    if not id_ or not (predicted or score or probabilities):
        return None
    rule = msgspec.structs.replace(
        known, id=id_, actual=actual, predicted=predicted, probabilities=probabilities, score=score
    )
    used = {id_, actual, predicted, score}
    numbers = {name for name in rows if name not in used and _is_numeric(rows[name]) and not _is_probability(name)}
    task, reason = (known.task, "") if known.task else _find_task(rule, rows, classes or values, numbers)
    is_classified = task in ("binary", "multiclass")
    rule = msgspec.structs.replace(
        rule,
        task=task,
        score="" if task in ("multiclass", "regression") and not known.score else score,
        probabilities=probabilities if is_classified or known.probabilities else "",
    )
    reasons = {"id": "unique in the first rows", "task": reason, "positive": f"its rows have the higher {score}"}
    if task == "binary" and rule.score and rule.positive is None:
        rule = msgspec.structs.replace(rule, positive=_first_class_with_higher_scores(rule, rows))
    return PredictionColumns(
        rule,
        reasons,
        tuple(sorted_names(classes or values)) if is_classified else (),
        frozenset(numbers | ({score} if task == "scores" and score else set())),
    )


def _find(names: Iterable[str], columns: Iterable[str]) -> str:
    """The column with the first of some names, whatever its case; empty without one."""
    by_name = {column.lower(): column for column in reversed(list(columns))}
    return next((by_name[name] for name in names if name in by_name), "")


def _only_id(rows: Mapping[str, Sequence[object]]) -> str:
    """The only column that is named like the id of something and tells the rows apart."""
    found = [name for name, values in rows.items() if name.lower().endswith("_id") and _is_unique(values)]
    return found[0] if len(found) == 1 else ""


def _is_unique(values: Sequence[object]) -> bool:
    return bool(values) and None not in values and len(set(map(str, values))) == len(values)


def _is_numeric(values: Sequence[object]) -> bool:
    present = [value for value in values if value is not None]
    return bool(present) and all(isinstance(value, int | float) for value in present)


def _is_probability(name: str) -> bool:
    return _PROBABILITY.fullmatch(name.lower()) is not None


def _has_fractions(values: Sequence[object]) -> bool:
    return any(isinstance(value, float) and not value.is_integer() for value in values)


def _first_class_with_higher_scores(rule: PredictionsRule, rows: Mapping[str, Sequence[object]]) -> str | None:
    """The first of two classes if its rows have the higher scores; ``None`` for the last, which is the default."""
    said = rows.get(rule.predicted) or rows.get(rule.actual, ())
    scores: dict[str, list[float]] = {}
    for value, score in zip(said, rows.get(rule.score, ()), strict=False):  # a declared column may not exist
        if value is not None and isinstance(score, int | float):
            scores.setdefault(_name(value), []).append(score)
    names = sorted_names(scores)
    return names[0] if len(names) == _BINARY and fmean(scores[names[0]]) > fmean(scores[names[1]]) else None


def _names(values: Iterable[object]) -> frozenset[str]:
    """The different values as names of classes."""
    return frozenset(_name(value) for value in values if value is not None)


def _name(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _probabilities(rows: Mapping[str, Sequence[object]], values: Collection[str]) -> tuple[str, frozenset[str]]:
    """The pattern of the columns with probabilities, and their classes, which the actual values must be among."""
    found: dict[str, set[str]] = {}
    for name, cells in rows.items():
        if (match := re.match(_PROBABILITY, name)) and _is_numeric(cells):
            found.setdefault(match[1], set()).add(match[2])
    fitting = {
        prefix: classes for prefix, classes in found.items() if len(classes) >= _BINARY and classes.issuperset(values)
    }
    prefix = min(fitting, default="")
    is_whole = sum(name.startswith(prefix) for name in rows) == len(fitting.get(prefix, ()))
    return (f"{prefix}*", frozenset(fitting[prefix])) if prefix and is_whole else ("", frozenset())


def _find_task(
    rule: PredictionsRule, rows: Mapping[str, Sequence[object]], classes: Collection[str], numbers: Collection[str]
) -> tuple[Task | None, str]:
    actual, predicted = rows.get(rule.actual, ()), rows.get(rule.predicted, ())
    is_number, has_classes = _is_numeric(actual), bool(rule.probabilities) or len(actual) >= _FEW * len(classes)
    has_fractions = _has_fractions(actual) or (len(classes) > _BINARY and _has_fractions(predicted))
    if is_number and has_fractions and not rule.probabilities:
        return "regression", f"{rule.actual} and {rule.predicted} are numbers with fractions"
    if actual and has_classes and (rule.probabilities or rule.score or _names(predicted) <= set(classes)):
        if len(classes) == _BINARY:
            return "binary", f"the classes are {' and '.join(sorted_names(classes))}"
        if _BINARY < len(classes) <= _MOST_CLASSES:
            return "multiclass", f"there are {len(classes)} classes"
    elif not is_number and not rule.probabilities and (numbers or rule.score):
        return "scores", "the answers are not classes, and there are columns of scores"
    return None, ""
