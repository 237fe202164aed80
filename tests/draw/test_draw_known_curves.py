"""ROC, precision-recall and calibration: known by their axes, measured as scikit-learn does, never zoomed away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from draw.pixels import count, open_png, render
from draw.plots import assert_one, draw, plot, texts
from generated import costly
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from headway.draw.jobs import VegaJob
from headway.draw.specification import vega_lite
from headway.draw.specification.scales import UNIT
from headway.draw.theme import THEMES
from headway.numbers import format_share
from headway.values.chart import OperatingPoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.draw.specification.parts import Json
    from headway.values.chart import LineChart, Points
    from headway.values.tables import PlotSource

Scored = tuple[list[int], list[float]]
"""Labels, and scores with ties."""


def scored(separation: float, rows: int = 400, seed: int = 0) -> Scored:
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < 0.3).astype(int)
    return labels.tolist(), np.round(random.normal(size=rows) + separation * labels, 1).tolist()


def roc(data: Scored) -> pl.DataFrame:
    fpr, tpr, _ = roc_curve(*data)
    return pl.DataFrame({"fpr": fpr, "tpr": tpr})


def precision_recall(data: Scored, *, drop: bool = False) -> pl.DataFrame:
    """The rows as scikit-learn writes them: from recall 1 to the point (0, 1)."""
    precision, recall, _ = precision_recall_curve(*data, drop_intermediate=drop)
    return pl.DataFrame({"recall": recall, "precision": precision})


def source(rows: pl.DataFrame, **more: Any) -> PlotSource:
    x, y = rows.columns
    return plot(rows, y, x=x, **more)


def chart_of(base: pl.DataFrame | None, head: pl.DataFrame, **more: Any) -> LineChart:
    chart, _ = draw(None if base is None else source(base, **more), source(head, **more))
    assert chart is not None
    return chart  # type: ignore[no-any-return]  # draw() is loosely typed for tests


def head_of(chart: LineChart) -> Points:
    points = chart.series[0].head
    assert points is not None
    return points


BOTH_CLASSES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=40).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)

ORDERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "as scikit-learn writes it": lambda rows: rows,
    "reversed": lambda rows: rows.reverse(),
    "without the point of recall 0": lambda rows: rows.filter(pl.int_range(pl.len()) < pl.len() - 1),
    "shuffled": lambda rows: rows.sample(fraction=1, shuffle=True, seed=3),
    "reversed without the point of recall 0": lambda rows: rows.reverse().slice(1),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("drop", [False, True])
@costly
@given(rows=BOTH_CLASSES)
def test_a_precision_recall_curve_is_read_by_its_average_precision(
    order: str, rows: list[tuple[int, int]], *, drop: bool
) -> None:
    labels, scores = [label for label, _ in rows], [float(score) for _, score in rows]
    points = ORDERS[order](precision_recall((labels, scores), drop=drop))
    assert head_of(chart_of(None, points)).area == pytest.approx(average_precision_score(labels, scores))


@pytest.mark.parametrize("order", ["as scikit-learn writes it", "reversed", "shuffled"])
@costly
@given(rows=BOTH_CLASSES)
def test_a_roc_curve_is_read_by_its_area(order: str, rows: list[tuple[int, int]]) -> None:
    labels, scores = [label for label, _ in rows], [float(score) for _, score in rows]
    chart = chart_of(None, ORDERS[order](roc((labels, scores))))
    assert head_of(chart).area == pytest.approx(roc_auc_score(labels, scores))
    assert chart.diagonal


def test_the_words_name_the_measure() -> None:
    weak, strong = scored(1.0), scored(2.0)
    curves = chart_of(precision_recall(weak), precision_recall(strong)), chart_of(roc(weak), roc(strong))
    assert "The average precision of this curve: 0.5" in curves[0].alt
    assert "The area under this curve: 0.7" in curves[1].alt
    subtitles = [vega_lite(chart, "light")["title"]["subtitle"] for chart in curves]
    assert subtitles[0] == "precision · numbers: the average precision of this curve"
    assert subtitles[1] == "tpr · numbers: the area under this curve"


AXES = {
    "roc": [
        ("fpr", "tpr"),
        ("FPR", "TPR"),
        ("falsePositiveRate", "truePositiveRate"),
        ("False_Positive_Rate", "recall"),
        ("1-specificity", "sensitivity"),
        ("val_fpr", "val_tpr"),
        ("fall-out", "hit_rate"),
    ],
    "precision-recall": [("recall", "precision"), ("Recall", "PPV"), ("rec", "prec"), ("val/recall", "val/precision")],
    "rates": [("tpr", "fpr"), ("precision", "recall")],
    "": [("fprime", "tprime"), ("threshold", "tpr"), ("epoch", "recall"), ("a", "b")],
}


@pytest.mark.parametrize(("kind", "axes"), [(kind, axes) for kind, pairs in AXES.items() for axes in pairs])
def test_a_curve_is_known_by_its_columns(kind: str, axes: tuple[str, str]) -> None:
    rows = pl.DataFrame(dict(zip(axes, ([0.0, 0.1, 1.0], [0.0, 0.7, 1.0]), strict=True)))
    chart = chart_of(None, rows)
    assert chart.curve == kind
    assert (head_of(chart).area is not None) == (kind in {"roc", "precision-recall"})


def test_a_curve_is_known_by_the_labels_of_its_axes() -> None:
    rows = pl.DataFrame({"a": [0.0, 0.1, 1.0], "b": [0.0, 0.7, 1.0]})
    assert chart_of(None, rows, x_label="False Positive Rate", y_label="True Positive Rate").curve == "roc"
    assert chart_of(None, rows, x_label="Recall", y_label="Precision").curve == "precision-recall"


def test_rates_over_the_threshold_have_no_area() -> None:
    """Both columns of a precision-recall curve and its title, but the wrong x."""
    text = "threshold,precision,recall\n0,0.3,1\n0.5,0.6,0.6\n1,1,0"
    chart, problems = draw(None, plot(text, ["precision", "recall"], x="threshold", title="Precision and recall"))
    assert (chart.curve, problems) == ("", [])
    assert "area" not in chart.alt


def test_a_title_alone_gives_no_area_and_says_why() -> None:
    chart, problems = draw(None, plot("a,b\n0,0\n0.1,0.7\n1,1", "b", x="a", title="ROC curve"))
    assert (chart.curve, chart.series[0].head.area) == ("rates", None)
    assert_one(problems, "plot", "no area")
    assert "The area under this curve: no area" in chart.alt


@pytest.mark.parametrize("rows", ["0,0\n0.1,1.8\n1,1", "0,0\n0.1,70\n1,100"])
def test_what_leaves_0_to_1_is_no_rate(rows: str) -> None:
    chart, _ = draw(None, plot(f"fpr,tpr\n{rows}", "tpr", x="fpr"))
    assert (chart.curve, chart.diagonal) == ("", False)


def test_what_averaging_leaves_behind_is_a_rate() -> None:
    chart, _ = draw(None, plot("fpr,tpr\n0,0\n0.1,0.9\n1,1.0000000000000002", "tpr", x="fpr"))
    assert (chart.curve, chart.series[0].head.y[-1]) == ("roc", 1)


def test_a_roc_curve_may_leave_out_its_corners_and_no_more() -> None:
    whole, part = (
        draw(None, plot(f"fpr,tpr\n{rows}", "tpr", x="fpr")) for rows in ("0.01,0.9\n0.99,1", "0.2,0.9\n1,1")
    )
    assert whole[0].series[0].head.area == pytest.approx(0.01 * 0.45 + 0.98 * 0.95 + 0.01)
    assert part[0].series[0].head.area is None
    assert part[1] == ["plot.csv (head): the curve has no area, because it covers only a part of the 'fpr' from 0 to 1"]


@pytest.mark.parametrize("cell", ["nan", "", "n/a"])
def test_a_curve_with_a_hole_has_no_area(cell: str) -> None:
    sides = [plot(f"recall,precision\n0,1\n0.5,{cell}\n1,0.5", "precision", x="recall") for cell in (0.8, cell)]
    chart, problems = draw(*sides)
    assert "The average precision of this curve: base 0.65, head no area" in chart.alt
    assert "Rows left out: 1 on head." in chart.alt
    assert len(problems) == 1
    assert {"base 0.65", "head no area"} < set(texts(vega_lite(chart, "light")))


def test_a_calibration_curve_gets_its_diagonal_and_its_distance() -> None:
    chart, _ = draw(None, plot("p,observed\n0.2,0.1\n0.8,0.9", "observed", x="p", title="Calibration"))
    assert (chart.curve, chart.diagonal) == ("calibration", True)
    assert head_of(chart).area is None
    assert "mean distance from the diagonal: 0.1" in chart.alt.lower()


def panels(chart: LineChart) -> list[Json]:
    spec = vega_lite(chart, "light")
    return spec.get("concat", [spec])  # type: ignore[no-any-return]  # JSON


def domains(panel: Json) -> tuple[list[float], list[float]]:
    scales = [panel["encoding"][axis]["scale"] for axis in ("x", "y")]
    assert [scale["type"] for scale in scales] == ["linear", "linear"]
    return scales[0]["domain"], scales[1]["domain"]


GOOD, BETTER, POOR = scored(3.2, 2000, 1), scored(3.6, 2000, 2), scored(0.5, 2000, 3)


def test_curves_that_hug_their_corner_are_shown_whole_and_enlarged() -> None:
    whole, part = panels(chart_of(roc(GOOD), roc(BETTER)))
    assert domains(whole) == ([0, 1], [0, 1])
    assert domains(part) == ([0, pytest.approx(0.2)], [pytest.approx(0.8), 1])
    assert "top left, 5\N{MULTIPLICATION SIGN}" in texts(part)
    assert [panel["encoding"]["x"]["title"] for panel in (whole, part)] == ["fpr", "fpr"]
    assert {text.split()[0] for text in texts(whole) if text.startswith(("base ", "head "))} == {"base", "head"}


def test_precision_and_recall_hug_the_other_corner() -> None:
    whole, part = panels(chart_of(precision_recall(GOOD), precision_recall(BETTER)))
    assert domains(whole) == ([0, 1], [0, 1])
    (left, right), (low, high) = domains(part)
    assert (left, right, high) == (low, 1, 1)
    assert any(text.startswith("top right, ") for text in texts(part))


@pytest.mark.parametrize("curve", [roc, precision_recall])
@pytest.mark.parametrize("base", [POOR, GOOD])
def test_a_poor_classifier_on_one_side_needs_no_second_plot(
    curve: Callable[[Scored], pl.DataFrame], base: Scored
) -> None:
    (whole,) = panels(chart_of(curve(base), curve(POOR)))
    assert domains(whole) == ([0, 1], [0, 1])


def test_perfect_curves_have_nothing_to_enlarge() -> None:
    perfect = pl.DataFrame({"fpr": [0.0, 0.0, 1.0], "tpr": [0.0, 1.0, 1.0]})
    assert len(panels(chart_of(perfect, perfect))) == 1


def test_precision_that_collapses_keeps_a_linear_axis() -> None:
    rows = pl.DataFrame(
        {"recall": [step / 50 for step in range(51)], "precision": [1 / (step + 1) for step in range(51)]}
    )
    (whole,) = panels(chart_of(None, rows))
    assert domains(whole) == (list(UNIT[1:3]), list(UNIT[1:3]))


def test_each_of_several_series_has_its_part_beside_it() -> None:
    def classes(data: list[Scored]) -> PlotSource:
        frames = {f"class{index}.csv": roc(one) for index, one in enumerate(data)}
        return plot(frames, [f"{file} tpr" for file in frames], x=[f"{file} fpr" for file in frames])

    chart, _ = draw(classes([GOOD, BETTER]), classes([BETTER, GOOD]))
    assert [domains(panel)[0][1] for panel in panels(chart)] == [1, pytest.approx(0.2)] * 2


def test_many_series_are_shown_whole_only() -> None:
    names = [f"class{index}.csv" for index in range(4)]
    source = plot({name: roc(GOOD) for name in names}, [f"{n} tpr" for n in names], x=[f"{n} fpr" for n in names])
    assert [domains(panel)[0] for panel in panels(draw(None, source)[0])] == [[0, 1]] * 4


def test_the_enlarged_part_of_a_large_curve_has_points_enough() -> None:
    random = np.random.default_rng(0)
    labels = np.arange(200_000) % 2
    chart = chart_of(None, roc((labels.tolist(), (random.normal(size=200_000) + 2.5 * labels).tolist())))
    assert len(head_of(chart).x) < 3600
    assert sum(float(x) <= 0.05 for x in head_of(chart).x) > 100


def test_both_plots_have_the_colours_of_the_page() -> None:
    chart = chart_of(roc(GOOD), roc(BETTER))
    found = render({theme: VegaJob(vega_lite(chart, theme)) for theme in THEMES})
    for theme, colors in THEMES.items():
        image = open_png(found[theme])
        middle = image.width // 2
        for half in (image.crop((0, 0, middle, image.height)), image.crop((middle, 0, *image.size))):
            assert count(half, colors.base) > 150
            assert count(half, colors.head) > 150


def with_thresholds(data: Scored) -> pl.DataFrame:
    """The rows as DVCLive writes them: without the point of recall 0, which has no threshold."""
    precision, recall, thresholds = precision_recall_curve(*data)
    return pl.DataFrame({"recall": recall[:-1], "precision": precision[:-1], "threshold": thresholds})


@costly
@given(rows=BOTH_CLASSES)
def test_the_share_of_positives_is_that_of_the_labels(rows: list[tuple[int, int]]) -> None:
    labels, scores = [label for label, _ in rows], [score / 5 for _, score in rows]
    chart, _ = draw(None, plot(with_thresholds((labels, scores)), "precision", x="recall"))
    assert head_of(chart).positives == pytest.approx(sum(labels) / len(labels))


def test_the_share_of_positives_is_a_quiet_line_with_a_name() -> None:
    chart = chart_of(precision_recall(POOR), precision_recall(POOR))
    share = sum(POOR[0]) / len(POOR[0])
    assert head_of(chart).positives == pytest.approx(share)
    spec = vega_lite(chart, "light")
    assert [row["y"] for row in spec["datasets"]["head0positives"]] == pytest.approx([share, share])
    assert f"share of positives {format_share(share)}" in texts(spec)


@pytest.mark.parametrize(
    "rows",
    [
        "0,1\n0.5,0.9\n1,0.8",  # may end where it reaches recall 1, or be averaged
        "0,1\n0.5,0.9\n0.9,0.8",
        "0,1,0.9\n0.5,0.9,0.5\n0.9,0.3,0.1",  # with thresholds
    ],
)
def test_a_curve_that_stops_early_has_no_share_of_positives(rows: str) -> None:
    columns = "recall,precision,threshold" if rows.count(",") > 3 else "recall,precision"
    chart, _ = draw(None, plot(f"{columns}\n{rows}", "precision", x="recall"))
    assert head_of(chart).positives is None


def test_the_point_of_the_usual_threshold_is_marked_on_each_side_and_named() -> None:
    text = "fpr,tpr,thresholds\n0,0,inf\n0,0.1,0.9\n0.1,0.6,{}\n0.3,0.8,0.2\n1,1,0"
    chart, _ = draw(*(plot(text.format(threshold), "tpr", x="fpr") for threshold in (0.48, 0.51)))
    assert head_of(chart).operating == OperatingPoint(0.1, 0.6, 0.51)
    spec = vega_lite(chart, "light")
    assert spec["datasets"]["base0operating"] == spec["datasets"]["head0operating"] == [{"x": 0.1, "y": 0.6}]
    assert "diamonds: threshold nearest to 0.5" in str(spec["title"]["subtitle"])


def test_each_side_marks_the_point_of_its_own_threshold() -> None:
    text = "fpr,tpr,thresholds\n0,0,inf\n0,0.1,0.9\n0.1,0.6,0.5\n0.3,0.8,0.29\n1,1,0"
    both = (replace(plot(text, "tpr", x="fpr"), threshold=threshold) for threshold in (0.5, 0.3))
    chart, _ = draw(*both)
    (series,) = chart.series
    assert series.base.operating == OperatingPoint(0.1, 0.6, 0.5)
    assert series.head.operating == OperatingPoint(0.3, 0.8, 0.29, wanted=0.3)
    assert "diamonds: threshold nearest to 0.5 → 0.3" in str(vega_lite(chart, "light")["title"]["subtitle"])


@pytest.mark.parametrize("thresholds", ["9 3 0.5 -3", "1 0.95 0.9 0.8", "1 n/a n/a 0"])
def test_without_a_probability_near_the_usual_threshold_no_point_is_marked(thresholds: str) -> None:
    rows = "\n".join(f"{x},{y},{t}" for x, y, t in zip("0001", "0011", thresholds.split(), strict=True))
    chart, _ = draw(None, plot(f"fpr,tpr,threshold\n{rows}", "tpr", x="fpr"))
    assert head_of(chart).operating is None
    assert "threshold" not in str(vega_lite(chart, "light")["title"])


BINS = "p,observed,{}\n0.1,0.2,{}\n0.5,0.5,10\n0.9,0.8,0"


@pytest.mark.parametrize("name", ["count", "N", "support", "bin_count"])
def test_a_calibration_curve_shows_the_sizes_of_its_bins_and_weighs_by_them(name: str) -> None:
    chart, _ = draw(*(plot(BINS.format(name, size), "observed", x="p", title="Calibration") for size in (10, 90)))
    assert head_of(chart).sizes == (90, 10, 0)
    assert "weighted by rows: 0.05 to 0.09 (+0.04)" in chart.alt
    spec = vega_lite(chart, "light")
    heights = [bar["y2"] - bar["y"] for bar in spec["datasets"]["head0sizes"]]
    assert heights[0] == pytest.approx(9 * heights[1], rel=1e-6)
    assert heights[2] == 0
    assert spec["datasets"]["base0sizes"][0]["y2"] < spec["datasets"]["head0sizes"][0]["y2"] < 0  # below the plot
    assert {"rows"} < set(texts(spec))


@pytest.mark.parametrize("size", ["", "1.5", "-1", "n/a"])
def test_bins_of_which_one_has_no_size_are_not_weighed(size: str) -> None:
    chart, problems = draw(None, plot(BINS.format("count", size), "observed", x="p", title="Calibration"))
    assert (head_of(chart).sizes, problems) == ((), [])
    assert "distance from the diagonal: 0.06667" in chart.alt
