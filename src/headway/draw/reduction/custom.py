"""A team's own Vega-Lite template, filled with the rows of both sides as DVC fills it.

The rows are laid out as in ``dvc.render.converter.vega`` and the anchors are filled by ``dvc_render`` itself, so a
template that works with ``dvc plots diff`` works here; ``rev`` holds ``"base"`` or ``"head"``. A template gets all rows
or is not drawn, because it may count them. The result is a program from the repository: whatever runs it gives it no
access to files or the network.
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

MOST_ROWS = 30_000
"""Of both sides together; Vega draws every one of them."""

DATASET = "plot"
"""The name of the data set that holds the rows."""

_X, _Y = "dvc_inferred_x_value", "dvc_inferred_y_value"  # DVC's own names where columns differ
_RESERVED = {"rev", "filename", "field"}


def custom_chart(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[VegaChart | None, list[Problem]]:
    """Fill the template; ``definition`` is the one that holds it."""
    tables, sources, problems = _read_rows(definition, base, head)
    rows = sum(len(table) for table in tables)
    if not rows:
        return None, problems
    if rows > MOST_ROWS:
        what = f"the template '{definition.template}' is not drawn: {rows:,} rows exceed the limit of {MOST_ROWS:,}"
        remedy = "use a built-in template, which reduces data of any size, or write fewer rows"
        return None, [*problems, Problem(path=definition.id, what=what, remedy=remedy)]
    try:
        spec = _fill(definition, tables, sources)
    except Exception as error:  # noqa: BLE001  a template is foreign input; dvc_render raises whatever it meets
        what = f"the template '{definition.template}' cannot be filled: {str(error) or type(error).__name__}"
        remedy = "check its anchors against DVC's documentation of custom templates"
        return None, [*problems, Problem(path=definition.id, what=what, remedy=remedy)]
    title = definition.title or definition.id
    alt = f"{title}, base and head, drawn by the repository's own template '{definition.template}'."
    return VegaChart(**named(definition) | {"alt": alt}, spec=spec), problems


def _read_rows(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[list[pl.DataFrame], list[dict[str, str]], list[Problem]]:
    """Lay out the rows of each y column on each side, and name the y columns for the anchors.

    A table has all columns of the y file, x and y under the names that the anchors get, and what tells rows apart.
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
            axes = {x_name: trace.rows["x"], y_name: trace.rows["y"]}  # one column where a histogram has x and y alike
            labels = {"rev": trace.side, **names}
            tables.append(frame.with_columns(**axes, **{name: pl.lit(value) for name, value in labels.items()}))
            sources["::".join(names.values())] = names
    return tables, list(sources.values()), [problem for _, _, found in read for problem in found]


def _column_names(definition: PlotDefinition) -> tuple[str, str]:
    """Name the x and y columns as DVC does: their own name if they share one, unless DVC reserves it."""
    xs = {x.field for x in definition.x} or {ROW_NUMBER}
    ys = {y.field for y in definition.y}
    return _X if xs & _RESERVED else only(xs, _X), _Y if ys & _RESERVED else only(ys, _Y)


def _fill(definition: PlotDefinition, tables: list[pl.DataFrame], sources: list[dict[str, str]]) -> dict[str, Any]:
    from dvc_render.vega import VegaRenderer  # noqa: PLC0415  only plots with custom templates pay for it
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
    """Replace inline rows by the data set's name."""
    if isinstance(part, dict):
        is_inline = part.keys() == {"values"} and part["values"] is rows
        return {"name": DATASET} if is_inline else {key: _name_data(value, rows) for key, value in part.items()}
    return [_name_data(value, rows) for value in part] if isinstance(part, list) and part is not rows else part
