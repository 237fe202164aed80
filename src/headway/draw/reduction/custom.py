"""A team's own Vega-Lite template, filled with the rows of both sides as DVC fills it.

The rows are laid out as in ``dvc.render.converter.vega`` and the anchors are filled by ``dvc_render`` itself, so a
template that works with ``dvc plots diff`` works here; ``rev`` holds ``"base"`` or ``"head"``. All rows go to one named
data set beside the program. A template may get a sample of many rows, and then the picture says so; one that counts
them gets all or is not drawn. The result is a program from the repository, so whoever runs it gives it nothing to read.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import polars as pl
import polars.selectors as cs

from headway.draw.reduction.traces import ROW_NUMBER, axis_labels, named, only, read_traces, without_folder
from headway.values.chart import VegaChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

MOST_ROWS = 5000
"""Of both sides together; a template may smooth or join them, which takes far more time than drawing."""
MOST_COUNTED_ROWS = 30_000
"""The same for a template that counts or adds up rows: a sample would give wrong numbers, so it gets all or none."""

DATASET = "plot"
"""The name of the data set that holds the rows."""

_X, _Y = "dvc_inferred_x_value", "dvc_inferred_y_value"  # DVC's own names where columns differ
_RESERVED = {"rev", "filename", "field"}
_TOTALS = frozenset({"count", "dense_rank", "distinct", "missing", "product", "rank", "row_number", "sum", "valid"})
"""Vega's operations whose results grow with the number of rows; a mean or a median of a sample is near enough."""
_STACKED = ("arc", "bar")
"""Marks that Vega-Lite adds up where several rows share a place."""


