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
        base, head: its size in bytes; ``None`` if a side has no such file, or its size is unknown.
    """

    path: str
    status: SideStatus
    base: Count | None = None
    head: Count | None = None


class FolderChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="folder"):
    """A tracked folder that differs.

    Attributes:
        path: relative to the project's root.
        base_files, head_files: the number of files on each side; ``None`` if a side has no such folder, or dvc.lock
            does not record it.
        base_size, head_size: the total size in bytes; ``None`` as above.
        added, removed, changed: the number of such files; ``None`` if the listing of a side is unavailable.
        files: the largest of them, largest first.
        images: what changed among its images, if most of its files are images.
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
    """A cell of an edited row, as text; ``None`` if it is empty."""

    column: str
    base: str | None
    head: str | None


class RowExample(msgspec.Struct, frozen=True, kw_only=True):
    """One of the rows that differ.

    Attributes:
        id: its id as text, or the whole row if rows have no id.
        status: whether it was added, removed or edited.
        cells: the first cells of an edited row that differ.
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
        id: the column by which rows were paired; ``None`` if no column is unique on both sides. Whole rows were then
            compared, and an edited row appears as one row removed and one added.
        added, removed, edited: the number of such rows.
        examples: the first of each.
        edited_columns: the columns in which edited rows differ, most rows first; empty if there are too many edited
            rows to compare their cells.
    """

    id: str | None
    added: Count
    removed: Count
    edited: Count
    examples: tuple[RowExample, ...] = ()
    edited_columns: tuple[EditedColumn, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of a numeric column.

    Attributes:
        minimum, maximum, mean: of its finite values.
        lower, median, upper: the quartiles, interpolated (Hyndman and Fan's type 7).
        deviation: the sample standard deviation.
    """

    minimum: float
    lower: float
    median: float
    upper: float
    maximum: float
    mean: float
    deviation: float


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """How far a column's distribution moved, and whether chance alone explains it.

    Attributes:
        psi: the population stability index.
        test: the two-sample test.
        effect: the effect size, independent of the number of rows: the largest distance between the distribution
            functions (Kolmogorov-Smirnov) or Cramér's V (chi-squared), both from 0 to 1.
        p: the test's p-value; the test assumes that the rows of both sides are independent.
        adjusted: the p-value, adjusted for all tested columns of the table (Benjamini and Hochberg).
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
        base_type, head_type: the type of its values; ``None`` if a side has no such column.
        base_missing, head_missing: the number of cells that are empty, null, NaN or infinite.
        base, head: the statistics; ``None`` for a column that is not numeric.
        drift: how far its distribution moved; ``None`` if the column was not tested.
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
    """How many rows have a label on each side."""

    name: str
    base: Count
    head: Count


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and ids that occur more than once; each further occurrence counts.

    Attributes:
        base_rows, head_rows: repeated rows; ``None`` if a side has no such table.
        base_ids, head_ids: repeated ids; ``None`` also if no id column is known.
    """

    base_rows: Count | None = None
    head_rows: Count | None = None
    base_ids: Count | None = None
    head_ids: Count | None = None


class RowsWithoutId(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of a table with an id column whose id is missing: null, NaN or blank. No other count includes them.

    Attributes:
        base, head: how many there are; ``None`` if a side has no such table.
        added, removed: how many of them only one side has, as whole rows; ``None`` unless both sides have the table.
    """

    base: Count | None = None
    head: Count | None = None
    added: Count | None = None
    removed: Count | None = None


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of head that are in two splits, so that a model is tested on rows that it was trained on.

    Attributes:
        path, other: the two tables.
        id: the column by which rows are equal; ``None`` if whole rows are.
        rows: how many rows of ``path``, including repeated ones.
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
        what: what is wrong, as one sentence without a full stop.
        rows: how many rows break it; ``None`` if the rule is not about rows.
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
        base_size, head_size: the file's size in bytes; ``None`` if a side has no file or its size is unknown.
        base_rows, head_rows: the number of rows; ``None`` if a side has no file or it could not be opened.
        rows: which rows differ; ``None`` unless both sides could be opened.
        label: the column with the class; ``None`` if there is none.
        classes: how many rows of each class, by name.
        columns: the columns, those that changed most first.
        columns_total: how many columns there are on either side.
        tested: how many columns were tested for drift; ``adjusted`` corrects for this number.
        duplicates: rows and ids that occur more than once.
        without_id: the rows whose id is missing; ``None`` if every row has one, or no id column is known.
        leaks: rows that are in two splits.
        checks: the rules that head breaks.
        chart: the id of the chart that shows the distributions; ``None`` if there is none.
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
