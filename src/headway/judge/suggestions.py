"""Suggests rules for metrics from their names and from tables of predictions, as few patterns as say the same."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.compare.metrics import matches
from headway.judge.metric_names import class_part, direction_of, parts_of, read_direction, read_estimator
from headway.settings import Estimator, MetricRule
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headway.judge.prediction_columns import PredictionColumns

    Name = tuple[str, str]
    """A metric's file and key."""

_CLASSES, _FAMILY = 2, 4
"""Metrics that one pattern stands for at the least: of classes, and of numbers."""
_NUMBERED = re.compile(r"(.*[._ -])\d+", re.DOTALL)


class Suggestion(NamedTuple):
    """A rule that names and files suggest, and why; a rule without any key where they suggest nothing."""

    rule: MetricRule
    reason: str


@dataclass(frozen=True)
class Suggested:
    """Suggestions by pattern, in the order in which the settings should have them.

    Attributes:
        rules: the suggestions.
        unknown: the keys of the metrics without one, and why.
    """

    rules: dict[str, Suggestion]
    unknown: dict[str, str]


def suggest(key: str, tables: Sequence[PredictionColumns]) -> Suggestion:
    """What the key of a metric suggests, where some tables belong to its file."""
    table = tables[0] if len(tables) == 1 else None
    place = class_part(key, table.classes) if table else None
    parts = parts_of(key)
    evidence = read_direction(".".join(parts[:place] + parts[place + 1 :] if place is not None else parts))
    is_judged = evidence.direction is not None and not evidence.machine
    estimator, doubt = read_estimator(key, table) if table and not evidence.machine else (None, "")
    direction = evidence.direction or (direction_of(estimator) if estimator else None)
    reasons = [
        f'"{evidence.word}": {evidence.direction} is better' if evidence.word else "",
        "it depends on the machine" if evidence.machine else "",
        f"computed from {table.rule.path}" if estimator and table else "",
        f"no estimator: {doubt}" if doubt else "",
        f"no estimator: {len(tables)} tables of predictions belong to it" if len(tables) > 1 and is_judged else "",
    ]
    rule = MetricRule(direction=direction, machine=evidence.machine, estimator=estimator, unit=evidence.unit)
    return Suggestion(rule, "; ".join(filter(None, reasons)))


def suggest_rules(metrics: Iterable[Name], tables_of: Callable[[str], Sequence[PredictionColumns]]) -> Suggested:
    """Suggest rules for metrics, given the tables of predictions that belong to each metrics file."""
    names = list(metrics)
    found = {(file, key): suggest(key, tables_of(file)) for file, key in names}
    known = {name: each for name, each in found.items() if each.rule != MetricRule()}
    patterns = dict(_families(known, names, tables_of))
    members = {name for pattern in patterns for name in known if matches(pattern, *name)}
    single = dict(_singles({name: each for name, each in known.items() if name not in members}))
    unknown = {key: each.reason for (_, key), each in found.items() if each.rule == MetricRule()}
    return Suggested({**single, **patterns}, unknown)


def _families(
    known: dict[Name, Suggestion], names: list[Name], tables_of: Callable[[str], Sequence[PredictionColumns]]
) -> Iterator[tuple[str, Suggestion]]:
    """The patterns that stand for several metrics with one rule, and for nothing else."""
    groups: dict[tuple[str, MetricRule], list[Name]] = {}
    for (file, key), each in known.items():
        if pattern := _pattern(key, tables_of(file)):
            groups.setdefault((pattern, generalized(each.rule)), []).append((file, key))
    for (pattern, rule), members in groups.items():
        is_of_classes = isinstance(rule.estimator, Estimator) and rule.estimator.class_ == "*"
        matched = [name for name in names if matches(pattern, *name)]
        if len(members) >= (_CLASSES if is_of_classes else _FAMILY) and set(matched) == set(members):
            yield pattern, Suggestion(rule, known[members[0]].reason)


def _pattern(key: str, tables: Sequence[PredictionColumns]) -> str:
    """A glob over the key and those like it: any class in place of its class, or of the number at its end."""
    parts = parts_of(key)
    place = class_part(key, tables[0].classes) if len(tables) == 1 else None
    if glob.escape(key) != key or ":" in key:
        return ""
    if place is not None:
        return ".".join((*parts[:place], "*", *parts[place + 1 :]))
    numbered = _NUMBERED.fullmatch(key)
    return f"{numbered[1]}*" if numbered else ""


def generalized(rule: MetricRule) -> MetricRule:
    """The rule for all classes in place of that for one."""
    if isinstance(rule.estimator, Estimator) and rule.estimator.class_ is not None:
        return msgspec.structs.replace(rule, estimator=msgspec.structs.replace(rule.estimator, class_="*"))
    return rule


def _singles(known: dict[Name, Suggestion]) -> Iterator[tuple[str, Suggestion]]:
    """Each key with the rule that most of its files suggest; before it, the other files with theirs."""
    for key in dict.fromkeys(key for _, key in known):
        of_key = {file: each for (file, each_key), each in known.items() if each_key == key}
        rules = [each.rule for each in of_key.values()]
        usual = max(rules, key=rules.count)
        reasons = list(dict.fromkeys(each.reason for each in of_key.values() if each.rule == usual))
        yield from ((glob.escape(f"{file}:{key}"), each) for file, each in of_key.items() if each.rule != usual)
        yield key, Suggestion(usual, reasons[0] + and_more(len(reasons) - 1))
