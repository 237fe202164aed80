"""What a report says, in which order, and how much of it: its blocks, whatever writes them."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from rendered import rows_of, words_of
from samples import CLASSES, digits_report, make_metric, make_param, make_report

from headway.judge.movement import has_moved, movement
from headway.report.blocks import Bar, Charts, Definitions, Details, Table, text_of
from headway.report.fitting import cut, ladder
from headway.report.sections import charts, params, stages, tracked
from headway.report.sections.headline import headline
from headway.report.sections.metrics import section as metrics
from headway.report.sections.stages import cause_line
from headway.report.view import view_report
from headway.values.chart import Bar as BarValue
from headway.values.chart import BarChart, Chart, ConfusionChart, ImageChart, LineChart, Points, Series, VegaChart
from headway.values.comparison import Cause, DataChange, StageChange
from headway.values.snapshot import Out

if TYPE_CHECKING:
    from headway.values.report import Report

HERE: dict[str, Any] = {"id": "c", "title": "c", "alt": "c"}


def changed(report: Report) -> Table:
    (section,) = metrics.build(report)
    table = section.blocks[0]
    assert isinstance(table, Table)
    return table


def keys(lines: str) -> list[str]:
    return [row[0] for row in rows_of(changed(make_report(lines)))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("acc 0.90 -> 0.92 higher improved", "better"),
        ("acc 0.92 -> 0.90 higher worse", "worse"),
        ("acc 0.92 -> 0.90 higher worse_within_margin", "worse"),
        ("acc 0.92 -> 0.90 higher no_difference", "neutral"),
        ("acc 0.90 -> 0.92 higher", "neutral"),
        ("loss 0.1 -> 0.2 lower", "neutral"),
        ("acc 0.90 -> 0.92", "neutral"),
        ("acc 0.9 -> 0.9 higher", "neutral"),
        ("acc 0.9 -> - higher", "neutral"),
        ("acc 0.9 -> NaN higher", "neutral"),
    ],
)
def test_better_and_worse_need_evidence(line: str, expected: str) -> None:
    assert movement(make_metric(line)) == expected


class TestOrder:
    def test_declared_metrics_come_first_then_the_largest_relative_change(self) -> None:
        lines = """
            small 100 -> 101 higher
            large 100 -> 150 lower
            undeclared 1 -> 1000
            unchanged 1 -> 1 higher
            new - -> 1 higher
            gone 1 -> - higher
        """
        assert keys(lines) == ["large", "small", "undeclared", "gone", "new"]

    def test_the_order_of_the_settings_outranks_the_size_of_a_change(self) -> None:
        sample = make_report("accuracy 0.90 -> 0.91 higher\nloss 0.1 -> 0.9 lower")
        first, second = sample.metrics
        ranked = (msgspec.structs.replace(first, rank=0), msgspec.structs.replace(second, rank=1))
        found = changed(msgspec.structs.replace(sample, metrics=ranked))
        assert [row[0] for row in rows_of(found)] == ["accuracy", "loss"]

    def test_equals_are_in_the_order_of_their_names(self) -> None:
        assert keys("b 1 -> 2\na 1 -> 2\nc 1 -> 2") == ["a", "b", "c"]

    def test_files_are_in_the_order_of_their_first_metric(self) -> None:
        table = changed(make_report("a.json:x 1 -> 2\nb.json:y 1 -> 9\na.json:z 1 -> 3"))
        assert {name: len(rows) for name, rows in table.groups.items()} == {"b.json": 1, "a.json": 2}

    def test_files_of_one_folder_stay_together(self) -> None:
        table = changed(make_report("a/x.json:l 1 -> 9\nb/x.json:m 1 -> 8\na/y.json:n 1 -> 7"))
        assert list(table.groups) == ["a/x.json", "a/y.json", "b/x.json"]

    def test_many_files_of_one_folder_share_a_table(self) -> None:
        lines = [f"models/a/s{number}.json:acc{number} 0.{number} -> 0.9" for number in range(1, 5)]
        report = make_report("\n".join([*lines, "models/b/m.json:acc 0.5 -> 0.8", "m.json:acc 0.1 -> 0.8"]))
        found = {name: [words_of(row.cells[0]) for row in rows] for name, rows in changed(report).groups.items()}
        assert found == {
            "m.json": ["acc"],
            "models/a/": ["s1.json:acc1", "s2.json:acc2", "s3.json:acc3", "s4.json:acc4"],
            "models/b/m.json": ["acc"],
        }


class TestCells:
    @pytest.mark.parametrize(
        ("line", "change", "relative"),
        [
            ("m 0.5 -> 0.75", "+0.25", "+50%"),
            ("m 0 -> 5", "+5", "?"),
            ("m -1 -> 1", "+2", ""),
            ("m 1 -> 2 higher", "+1 as wanted", "+100%"),
            ("m 1 -> 2 lower", "+1 not as wanted", "+100%"),
            ("m 1 -> 2 higher improved", "+1 better", "+100%"),
            ("m 1 -> 2 lower worse", "+1 worse", "+100%"),
            ("m 1 -> 2 lower no_difference", "+1 no difference detected", "+100%"),
            ("m adam -> sgd", "changed", ""),
            ("m - -> 1", "added", ""),
            ("m 1 -> -", "removed", ""),
        ],
    )
    def test_change_and_relative_change(self, line: str, change: str, relative: str) -> None:
        ((_, *found),) = rows_of(changed(make_report(line)))
        assert [found[0], found[2]] == [change, relative]

    def test_bars_compare_only_what_can_get_better(self) -> None:
        rows = changed(make_report("a 1 -> 1.5 higher\nb 1 -> 0.75 lower\nepochs 1 -> 100")).entries
        extents = {words_of(row.cells[0]): cell.extent for row in rows for cell in row.cells if isinstance(cell, Bar)}
        assert extents == {"a": 1.0, "b": -0.5, "epochs": 0.0}

    def test_an_outlier_does_not_flatten_the_other_bars(self) -> None:
        lines = "outlier 1 -> 90 lower\na 1 -> 1.1 lower\nb 1 -> 0.9 lower\nc 1 -> 1.2 lower"
        bars = {words_of(row.cells[0]): row.cells[-1] for row in changed(make_report(lines)).entries}
        assert bars.pop("outlier") == Bar(1.0, "plain", clipped=True)
        assert all(isinstance(bar, Bar) and 0.1 < abs(bar.extent) <= 0.5 and not bar.clipped for bar in bars.values())


class TestAmount:
    def test_the_headline_counts_everything(self) -> None:
        counts = headline(digits_report()).counts
        assert (counts.metrics, counts.changed) == (31, 14)
        assert (counts.words["as wanted"], counts.words["not as wanted"]) == (9, 3)
        assert (counts.params, counts.stages, counts.data) == (3, 2, 2)

    def test_a_parameter_that_could_not_be_read_is_not_counted(self) -> None:
        lr = msgspec.structs.replace(make_param("lr - -> 3"), status="unavailable")
        report = make_report(params=(lr,))
        (section,) = params.build(report)
        assert headline(report).counts.params == 0
        assert rows_of(section.blocks[0])[0][1:] == ["unavailable", "3"]

    def test_less_detail_says_less_and_counts_the_rest(self) -> None:
        view = view_report(digits_report())
        rungs = ladder(view)
        assert cut(view, rungs[-1]) == view
        shortest = cut(view, rungs[0])
        assert shortest.sections == ()
        assert (14, "changed metric") in shortest.left_out

    def test_nothing_is_lost_between_shown_and_left_out(self) -> None:
        view = view_report(make_report("\n".join(f"m{number} 1 -> 2" for number in range(600))))
        short = cut(view, attrgetter("markdown"))
        table = short.sections[0].blocks[0]
        assert isinstance(table, Table)
        assert (len(table.entries), table.left_out) == (500, 100)
        assert short.left_out == ((100, "changed metric"),)


def line(base: Points | None, head: Points | None) -> Chart:
    return LineChart(**HERE, series=(Series(name="", base=base, head=head),), x_label="x", y_label="y")


def bars(base: float, head: float) -> Chart:
    return BarChart(**HERE, bars=(BarValue(label="a", base=base, head=head),), value_label="v", category_label="c")


def confusion(base: Any, head: Any) -> Chart:
    return ConfusionChart(
        **HERE, labels_x=CLASSES[:1], labels_y=CLASSES[:1], base=base, head=head, x_label="x", y_label="y"
    )


ONE, TWO = Points((1.0,), (1.0,)), Points((1.0,), (2.0,))


@pytest.mark.parametrize(
    ("chart", "moved"),
    [
        (line(ONE, ONE), False),
        (line(ONE, TWO), True),
        (line(None, ONE), True),
        (bars(1, 1), False),
        (bars(1, 2), True),
        (confusion(((1,),), ((1,),)), False),
        (confusion(((1,),), ((2,),)), True),
        (ImageChart(**HERE, base="a.png", head="a.png"), False),
        (ImageChart(**HERE, base="a.png", head="b.png"), True),
        (VegaChart(**HERE, spec={}), True),
    ],
)
def test_a_chart_moved_when_its_data_did(chart: Chart, moved: bool) -> None:  # noqa: FBT001  the expected answer
    assert has_moved(chart) is moved
    (section,) = charts.build(make_report(charts=(chart,)))
    first, _, unchanged = section.blocks
    assert isinstance(first, Charts)
    assert isinstance(unchanged, Details)
    assert (first.entries == (chart,)) is moved
    assert unchanged.opened is not moved


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause(kind="code", what="src/train.py"), "code src/train.py"),
        (Cause(kind="data", what="data.csv"), "data data.csv"),
        (Cause(kind="upstream", what="prepare"), "upstream stage prepare"),
        (Cause(kind="stage", what="added"), "the stage was added"),
        (Cause(kind="code", what="a.py", change="removed"), "dependency a.py removed"),
        (Cause(kind="upstream", what="a.csv", change="added"), "dependency a.csv added"),
        (Cause(kind="parameter", what="p.yaml:lr", change="added", head=3), "parameter p.yaml:lr 3 added"),
        (Cause(kind="parameter", what="p.yaml:lr", base=0.1), "parameter p.yaml:lr 0.1 → –"),  # noqa: RUF001  as above
        (Cause(kind="output", what="m", change="removed"), "output m removed"),
        (Cause(kind="output", what="m"), "output m changed, although nothing that the stage depends on did"),
    ],
)
def test_causes_in_words(cause: Cause, words: str) -> None:
    assert text_of(cause_line(cause)) == words


def test_of_many_outputs_without_a_cause_the_first_are_named() -> None:
    words = text_of(cause_line(Cause(kind="output", what=", ".join(f"i{number}" for number in range(100)))))
    assert words.startswith("output i0, i1, i2, i3, i4 and 95 more changed")


def test_what_is_unknown_is_shown_and_not_counted() -> None:
    out = Out(hash="md5:1", size=6)
    unknown, known = (Cause(kind="data", what="x.csv", change=change) for change in ("unknown", "changed"))
    report = make_report(
        data=(DataChange(path="x.csv", base=out, head=out, status="unknown"),),
        stages=(StageChange(name="a", causes=(unknown,)), StageChange(name="b", causes=(unknown, known))),
    )
    (data,), (why,) = tracked.build(report), stages.build(report)
    assert rows_of(data.blocks[0])[0][-1] == "unknown"
    assert isinstance(why.blocks[0], Definitions)
    assert len(why.blocks[0].entries) == 2
    counts = headline(report).counts
    assert (counts.data, counts.stages) == (0, 1)
