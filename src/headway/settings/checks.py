"""Short forms of settings, and what a single value cannot say: which keys contradict each other or mean nothing."""

from __future__ import annotations

import math
import posixpath
import re
from typing import TYPE_CHECKING, Any

import msgspec

from headway.settings.mistakes import Mistake, choices
from headway.settings.schema import FormatRule, Tolerance
from headway.values.registry.names import is_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.settings.schema import (
        GateLimits,
        GateRule,
        MetricRule,
        PredictionsRule,
        Settings,
        StageRule,
        TrainingRule,
    )

_RANKED = ("roc_auc", "average_precision")
_AVERAGED = ("precision", "recall", "f1", *_RANKED)
_APPLIES = {
    "average": _AVERAGED,
    "class": _AVERAGED,
    "k": ("top_k",),
    "quantile": ("quantile_loss",),
    "column": ("mean",),
}
"""The estimators that each of their keys applies to."""

_OF_HEAD_ALONE = ("min", "max")
_GATE_RULES = ("margin", "require_improvement", *_OF_HEAD_ALONE, "max_regression", "max_improvement")
_MACHINE_RULES = ("max_slowdown", *_OF_HEAD_ALONE)
"""The rules of a gate on a metric that depends on the machine."""


_CLASS = re.compile(r"\[.+?\]")
"""A character of several in a pattern."""
_TRAINING_RULES = ("best_before_last", "finite", "max_gap")


def expand(document: object) -> object:
    """The document with each short form ``rmse: lower`` written as a table."""
    if not isinstance(document, dict) or not isinstance(document.get("metrics"), dict):
        return document
    rules = document["metrics"].items()
    return {**document, "metrics": {key: _expanded(rule) for key, rule in rules}}


def _expanded(rule: object) -> object:
    return {"direction": rule} if isinstance(rule, str) else rule


def with_units(settings: Settings) -> Settings:
    """The settings with the short form ``unit`` of each metric moved into its ``format``."""
    rules = {pattern: _with_unit(rule) for pattern, rule in settings.metrics.items()}
    return msgspec.structs.replace(settings, metrics=rules)


def _with_unit(rule: MetricRule) -> MetricRule:
    if not rule.unit:
        return rule
    declared = FormatRule(percent=True) if rule.format == "percent" else rule.format or FormatRule()
    return msgspec.structs.replace(rule, unit="", format=msgspec.structs.replace(declared, unit=rule.unit))


def check(settings: Settings, document: Any) -> Iterator[Mistake]:  # noqa: ANN401 - whatever the file holds
    """The mistakes that only several keys together show; ``document`` says which keys are given."""
    paths = [posixpath.normpath(rule.path) for rule in settings.predictions]
    for pattern, rule in settings.metrics.items():
        given = document["metrics"][pattern].get("estimator")
        for mistake in (*_check_estimator(pattern, rule, given), *_check_metric(rule, paths), *_check_gate(rule)):
            yield Mistake(("metrics", pattern, *mistake.path), mistake.why)
        if settings.anchor is None and rule.gate and "anchor" in (rule.gate.against or ()):
            why = "The settings name no anchor; add the key `anchor` with a tag or a commit, such as `anchor: v1.2.0`."
            yield Mistake(("metrics", pattern, "gate", "against"), why)
    for place, table in enumerate(settings.predictions):
        for mistake in (*_check_path(paths, place), *_check_columns(table)):
            yield Mistake(("predictions", str(place), *mistake.path), mistake.why)
    for name, training in settings.gates.training.items():
        for mistake in _check_training(name, training):
            yield Mistake(("gates", "training", name, *mistake.path), mistake.why)
    yield from _check_stages(settings)
    for place, entry in enumerate(settings.accepted):
        if not _CLASS.sub("", entry.what).strip("*?:/. "):
            why = "An entry names what it accepts; a pattern that matches everything would switch off all gates."
            yield Mistake(("accepted", str(place), "what"), why)


def _check_estimator(pattern: str, rule: MetricRule, given: object) -> Iterator[Mistake]:
    estimator = rule.estimating
    if estimator is None:
        return
    for key, names in _APPLIES.items():
        if isinstance(given, dict) and key in given and estimator.name not in names:
            why = f"`{key}` applies to {', '.join(names)} alone, not to {estimator.name}."
            yield Mistake(("estimator", key), why)
    if estimator.class_ is not None and estimator.average is not None:
        yield Mistake(("estimator", "average"), "`class` and `average` exclude each other; remove one of them.")
    if estimator.average == "micro" and estimator.name in _RANKED:
        yield Mistake(("estimator", "average"), f"{estimator.name} has no micro average; use `macro` or `weighted`.")
    if estimator.class_ == "*" and pattern.rsplit(":", 1)[-1].count("*") != 1:
        why = "`*` is the class that the pattern's asterisk stands for, so the pattern needs exactly one asterisk."
        yield Mistake(("estimator", "class"), why)
    if estimator.name == "mean" and not estimator.column:
        why = "`mean` needs the key `column`, as in {name: mean, column: exact_match}."
        yield Mistake(("estimator",), why)
    if rule.machine:
        why = "A metric that depends on the machine is not computed from predictions; remove `machine` or `estimator`."
        yield Mistake(("estimator",), why)


