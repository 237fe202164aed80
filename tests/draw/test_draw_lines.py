"""Curves: what is drawn is DVC's data, joined and ordered as DVC does, reduced without losing an extreme."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl
import pytest
from draw.plots import assert_one, draw, drawn, pairs, plot
from hypothesis import given
from hypothesis import strategies as st

from headway.draw.reduction.series import m4
from headway.draw.specification import vega_lite
from headway.values.chart import LineChart, Points, Series

if TYPE_CHECKING:
    from headway.values.tables import PlotSource

LOSS = """
    epoch,loss
    1,0.9
    2,0.4
    3,0.094
"""


def only(chart: LineChart) -> Series:
    (series,) = chart.series
    return series


def head(chart: LineChart) -> Points:
    points = only(chart).head
    assert points is not None
    return points


def test_both_sides_become_one_series_without_a_name() -> None:
    chart = drawn(plot(LOSS, "loss", x="epoch"), plot(LOSS.replace("0.094", "0.081"), "loss", x="epoch"))
    assert isinstance(chart, LineChart)
    assert only(chart).name == ""
    assert pairs(only(chart).base) == [(1, 0.9), (2, 0.4), (3, 0.094)]
    assert pairs(only(chart).head)[-1] == (3, 0.081)
    assert (chart.x_label, chart.y_label, chart.x_type) == ("epoch", "loss", "quantitative")
    assert "0.094 to 0.081 (\N{MINUS SIGN}0.013)" in chart.alt


def test_without_x_the_row_number_counts_from_zero() -> None:
    chart, _ = draw(None, plot(LOSS, "loss"))
    assert pairs(only(chart).head) == [(0, 0.9), (1, 0.4), (2, 0.094)]
    assert chart.x_label == "step"
    assert "head only" in chart.alt


def test_title_and_labels_are_heads() -> None:
    chart, _ = draw(
        plot(LOSS, "loss", title="Old", y_label="old"), plot(LOSS, "loss", title="New", x_label="step", y_label="nats")
    )
    assert (chart.id, chart.title, chart.x_label, chart.y_label) == ("plot", "New", "step", "nats")


def test_points_are_drawn_in_x_order_and_equal_x_keep_the_files_order() -> None:
    chart, _ = draw(None, plot("x,y\n3,1\n1,2\n2,3\n1,4", "y", x="x"))
    assert pairs(only(chart).head) == [(1, 2), (1, 4), (2, 3), (3, 1)]


def test_a_curve_written_from_right_to_left_is_read_backwards() -> None:
    chart, _ = draw(None, plot("recall,p\n1.5,0.2\n1,0.5\n1,0.6\n0,1", "p", x="recall"))
    assert pairs(only(chart).head) == [(0, 1), (1, 0.6), (1, 0.5), (1.5, 0.2)]


def test_cells_that_are_not_numbers_are_left_out_and_counted_once() -> None:
    bad = "epoch,loss\n1,0.9\n2,n/a\n3,NaN\n4,inf\n5,\n6,0.1"
    chart, problems = draw(plot(LOSS, "loss", x="epoch"), plot(bad, "loss", x="epoch"))
    assert pairs(only(chart).head) == [(1, 0.9), (6, 0.1)]
    assert_one(problems, "plot.csv (head)", "4 of 6 values of 'loss'", "first in row 2: 'n/a'")


def test_a_bad_x_column_that_serves_two_curves_is_one_problem() -> None:
    _, problems = draw(None, plot("t,a,b\n1,1,1\nn/a,2,2\n3,3,3", ["a", "b"], x="t"))
    assert_one(problems, "plot.csv (head)", "1 of 3 values of 't'", "first in row 2: 'n/a'")


def test_a_column_named_like_dvcs_own_words_is_drawn() -> None:
    chart, problems = draw(None, plot("rev,filename,field\n1,2,3\n2,4,6", ["filename", "field"], x="rev"))
    assert [pairs(series.head) for series in chart.series] == [[(1, 2), (2, 4)], [(1, 3), (2, 6)]]
    assert not problems


@pytest.mark.parametrize(
    ("ys", "names"),
    [
        (["a"], [""]),
        (["a", "b"], ["a", "b"]),
        (["p/q/train.csv a", "p/q/val.csv a"], ["train", "val"]),
        (["p/train.csv a", "p/val.csv b"], ["train: a", "val: b"]),
        (["p/x.csv a", "p/x.json a"], ["x.csv", "x.json"]),
        (["a", "a"], ["a", "a (2)"]),
    ],
)
def test_names_are_short_and_differ(ys: list[str], names: list[str]) -> None:
    files = {y.split(" ")[0]: "a,b\n1,2\n3,4" for y in ys if " " in y} or {"plot.csv": "a,b\n1,2\n3,4"}
    chart, _ = draw(None, plot(files, ys))
    assert [series.name for series in chart.series] == names


def test_x_may_live_in_another_file_of_the_same_length() -> None:
    files = {"y.csv": "loss\n3\n2", "x.csv": "epoch\n10\n20"}
    chart, _ = draw(None, plot(files, "y.csv loss", x="x.csv epoch"))
    assert pairs(only(chart).head) == [(10, 3), (20, 2)]


def test_files_of_different_lengths_are_not_joined_and_the_other_side_stands() -> None:
    files = {"y.csv": "loss\n3\n2\n1", "x.csv": "epoch\n10\n20"}
    chart, problems = draw(plot(LOSS, "loss", x="epoch"), plot(files, "y.csv loss", x="x.csv epoch"))
    assert only(chart).head is None
    assert_one(problems, "y.csv (head)", "joined")


def test_xs_that_cannot_pair_up_are_a_problem() -> None:
    chart, problems = draw(None, plot("a,b,c\n1,2,3", ["a", "b", "c"], x=["a", "b"]))
    assert chart is None
    assert_one(problems, "plot (head)", "2 x columns")


def test_a_missing_column_names_those_that_exist() -> None:
    chart, problems = draw(None, plot(LOSS, "accuracy", x="epoch"))
    assert chart is None
    assert_one(problems, "plot.csv (head)", "'accuracy'")


def test_an_empty_file_leaves_the_other_side() -> None:
    chart, problems = draw(plot(LOSS, "loss", x="epoch"), plot("epoch,loss", "loss", x="epoch"))
    assert only(chart).base
    assert_one(problems, "plot.csv (head)", "no rows")


def test_a_new_curve_stands_beside_the_old_one() -> None:
    two = "epoch,loss,val\n1,2,3\n2,1,2"
    chart, problems = draw(plot(LOSS, "loss", x="epoch"), plot(two, ["loss", "val"], x="epoch"))
    assert [(series.name, bool(series.base), bool(series.head)) for series in chart.series] == [
        ("loss", True, True),
        ("val", False, True),
    ]
    assert not problems


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (plot({"train.csv": LOSS}, "loss"), plot({"val.csv": LOSS}, "loss")),
        (plot(LOSS, "loss"), plot(LOSS, "epoch")),
        (plot(LOSS, "loss", x="epoch"), plot(LOSS, "loss")),
    ],
)
def test_only_the_same_columns_of_the_same_files_are_one_curve(base: PlotSource, head: PlotSource) -> None:
    chart, _ = draw(base, head)
    assert [(bool(series.base), bool(series.head)) for series in chart.series] == [(False, True), (True, False)]


def test_times_are_drawn_in_order_and_in_utc() -> None:
    text = "t,y\n2026-01-02 12:00,1\n2026-01-01,2\n2026-01-02T14:00:00+02:00,3"
    chart, _ = draw(None, plot(text, "y", x="t"))
    assert chart.x_type == "temporal"
    assert pairs(only(chart).head) == [
        ("2026-01-01T00:00:00Z", 2),
        ("2026-01-02T12:00:00Z", 1),
        ("2026-01-02T12:00:00Z", 3),
    ]


def test_names_stay_in_the_files_order_and_are_capped() -> None:
    rows = "\n".join(f"step {index},{index}" for index in reversed(range(70)))
    chart, problems = draw(None, plot(f"name,y\n{rows}", "y", x="name"))
    assert chart.x_type == "nominal"
    assert pairs(only(chart).head)[:2] == [("step 69", 69), ("step 68", 68)]
    assert len(head(chart).x) == 60
    assert_one(problems, "plot.csv (head)", "60 of 70")


def test_words_among_numbers_are_names_in_the_files_order() -> None:
    sides = [plot(f"x,y\n{rows}", "y", x="x") for rows in ("1,4\n2,3\nfinal,2", "1,4\n2,2\n3,1\nfinal,0.5")]
    chart, problems = draw(*sides)
    assert not problems
    assert chart.x_type == "nominal"
    assert [x for x, _ in pairs(only(chart).head)] == ["1", "2", "3", "final"]
    assert "2.0 to 0.5 (\N{MINUS SIGN}1.5)" in chart.alt
    for base, head in (sides, reversed(sides)):
        spec = vega_lite(draw(base, head)[0], "light")
        assert spec["encoding"]["x"]["sort"] == ["1", "2", "3", "final"]


def test_a_word_among_many_numbers_is_left_out_with_a_footnote() -> None:
    rows = "\n".join(f"{step},{step}" for step in range(100))
    chart, problems = draw(None, plot(f"x,y\n{rows}\nfinal,7", "y", x="x"))
    assert (chart.x_type, len(head(chart).x)) == ("quantitative", 100)
    assert_one(problems, "plot.csv (head)", "1 of 101 values of 'x'", "first in row 101: 'final'")


def test_a_word_among_times_is_a_name_too() -> None:
    chart, _ = draw(None, plot("x,y\n2026-01-01,1\n2026-01-02,2\nlast,3", "y", x="x"))
    assert (chart.x_type, head(chart).x[-1]) == ("nominal", "last")


def test_more_curves_than_anyone_compares_are_cut() -> None:
    names = [f"c{index}" for index in range(15)]
    chart, problems = draw(None, plot(",".join(names) + "\n" + ",".join("1" * 15), names))
    assert len(chart.series) == 12
    assert_one(problems, "plot", "12 of 15")


POINTS = st.lists(st.tuples(st.integers(0, 50), st.floats(-1e6, 1e6)), min_size=1, max_size=120).map(
    lambda rows: pl.DataFrame(rows, schema={"x": pl.Float64, "y": pl.Float64}, orient="row").sort(
        "x", maintain_order=True
    )
)


@given(points=POINTS, columns=st.integers(1, 8))
def test_m4_keeps_every_extreme_of_every_pixel_column(points: pl.DataFrame, columns: int) -> None:
    low, high = float(points["x"][0]), float(points["x"][-1])
    kept = m4(points, columns, (low, high))

    def extremes(frame: pl.DataFrame) -> dict[int, tuple[float, float, float, float]]:
        groups: dict[int, list[float]] = {}
        for x, y in frame.iter_rows():
            column = min(math.floor((x - low) / (high - low) * columns), columns - 1) if high > low else 0
            groups.setdefault(column, []).append(y)
        return {column: (ys[0], ys[-1], min(ys), max(ys)) for column, ys in groups.items()}

    assert extremes(kept) == extremes(points)
    assert len(kept) <= max(4 * columns, len(points) if high == low else 0)
    assert kept["x"].is_sorted()


def test_a_million_rows_become_a_few_points() -> None:
    rows = 1_000_000
    steps = pl.int_range(rows, eager=True)
    frame = pl.DataFrame({"step": steps.cast(pl.String), "loss": ((steps * 7919) % 1000).cast(pl.String)})
    frame = frame.with_columns(pl.when(steps == 123_456).then(pl.lit("5000")).otherwise("loss").alias("loss"))
    chart, _ = draw(plot(frame, "loss", x="step"), plot(frame, "loss", x="step"))
    assert len(head(chart).x) <= 1800
    assert (123_456, 5000) in pairs(only(chart).head)
    assert pairs(only(chart).head)[-1] == (rows - 1, ((rows - 1) * 7919) % 1000)
