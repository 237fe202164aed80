"""A small language for tables: ``csv("id,x\\n1,2")`` is one side, ``compared(old, new)`` both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.datasets.tables.source import Table, open_table
from headway.datasets.tables.table import compare_table
from headway.settings import DataRule
from headway.values.dataset import TableChange
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headway.values.chart import DistributionChart
    from headway.values.revision import Side


def file(source: bytes | Path, path: str = "t.csv") -> DataFile:
    return DataFile(path=path, hash="md5:0", size=None, source=source)


def csv(text: str, side: Side = "head", path: str = "t.csv") -> Table:
    return open_table(file(text.encode(), path), side)


def compared(
    base: str | None, head: str | None, rule: DataRule | None = None, others: Sequence[Table] = ()
) -> TableChange:
    return compared_and_drawn(base, head, rule, others)[0]


def compared_and_drawn(
    base: str | None, head: str | None, rule: DataRule | None = None, others: Sequence[Table] = ()
) -> tuple[TableChange, DistributionChart | None]:
    old = csv(base, "base") if base is not None else None
    new = csv(head, "head") if head is not None else None
    return compare_table(TableChange(path="t.csv", status="changed"), old, new, rule or DataRule(), others)


def rows(*values: str, header: str = "id,x") -> str:
    return "\n".join((header, *values)) + "\n"
