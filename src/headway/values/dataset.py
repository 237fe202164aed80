"""What changed inside the data: files of a folder, rows and columns of a table, and the rules that no longer hold.

Counts are whole numbers, shares lie between 0 and 1, sizes are bytes. Every list is cut to what a report can show; the
counts beside it are of everything.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count
from headway.values.imagery import FolderImages

SideStatus = Literal["added", "removed", "changed"]
"""Whether both sides have it, and if not, which change made that so."""

ColumnKind = Literal["numbers", "categories", "other"]


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a tracked folder that differs.

    Attributes:
        path: relative to the folder.
        status: whether it was added, removed or changed.
        base, head: its size in bytes; ``None`` where a side has no such file, or its size is not known.
    """

    path: str
    status: SideStatus
    base: Count | None = None
    head: Count | None = None


class FolderChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="folder"):
    """A tracked folder that differs.

    Attributes:
        path: relative to the project's root.
        base_files, head_files: how many files each side holds; ``None`` where a side has no such folder or the lock
            does not say.
        base_size, head_size: bytes in all, likewise.
        added, removed, changed: how many files were; ``None`` where a side's listing cannot be had.
        files: the largest of them, largest first.
        images: what changed among its pictures, where most of its files are pictures.
    """

    path: str
    base_files: Count | None = None
    head_files: Count | None = None
    base_size: Count | None = None
    head_size: Count | None = None
    added: Count | None = None
    removed: Count | None = None
    changed: Count | None = None
    files: tuple[FileChange, ...] = ()
    images: FolderImages | None = None


class CellChange(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of an edited row, as text; ``None`` where it is empty."""

    column: str
    base: str | None
    head: str | None


class RowExample(msgspec.Struct, frozen=True, kw_only=True):
    """One of the rows that differ.

    Attributes:
        id: its id as text, or the whole row where rows have no id.
        status: whether it was added, removed or edited.
        cells: of an edited row, the first cells that differ.
        more: the number of further cells that differ.
    """

    id: str
    status: Literal["added", "removed", "edited"]
    cells: tuple[CellChange, ...] = ()
    more: Count = 0


class EditedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the edited rows differ in a column."""

    name: str
    rows: Count


class RowChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a table differ.

    Attributes:
        id: the column by which rows were paired; ``None`` where no column is unique on both sides, so that whole rows
            were counted and an edit shows as one row removed and one added.
        added, removed, edited: how many rows were.
        examples: the first of each.
        edited_columns: the columns in which edited rows differ, most rows first; empty where there are too many edited
            rows to look into each.
    """

    id: str | None
    added: Count
    removed: Count
    edited: Count
    examples: tuple[RowExample, ...] = ()
    edited_columns: tuple[EditedColumn, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a column.

    Attributes:
        minimum, maximum, mean: what they say.
        lower, median, upper: the quartiles, interpolated (Hyndman and Fan's type 7).
        deviation: the sample's standard deviation.
    """

    minimum: float
    lower: float
    median: float
    upper: float
    maximum: float
    mean: float
    deviation: float


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How far a column's distribution moved, and whether chance alone could have done it.

    Attributes:
        psi: the population stability index.
        test: the two-sample test.
        effect: its size without the number of rows: the largest distance between the distribution functions
            (Kolmogorov-Smirnov) or Cramer's V (chi-squared), both from 0 to 1.
        p: the test's p value, as if the rows of both sides were drawn independently.
        adjusted: p after Benjamini and Hochberg's correction over all columns of the table that were tested.
    """

    psi: float
    test: Literal["Kolmogorov-Smirnov", "chi-squared"]
    effect: float
    p: float
    adjusted: float


class ColumnChange(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a table on both sides.

    Attributes:
        name: the column.
        kind: how its values are compared.
        base_type, head_type: the type of its values; ``None`` where a side has no such column.
        base_missing, head_missing: cells that are empty, null, or no finite number.
        base, head: the numbers; ``None`` for a column without.
        drift: how far its distribution moved; ``None`` where that cannot be said.
    """

    name: str
    kind: ColumnKind = "other"
    base_type: str | None = None
    head_type: str | None = None
    base_missing: Count | None = None
    head_missing: Count | None = None
    base: Summary | None = None
    head: Summary | None = None
    drift: Drift | None = None


class ClassCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows bear a label on each side."""

    name: str
    base: Count
    head: Count


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and ids that occur more than once; each further occurrence counts.

    Attributes:
        base_rows, head_rows: whole rows; ``None`` where a side has no such table.
        base_ids, head_ids: ids; ``None`` also where no id column is known.
    """

    base_rows: Count | None = None
    head_rows: Count | None = None
    base_ids: Count | None = None
    head_ids: Count | None = None


class RowsWithoutId(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table with an id column whose id is missing: null, NaN or blank. No other count of rows holds them.

    Attributes:
        base, head: how many there are; ``None`` where a side has no such table.
        added, removed: how many of them only one side has, as whole rows; ``None`` unless both sides have the table.
    """

    base: Count | None = None
    head: Count | None = None
    added: Count | None = None
    removed: Count | None = None


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of head that stand in two splits, so that a model is tested on what it was trained on.

    Attributes:
        path, other: the two tables.
        id: the column by which rows are the same; ``None`` where whole rows are.
        rows: how many of ``path``, repeated ones included.
        examples: the first of them.
    """

    path: str
    other: str
    id: str | None
    rows: Count
    examples: tuple[str, ...] = ()


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the settings that head breaks.

    Attributes:
        rule: the key in the settings, such as ``ranges``.
        what: what is wrong, one sentence without a full stop.
        rows: how many rows break it; ``None`` where it is not about rows.
        examples: the first of them, as row numbers or ids with the value found.
    """

    rule: Literal["id", "label", "labels", "max_class_share_change", "ranges", "required", "splits"]
    what: str
    rows: Count | None = None
    examples: tuple[str, ...] = ()


class TableChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="table"):
    """A table that differs.

    Attributes:
        path: relative to the project's root.
        status: whether it was added, removed or changed.
        base_size, head_size: bytes of the file; ``None`` where a side has none or its size is not known.
        base_rows, head_rows: how many rows; ``None`` where a side has none or could not be opened.
        rows: which rows differ; ``None`` unless both sides could be opened.
        label: the column that holds the class; ``None`` where there is none.
        classes: how many rows of each class, by name.
        columns: the columns, those that changed most first.
        columns_total: how many columns there are on either side.
        tested: how many columns were tested for drift: the size of the family that ``adjusted`` corrects for.
        duplicates: rows and ids that occur more than once.
        without_id: the rows whose id is missing; ``None`` where every row has one, or no id column is known.
        leaks: rows that stand in two splits.
        checks: the rules that head breaks.
        chart: the id of the chart that shows the distributions; ``None`` where there is none.
    """

    path: str
    status: SideStatus
    base_size: Count | None = None
    head_size: Count | None = None
    base_rows: Count | None = None
    head_rows: Count | None = None
    rows: RowChanges | None = None
    label: str | None = None
    classes: tuple[ClassCount, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    columns_total: Count = 0
    tested: Count = 0
    duplicates: Duplicates = Duplicates()
    without_id: RowsWithoutId | None = None
    leaks: tuple[Leak, ...] = ()
    checks: tuple[Check, ...] = ()
    chart: str | None = None


DatasetChange = FolderChange | TableChange
