"""No table can make drawing raise, and every chart that comes out is whole: it encodes, and has programs."""

from __future__ import annotations

import math

import msgspec
import polars as pl
import pytest
from draw.plots import plot
from generated import costly
from hypothesis import given
from hypothesis import strategies as st

from headway.draw.reduction.chart import draw_chart
from headway.draw.specification import vega_lite
from headway.values.chart import Chart

TEMPLATES = (
    "linear",
    "simple",
    "smooth",
    "scatter",
    "scatter_jitter",
    "bar_horizontal",
    "bar_horizontal_sorted",
    "confusion",
    "confusion_normalized",
    "unheard_of",
)

CELLS = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(["", " ", "nan", "NaN", "inf", "-Infinity", "n/a", "1e400", "-0", "1_000", "2026-01-31", "other"]),
    st.floats().map(str),
    st.integers().map(str),
    st.datetimes().map(str),
)
COLUMNS = st.integers(0, 12).flatmap(
    lambda rows: st.one_of(
        st.lists(CELLS, min_size=rows, max_size=rows).map(lambda cells: pl.Series(cells, dtype=pl.String)),
        st.lists(st.none() | st.floats(), min_size=rows, max_size=rows).map(lambda n: pl.Series(n, dtype=pl.Float64)),
        st.lists(st.none() | st.integers(-(2**62), 2**62), min_size=rows, max_size=rows).map(
            lambda n: pl.Series(n, dtype=pl.Int64)
        ),
        st.lists(st.none() | st.booleans(), min_size=rows, max_size=rows).map(lambda b: pl.Series(b, dtype=pl.Boolean)),
        st.just(pl.Series([None] * rows, dtype=pl.Null)),
    )
)

YS = st.sampled_from([["y"], ["y", "rev"], ["rev"]])


@st.composite
def tables(make: st.DrawFn) -> pl.DataFrame:
    x, y, z = make(COLUMNS), make(COLUMNS), make(COLUMNS)
    rows = min(len(x), len(y), len(z))
    return pl.DataFrame({"x": x[:rows], "y": y[:rows], "rev": z[:rows]})


@pytest.mark.parametrize("template", TEMPLATES)
@costly
@given(base=st.none() | tables(), head=st.none() | tables(), y=YS, x=st.sampled_from([[], ["x"]]))
def test_any_table_gives_a_whole_chart_or_problems(
    template: str, base: pl.DataFrame | None, head: pl.DataFrame | None, y: list[str], x: list[str]
) -> None:
    sides = [None if side is None else plot(side, y, x=x, template=template) for side in (base, head)]
    chart, problems = draw_chart("plot", *sides)
    assert chart or problems or base is head is None
    if chart:
        assert msgspec.json.decode(msgspec.json.encode(chart), type=Chart) == chart
        light = vega_lite(chart, "light")
        assert light["datasets"] == vega_lite(chart, "dark")["datasets"]
        assert _is_json(light)
        assert _is_json(vega_lite(chart, "dark", interactive=True))


def _is_json(part: object) -> bool:
    if isinstance(part, dict):
        return all(isinstance(key, str) and _is_json(value) for key, value in part.items())
    if isinstance(part, list | tuple):
        return all(map(_is_json, part))
    return part is None or isinstance(part, str | int) or (isinstance(part, float) and math.isfinite(part))
