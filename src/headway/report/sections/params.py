"""The changed parameters."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from headway.report.blocks import Column, Kind, Name, Row, Section, Table, Words, line
from headway.report.formatting import NOTHING, count, literal_values
from headway.values.typed import SIDES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from headway.report.formatting import Shown
    from headway.values.comparison import Param
    from headway.values.report import Report

KIND = Kind(noun="parameter", rank=2, glance=10, markdown=200, page=2000, terminal=100)
_WITHOUT_VALUE: dict[str, Collection[str]] = {"added": ("base",), "removed": ("head",), "unavailable": SIDES}
"""The sides that may lack a value, by status."""


def build(report: Report) -> Iterator[Section]:
    """The section on parameters."""
    columns = (Column("Parameter"), Column("Base"), Column("Head"))
    params = changed_params(report)
    if params:
        rows = tuple(map(_row, params[: KIND.most]))
        table = Table(kind=KIND, columns=columns, entries=rows, left_out=len(params) - len(rows))
        yield Section(
            anchor="parameters", title="Parameters", blocks=(table,), folds_as=count(len(params), "changed parameter")
        )


def param_values(param: Param) -> tuple[Shown, Shown]:
    """Both values of a parameter."""
    return literal_values(param, _WITHOUT_VALUE.get(param.status, ()))


def _row(param: Param) -> Row:
    values = param_values(param)
    missing = Words("unavailable") if param.status == "unavailable" else NOTHING
    cells = [line(missing if value == NOTHING else value) for value in values]
    return Row((line(Name(f"{param.file}:{param.key}")), *cells))


def changed_params(report: Report) -> list[Param]:
    """The parameters without DVCLive's copies in the params.yaml next to its metrics.json, which no stage reads."""
    folders = {posixpath.dirname(metric.file) for metric in report.metrics if metric.file.endswith("/metrics.json")}
    read = {cause.what.partition(":")[0] for stage in report.stages for cause in stage.causes}
    copies = {f"{folder}/params.yaml" for folder in folders} - read
    listed = {key for param in report.params if param.file not in copies for key in _by_ends_of_key(param)}
    return [param for param in report.params if param.file not in copies or next(_by_ends_of_key(param)) not in listed]


def _by_ends_of_key(param: Param) -> Iterator[tuple[str, ...]]:
    """The change under the parameter's key and every end of it, because DVCLive may have logged only a section."""
    parts = param.key.split(".")
    change = param.status, repr(param.base), repr(param.head)
    return ((".".join(parts[number:]), *change) for number in range(len(parts)))
