"""Columns: types, missing cells, numbers, classes and drift."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from datasets.tables import compared, compared_and_drawn, rows

from headway.settings import DataRule
from headway.values.dataset import ClassCount, ColumnChange, TableChange


def column(table: TableChange, name: str) -> ColumnChange:
    return next(each for each in table.columns if each.name == name)


def test_columns_added_removed_and_of_another_type_come_first() -> None:
    table = compared(rows("1,2,3", header="id,gone,same"), rows("1,x,3", header="id,new,same"))
    assert [each.name for each in table.columns[:2]] == ["new", "gone"]
    retyped = column(compared(rows("1,2"), rows("1,b")), "x")
    assert (retyped.base_type, retyped.head_type) == ("integer", "text")


def test_missing_cells_are_counted_and_nan_is_one() -> None:
    found = column(compared(rows("1,0.5", "2,1.5"), rows("1,", "2,NaN", "3,2.5")), "x")
    assert (found.base_missing, found.head_missing) == (0, 2)


def test_the_numbers_are_those_of_the_standard_library() -> None:
    values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
    found = column(compared(rows(*(f"{i},{v}" for i, v in enumerate(values))), rows("1,1.5")), "x").base
    assert found is not None
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    assert (found.minimum, found.maximum) == (1, 9)
    assert (found.lower, found.median, found.upper) == (lower, median, upper)
    assert found.mean == pytest.approx(statistics.fmean(values))
    assert found.deviation == pytest.approx(statistics.stdev(values))


def test_a_shifted_column_drifts_and_the_family_is_counted() -> None:
    rng = np.random.default_rng(0)
    base, head = (
        rows(*(f"{i},{rng.normal(shift):.4f},{rng.normal():.4f}" for i in range(600)), header="id,moved,still")
        for shift in (0, 1)
    )
    table = compared(base, head)
    moved, still = column(table, "moved").drift, column(table, "still").drift
    assert table.tested == 2
    assert moved is not None
    assert still is not None
    assert moved.adjusted < 0.001
    assert still.adjusted > 0.05
    assert moved.psi > 0.25
    assert still.psi < 0.1
    assert table.columns[0].name == "moved"


def test_text_with_few_values_is_tested_as_categories() -> None:
    table = compared(rows(*(f"{i},{'ab'[i % 2]}" for i in range(100))), rows(*(f"{i},a" for i in range(100))))
    drift = column(table, "x").drift
    assert drift is not None
    assert (drift.test, drift.p < 0.001) == ("chi-squared", True)


def test_text_with_many_values_is_not_tested() -> None:
    table = compared(rows(*(f"{i},word {i}" for i in range(200))), rows("1,word"))
    assert (column(table, "x").kind, table.tested) == ("other", 0)


def test_the_label_is_found_and_its_classes_counted_as_people_count() -> None:
    table = compared(rows("1,2", "2,10", header="id,label"), rows("1,2", "2,2", header="id,label"))
    assert table.label == "label"
    assert table.classes == (ClassCount(name="2", base=1, head=2), ClassCount(name="10", base=1, head=0))


def test_the_declared_label_comes_first_and_one_that_is_missing_is_none() -> None:
    text = rows("1,cat,2", header="id,kind,label")
    assert compared(text, text, DataRule(label="kind")).label == "kind"
    assert compared(text, text, DataRule(label="nothing")).label is None


def test_a_target_with_many_values_is_no_label() -> None:
    text = rows(*(f"{i},{i / 7}" for i in range(200)), header="id,target")
    assert compared(text, text).label is None


def test_the_chart_shows_the_label_and_what_moved() -> None:
    base = rows(*(f"{i},{i % 5},{'ab'[i % 2]}" for i in range(200)), header="id,x,label")
    head = rows(*(f"{i},{i % 9},{'ab'[i % 3 == 0]}" for i in range(200)), header="id,x,label")
    table, chart = compared_and_drawn(base, head)
    assert chart is not None
    assert table.chart == chart.id
    label, moved = chart.panels
    assert (label.name, label.labels) == ("label", ("a", "b"))
    assert (moved.name, len(moved.edges)) == ("x", 10)
    for panel in chart.panels:
        assert sum(panel.base or ()) == pytest.approx(1)
        assert sum(panel.head or ()) == pytest.approx(1)


def test_equal_distributions_have_no_chart() -> None:
    text = rows(*(f"{i},{i % 5}" for i in range(50)))
    assert compared_and_drawn(text, text)[1] is None


def test_a_table_without_rows_compares() -> None:
    table = compared(rows("1,2"), rows())
    assert (table.base_rows, table.head_rows) == (1, 0)
    assert column(table, "x").head_type == "empty"
