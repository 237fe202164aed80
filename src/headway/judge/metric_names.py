"""What the name of a metric says: which direction is usually better, and how it is computed from predictions.

A name is evidence for a suggestion that somebody reads, never for a verdict.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

from headway.settings import Average, Estimator

if TYPE_CHECKING:
    from collections.abc import Collection

    from headway.judge.prediction_columns import PredictionColumns
    from headway.settings import EstimatorName
    from headway.values.metric_format import Direction

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^."]+')
_WORD = re.compile(r"[a-z]+\d*|\d+")
_HIGHER = re.compile(
    r"acc(uracy)?|prec(ision)?|recall|sensitivity|specificity|t[pn]r|f\d|fbeta|mcc|matthews|kappa|auc|auroc|auprc|ap|map\d*|r2"
    r"|m?iou|dice|jaccard|bleu\d?|rouge\d?|rougel|meteor|chrf|ndcg|mrr|hits|psnr|ssim|exact|throughput"
)
_LOWER = re.compile(
    r"(log)?loss|errors?|r?mse|mae|s?mape|rmsle|brier|nll|entropy|perplexity|ppl|wer|cer|ece|f[pn]r|false"
)
_MACHINE = re.compile(r"latency|runtime|duration|elapsed|time|memory|rss|v?ram|[mun]s|secs?|seconds?|minutes|hours")
_VETO = re.compile(
    r"std(dev|err)?|stdev|sd|var(iance)?|sem|ci|counts?|support|num|n|delta|diff|thresholds?|weights?|rank|seed"
)
"""Words after which a name no longer speaks of the metric itself."""
_UNITS = {
    **dict.fromkeys(("ms", "us", "ns"), ""),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    "mb": "MB",
    "gb": "GB",
    "mib": "MiB",
    "gib": "GiB",
}
"""The unit that the last word of a machine's metric names; empty for the word itself."""
_RATES = frozenset({"s", "sec", "second", "seconds", "minute", "hour"})
_FILLERS = frozenset({"avg", "eval", "evaluation", "score", "test"})
"""Words that do not change what a metric is. A metric of validation or training rows is another one."""
_COUNTED: dict[str, EstimatorName] = {
    **dict.fromkeys(("accuracy", "acc"), "accuracy"),
    **dict.fromkeys(("error", "error_rate"), "error"),
    **dict.fromkeys(("recall", "sensitivity", "tpr"), "recall"),
    **dict.fromkeys(("mcc", "matthews", "matthews_corrcoef"), "mcc"),
    **dict.fromkeys(("kappa", "cohen_kappa"), "kappa"),
    **dict.fromkeys(("balanced_accuracy", "balanced_acc"), "balanced_accuracy"),
    "precision": "precision",
    "f1": "f1",
}
_SCORED: dict[str, EstimatorName] = {
    **dict.fromkeys(("roc_auc", "auc_roc", "auroc", "auc"), "roc_auc"),
    **dict.fromkeys(("average_precision", "ap"), "average_precision"),
    **dict.fromkeys(("log_loss", "logloss", "nll", "cross_entropy"), "log_loss"),
    "brier": "brier",
}
_NUMERIC: dict[str, EstimatorName] = {
    **dict.fromkeys(("mae", "mean_absolute_error"), "mae"),
    **dict.fromkeys(("mse", "mean_squared_error"), "mse"),
    **dict.fromkeys(("rmse", "root_mean_squared_error"), "rmse"),
    **dict.fromkeys(("mape", "mean_absolute_percentage_error"), "mape"),
    "r2": "r2",
}
_FALLING = frozenset({"error", "log_loss", "brier", "mae", "mse", "rmse", "mape", "quantile_loss"})
"""The estimators of which less is better."""
_OF_CLASSES = frozenset({"precision", "recall", "f1"})
_TOP = re.compile(r"(?:top_?)(\d{1,4})(?:_acc|_accuracy)?")


class NameEvidence(NamedTuple):
    """What a name says about the direction of a metric.

    Attributes:
        direction: which direction is better; ``None`` if the name does not say.
        machine: whether the metric depends on the machine.
        unit: the unit that the name ends with.
        word: the word that says so.
    """

    direction: Direction | None = None
    machine: bool = False
    unit: str = ""
    word: str = ""