def _check_metric(rule: MetricRule, paths: list[str]) -> Iterator[Mistake]:
    unit = rule.format.unit if isinstance(rule.format, FormatRule) else ""
    if rule.unit and unit and rule.unit != unit:
        yield Mistake(("unit",), f"The unit is {rule.unit!r} here and {unit!r} in `format`; remove one of them.")
    if rule.margin is not None and not math.isfinite(rule.margin):
        yield Mistake(("margin",), "A margin is a finite number.")
    if rule.rows is not None and rule.estimator is None:
        why = "A number of rows is evidence for a share of rows alone; add the share as `estimator`, such as accuracy."
        yield Mistake(("rows",), why)
    if rule.predictions is None:
        return
    if not paths:
        yield Mistake(("predictions",), "The settings declare no table of predictions.")
    elif posixpath.normpath(rule.predictions) not in paths:
        yield Mistake(("predictions",), f"Unknown table {rule.predictions!r}{choices(rule.predictions, paths)}")


def _check_gate(rule: MetricRule) -> Iterator[Mistake]:
    gate = rule.gate
    if gate is None:
        return
    if not (gate.slices or _given(gate) or gate.max_slowdown):
        needed = _MACHINE_RULES if rule.machine else _GATE_RULES
        yield Mistake(("gate",), f"A gate needs a rule: {', '.join(needed)}.")
    yield from _check_slowdown(rule, gate)
    for mistake in _check_limits(rule, gate):
        yield Mistake(("gate", *mistake.path), mistake.why)
    if gate.slices:
        if not _given(gate.slices):
            yield Mistake(("gate", "slices"), f"A gate on slices needs a rule: {', '.join(_GATE_RULES)}.")
        if rule.estimator is None:
            yield Mistake(("gate", "slices"), "Slices are computed from predictions, so the metric needs `estimator`.")
        for mistake in _check_limits(rule, gate.slices):
            yield Mistake(("gate", "slices", *mistake.path), mistake.why)


def _check_slowdown(rule: MetricRule, gate: GateRule) -> Iterator[Mistake]:
    if gate.max_slowdown is None:
        return
    if not rule.machine:
        why = "Only `headway speed` measures a slowdown, of metrics with `machine: true`; add it, or remove the rule."
        yield Mistake(("gate", "max_slowdown"), why)
    elif rule.direction is None:
        why = "A slowdown tells worse from better, so the metric needs `direction: higher` or `direction: lower`."
        yield Mistake(("gate", "max_slowdown"), why)
    elif not math.isfinite(gate.max_slowdown):
        yield Mistake(("gate", "max_slowdown"), "A limit is a finite number.")


def _given(gate: GateLimits) -> dict[str, Any]:
    """The rules that a gate declares."""
    values = {key: getattr(gate, key) for key in _GATE_RULES}
    return {key: value for key, value in values.items() if value is not None and value is not False}


def _check_limits(rule: MetricRule, gate: GateLimits) -> Iterator[Mistake]:
    for key, value in _given(gate).items():
        if key not in _OF_HEAD_ALONE and rule.direction is None:
            why = f"`{key}` tells worse from better, so the metric needs `direction: higher` or `direction: lower`."
            yield Mistake((key,), why)
        if key not in _OF_HEAD_ALONE and rule.machine:
            why = f"Only {', '.join(_MACHINE_RULES)} apply to a metric that depends on the machine."
            yield Mistake((key,), why)
        if value == Tolerance():
            yield Mistake((key,), "The table needs `absolute`, `relative` or both.")
        if not all(map(math.isfinite, _numbers(value))):
            yield Mistake((key,), "A limit is a finite number.")
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        yield Mistake(("min",), f"No value is at least {gate.min:g} and at most {gate.max:g}.")


def _numbers(limit: float | Tolerance) -> list[float]:
    if isinstance(limit, Tolerance):
        return [number for number in (limit.absolute, limit.relative) if number is not None]
    return [limit]


