"""Metrics on slices of real revisions: what a metric on all rows hides, as one family of tests."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pytest
from msgspec import UNSET
from repos import Project
from samples import evidence_of, make_metric
from sklearn import metrics as sklearn

import headway
from headway.judge.multiplicity import benjamini_hochberg
from headway.judge.slices import SliceTest, judge_slices
from headway.judge.statistics.estimate import Outcome
from headway.judge.statistics.unpaired import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headway.values.comparison import Comparison, Slice

ROWS = 1200
PREDICTIONS: dict[str, Any] = {
    "path": "predictions.csv",
    "id": "id",
    "actual": "actual",
    "predicted": "predicted",
    "slices": ["site", "device"],
}
SETTINGS: dict[str, Any] = {
    "metrics": {
        "percent": {"direction": "higher", "estimator": "accuracy"},
        "wrong": {"direction": "lower", "estimator": {"name": "mean", "column": "is_wrong"}},
        "f1": {"direction": "higher", "estimator": "f1"},
    },
    "headline": ["percent", "wrong"],
    "predictions": [PREDICTIONS],
}
_DRAW = np.random.default_rng(7)
SITES = _DRAW.choice(["north", "south", "west", "depot"], ROWS, p=[0.4, 0.35, 0.24, 0.01])
DEVICES = _DRAW.choice(["phone", "tablet", ""], ROWS, p=[0.6, 0.37, 0.03])
ACTUAL, EASE = _DRAW.integers(0, 2, ROWS), _DRAW.random(ROWS)


def write(project: Project, right: float, west: float) -> Project:
    """Predictions that are right with a probability, and with another one in the west."""
    is_right = np.where(SITES == "west", west, right) > EASE
    predicted = np.where(is_right, ACTUAL, 1 - ACTUAL)
    columns = {"id": np.arange(ROWS), "actual": ACTUAL, "predicted": predicted, "site": SITES, "device": DEVICES}
    project.write("predictions.csv", pl.DataFrame(columns | {"is_wrong": 1 - is_right}).write_csv())
    percent = round(100 * float(is_right.mean()), 2)
    f1 = round(float(sklearn.f1_score(ACTUAL, predicted)), 4)
    return project.json("metrics.json", {"percent": percent, "wrong": round(1 - percent / 100, 4), "f1": f1})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("slices"))
    project.dvc_yaml({"metrics": ["metrics.json"]}).json("headway.yaml", SETTINGS)
    write(project, 0.8, 0.8).commit("base")
    return project


@pytest.fixture
def compared(template: Project, tmp_path: Path) -> Callable[..., Comparison]:
    numbers = count()

    def compare(right: float = 0.84, west: float = 0.7, **settings: Any) -> Comparison:
        project = template.copied(tmp_path / f"copy{next(numbers)}")
        if settings:  # base's rules judge
            project.json("headway.yaml", SETTINGS | settings).commit("settings")
        write(project, right, west)
        return headway.compare_revisions(project.root, base="HEAD", environ={})

    return compare


def by_place(comparison: Comparison, key: str = "percent") -> dict[tuple[str, str | None], Slice]:
    return {(each.column, each.value): each for each in comparison.slices if each.metric.key == key}


def test_a_slice_that_got_worse_is_found_under_a_metric_that_did_not(compared: Callable[..., Comparison]) -> None:
    comparison = compared()
    assert not comparison.problems
    whole = next(metric for metric in comparison.metrics if metric.key == "percent")
    assert whole.verdict != "worse"
    found = by_place(comparison)
    assert {place: each.metric.verdict for place, each in found.items() if place[0] == "site"} == {
        ("site", "depot"): "identical",
        ("site", "north"): "improved",
        ("site", "south"): "improved",
        ("site", "west"): "worse",
    }
    assert [place[1] for place in found if place[0] == "device"] == ["phone", "tablet", None]


def test_the_values_of_a_slice_are_in_the_metrics_own_unit_and_sign(compared: Callable[..., Comparison]) -> None:
    comparison = compared()
    in_the_west = SITES == "west"
    percent, wrong = (by_place(comparison, key)["site", "west"] for key in ("percent", "wrong"))
    before, after = (100 * float((level > EASE)[in_the_west].mean()) for level in (0.8, 0.7))
    assert (percent.metric.base, percent.metric.head) == pytest.approx((before, after))
    assert percent.metric.change == pytest.approx(after - before)
    assert percent.rows == int(in_the_west.sum())
    broken = int((in_the_west & (EASE > 0.7) & (EASE < 0.8)).sum())
    for each in (percent, wrong):
        assert each.metric.evidence is not UNSET
        assert (each.metric.evidence.fixed, each.metric.evidence.broken) == (0, broken)
    assert percent.metric.evidence is not UNSET
    assert percent.metric.evidence.low < after - before < percent.metric.evidence.high < 0
    assert wrong.metric.verdict == "worse"
    assert wrong.metric.change == pytest.approx((before - after) / 100)


def test_shrunk_values_and_bounds_point_where_the_metric_does(compared: Callable[..., Comparison]) -> None:
    comparison = compared()
    for key, sign in (("percent", 1), ("wrong", -1)):
        for each in by_place(comparison, key).values():
            assert each.shrunk is not None
            assert each.bound is not None
            assert each.bound * sign < each.shrunk * sign
    west = by_place(comparison)["site", "west"]
    assert isinstance(west.metric.head, float)
    assert west.shrunk is not None
    assert west.metric.head < west.shrunk < 75
    assert west.shrunk_change is not None
    assert -10.5 < west.shrunk_change < -6


def test_all_slices_are_one_family(compared: Callable[..., Comparison]) -> None:
    comparison = compared()
    asked = [each.metric for each in comparison.slices if each.metric.verdict != "identical"]
    evidence = [metric.evidence for metric in asked if metric.evidence]
    assert {(each.family, each.family_size) for each in evidence} == {("slices", len(evidence))}
    assert [each.p_adjusted for each in evidence] == benjamini_hochberg([each.p for each in evidence])
    others = {metric.evidence.family for metric in comparison.metrics if metric.evidence}
    assert others == {"headline", "metrics"}


def test_the_headline_is_sliced_else_the_first_metric_that_is_tested(compared: Callable[..., Comparison]) -> None:
    assert {each.metric.key for each in compared().slices} == {"percent", "wrong"}
    assert {each.metric.key for each in compared(headline=[]).slices} == {"f1"}


def test_rows_that_give_no_answer_say_why(compared: Callable[..., Comparison]) -> None:
    metrics = {"f1": {"direction": "higher", "estimator": "f1"}}
    comparison = compared(0.9, 0.9, metrics=metrics, predictions=[PREDICTIONS | {"slices": ["actual", "device"]}])
    found = by_place(comparison, "f1")
    assert found["actual", "1"].metric.verdict == "improved"
    none = found["actual", "0"]
    assert (none.metric.verdict, none.shrunk) == ("cannot_tell", None)
    assert none.metric.evidence is not UNSET
    assert "no row moves it" in none.metric.evidence.withheld
    few = found["device", None]
    assert (few.metric.verdict, few.shrunk) == ("too_few", None)
    assert few.metric.evidence is not UNSET
    assert few.metric.evidence.withheld.startswith("only ")


def test_a_column_that_cannot_divide_rows_is_named_once(compared: Callable[..., Comparison]) -> None:
    comparison = compared(predictions=[PREDICTIONS | {"slices": ["id", "site"]}])
    (problem,) = comparison.problems
    assert problem.where == "settings: predictions: predictions.csv"
    assert "no slices by `id`, because it has 1,200 values" in problem.what
    assert {each.column for each in comparison.slices} == {"site"}


def test_rows_that_nothing_pairs_are_tested_as_other_rows(compared: Callable[..., Comparison]) -> None:
    comparison = compared(predictions=[msgspec.convert(PREDICTIONS | {"id": ""}, dict)])
    west = by_place(comparison)["site", "west"]
    assert west.metric.evidence is not UNSET
    assert west.metric.evidence.method == "newcombe"
    assert west.shrunk is not None


def test_the_same_revisions_give_the_same_slices(compared: Callable[..., Comparison]) -> None:
    first, second = (msgspec.json.encode(compared().slices) for _ in range(2))
    assert first == second


def test_a_slice_without_any_mistake_does_not_pull_the_others() -> None:
    metric = make_metric("f1 0.9 -> 0.9 higher")
    levels = {"a": (0.90, 0.02), "b": (1.0, 0.0), "c": (0.86, 0.025)}
    evidence = {name: evidence_of(metric, estimate=0.0, rows=200) for name in levels}
    tests = [
        SliceTest(
            metric=metric, column="site", value=name, rows=200, outcome=Outcome(evidence[name]), level=Level(*level)
        )
        for name, level in levels.items()
    ]
    first, perfect, last = judge_slices(tests)
    assert first.shrunk == pytest.approx(0.90, abs=0.015)
    assert last.shrunk == pytest.approx(0.86, abs=0.02)
    assert perfect.shrunk == pytest.approx(1.0, abs=0.02)
    assert perfect.bound is not None
    assert perfect.bound < 0.999
