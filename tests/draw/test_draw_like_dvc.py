"""The curves are those that DVC's own converter makes of the same plot."""

from __future__ import annotations

from typing import Any

import pytest
from draw.plots import draw, pairs, plot, table
from dvc.render.converter.vega import VegaConverter

TRAIN = "epoch,loss,acc\n1,3,0.1\n2,2,0.5\n3,1,0.7"
VAL = "epoch,loss,acc\n1,4,0.2\n2,3,0.4\n3,2,0.6"

CASES: dict[str, tuple[dict[str, str], Any, dict[str, Any]]] = {
    "one column": ({"a.csv": TRAIN}, None, {"a.csv": "loss"}),
    "several columns": ({"a.csv": TRAIN}, {"a.csv": "epoch"}, {"a.csv": ["loss", "acc"]}),
    "several files": ({"a/t.csv": TRAIN, "a/v.csv": VAL}, {"a/t.csv": "epoch"}, {"a/t.csv": "loss", "a/v.csv": "loss"}),
    "files and columns": ({"t.csv": TRAIN, "v.csv": VAL}, None, {"t.csv": ["loss", "acc"], "v.csv": "acc"}),
    "paired xs": ({"a.csv": TRAIN}, {"a.csv": ["epoch", "loss"]}, {"a.csv": ["loss", "acc"]}),
    "x elsewhere": ({"t.csv": TRAIN, "v.csv": VAL}, {"v.csv": "epoch"}, {"t.csv": "acc"}),
}


def dvc_curves(files: dict[str, str], x: Any, y: dict[str, Any]) -> list[list[tuple[float, float]]]:
    data = {file: table(text).to_dicts() for file, text in files.items()}
    properties = {"y": y} | ({"x": x} if x else {})
    rows, filled = VegaConverter("plot", data, properties).flat_datapoints("head")
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        key = (row["filename"], row["field"])
        curves.setdefault(key, []).append((float(row[filled["x"]]), float(row[filled["y"]])))
    return [sorted(curve) for curve in curves.values()]


def listed(columns: dict[str, Any] | None) -> list[str]:
    return [
        f"{file} {field}"
        for file, fields in (columns or {}).items()
        for field in ([fields] if isinstance(fields, str) else fields)
    ]


@pytest.mark.parametrize("case", CASES)
def test_the_curves_are_dvcs(case: str) -> None:
    files, x, y = CASES[case]
    chart, problems = draw(None, plot(files, listed(y), x=listed(x)))
    assert [pairs(series.head) for series in chart.series] == dvc_curves(files, x, y)
    assert not problems


@pytest.mark.parametrize("case", CASES)
def test_the_labels_are_dvcs(case: str) -> None:
    files, x, y = CASES[case]
    chart, _ = draw(None, plot(files, listed(y), x=listed(x)))
    properties = {"x": x, "y": y}
    assert chart.x_label == VegaConverter.infer_x_label(properties)
    assert chart.y_label == VegaConverter.infer_y_label(properties)
