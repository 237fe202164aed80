"""Which changes of a rule loosen it."""

from __future__ import annotations

from typing import Any

import pytest
from samples import metric

from headway.judge.rules import declares_rules, describe_rules, excluded_tables, judging_settings
from headway.judge.strictness import differences
from headway.settings import (
    DataRule,
    Estimator,
    GateRule,
    MetricRule,
    PredictionsRule,
    Range,
    Settings,
    Tolerance,
    TrainingRule,
)


def gated(**gate: Any) -> MetricRule:
    return MetricRule(gate=GateRule(**gate))


STRICTER: list[tuple[str, Any, Any]] = [
    ("metrics", MetricRule(), MetricRule(direction="higher", estimator="f1", rows=100)),
    ("metrics", MetricRule(machine=True), MetricRule(machine=False)),
    ("metrics", MetricRule(margin=0.1), MetricRule(margin=0.05)),
    ("metrics", MetricRule(margin=0.1), MetricRule()),
    ("metrics", MetricRule(), gated(margin=0.1)),
    ("metrics", gated(margin=0.1), gated(margin=0.05)),
    ("metrics", gated(min=0.8), gated(min=0.9, margin=0.1)),
    ("metrics", gated(min=0.8), gated(min=0.8, require_improvement=True)),
    ("metrics", gated(max=0.8), gated(max=0.7, max_regression=Tolerance(absolute=1))),
    ("metrics", gated(max_regression=Tolerance(relative=0.2)), gated(max_regression=Tolerance(relative=0.1))),
    ("metrics", gated(max_improvement=Tolerance(absolute=2)), gated(max_improvement=Tolerance(absolute=1, relative=1))),
    ("metrics", gated(min=0.8, on_cannot_tell="pass"), gated(min=0.8, on_cannot_tell="warn")),
    ("metrics", gated(min=0.8, on_cannot_tell="warn"), gated(min=0.8, on_cannot_tell="fail")),
    ("predictions", PredictionsRule(path="p", overlap=0.5), PredictionsRule(path="p", overlap=0.6)),
    ("predictions", PredictionsRule(path="p", slices=("a",)), PredictionsRule(path="p", slices=("b", "a"))),
    ("data", DataRule(), DataRule(labels=(1,), required=("a",), ranges={"a": Range(min=0)}, id="id")),
    ("data", DataRule(labels=(1, 2)), DataRule(labels=(1,))),
    ("data", DataRule(required=("a",)), DataRule(required=("a", "b"))),
    ("data", DataRule(max_class_share_change=0.2), DataRule(max_class_share_change=0.1)),
    ("data", DataRule(ranges={"a": Range(min=0, max=9)}), DataRule(ranges={"a": Range(min=1, max=8)})),
    ("evaluation", ("a",), ("b", "a")),
    ("evaluation", (), ("a",)),
    ("evaluation", (), None),
    ("runs", "", "runs/*.json"),
    ("anchor", None, "v1"),
    ("metrics", gated(margin=0.1, against=("base",)), gated(margin=0.1)),
    ("metrics", gated(margin=0.1, against=("anchor",)), gated(margin=0.1, against=("base", "anchor"))),
    ("gates", None, "approval"),
    ("gates", TrainingRule(max_gap=0.2), TrainingRule(max_gap=0.1, finite=True, train="loss", direction="lower")),
    ("gates", TrainingRule(finite=True, on_cannot_tell="pass"), TrainingRule(finite=True, on_cannot_tell="fail")),
]
OTHER: list[tuple[str, Any, Any]] = [
    ("metrics", MetricRule(direction="higher"), MetricRule(direction="lower")),
    ("metrics", MetricRule(estimator="f1"), MetricRule(estimator=Estimator(name="f1", average="micro"))),
    ("metrics", MetricRule(), MetricRule(predictions="other.csv")),
    ("metrics", gated(min=0.8), gated(max=0.8)),
    ("metrics", gated(margin=0.1), gated(max_regression=Tolerance(absolute=0.1))),
    ("metrics", gated(min=0.8, on_cannot_tell="warn"), gated(min=0.8)),
    ("predictions", PredictionsRule(path="p", id="id"), PredictionsRule(path="p", id="row")),
    ("predictions", PredictionsRule(path="p"), PredictionsRule(path="p", group="patient")),
    ("predictions", PredictionsRule(path="p"), None),
    ("data", DataRule(ranges={"a": Range(min=0)}), DataRule(ranges={"b": Range(min=0)})),
    ("data", DataRule(splits=("a", "b")), DataRule(splits=("a",))),
    ("evaluation", None, ("a",)),
    ("runs", "runs/*.json", "seeds/*.json"),
    ("anchor", "v1", "v2"),
    ("metrics", gated(margin=0.1, against=("anchor",)), gated(margin=0.1, against=("base",))),
    ("gates", TrainingRule(direction="lower"), TrainingRule(direction="higher")),
    ("gates", TrainingRule(best_before_last=True), None),
]


