"""Text tables too large to keep are scanned for each question, with the same answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasets.tables import file, rows

from headway.datasets.tables.source import open_table
from headway.datasets.tables.table import compare_table
from headway.settings import DataRule, Range
from headway.values.dataset import TableChange

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RULE = DataRule(id="id", ranges={"x": Range(max=96)})


def compared(folder: Path) -> TableChange:
    base, head = open_table(file(folder / "base"), "base"), open_table(file(folder / "head"), "head")
    return compare_table(TableChange(path="t.csv", status="changed"), base, head, RULE)[0]


def test_a_scanned_table_is_compared_as_a_kept_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, shift in (("base", 0), ("head", 3)):
        lines = (f"{i},{(i * 7) % 97 + shift},{'abc'[(i + shift) % 3]}" for i in range(shift, 5_000 + shift))
        (tmp_path / name).write_text(rows(*lines, header="id,x,label"))
    kept = compared(tmp_path)
    monkeypatch.setattr("headway.datasets.tables.source.IN_MEMORY", 0)
    assert compared(tmp_path) == kept
    assert kept.rows is not None
    assert (kept.rows.added, kept.rows.removed) == (3, 3)
    assert kept.checks[0].examples[0].startswith("row ")
