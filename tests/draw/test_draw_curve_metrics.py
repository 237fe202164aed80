"""One number for one thing: which metric a curve quotes, and when it keeps the area under its own points."""

from __future__ import annotations

from functools import cache

import msgspec
import polars as pl
import pytest
from draw.plots import draw, plot
from samples import make_metric, metric

from headway.draw.curve_metrics import quoting_metric
from headway.draw.key_numbers import measure
from headway.values.chart import LineChart
from headway.values.metric_format import MetricFormat

CURVE = {"roc": ("fpr", "tpr"), "precision-recall": ("recall", "precision")}


@cache
def chart(kind: str, *, base: bool = True) -> LineChart:
    """A curve whose area is 0.75 (ROC) or 0.5 (precision-recall) on both sides."""
    x, y = CURVE[kind]
    ys = (0.0, 1.0, 1.0) if kind == "roc" else (0.5, 0.5, 0.5)
    source = plot(pl.DataFrame({x: (0.0, 0.5, 1.0), y: ys}), y, x=x)
    drawn, _ = draw(source if base else None, source)
    assert isinstance(drawn, LineChart)
    assert drawn.curve == kind
    return drawn


def areas(chart: LineChart) -> tuple[float | None, ...]:
    (series,) = chart.series
    return tuple(points.area for points in (series.base, series.head) if points)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("roc", "roc_auc 0.74 -> 0.76"),
        ("roc", "test.AUC 0.74 -> 0.76"),
        ("roc", "roc_auc.test 0.74 -> 0.76"),
        ("precision-recall", "average_precision 0.49 -> 0.51"),
        ("precision-recall", "eval.PR-AUC 0.49 -> 0.51"),
        ("precision-recall", "avg_prec.test 0.49 -> 0.51"),
    ],
)
def test_a_curve_quotes_the_metric_that_measures_it(kind: str, line: str) -> None:
    found = make_metric(line)
    quoting = quoting_metric(chart(kind), [make_metric("accuracy 0.75 -> 0.75"), found])
    assert (quoting.metric, measure(quoting)) == (found.key, found.key)
    assert areas(quoting) == (found.base, found.head)
    assert f"{found.key}: {found.base} to {found.head}" in quoting.alt


@pytest.mark.parametrize(
    "line",
    [
        "roc_auc 0.74 -> 0.80",  # on head it measures something else
        "train.roc_auc 0.75 -> 0.75",
        "training/metrics.json:roc_auc 0.75 -> 0.75",
        "average_precision 0.75 -> 0.75",
        "roc_auc_gap 0.75 -> 0.75",
        "roc_auc NaN -> 0.75",
    ],
)
def test_any_other_metric_leaves_the_curve_its_own_area(line: str) -> None:
    assert quoting_metric(chart("roc"), [make_metric(line)]) == chart("roc")


def test_of_two_metrics_the_nearer_one_is_quoted() -> None:
    near, far = make_metric("test.roc_auc 0.751 -> 0.751"), make_metric("roc_auc 0.76 -> 0.76")
    assert quoting_metric(chart("roc"), [far, near]).metric == "test.roc_auc"


def test_a_curve_of_one_side_needs_that_side_alone() -> None:
    quoting = quoting_metric(chart("roc", base=False), [metric("roc_auc", None, 0.76)])
    assert areas(quoting) == (0.76,)


def test_the_title_of_a_metric_names_it() -> None:
    titled = msgspec.structs.replace(make_metric("roc_auc 0.74 -> 0.76"), format=MetricFormat(title="ROC area"))
    assert "ROC area: 0.74 to 0.76" in quoting_metric(chart("roc"), [titled]).alt


def test_a_chart_of_several_curves_keeps_their_areas() -> None:
    one = chart("roc")
    two = msgspec.structs.replace(one, series=one.series * 2)
    assert quoting_metric(two, [make_metric("roc_auc 0.75 -> 0.75")]) == two
