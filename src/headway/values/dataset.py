"""What changed inside the data: the files of a folder, the rows and columns of a table, and the rules that it breaks.

Shares are between 0 and 1, sizes are in bytes. Lists contain only what a report can show; counts include everything.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count
from headway.values.imagery import FolderImages

SideStatus = Literal["added", "removed", "changed"]
"""``added`` if only head has it, ``removed`` if only base has it."""

ColumnKind = Literal["numbers", "categories", "other"]


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a tracked folder that differs.

    Attributes:
        path: the path, relative to the folder.
        status: whether the file was added, removed or changed.
        base, head: the size in bytes; ``None`` if the side has no such file, or if its size is unknown.
    """

    path: str
    status: SideStatus
    base: Count | None = None
    head: Count | None = None


class FolderChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="folder"):
    """A tracked folder that differs.

    Attributes:
        path: the path, relative to the project's root.
        base_files, head_files: the number of files; ``None`` if the side has no such folder, or if dvc.lock does not
            record it.
        base_size, head_size: the total size in bytes; ``None`` in the same cases.
        added, removed, changed: the number of files added, removed or changed; ``None`` if a side's listing is
            unavailable.
        files: the largest of these files, largest first.
        images: what changed in a folder of images; ``None`` for any other folder.
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
    """A cell of an edited row.

    Attributes:
        column: the column's name.
        base, head: the cell as text; ``None`` if it is empty.
    """

    column: str
    base: str | None
    head: str | None


class RowExample(msgspec.Struct, frozen=True, kw_only=True):
    """An example of a row that differs.

    Attributes:
        id: the row's id as text, or the whole row if rows have no id.
        status: whether the row was added, removed or edited.
        cells: the first cells that differ, for an edited row.
        more: the number of other cells that differ.
    """

    id: str
    status: Literal["added", "removed", "edited"]
    cells: tuple[CellChange, ...] = ()
    more: Count = 0


class EditedColumn(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the edited rows differ in one column.

    Attributes:
        name: the column's name.
        rows: the number of edited rows that differ in it.
    """

    name: str
    rows: Count


class RowChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a table differ.

    Attributes:
        id: the column that identifies a row on both sides; ``None`` if no column is unique. Headway then compares whole
            rows, and an edited row counts as one removed and one added row.
        added, removed, edited: the number of rows added, removed or edited.
        examples: the first rows of each kind.
        edited_columns: the columns in which edited rows differ, most rows first; empty if there are too many edited
            rows to compare each.
    """

    id: str | None
    added: Count
    removed: Count
    edited: Count
    examples: tuple[RowExample, ...] = ()
    edited_columns: tuple[EditedColumn, ...] = ()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The statistics of a numeric column on one side.

    Attributes:
        minimum, maximum, mean: the minimum, the maximum and the mean.
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
    """How far a column's distribution moved, and whether chance can explain it.

    Attributes:
        psi: the population stability index.
        test: the two-sample test that was used.
        effect: the effect size, from 0 to 1: the largest distance between the distribution functions
            (Kolmogorov-Smirnov), or Cramer's V (chi-squared).
        p: the p-value of the test, which treats the rows of both sides as independent samples.
        adjusted: the p-value after Benjamini and Hochberg's correction for all tested columns of the table.
    """

    psi: float
    test: Literal["Kolmogorov-Smirnov", "chi-squared"]
    effect: float
    p: float
    adjusted: float


class ValueCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of rows with one value.

    Attributes:
        value: the value as text.
        rows: the number of rows.
    """

    value: str
    rows: Count


class ColumnDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of a table that only head has contains, besides its numbers.

    Attributes:
        distinct: the number of different values, without missing ones; ``None`` if values cannot be counted.
        frequent: the values that several rows have, most rows first; empty if there are too many different values.
        first, last: the first and the last value of dates, times and integers, as text; ``None`` for any other column.
    """

    distinct: Count | None = None
    frequent: tuple[ValueCount, ...] = ()
    first: str | None = None
    last: str | None = None


class ColumnChange(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a table on both sides.

    Attributes:
        name: the column's name.
        kind: how the values are compared: as numbers, as categories, or not at all.
        base_type, head_type: the type of the values; ``None`` if the side has no such column.
        base_missing, head_missing: the number of cells that are empty or null, or in a column of numbers not finite.
        base, head: the statistics of a numeric column; ``None`` for any other column.
        drift: how far the distribution moved; ``None`` if the column was not tested.
        description: what head's values are if only head has the table; ``None`` for a column of numbers, and if base
            has the table.
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
    description: ColumnDescription | None = None


class ClassCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of rows of one class on each side.

    Attributes:
        name: the class.
        base, head: the number of rows.
    """

    name: str
    base: Count
    head: Count


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Rows and ids that occur more than once. Every occurrence after the first one counts.

    Attributes:
        base_rows, head_rows: the number of repeated rows; ``None`` if the side has no such table.
        base_ids, head_ids: the number of repeated ids; ``None`` also if no id column is known.
    """

    base_rows: Count | None = None
    head_rows: Count | None = None
    base_ids: Count | None = None
    head_ids: Count | None = None


class RowsWithoutId(msgspec.Struct, frozen=True, kw_only=True):
    """Rows whose id is missing: null, NaN or blank. :class:`RowChanges` does not count them.

    Attributes:
        base, head: the number of such rows; ``None`` if the side has no such table.
        added, removed: how many of them only head or only base has, compared as whole rows; ``None`` unless both sides
            have the table.
    """

    base: Count | None = None
    head: Count | None = None
    added: Count | None = None
    removed: Count | None = None


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of head that are in two splits, so a model may be tested on rows that it was trained on.

    Attributes:
        path, other: the two tables, relative to the project's root.
        id: the column that identifies a row; ``None`` if whole rows are compared.
        rows: the number of rows of ``path`` that are also in ``other``, repeated rows included.
        examples: the first of these rows, by id or as a whole.
    """

    path: str
    other: str
    id: str | None
    rows: Count
    examples: tuple[str, ...] = ()


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the settings that head breaks: a failed check.

    Attributes:
        rule: the rule's key in the settings.
        what: what is wrong: one sentence without a full stop.
        rows: the number of rows that break the rule; ``None`` if it is not about rows.
        examples: the first of these rows, as row numbers or ids with the value found.
    """

    rule: Literal["id", "label", "labels", "max_class_share_change", "ranges", "required", "splits"]
    what: str
    rows: Count | None = None
    examples: tuple[str, ...] = ()


class TableDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a table that only head has contains; its columns, classes and duplicates say the rest.

    Attributes:
        id: the column that identifies a row; ``None`` if there is none.
        missing: the number of missing cells.
        incomplete: the number of columns with missing cells.
        constant: the number of columns in which all rows have the same value.
    """

    id: str | None = None
    missing: Count = 0
    incomplete: Count = 0
    constant: Count = 0


class TableChange(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="table"):
    """A table that differs.

    Attributes:
        path: the path, relative to the project's root.
        status: whether the table was added, removed or changed.
        base_size, head_size: the file's size in bytes; ``None`` if the side has none, or if its size is unknown.
        base_rows, head_rows: the number of rows; ``None`` if the side has none, or if it could not be opened.
        rows: which rows differ; ``None`` unless both sides could be opened.
        label: the column that contains the class; ``None`` if there is none.
        classes: the number of rows of each class, by name.
        columns: the columns, those that changed most first.
        columns_total: the number of columns of both sides together.
        tested: the number of columns tested for drift, for which the adjusted p-values are corrected.
        duplicates: rows and ids that occur more than once.
        without_id: the rows whose id is missing; ``None`` if every row has an id, or if no id column is known.
        leaks: rows that are in two splits.
        checks: the rules that head breaks.
        chart: the id of the chart of the distributions; ``None`` if there is none.
        description: what the table contains if only head has it; ``None`` if base has it, or if it could not be opened.
        predicted: whether the table contains a model's predictions. Headway then compares only which rows differ.
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
    description: TableDescription | None = None
    predicted: bool = False


DatasetChange = FolderChange | TableChange
