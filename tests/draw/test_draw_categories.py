"""Confusions, bars and clouds: counted and paired right, capped with a word, never mixed up."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl
import pytest
from draw.plots import assert_one, draw, drawn, pairs, plot, table
from hypothesis import given
from hypothesis import strategies as st

from headway.draw.reduction import typed_columns
from headway.draw.specification import vega_lite
from headway.values.chart import BarChart, ConfusionChart, ScatterChart

if TYPE_CHECKING:
    from headway.values.tables import PlotSource

CLASSES = "actual,predicted\n10,10\n10,2\n2,2\n2,2\n2,10\n1,1"
LABELS = st.lists(st.tuples(*[st.sampled_from(["0", "1", "2", "10", "cat", "Cat"])] * 2), min_size=1, max_size=40)


def confusion(text: str | pl.DataFrame, template: str = "confusion") -> PlotSource:
    return plot(text, "predicted", x="actual", template=template)


def test_a_confusion_is_counted_over_the_classes_of_both_sides() -> None:
    chart = drawn(confusion("actual,predicted\n3,3\n1,3"), confusion(CLASSES))
    assert isinstance(chart, ConfusionChart)
    assert chart.labels_x == chart.labels_y == ("1", "2", "3", "10")
    assert chart.head == ((1, 0, 0, 0), (0, 2, 0, 1), (0, 0, 0, 0), (0, 1, 0, 1))
    assert chart.base == ((0, 0, 0, 0), (0, 0, 0, 0), (1, 0, 1, 0), (0, 0, 0, 0))
    assert "Errors: 1 to 2 (+1)" in chart.alt


@given(rows=LABELS)
def test_a_confusion_is_a_plain_count(rows: list[tuple[str, str]]) -> None:
    chart, _ = draw(None, confusion(pl.DataFrame(rows, schema=["actual", "predicted"], orient="row")))
    counted = Counter(rows)
    for row, y in enumerate(chart.labels_y):
        for column, x in enumerate(chart.labels_x):
            assert chart.head[row][column] == counted[x, y]
    assert sum(map(sum, chart.head)) == len(rows)


def test_labels_of_json_numbers_and_of_csv_text_are_the_same_classes() -> None:
    floats = pl.DataFrame({"actual": [1.0, 2.0, None], "predicted": [1.0, 1.0, 1.0]})
    chart, problems = draw(confusion("actual,predicted\n1,1\n2,1"), confusion(floats))
    assert chart.labels_x == ("1", "2")
    assert chart.base == chart.head
    assert_one(problems, "plot.csv (head)", "1 of 3 values of 'actual'", "first in row 3: empty")


def test_a_side_that_lost_rows_has_no_fewer_errors() -> None:
    """Head predicts nothing where base was wrong."""
    rows = "actual,predicted\n" + "a,a\n" * 5 + "b,{}\n" * 3
    chart, problems = draw(confusion(rows.format("a", "a", "a")), confusion(rows.format("", "", "a")))
    assert chart.alt.endswith("Errors: base 3, head 1. Rows without both classes: 2 on head.")
    assert len(problems) == 1
    assert not any(cell["tone"] for cell in vega_lite(chart, "light")["datasets"]["cells"])
    alike, _ = draw(confusion(rows.format("", "", "a")), confusion(rows.format("", "", "b")))
    assert "Errors: 1 to 0" in alike.alt


def test_axes_with_nothing_in_common_stay_apart() -> None:
    chart, _ = draw(None, confusion("actual,predicted\ncat,animal\noak,plant\ncat,animal"))
    assert (chart.labels_x, chart.labels_y) == (("cat", "oak"), ("animal", "plant"))
    assert chart.head == ((2, 0), (0, 1))
    assert "Errors" not in chart.alt


def test_many_classes_keep_those_whose_confusions_changed() -> None:
    right = [f"c{index},c{index}" for index in range(60)]
    base = "actual,predicted\n" + "\n".join(right * 2)
    head = "actual,predicted\n" + "\n".join([*right, *right, "c57,c3", "c57,c3"])
    chart, problems = draw(confusion(base), confusion(head))
    assert len(chart.labels_x) == 40
    assert {"c57", "c3"} < set(chart.labels_x)
    assert chart.labels_x[-1] == "other"
    assert sum(map(sum, chart.head)) == 122
    assert_one(problems, "plot", "39 of 60")


def test_a_confusion_without_x_says_what_it_needs() -> None:
    chart, problems = draw(None, plot(CLASSES, "predicted", template="confusion"))
    assert chart is None
    assert_one(problems, "plot", "x and y")


def test_the_normalized_template_asks_for_shares() -> None:
    assert draw(None, confusion(CLASSES, "confusion_normalized"))[0].normalized


def bars(text: str, template: str = "bar_horizontal") -> PlotSource:
    return plot(text, "class", x="f1", template=template)


def test_bars_pair_up_by_category_in_the_order_of_heads_file() -> None:
    chart = drawn(bars("class,f1\n10,0.5\n9,0.7\n8,1"), bars("class,f1\n9,0.8\n10,0.4\n2,1"))
    assert isinstance(chart, BarChart)
    assert [(bar.label, bar.base, bar.head) for bar in chart.bars] == [
        ("9", 0.7, 0.8),
        ("10", 0.5, 0.4),
        ("2", None, 1),
        ("8", 1, None),
    ]
    assert (chart.value_label, chart.category_label) == ("f1", "class")
    assert "9 0.7 to 0.8 (+0.1)" in chart.alt


@pytest.mark.parametrize(("prefix", "first"), [("name ", "name f"), ("1", "1a"), ("", "f")])
def test_many_names_in_alphabetical_order_are_ordered_by_change(prefix: str, first: str) -> None:
    rows = "class,f1\n" + "\n".join(f"{prefix}{letter},1" for letter in "abcdefghijklmn")
    chart = drawn(bars(rows), bars(rows.replace("f,1", "f,3").replace("c,1", "c,2")))
    labels = [bar.label for bar in chart.bars]  # type: ignore[union-attr]  # bars
    assert labels[0] == first
    assert (labels == sorted(labels)) == (first == "1a")


def test_sorted_bars_follow_heads_value() -> None:
    chart, _ = draw(None, bars("class,f1\na,1\nb,3\nc,2", "bar_horizontal_sorted"))
    assert [bar.label for bar in chart.bars] == ["b", "c", "a"]


def test_repeated_categories_are_added_up_and_said_so() -> None:
    chart, problems = draw(None, bars("class,f1\na,1\na,2\nb,1"))
    assert [(bar.label, bar.head) for bar in chart.bars] == [("a", 3), ("b", 1)]
    assert_one(problems, "plot.csv (head)", "added up")


def test_bars_declared_upright_lie_down() -> None:
    chart, _ = draw(None, plot("class,f1\na,1\nb,3", "f1", x="class", template="bar_horizontal"))
    assert [(bar.label, bar.head) for bar in chart.bars] == [("a", 1), ("b", 3)]
    assert (chart.value_label, chart.category_label) == ("f1", "class")


def test_several_columns_make_groups_in_their_order() -> None:
    both = plot("class,b,a\nx,1,4\ny,2,3", ["b", "a"], x="class", template="bar_horizontal_sorted")
    chart, _ = draw(None, both)
    assert [(bar.group, bar.label, bar.head) for bar in chart.bars] == [
        ("b", "y", 2),
        ("b", "x", 1),
        ("a", "y", 3),
        ("a", "x", 4),
    ]


def test_too_many_bars_keep_the_largest_changes() -> None:
    rows = "\n".join(f"c{index},{index}" for index in range(70))
    chart = drawn(bars(f"class,f1\n{rows}"), bars(f"class,f1\n{rows}".replace("c3,3\n", "c3,90\n")))
    assert isinstance(chart, BarChart)
    assert (len(chart.bars), chart.left_out) == (24, 46)
    assert {"c3", "c69"} < {bar.label for bar in chart.bars}
    assert "c2" not in {bar.label for bar in chart.bars}
    assert "24 of 70" in str(vega_lite(chart, "light")["title"]["subtitle"])


def test_groups_show_the_same_categories() -> None:
    rows = [
        "class,a,b\n" + "\n".join(f"c{index},{index},{(index * 7 + side) % 30}" for index in range(30))
        for side in (0, 1)
    ]
    chart = drawn(*(plot(side, ["a", "b"], x="class", template="bar_horizontal") for side in rows))
    assert isinstance(chart, BarChart)
    by_group = {group: [bar.label for bar in chart.bars if bar.group == group] for group in ("a", "b")}
    assert by_group["a"] == by_group["b"]
    assert len(chart.bars) == 24


def test_a_cloud_keeps_its_points_and_the_files_order() -> None:
    chart = drawn(None, plot("x,y\n3,1\n1,2", "y", x="x", template="scatter"))
    assert isinstance(chart, ScatterChart)
    assert pairs(chart.series[0].head) == [(3, 1), (1, 2)]
    assert not chart.jitter


def test_a_large_cloud_is_sampled_evenly_with_its_outermost_points() -> None:
    frame = pl.DataFrame({"x": pl.int_range(50_000, eager=True)}).with_columns(y=(pl.col("x") * 7919) % 1000)
    frame = frame.with_columns(y=pl.when(pl.col("x") == 777).then(99_999).otherwise("y"))
    chart, problems = draw(None, plot(frame, "y", x="x", template="scatter"))
    xs = [float(x) for x in chart.series[0].head.x]
    assert len(xs) <= 3000
    assert (777, 99_999) in pairs(chart.series[0].head)
    assert (min(xs), max(xs)) == (0, 49_999)
    assert all(1100 < sum(low <= x < low + 20_000 for x in xs) < 1300 for low in (0, 10_000, 30_000))
    assert problems[0].startswith(f"plot: {len(xs)} of 50000 points are drawn")


def test_jitter_takes_few_numbers_for_names_and_many_for_numbers() -> None:
    few, _ = draw(None, plot(CLASSES, "predicted", x="actual", template="scatter_jitter"))
    assert (few.x_type, few.y_type, few.jitter) == ("nominal", "nominal", True)
    many = pl.DataFrame({"x": range(100), "y": range(100)})
    assert not draw(None, plot(many, "y", x="x", template="scatter_jitter"))[0].jitter


def test_an_unknown_template_is_drawn_as_lines_with_a_word() -> None:
    chart, problems = draw(None, plot("x,y\n1,2\n2,3", "y", x="x", template="fancy"))
    assert len(chart.series) == 1
    assert_one(problems, "plot", "'fancy'")


@pytest.mark.parametrize(
    ("cells", "axis_type"),
    [
        (["1", " 2e3 ", "-.5"], "quantitative"),
        (["1", "2", "n/a"], "quantitative"),
        (["2026-01-31", "2026-01-31T10:00:00Z", "2026-01-31 10:00"], "temporal"),
        (["a", "b", "3"], "nominal"),
        ([None, None], "quantitative"),
    ],
)
def test_the_majority_of_cells_says_what_an_axis_is(cells: list[str | None], axis_type: str) -> None:
    assert typed_columns.read_axis([pl.Series(cells, dtype=pl.String)])[0] == axis_type


@pytest.mark.parametrize("beside", [1.0, 1e308])
def test_zero_has_no_sign_whatever_is_beside_it(beside: float) -> None:
    assert str(typed_columns.to_numbers(pl.Series([-0.0, beside]))[0]) == "0.0"


def test_names_lose_nothing_but_the_zero_of_whole_floats() -> None:
    assert typed_columns.to_names(pl.Series([1.0, 1.5, None])).to_list() == ["1", "1.5", None]
    assert typed_columns.to_names(pl.Series([True, False])).to_list() == ["true", "false"]
    assert typed_columns.to_names(table("a\n 01\n")["a"]).to_list() == ["01"]