def _check_examples(table: PredictionsRule) -> Iterator[Mistake]:
    examples = table.examples
    if examples is None:
        return
    if not (examples.image or examples.pixels or examples.text):
        yield Mistake(("examples",), "Name what to show: `image`, `pixels` or `text`.")
    if examples.image and examples.pixels:
        yield Mistake(("examples", "pixels"), "`image` and `pixels` exclude each other; remove one of them.")
    if not table.id:
        yield Mistake(("examples",), "Examples are rows of both sides, so the table needs `id`.")
    if examples.table and _is_outside(posixpath.normpath(examples.table)):
        yield Mistake(("examples", "from"), "A path names a file or folder in the project, relative to its root.")


def _is_outside(path: str) -> bool:
    return path in {".", ".."} or path.startswith(("/", "../"))


def _check_training(name: str, rule: TrainingRule) -> Iterator[Mistake]:
    if not all(name.rpartition(":")):
        yield Mistake((), "A curve is named by its file and column, as in `reports/training.csv:validation_loss`.")
    if not (rule.best_before_last or rule.finite or rule.max_gap is not None):
        yield Mistake((), f"A gate needs a rule: {', '.join(_TRAINING_RULES)}.")
    if rule.direction is None and (rule.best_before_last or rule.max_gap is not None):
        why = "The best value depends on it, so the gate needs `direction: higher` or `direction: lower`."
        yield Mistake((), why)
    if rule.max_gap is not None:
        if not rule.train:
            yield Mistake(("max_gap",), "The gap is that to the training data; name their column as `train`.")
        if not math.isfinite(rule.max_gap):
            yield Mistake(("max_gap",), "A limit is a finite number.")


def _check_stages(settings: Settings) -> Iterator[Mistake]:
    for stage, rule in settings.stages.items():
        for mistake in (*_check_order(stage, settings), *_check_margins(rule, settings)):
            yield Mistake(("stages", stage, *mistake.path), mistake.why)


def _check_order(stage: str, settings: Settings) -> Iterator[Mistake]:
    rule = settings.stages[stage]
    if not is_stage(stage):
        yield Mistake((), "The name of a stage has letters, digits, `-`, `_` and `/` alone, as in `production`.")
    if rule.after and rule.after not in settings.stages:
        yield Mistake(("after",), f"Unknown stage {rule.after!r}{choices(rule.after, list(settings.stages))}")
    seen, before = {stage}, rule.after
    while before in settings.stages and before not in seen:
        seen.add(before)
        before = settings.stages[before].after
    if before == stage:
        yield Mistake(("after",), "A version could never get this stage, because it must have had it before.")


def _check_margins(rule: StageRule, settings: Settings) -> Iterator[Mistake]:
    for pattern, margin in rule.margins.items():
        metric = settings.metrics.get(pattern)
        if metric is None:
            why = f"Name a rule of `metrics`: unknown rule {pattern!r}{choices(pattern, list(settings.metrics))}"
            yield Mistake(("margins", pattern), why)
        elif metric.direction is None:
            why = "A margin tells worse from better, so the metric needs `direction: higher` or `direction: lower`."
            yield Mistake(("margins", pattern), why)
        elif metric.gate and metric.gate.margin is not None and margin >= metric.gate.margin:
            why = f"A promotion needs a smaller margin than a pull request, whose gate has {metric.gate.margin:g}."
            yield Mistake(("margins", pattern), why)
        elif not math.isfinite(margin):
            yield Mistake(("margins", pattern), "A limit is a finite number.")


def _check_path(paths: list[str], place: int) -> Iterator[Mistake]:
    if _is_outside(paths[place]):
        yield Mistake(("path",), "A path names a file or folder in the project, relative to the project's root.")
    if paths[place] in paths[:place]:
        yield Mistake(("path",), f"Two entries declare the table {paths[place]!r}; merge them.")


def _check_columns(table: PredictionsRule) -> Iterator[Mistake]:
    yield from _check_examples(table)
    if isinstance(table.probabilities, str) and table.probabilities and table.probabilities.count("*") != 1:
        why = "A pattern contains exactly one asterisk, which stands for the class; one column of numbers is a `score`."
        yield Mistake(("probabilities",), why)
    if table.task == "multilabel":
        for key, pattern in (("actual", table.actual), ("predicted", table.predicted)):
            if pattern.count("*") != 1 and (pattern or key == "actual"):
                why = f"For `multilabel`, `{key}` is a pattern with one asterisk, which stands for the label."
                yield Mistake((key,), why)
    elif table.task not in (None, "scores") and not table.actual:
        yield Mistake((), f"A task of {table.task} needs the key `actual`.")
    if table.positive is not None and table.task not in (None, "binary"):
        yield Mistake(("positive",), f"`positive` applies to binary tasks alone, not to {table.task}.")