def parts_of(key: str) -> list[str]:
    """The parts of a metric's key, with the quotes of a part that contains a dot."""
    return _PART.findall(key) or [key]


def class_part(key: str, classes: Collection[str]) -> int | None:
    """The place of the only part of a key that names a class: 1 in ``precision.cat``; ``None`` without one."""
    found = [place for place, part in enumerate(parts_of(key)) if part.strip('"') in classes]
    return found[0] if len(found) == 1 and len(parts_of(key)) > 1 else None


def read_direction(key: str) -> NameEvidence:
    """What a key says about a direction; nothing where its words contradict each other."""
    words = _words(key)
    if any(map(_VETO.fullmatch, words)):
        return NameEvidence()
    if "per" in words[:-1] and (rate := words[words.index("per") + 1]) in _RATES:
        return NameEvidence("higher", machine=True, word=f"per {rate}")
    kinds: tuple[tuple[re.Pattern[str], Direction], ...] = ((_HIGHER, "higher"), (_LOWER, "lower"), (_MACHINE, "lower"))
    found = [(kind, direction, word) for kind, direction in kinds if (word := _first(words, kind))]
    if len(found) != 1:
        return NameEvidence()
    kind, direction, word = found[0]
    is_machine = kind is _MACHINE
    unit = (_UNITS.get(words[-1]) or words[-1]) if is_machine and words[-1] in _UNITS else ""
    return NameEvidence(direction, is_machine, unit, word)


def direction_of(estimator: Estimator) -> Direction | None:
    """Which direction is better, by what is computed; ``None`` for the mean of a column."""
    return None if estimator.name == "mean" else "lower" if estimator.name in _FALLING else "higher"


def _first(words: Collection[str], kind: re.Pattern[str]) -> str:
    return next(filter(kind.fullmatch, words), "")


def _words(name: str) -> list[str]:
    return _WORD.findall(name.lower())


def read_estimator(key: str, table: PredictionColumns) -> tuple[Estimator | None, str]:
    """How a metric is computed from a table of predictions, or ``None`` and why that is unknown."""
    column = parts_of(key)[-1].strip('"')
    if column in table.scores:
        return Estimator(name="mean", column=column), ""
    place = class_part(key, table.classes)
    words = [word for index, part in enumerate(parts_of(key)) if index != place for word in _words(part)]
    averages = [word for word in words if word in get_args(Average)]
    name = "_".join(word for word in words if word not in _FILLERS and word not in averages)
    if table.rule.task == "regression":
        estimator = _NUMERIC.get(name) if table.rule.predicted else None
        return (None, "") if estimator is None or averages else (Estimator(name=estimator), "")
    label = parts_of(key)[place].strip('"') if place is not None else None
    return _classifying(name, averages, label, table)


def _classifying(
    name: str, averages: list[str], label: str | None, table: PredictionColumns
) -> tuple[Estimator | None, str]:
    has_scores = bool(table.rule.probabilities or table.rule.score)
    if table.rule.task not in ("binary", "multiclass") or len(averages) > 1 or (averages and label):
        return None, ""
    if (top := _TOP.fullmatch(name)) and table.rule.probabilities and label is None and not averages:
        return Estimator(name="top_k", k=max(1, int(top[1]))), ""
    counted = _COUNTED.get(name) if table.rule.predicted else None
    estimator = counted or (_SCORED.get(name) if has_scores else None)
    is_single = estimator not in _OF_CLASSES and estimator not in ("roc_auc", "average_precision")
    if estimator is None or (is_single and (averages or label)):
        return None, ""
    if estimator in _OF_CLASSES and table.rule.task == "multiclass" and not averages and label is None:
        return None, f"whether the {name} of several classes is a macro, micro or weighted average is unknown"
    if averages == ["micro"] and estimator not in _OF_CLASSES:
        return None, ""
    average = cast("Any", averages[0]) if averages else None
    return Estimator(name=estimator, average=average, class_=label), ""