def custom_chart(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[VegaChart | None, list[Problem]]:
    """Fill the template; ``definition`` is the side's that holds it."""
    tables, sources, problems = _read_rows(definition, base, head)
    rows = _count(tables)
    if not rows:
        return None, problems
    totals = _has_totals(definition.custom)
    if totals and rows > MOST_COUNTED_ROWS:
        return None, [*problems, _too_many(definition, rows)]
    sampled = tables if totals else _sample(tables)
    remark = f"Drawn from {_count(sampled):,} of {rows:,} rows" if _count(sampled) < rows else ""
    try:
        spec = _with_remark(_fill(definition, sampled, sources), remark)
    except Exception as error:  # noqa: BLE001  a template is foreign input; dvc_render raises whatever it meets
        what = f"the template '{definition.template}' cannot be filled: {str(error) or type(error).__name__}"
        remedy = "check its anchors against DVC's documentation of custom templates"
        return None, [*problems, Problem(path=definition.id, what=what, remedy=remedy)]
    called = named(definition)
    words = f"{called['title']}, base and head, drawn by the repository's own template '{definition.template}'."
    alt = f"{words} {remark}." if remark else words
    chart = VegaChart(**{**called, "alt": alt}, spec=spec)
    return chart, [*problems, _sampled(definition, _count(sampled), rows)] if remark else problems


def _read_rows(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[list[pl.DataFrame], list[dict[str, str]], list[Problem]]:
    """Lay out the rows of each y column on each side, and name the y columns for the anchors.

    A table has all columns of the y file, the x and y under the names that the anchors get, and what tells rows apart.
    """
    x_name, y_name = _column_names(definition)
    read = [(base, *read_traces(base, "base")), (head, *read_traces(head, "head"))]
    tables: list[pl.DataFrame] = []
    sources: dict[str, dict[str, str]] = {}
    for source, traces, _ in read:
        files = without_folder(trace.y.file for trace in traces)
        for trace in traces:
            names = {"filename": files[trace.y.file], "field": trace.y.field}
            frame = source.frames[trace.y.file] if source else trace.rows
            axes = trace.rows["x"].alias(x_name), trace.rows["y"].alias(y_name)
            told = {"rev": trace.side, **names}
            tables.append(frame.with_columns(*axes, *(pl.lit(value).alias(name) for name, value in told.items())))
            sources["::".join(names.values())] = names
    return tables, list(sources.values()), [problem for _, _, found in read for problem in found]


def _column_names(definition: PlotDefinition) -> tuple[str, str]:
    """Name the x and y columns as DVC does: their own name where they share one, unless it is one of DVC's words."""
    xs = {x.field for x in definition.x} or {ROW_NUMBER}
    ys = {y.field for y in definition.y}
    return _X if xs & _RESERVED else only(xs, _X), _Y if ys & _RESERVED else only(ys, _Y)


def _count(tables: list[pl.DataFrame]) -> int:
    return sum(len(table) for table in tables)


def _sample(tables: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Every row, or one in so many that the template can be drawn in time."""
    every = -(-_count(tables) // MOST_ROWS)
    return [table.gather_every(every) for table in tables]


def _sampled(definition: PlotDefinition, count: int, rows: int) -> Problem:
    what = f"the template '{definition.template}' got {count:,} of {rows:,} rows, evenly spread, to be drawn in time"
    remedy = "use a built-in template, which reduces large data without loss, or write fewer rows"
    return Problem(path=definition.id, what=what, remedy=remedy)


def _too_many(definition: PlotDefinition, rows: int) -> Problem:
    what = (
        f"the template '{definition.template}' counts or adds up rows, so it cannot be drawn from a sample, "
        f"and {rows:,} rows are more than the {MOST_COUNTED_ROWS:,} that are drawn in time"
    )
    remedy = "use a built-in template, which counts any number of rows, or write the totals in place of the rows"
    return Problem(path=definition.id, what=what, remedy=remedy)


def _has_totals(program: object) -> bool:
    """Whether a program holds anything whose value grows with the number of rows."""
    parts = [program]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if _is_total(part):
                return True
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return False


def _is_total(part: dict[str, Any]) -> bool:
    """Whether a mark, an encoding or a transform of Vega-Lite or Vega counts, adds up or stacks rows."""
    mark, kind, operations = part.get("mark"), part.get("type"), part.get("ops")
    named = [part.get("aggregate"), part.get("op"), *(operations if isinstance(operations, list) else ())]
    return (
        any(isinstance(name, str) and name in _TOTALS for name in named)
        or (mark.get("type") if isinstance(mark, dict) else mark) in _STACKED
        or kind == "stack"
        or bool(part.get("stack"))
        or bool(part.get("counts"))  # of a density
        or ("op" not in part and ("pivot" in part or kind == "pivot"))  # which adds up unless told otherwise
        or (operations is None and kind in ("aggregate", "joinaggregate", "countpattern"))  # which count, likewise
    )


def _with_remark(spec: dict[str, Any], remark: str) -> dict[str, Any]:
    """The program with a remark below its title or in its place, where there is one to make."""
    if not remark:
        return spec
    title = spec.get("title")
    title = title if isinstance(title, dict) else {"text": title}
    if not title.get("text"):  # without it, Vega draws no subtitle either
        return {**spec, "title": {**title, "text": remark, "fontWeight": "normal"}}
    lines = title.get("subtitle") or []
    subtitle = [*(lines if isinstance(lines, list) else [lines]), remark]
    return {**spec, "title": {**title, "subtitle": subtitle}}


def _fill(definition: PlotDefinition, tables: list[pl.DataFrame], sources: list[dict[str, str]]) -> dict[str, Any]:
    from dvc_render.vega import VegaRenderer  # noqa: PLC0415  only plots with own templates pay for it
    from dvc_render.vega_templates import Template  # noqa: PLC0415

    floats = cs.float()  # JSON holds only finite ones
    finite = [table.with_columns(pl.when(floats.is_finite()).then(floats)) for table in tables]
    rows = [row for table in finite for row in table.iter_rows(named=True)]
    x_name, y_name = _column_names(definition)
    renderer = VegaRenderer(
        rows,
        definition.id,
        template=Template(deepcopy(dict(definition.custom or {})), definition.template),
        x=x_name,
        y=y_name,
        title=definition.title or definition.id,
        **axis_labels(definition),
        anchors_y_definitions=sources,
    )
    spec: dict[str, Any] = renderer.get_filled_template()
    if "vega-lite" not in str(spec.get("$schema", "vega-lite")):
        return spec  # a Vega program: its data sets have names already
    named_data = {key: _name_data(value, rows) for key, value in spec.items()}
    return {**named_data, "datasets": {**spec.get("datasets", {}), DATASET: rows}}


def _name_data(part: Any, rows: list[dict[str, Any]]) -> Any:  # noqa: ANN401  JSON has no narrower type
    """Replace the rows by their data set's name wherever they stand as inline data."""
    if isinstance(part, dict):
        is_inline = part.keys() == {"values"} and part["values"] is rows
        return {"name": DATASET} if is_inline else {key: _name_data(value, rows) for key, value in part.items()}
    return [_name_data(value, rows) for value in part] if isinstance(part, list) and part is not rows else part
