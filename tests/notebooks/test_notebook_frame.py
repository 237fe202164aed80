"""The metrics as a data frame: the same typed columns always, and no value lost."""

from __future__ import annotations

import datetime as dt
import math
import sys
from typing import Any

import msgspec
import pandas as pd
import polars as pl
import pytest
from samples import evidence_of, hostile_report, make_metric, make_report

import headway
from headway.report.notebook.frame import SCHEMA
from headway.values.comparison import Metric
from headway.values.gate import Gate
from headway.values.typed import ABSENT, json_sides


def typed(key: str, base: object, head: object) -> Metric:
    fields = json_sides(base, head)
    return Metric(file="m.json", key=key, change=None, relative=None, direction=None, status="changed", **fields)


def row(metric: Metric) -> dict[str, Any]:
    (found,) = make_report((metric,)).to_frame().rows(named=True)
    return found


@pytest.mark.parametrize("metrics", ["", "acc 0.9 -> 0.95 higher\nloss - -> 0.1", hostile_report().metrics])
def test_the_columns_are_always_the_same(metrics: Any) -> None:
    report = make_report(metrics)
    frame = report.to_frame()
    assert dict(frame.schema) == SCHEMA
    assert frame.height == len(report.metrics) == len(report.to_frame("pandas"))
    assert list(report.to_frame("pandas").columns) == list(SCHEMA)


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        (0.5, 0.5, None),
        (3, 3.0, None),
        (-(2**53) - 1, -9007199254740992.0, "-9007199254740993"),
        (10**400, None, "1" + "0" * 400),
        (math.inf, math.inf, None),
        (-math.inf, -math.inf, None),
        ("NaN", None, "NaN"),
        ("best", None, "best"),
        (True, None, "true"),
        (dt.date(2026, 11, 30), None, "2026-11-30"),
        (ABSENT, None, None),
    ],
)
def test_a_value_is_a_number_or_a_text(value: object, number: float | None, text: str | None) -> None:
    found = row(typed("m", value, 1))
    assert (found["base"], found["base_text"]) == (number, text)
    assert (found["head"], found["head_text"]) == (1.0, None)


def test_nan_is_a_number_and_not_null() -> None:
    frame = make_report((typed("m", math.nan, 1),)).to_frame()
    assert frame["base"].is_nan().all()
    assert frame["base"].null_count() == 0


def test_the_evidence_and_the_gate_have_columns() -> None:
    metric = make_metric("acc 0.90 -> 0.95 higher")
    evidence = evidence_of(metric)
    gate = Gate(
        outcome="fail", rule="max_regression", against="base", low=0.0, high=None, on_cannot_tell="warn", checks=()
    )
    found = row(msgspec.structs.replace(metric, evidence=evidence, gate=gate, verdict="improved", margin=0.01))
    tested = {name: getattr(evidence, name) for name in ("estimate", "low", "high", "p", "p_adjusted", "rows")}
    assert {name: found[name] for name in tested} == tested
    assert (found["gate"], found["verdict"], found["margin"]) == ("fail", "improved", 0.01)
    assert (found["status"], found["direction"], found["withheld"]) == ("changed", "higher", None)
    assert found["change"] == pytest.approx(0.05)
    assert found["relative"] == metric.relative


def test_pandas_has_its_own_missing_numbers() -> None:
    frame = make_report("new - -> 0.1").to_frame("pandas")
    assert isinstance(frame, pd.DataFrame)
    assert math.isnan(frame["base"][0])
    assert frame["rows"].dtype == "Int64"
    assert frame["base_text"][0] is None
    assert make_report("new - -> 0.1").to_frame()["base"].to_list() == [None]


def test_without_pandas_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(headway.SettingsError, match="pip install pandas"):
        make_report("acc 1 -> 2").to_frame("pandas")


def test_other_libraries_are_refused() -> None:
    with pytest.raises(headway.SettingsError, match="polars"):
        make_report("acc 1 -> 2").to_frame("arrow")  # type: ignore[call-overload]  # what is refused
    assert isinstance(make_report("acc 1 -> 2").to_frame(), pl.DataFrame)
