"""The section on metrics: declared formats, families in one row, and items by metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from generated import rather_costly, reports
from hypothesis import given
from rendered import github, rows_of, tables_in
from samples import make_report, metric

from headway.draw.metric_families import family_charts
from headway.numbers import MINUS
from headway.report import markdown
from headway.report.blocks import Charts, Details, text_of
from headway.report.formatting import notations
from headway.report.sections import charts
from headway.report.sections.metrics import section as metrics
from headway.values.metric_format import MetricFormat

if TYPE_CHECKING:
    from headway.values.comparison import Metric
    from headway.values.report import Report

PRECISION = "\n".join(f"precision.{n} 0.9{n} -> 0.9{n} higher" for n in range(2, 10))
FAMILY = f"{PRECISION}\nprecision.0 1.0 -> 0.975 higher\nprecision.10 0.9556 -> 0.9773 higher"


def tables(report: Report) -> list[list[list[str]]]:
    return [rows_of(table) for table in tables_in(report) if table.entries]


def folded(report: Report) -> list[Details]:
    (section,) = metrics.build(report)
    return [block for block in section.blocks if isinstance(block, Details)]


def written(base: Any, head: Any, **form: Any) -> list[str]:
    one = msgspec.structs.replace(metric("m", base, head, "higher"), format=MetricFormat(**form))
    ((row,), *_) = tables(make_report((one,)))
    return row


class TestFormats:
    @pytest.mark.parametrize(
        ("form", "row"),
        [
            ({"percent": True}, ["m", "+0.3 pt as wanted", "97.0% → 97.3%", ""]),
            ({"percent": True, "digits": 2}, ["m", "+0.30 pt as wanted", "97.00% → 97.30%", ""]),
            ({"unit": "ms"}, ["m", "+0.003 ms as wanted", "0.970 ms → 0.973 ms", "+0.31%"]),
            ({"title": "Accuracy"}, ["Accuracy", "+0.003 as wanted", "0.970 → 0.973", "+0.31%"]),
            ({"digits": 3}, ["m", "+0.003 as wanted", "0.970 → 0.973", "+0.31%"]),
        ],
    )
    def test_a_metric_is_written_as_declared(self, form: dict[str, Any], row: list[str]) -> None:
        assert written(0.97, 0.973, **form) == row

    def test_declared_digits_never_hide_a_change(self) -> None:
        assert written(0.9731, 0.9734, digits=2)[1:3] == ["+0.0003 as wanted", "0.9731 → 0.9734"]

    def test_text_has_no_unit(self) -> None:
        assert written("svm", "cnn", unit="ms", percent=True)[1:3] == ["changed", "svm → cnn"]

    def test_a_title_of_several_metrics_keeps_their_keys(self) -> None:
        made = make_report("a 1 -> 2\nb 1 -> 2")
        same = tuple(msgspec.structs.replace(one, format=MetricFormat(title="T")) for one in made.metrics)
        (rows,) = tables(msgspec.structs.replace(made, metrics=same))
        assert [row[0] for row in rows] == ["T a", "T b"]


class TestDecimals:
    def test_of_a_family_are_the_same_changes_too(self) -> None:
        found = make_report("p.0 1.0 -> 0.975 higher\np.1 0.9556 -> 0.9773 higher").metrics
        notation = notations(found)
        assert [[text.text for text in notation(one).values(one)] for one in found] == [
            ["1.0000", "0.9750"],
            ["0.9556", "0.9773"],
        ]
        assert [notation(one).change(one) for one in found] == [f"{MINUS}0.0250", "+0.0217"]

    def test_one_tiny_value_does_not_spoil_those_of_the_others(self) -> None:
        found = make_report("p.0 0.5 -> 0.25\np.1 1e-9 -> 2e-9").metrics
        assert [notations(found)(one).change(one) for one in found] == [f"{MINUS}0.25", f"+1e{MINUS}9"]


class TestFamilies:
    def test_are_one_row_with_the_mean_the_range_of_head_and_the_member_that_moved_most(self) -> None:
        rows, members = tables(make_report(FAMILY))
        assert rows == [
            [
                "precision.* (mean of 0.9200 to 0.9900)",
                f"{MINUS}0.0003 not as wanted",
                "0.9596 → 0.9592",
                f"most: 0 {MINUS}0.0250 not as wanted",
            ]
        ]
        assert [row[0] for row in members][:2] == ["precision.0", "precision.2"], "members in natural order"
        assert members[-1] == ["precision.10", "+0.0217 as wanted", "0.9556 → 0.9773", "+2.3%"]

    def test_count_members_that_are_worse_within_the_margin(self) -> None:
        words = ["worse_within_margin", *["no_difference"] * 3]
        rows, *_ = tables(make_report("\n".join(f"p.{n} 0.9 -> 0.8 higher {word}" for n, word in enumerate(words))))
        assert rows[0][1] == f"{MINUS}0.1: 1 worse within the margin of 4"

    def test_unfold_with_their_chart(self) -> None:
        made = make_report(FAMILY)
        made = msgspec.structs.replace(made, charts=family_charts(made.metrics))
        (details,) = folded(made)[:1]
        assert text_of(details.summary) == "precision.*: 10 values"
        (block,) = (block for block in details.blocks if isinstance(block, Charts))
        assert [bar.label for bar in block.entries[0].bars][:3] == ["0", "2", "3"]  # type: ignore[union-attr]
        assert list(charts.build(made)) == []

    def test_of_the_machine_are_neither_compared_nor_judged(self) -> None:
        made = make_report("acc 1 -> 1\n" + "\n".join(f"ms.{n} {n} -> {n + 1} lower" for n in range(1, 6)))
        machine = [
            msgspec.structs.replace(one, withheld="machine", change=None) if one.key != "acc" else one
            for one in made.metrics
        ]
        rows, *_ = tables(msgspec.structs.replace(made, metrics=tuple(machine)))
        assert rows == [["ms.* (mean of 2 to 6)", "not compared", "3 → 4", ""]]

    def test_that_head_lacks_have_the_range_of_base(self) -> None:
        rows, *_ = tables(make_report("\n".join(f"p.{n} 0.{n} -> - higher" for n in range(1, 6))))
        assert rows[0][:3] == ["p.* (mean of 0.1 to 0.5)", "removed", "0.3 → –"]  # noqa: RUF001

    def test_that_did_not_change_are_no_family(self) -> None:
        (rows,) = tables(make_report(PRECISION))
        assert len(rows) == 8
        assert family_charts(make_report(PRECISION).metrics) == ()

    def test_only_the_first_have_a_chart(self) -> None:
        lines = "\n".join(f"f{family}.{n} 0.{n} -> 0.{n + 1}" for family in "abcdef" for n in range(1, 6))
        made = make_report(lines)
        assert [chart.title for chart in family_charts(made.metrics)] == ["fa.*", "fb.*", "fc.*", "fd.*"]
        assert [len(details.blocks) for details in folded(made)][:5] == [1] * 5


TASKS = "\n".join(
    f"{task}.{name} 0.{n}0 -> 0.{n}5 {way}"
    for n, task in enumerate(("boolq", "qa", "sum", "translation"), start=1)
    for name, way in (("em", "higher"), ("latency", "lower"))
)


class TestGroups:
    def test_keys_of_one_file_are_items_by_metric(self) -> None:
        (table,) = [table for table in tables_in(make_report(TASKS)) if table.entries]
        assert [column.title for column in table.columns] == ["Item", "em", "latency"]
        assert rows_of(table)[0] == ["boolq", "0.10 → 0.15 (+0.05) as wanted", "0.10 → 0.15 (+0.05) not as wanted"]
        assert [(row.number, row.keywords) for row in table.entries] == [(2, "em latency")] * 4

    def test_folders_and_sibling_files_are_items_too(self) -> None:
        for name in ("results/{}/metrics.json", "metrics_{}.json"):
            lines = [f"{name.format(item)}:acc 0.5 -> 0.{n} higher" for n, item in enumerate(("a", "b", "c"), start=6)]
            (table,) = [
                table for table in tables_in(make_report("\n".join([*lines, "x.json:n 1 -> 1"]))) if table.entries
            ][:1]
            assert [row.group for row in table.entries] == [name.format("*").replace("metrics_*", "*")] * 3

    def test_a_metric_that_no_item_changed_is_folded(self) -> None:
        grouped, unchanged = tables(make_report("a.x 1 -> 2\nb.x 1 -> 1\na.y 3 -> 3\nb.y 4 -> 4"))
        assert grouped == [["a", "1 → 2 (+1)"], ["b", "1"]]
        assert unchanged == [["a.y", "3"], ["b.y", "4"]]

    def test_few_items_with_many_metrics_are_turned(self) -> None:
        lines = [f"{item}.{name} 1 -> {n}" for item in ("train", "test") for n, name in enumerate("abcde", start=2)]
        (table,) = [table for table in tables_in(make_report("\n".join(lines))) if table.entries]
        assert [column.title for column in table.columns] == ["Metric", "test", "train"]
        assert [row[0] for row in rows_of(table)] == ["e", "d", "c", "b", "a"]

    def test_of_many_items_those_that_moved_most_come_first_and_the_others_are_folded(self) -> None:
        made = make_report("\n".join(f"layer{n}.loss 100 -> {100 + n} lower" for n in range(1, 31)))
        first, rest = tables(made)
        assert [row[0] for row in first] == [f"layer{n}" for n in range(30, 18, -1)]
        assert len(rest) == 18
        assert "18 more items" in github(markdown.render(made)).text

    def test_two_metrics_share_a_table_as_a_phone_shows_no_more(self) -> None:
        lines = [f"{item}.{name} 1 -> {n}" for item in "xyz" for n, name in enumerate("abcde", start=2)]
        found = [table for table in tables_in(make_report("\n".join(lines))) if table.entries]
        titles = [[column.title for column in table.columns] for table in found]
        assert titles == [["Item", "e", "d"], ["Item", "c", "b"], ["Item", "a"]]
        assert [[row[0] for row in rows_of(table)] for table in found] == [["x", "y", "z"]] * 3

    def test_files_with_other_metrics_are_no_group(self) -> None:
        (rows,) = tables(make_report("a.json:x 1 -> 2\nb.json:y 1 -> 2"))
        assert len(rows) == 2


@rather_costly
@given(reports)
def test_every_changed_metric_is_counted_where_it_is_shown(report: Report) -> None:
    counted = sum(row.number for table in tables_in(report) if table.kind == metrics.CHANGED for row in table.entries)
    shown = [one for one in report.metrics if one.status != "unchanged"]
    assert counted == (len(shown) if list(metrics.build(report)) else 0)


def test_no_metric_is_shown_twice() -> None:
    names = [f"{item}.{part}.{n}" for item in ("a", "b") for part in ("p", "r") for n in range(5)]
    found: tuple[Metric, ...] = tuple(metric(name, 0.5, 0.5 + n / 100, "higher") for n, name in enumerate(names))
    grouped, *members = tables(make_report(found))
    assert [row[0] for row in grouped] == ["a", "b"]
    assert sorted(row[0] for rows in members for row in rows) == sorted(names)