@pytest.mark.parametrize(("section", "old", "new"), STRICTER)
def test_what_is_at_least_as_strict_is_no_loosening_and_its_reverse_is_one(section: str, old: Any, new: Any) -> None:
    there, back = list(differences(section, old, new)), list(differences(section, new, old))
    assert there
    assert not any(each.loosened for each in there)
    assert all(each.loosened for each in back)
    assert list(differences(section, old, old)) == []


@pytest.mark.parametrize(("section", "old", "new"), OTHER)
def test_what_cannot_be_compared_counts_as_loosened(section: str, old: Any, new: Any) -> None:
    assert any(each.loosened for each in differences(section, old, new))


def test_a_difference_names_the_key_and_both_values() -> None:
    old, new = DataRule(ranges={"a": Range(max=9)}), DataRule(ranges={"a": Range(max=10)}, required=("a",))
    found = {each.field: (each.base, each.head, each.loosened) for each in differences("data", old, new)}
    assert found == {"ranges.a.max": ("9", "10", True), "required": ("[]", '["a"]', False)}


def test_every_key_that_judges_is_one_of_the_settings() -> None:
    assert not declares_rules(Settings(base="main", headline=("acc",), sections={"data": "hide"}, threshold=0.3))
    assert declares_rules(Settings(runs="runs/*.json"))


def test_bases_rules_come_first_and_heads_are_added() -> None:
    base = Settings(
        metrics={"acc": MetricRule(direction="higher"), "*": MetricRule(direction="lower")},
        predictions=(PredictionsRule(path="./p.csv", overlap=0.9),),
        headline=("acc",),
    )
    head = Settings(
        metrics={"new": MetricRule(direction="higher"), "acc": MetricRule(direction="lower")},
        predictions=(PredictionsRule(path="q.csv"), PredictionsRule(path="p.csv", overlap=0.1)),
        evaluation=(),
        headline=("new",),
    )
    judging = judging_settings(base, head)
    assert list(judging.metrics.items())[:2] == list(base.metrics.items())
    assert list(judging.metrics)[2:] == ["new"]
    assert [(rule.path, rule.overlap) for rule in judging.predictions] == [("p.csv", 0.9), ("q.csv", 0.8)]
    assert (judging.evaluation, judging.headline) == (None, ("new",))


def test_a_table_of_head_judges_no_metrics_file_that_bases_rules_name() -> None:
    base = Settings(metrics={"acc": MetricRule(direction="higher")}, predictions=(PredictionsRule(path="p.csv"),))
    head = Settings(metrics=base.metrics, predictions=(*base.predictions, PredictionsRule(path="q.csv")))
    old, new = metric("acc", 0.9, 0.8, file="m.json"), metric("bleu", 0.5, 0.6, file="new.json")
    assert excluded_tables(base, head, [old, new]) == {"m.json": ("q.csv",)}
    assert excluded_tables(Settings(), head, [old, new]) == {}
    alone, beside = describe_rules(base, head, [old]), describe_rules(base, head, [old, new])
    assert alone
    assert [(each.name, each.loosened) for each in alone.changes] == [("q.csv", False)]
    assert beside
    assert (alone.added, beside.added, beside.changes) == ((), ("q.csv",), ())
