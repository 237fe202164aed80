"""The tracked files and folders that changed, with their sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.report.blocks import Column, Kind, Name, Row, Section, Table, line
from headway.report.formatting import count, out_size, size_change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.values.comparison import DataChange
    from headway.values.report import Report

KIND = Kind(noun="tracked output", rank=5, glance=5, markdown=100, page=500, terminal=50)


def build(report: Report) -> Iterator[Section]:
    """The section on tracked outputs."""
    columns = (Column("Path"), Column("Base", "numbers"), Column("Head", "numbers"), Column("Change", "numbers"))
    if report.data and report.scope != "description":
        rows = tuple(map(_row, report.data[: KIND.most]))
        table = Table(kind=KIND, columns=columns, entries=rows, left_out=len(report.data) - len(rows))
        number = count(len(report.data), "changed tracked output")
        yield Section(anchor="data", title="Data and models", blocks=(table,), folds_as=number)


def _row(change: DataChange) -> Row:
    how = "unknown" if change.status == "unknown" else size_change(change.base, change.head)
    return Row((line(Name(change.path)), line(out_size(change.base)), line(out_size(change.head)), line(how)))
