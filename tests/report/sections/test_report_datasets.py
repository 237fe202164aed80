"""The section on the content of the data: its sentences, their order, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from rendered import github, rows_of
from samples import AMOUNTS, make_report, shown

from headway.numbers import MINUS
from headway.report import html, markdown
from headway.report.blocks import Block, Details, Items, Parts, Table, Text, text_of
from headway.report.fitting import shortened
from headway.report.sections import datasets
from headway.report.sections.datasets import findings
from headway.report.sections.headline import headline
from headway.report.sections.table_changes import format_p
from headway.values.chart import DistributionChart, DistributionPanel
from headway.values.comparison import DataChange
from headway.values.dataset import (
    CellChange,
    Check,
    ClassCount,
    ColumnChange,
    ColumnDescription,
    DatasetChange,
    Drift,
    Duplicates,
    EditedColumn,
    FileChange,
    FolderChange,
    Leak,
    RowChanges,
    RowExample,
    Summary,
    TableChange,
    TableDescription,
    ValueCount,
)
from headway.values.snapshot import Out

if TYPE_CHECKING:
    from headway.report.blocks import Section
    from headway.values.report import Report

FOLDER = FolderChange(
    path="images",
    base_files=10,
    head_files=12,
    base_size=1_000,
    head_size=2_000,
    added=3,
    removed=1,
    changed=0,
    files=(FileChange(path="a.png", status="added", head=900), FileChange(path="b.png", status="removed", base=10)),
)


def drift(psi: float, adjusted: float) -> Drift:
    return Drift(psi=psi, test="chi-squared", effect=0.2, p=adjusted, adjusted=adjusted)


def column(name: str, psi: float = 0.0, adjusted: float = 1.0, **fields: object) -> ColumnChange:
    types = {"base_type": "integer", "head_type": "integer", "base_missing": 0, "head_missing": 0}
    return ColumnChange(**{"name": name, "drift": drift(psi, adjusted), **types, **fields})  # type: ignore[arg-type]  # a test's shorthand


TABLE = TableChange(
    path="t.csv",
    status="changed",
    base_rows=100,
    head_rows=90,
    rows=RowChanges(
        id="id",
        added=2,
        removed=12,
        edited=1,
        examples=(
            RowExample(id="7", status="edited", cells=(CellChange(column="x", base="0.25", head="0.5"),), more=2),
            RowExample(id="8", status="removed"),
        ),
        edited_columns=(EditedColumn(name="x", rows=1),),
    ),
    classes=(ClassCount(name="cat", base=50, head=60), ClassCount(name="dog", base=50, head=30)),
    columns=(column("x", psi=0.3, adjusted=0.0001), column("y", head_missing=4), column("z")),
    columns_total=3,
    tested=3,
    duplicates=Duplicates(base_rows=0, head_rows=2),
    leaks=(Leak(path="t.csv", other="test.csv", id="id", rows=1, examples=("9",)),),
    checks=(Check(rule="ranges", what="`x` is not at most 1", rows=2, examples=("row 3: 7",)),),
)


NEW = TableChange(
    path="new.csv",
    status="added",
    head_rows=10,
    head_size=2_000,
    label="kind",
    classes=(ClassCount(name="cat", base=0, head=9), ClassCount(name="dog", base=0, head=1)),
    columns=(
        ColumnChange(
            name="kind",
            head_type="text",
            head_missing=0,
            description=ColumnDescription(distinct=2, frequent=(ValueCount(value="cat", rows=9),)),
        ),
        ColumnChange(
            name="day",
            head_type="text",
            head_missing=3,
            description=ColumnDescription(distinct=7, first="2024-01-01", last="2024-01-09"),
        ),
        ColumnChange(
            name="x",
            head_type="number",
            head_missing=1,
            head=Summary(minimum=0, lower=1, median=2, upper=3, maximum=4, mean=2.5, deviation=1),
        ),
        ColumnChange(name="same", head_type="text", head_missing=0, description=ColumnDescription(distinct=1)),
    ),
    columns_total=4,
    duplicates=Duplicates(head_rows=2, head_ids=0),
    description=TableDescription(id="kind", missing=4, incomplete=2, constant=1),
)


def parts(report: Report) -> tuple[tuple[Block, ...], ...]:
    """What the section says of each folder and table."""
    (section,) = datasets.build(report)
    found = section.blocks[0]
    assert isinstance(found, Parts)
    return found.entries


class Shown:
    """What the section says of one folder or table, as words."""

    def __init__(self, dataset: DatasetChange) -> None:
        (blocks,) = parts(make_report(datasets=(dataset,)))
        self.lead = next(text_of(block.content) for block in blocks if isinstance(block, Text))
        self.lines = [text_of(each) for block in blocks if isinstance(block, Items) for each in block.entries]
        self.tables = [block for block in blocks if isinstance(block, Table) and block.entries]


def leads(report: Report) -> list[str]:
    return [text_of(blocks[0].content) for blocks in parts(report) if isinstance(blocks[0], Text)]


def test_cells_that_look_the_same_are_in_quotes() -> None:
    cell = CellChange(column="x", base="a b", head="a  b")
    rows = RowChanges(
        id="id", added=0, removed=0, edited=1, examples=(RowExample(id="7", status="edited", cells=(cell,)),)
    )
    lines = Shown(TableChange(path="t.csv", status="changed", rows=rows)).lines
    assert any(r'x "a b" → "a \u0020b"' in line for line in lines)


def test_a_folder_names_its_largest_files_and_counts_the_rest() -> None:
    found = Shown(FOLDER)
    table = shortened(found.tables[0], 1)
    assert found.lead == "images: 10 files, 1 kB → 12 files, 2 kB: 3 added, 1 removed."
    assert rows_of(table) == [["a.png", "added", "–", "900 bytes"]]  # noqa: RUF001  the dash for no value
    assert table.left_out == 3


def test_a_folder_without_listings_says_so() -> None:
    assert "unknown" in Shown(FolderChange(path="d", base_files=1, head_files=2)).lead


def test_sizes_that_the_report_tells_elsewhere_are_not_repeated() -> None:
    out = Out(hash="md5:1.dir", size=1000, files=10)
    closed = TableChange(path="d/t.csv", status="changed", base_size=1000, head_size=2000)
    unknown = FolderChange(path="d", base_files=1, head_files=2)
    listed = tuple(DataChange(path=path, base=out, head=out) for path in ("d", "images"))
    report = make_report(datasets=(FOLDER, closed, unknown, TABLE), data=listed)
    alone = make_report(datasets=(closed, unknown))
    first, second = leads(report)
    assert first == "images: 3 added, 1 removed."
    assert second.startswith("t.csv: ")
    assert [lead.partition(":")[0] for lead in leads(alone)] == ["d/t.csv", "d"]


def test_a_table_tells_its_rows_and_the_first_of_them() -> None:
    found = Shown(TABLE)
    assert found.lead == "t.csv: 100 → 90 rows: 2 added, 12 removed, 1 edited, matched by id."
    assert "Edited: 7 x 0.25 → 0.5 and 2 more." in found.lines
    assert "Removed: 8 and 11 more." in found.lines
    assert "Duplicates: 0 → 2 repeated rows." in found.lines


def test_failed_checks_come_before_warnings() -> None:
    failed, warning = findings(TABLE)
    assert (failed.is_failure, failed.what) == (True, "`ranges`: `x` is not at most 1 in 2 rows (`row 3: 7`)")
    assert warning.what == "Leakage: 1 row of `t.csv` is also in `test.csv`, matched by `id` (`9`)"


def test_only_columns_with_news_are_shown_and_the_family_is_named() -> None:
    found = Shown(TABLE)
    classes, columns = map(rows_of, found.tables)
    assert [row[0] for row in columns] == ["x", "y"]
    assert columns[0] == ["x", "0", "", "0.3", "V 0.2", "<0.001"]
    assert columns[1][1] == "0 → 4"
    assert classes[1] == ["dog", "50", "30", "33.3%", f"{MINUS}16.7 pt"]
    assert "Drift in 1 of 3 tested columns; p-values are adjusted for 3 tests (Benjamini-Hochberg)." in found.lines


def test_few_rows_that_differ_by_chance_are_shown_and_not_called_drift() -> None:
    columns = (column("x", psi=0.19, adjusted=0.4),)
    seen = Shown(TableChange(path="t", status="changed", base_rows=9, head_rows=9, columns=columns, tested=1))
    assert any(line.startswith("No drift detected in 1 tested column; the largest PSI is 0.19") for line in seen.lines)
    assert [rows_of(table)[0][0] for table in seen.tables if table.kind.noun == "column"] == ["x"]


def test_without_drift_the_words_are_no_drift_detected() -> None:
    still = TableChange(path="t", status="changed", base_rows=1, head_rows=1, columns=(column("z", 0.001),), tested=1)
    assert any(
        line.startswith("No drift detected in 1 tested column; the largest PSI is 0.001") for line in Shown(still).lines
    )


@pytest.mark.parametrize(("value", "text"), [(0.0, "<0.001"), (0.0312, "0.031"), (0.5, "0.50"), (1.0, "1.00")])
def test_a_p_value_is_never_zero(value: float, text: str) -> None:
    assert format_p(value) == text


def test_columns_that_are_new_gone_or_of_another_type() -> None:
    columns = (
        ColumnChange(name="n", head_type="text"),
        ColumnChange(name="g", base_type="integer"),
        ColumnChange(name="o", base_type="integer", head_type="text"),
    )
    assert Shown(TableChange(path="t", status="changed", base_rows=1, head_rows=1, columns=columns)).lines == [
        "New column: n (text).",
        "Removed column: g (integer).",
        "Changed type: o integer → text.",
    ]


def test_a_table_whose_content_is_elsewhere_shows_its_sizes() -> None:
    assert Shown(TableChange(path="t", status="changed", base_size=1000, head_size=2000)).lead == "t: 1 kB → 2 kB."
    assert Shown(TableChange(path="t", status="added", head_size=2000)).lead == "t: 2 kB."


def test_markdown_reads_back_as_tables_with_the_chart_between() -> None:
    numbers = Summary(minimum=0, lower=1, median=2, upper=3, maximum=4, mean=2, deviation=1)
    table = TableChange(
        path="t.csv",
        status="changed",
        base_rows=1,
        head_rows=1,
        chart="data: t.csv",
        tested=1,
        columns=(column("x", psi=0.3, base=numbers, head=numbers),),
    )
    panel = DistributionPanel(name="x", labels=("a",), base=(1.0,), head=(1.0,))
    chart = DistributionChart(id="data: t.csv", title="t.csv", alt="Shares.", panels=(panel,), image="charts/t.png")
    report = make_report(datasets=(table,), charts=(chart,))
    page = github(markdown.render(report))
    assert [found[0][0] for found in page.tables] == ["Column", "Column"]
    assert page.tables[1][1][:3] == ["x", "base", "0"]
    assert [image["src"] for image in page.elements("img")] == ["charts/t.png"]
    assert "#### Charts" not in markdown.render(report)
    assert "Shares." in html.render(report, {})


def test_the_headline_counts_failed_checks_and_warnings_at_every_length() -> None:
    for amount in AMOUNTS.values():
        text = github(shown(make_report(datasets=(TABLE,)), amount)).text
        assert "1 failed data check" in text
        assert "1 data warning" in text


def test_a_new_table_is_described() -> None:
    found = Shown(NEW)
    assert found.lead == "new.csv: 10 rows in 4 columns (3 text, 1 number), 2 kB."
    assert found.lines == [
        "Missing values: 4 in 2 columns: day (3), x (1).",
        "Repeated rows (ignoring kind): 2.",
        "No repeated ids in kind.",
        "The same value in all rows: same.",
        "Classes in kind: 2, from 10% (dog) to 90% (cat) of the rows.",
    ]
    classes, values, numbers = map(rows_of, found.tables)
    assert classes == [["cat", "9", "90%"], ["dog", "1", "10%"]]
    assert values[0] == ["kind", "text", "0", "2", "cat (9) and 1 more"]
    assert values[1] == ["day", "text", "3", "7", "2024-01-01 to 2024-01-09"]
    assert numbers == [["x", "number", "1", "0", "2", "2.5", "4"]]


def test_new_data_has_a_section_of_its_own() -> None:
    new_folder = FolderChange(
        path="d", head_files=1, head_size=9, added=1, files=(FileChange(path="a", status="added"),)
    )
    new, changed = datasets.build(make_report(datasets=(TABLE, NEW, new_folder)))
    assert (new.title, changed.title) == ("New data", "Inside the data")
    assert new.folds_as == "New data: 2 data sets"
    assert [text_of(part[0].content).partition(":")[0] for part in _parts_of(new)] == ["new.csv", "d"]  # type: ignore[union-attr]  # the first block of each is a text
    assert len(_parts_of(changed)) == 1


def _parts_of(section: Section) -> tuple[tuple[Block, ...], ...]:
    assert isinstance(section.blocks[0], Parts)
    return section.blocks[0].entries


def test_several_new_tables_are_folded_in_a_comment() -> None:
    tables = [replace(NEW, path=f"{number}.csv") for number in range(2)]
    reports = [make_report(datasets=tuple(tables[:most]), scope="description") for most in (1, 2)]
    assert [len(github(markdown.render(report)).elements("details")) for report in reports] == [0, 2]


def test_a_folder_lists_the_files_that_are_not_described_themselves() -> None:
    files = tuple(FileChange(path=path, status="added", head=5) for path in ("new.csv", "read.me"))
    folder = FolderChange(path="d", head_files=2, head_size=10, added=2, files=files)
    blocks = parts(make_report(datasets=(folder, replace(NEW, path="d/new.csv"))))[0]
    (details,) = [block for block in blocks if isinstance(block, Details)]
    (table,) = [block for block in details.blocks if isinstance(block, Table)]
    assert rows_of(table) == [["read.me", "5 bytes"]]


def test_predictions_are_named_and_their_cells_are_not() -> None:
    found = Shown(replace(TABLE, predicted=True, leaks=(), checks=(), columns=(), classes=(), tested=0))
    assert found.lead.startswith("t.csv: model predictions, 100 → 90 rows")
    assert found.lines == ["Removed: 8 and 11 more."]


def test_a_description_names_no_base_and_no_metrics() -> None:
    tracked = DataChange(path="model.bin", base=None, head=Out(hash="md5:1", size=7))
    report = make_report(datasets=(NEW,), data=(tracked,), scope="description")
    text = github(markdown.render(report)).text
    assert text.startswith("Headway: Data of feature")
    assert "1 data set" in text
    assert "Other tracked files" in text
    assert "Base" not in text
    assert "metrics" not in text
    assert "model.bin" in text


@pytest.mark.parametrize(
    ("parts", "words"),
    [({}, "No data changed"), ({"datasets": (TABLE, NEW)}, "2 data sets changed"), ({"data": 1}, "1 tracked output")],
)
def test_a_report_of_the_data_alone_counts_no_metrics(parts: dict[str, Any], words: str) -> None:
    if "data" in parts:
        out = Out(hash="md5:1", size=7)
        parts = {"data": (DataChange(path="model.bin", base=out, head=replace(out, hash="md5:2")),)}
    sentence = headline(make_report(scope="data", **parts)).sentence
    assert sentence.startswith(words)
    assert "metric" not in sentence
