"""What a report says, in which order, and how much of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from samples import CLASSES, digits_report, make_metric, make_param, make_report

from headway.numbers import MISSING
from headway.report.limits import FULL_LIMITS, HEADLINE_LIMITS, PAGE_LIMITS
from headway.report.metric_rows import by_file, movement
from headway.report.outline import cause_line, has_moved, outline
from headway.values.chart import Bar, BarChart, Chart, ConfusionChart, ImageChart, LineChart, Points, Series, VegaChart
from headway.values.comparison import Cause, DataChange, StageChange
from headway.values.snapshot import Out

HERE: dict[str, Any] = {"id": "c", "title": "c", "alt": "c"}


def keys(metrics: str) -> list[str]:
    return [row.metric.key for row in outline(make_report(metrics), FULL_LIMITS).changed.shown]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("acc 0.90 -> 0.92 higher", "better"),
        ("acc 0.92 -> 0.90 higher", "worse"),
        ("loss 0.2 -> 0.1 lower", "better"),
        ("loss 0.1 -> 0.2 lower", "worse"),
        ("acc 0.90 -> 0.92", "neutral"),
        ("acc 0.9 -> 0.9 higher", "neutral"),
        ("acc 0.9 -> - higher", "neutral"),
        ("acc 0.9 -> NaN higher", "neutral"),
    ],
)
def test_better_and_worse_need_a_declared_direction(line: str, expected: str) -> None:
    assert movement(make_metric(line)) == expected


class TestOrder:
    def test_declared_metrics_come_first_then_the_largest_relative_change(self) -> None:
        metrics = """
            small 100 -> 101 higher
            large 100 -> 150 lower
            undeclared 1 -> 1000
            unchanged 1 -> 1 higher
            new - -> 1 higher
            gone 1 -> - higher
        """
        assert keys(metrics) == ["large", "small", "undeclared", "gone", "new"]

    def test_the_order_of_the_settings_outranks_the_size_of_a_change(self) -> None:
        sample = make_report("accuracy 0.90 -> 0.91 higher\nloss 0.1 -> 0.9 lower")
        first, second = sample.metrics
        ranked = (msgspec.structs.replace(first, rank=0), msgspec.structs.replace(second, rank=1))
        changed = outline(msgspec.structs.replace(sample, metrics=ranked), FULL_LIMITS).changed
        assert [row.metric.key for row in changed.shown] == ["accuracy", "loss"]

    def test_equals_are_in_the_order_of_their_names(self) -> None:
        assert keys("b 1 -> 2\na 1 -> 2\nc 1 -> 2") == ["a", "b", "c"]

    def test_files_stand_in_the_order_of_their_first_metric(self) -> None:
        rows = outline(make_report("a.json:x 1 -> 2\nb.json:y 1 -> 9\na.json:z 1 -> 3"), FULL_LIMITS).changed.shown
        assert [(group.file, [row.metric.key for row in group.rows]) for group in by_file(rows)] == [
            ("b.json", ["y"]),
            ("a.json", ["z", "x"]),
        ]


class TestCells:
    @pytest.mark.parametrize(
        ("line", "change", "relative"),
        [
            ("m 0.5 -> 0.75", "+0.25", "+50%"),
            ("m 0 -> 5", "+5", "?"),
            ("m -1 -> 1", "+2", ""),
            ("m adam -> sgd", "changed", ""),
            ("m - -> 1", "added", ""),
            ("m 1 -> -", "removed", ""),
        ],
    )
    def test_change_and_relative_change(self, line: str, change: str, relative: str) -> None:
        (row,) = outline(make_report(line), FULL_LIMITS).changed.shown
        assert (row.change, row.relative) == (change, relative)

    def test_bars_compare_only_what_can_get_better(self) -> None:
        rows = outline(make_report("a 1 -> 1.5 higher\nb 1 -> 0.75 lower\nepochs 1 -> 100"), FULL_LIMITS).changed.shown
        assert {row.metric.key: row.extent for row in rows} == {"a": 1.0, "b": -0.5, "epochs": 0.0}


class TestAmount:
    def test_counts_tell_of_everything(self) -> None:
        it = outline(digits_report(), HEADLINE_LIMITS)
        counts = it.counts
        assert (counts.metrics, counts.changed, counts.better, counts.worse) == (31, 14, 9, 3)
        assert (counts.params, counts.stages, counts.data, counts.charts, it.moved.total) == (3, 2, 2, 6, 5)

    def test_a_parameter_that_could_not_be_read_is_not_counted(self) -> None:
        lr = msgspec.structs.replace(make_param("lr - -> 3"), status="unavailable")
        it = outline(make_report(params=(lr,)), FULL_LIMITS)
        (row,) = it.params.shown
        assert (it.counts.params, row.base.text, row.head.text) == (0, "unavailable", "3")

    def test_less_detail_says_less_and_owns_up_to_it(self) -> None:
        amounts = []
        for limits in (PAGE_LIMITS, FULL_LIMITS, HEADLINE_LIMITS):
            it = outline(digits_report(), limits)
            amounts.append((len(it.changed.shown), len(it.unchanged.shown), len(it.includes.shown), len(it.left_out)))
        assert amounts == [(14, 17, 2, 0), (14, 17, 2, 0), (0, 0, 0, 9)]

    def test_nothing_is_lost_between_shown_and_left_out(self) -> None:
        report = make_report("\n".join(f"m{number} 1 -> 2" for number in range(600)))
        it = outline(report, FULL_LIMITS)
        assert (len(it.changed.shown), it.changed.left_out, it.changed.total) == (500, 100, 600)
        assert it.left_out == ((100, "changed metric"),)


def line(base: Points | None, head: Points | None) -> Chart:
    return LineChart(**HERE, series=(Series(name="", base=base, head=head),), x_label="x", y_label="y")


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
        (BarChart(**HERE, bars=(Bar(label="a", base=1, head=1),), value_label="v", category_label="c"), False),
        (BarChart(**HERE, bars=(Bar(label="a", base=1, head=2),), value_label="v", category_label="c"), True),
        (confusion(((1,),), ((1,),)), False),
        (confusion(((1,),), ((2,),)), True),
        (ImageChart(**HERE, base="a.png", head="a.png"), False),
        (ImageChart(**HERE, base="a.png", head="b.png"), True),
        (VegaChart(**HERE, spec={}), True),
    ],
)
def test_a_chart_moved_when_its_data_did(chart: Chart, moved: bool) -> None:  # noqa: FBT001  the expected answer
    assert has_moved(chart) is moved


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause(kind="code", what="src/train.py"), "code src/train.py"),
        (Cause(kind="data", what="data.csv"), "data data.csv"),
        (Cause(kind="upstream", what="prepare"), "upstream stage prepare"),
        (Cause(kind="stage", what="added"), "the stage was added"),
        (Cause(kind="code", what="a.py", change="removed"), "dependency a.py removed"),
        (Cause(kind="upstream", what="a.csv", change="added"), "dependency a.csv added"),
        (Cause(kind="parameter", what="params.yaml:lr", change="added"), "parameter params.yaml:lr added"),
        (Cause(kind="output", what="m", change="removed"), "output m removed"),
        (
            Cause(kind="upstream", what="prepare", change="unknown"),
            "upstream stage prepare (two kinds of hash, so it cannot be told whether it changed)",
        ),
        (
            Cause(kind="output", what=", ".join(f"i{number}" for number in range(100))),
            "output i0, i1, i2, i3, i4 and 95 more changed, though nothing that the stage depends on did",
        ),
        (Cause(kind="output", what="m"), "output m changed, though nothing that the stage depends on did"),
    ],
)
def test_causes_in_words(cause: Cause, words: str) -> None:
    line = cause_line(cause)
    assert " ".join(filter(None, (line.lead, line.what, line.tail))) == words


def test_what_nobody_can_tell_is_shown_and_not_counted() -> None:
    out = Out(hash="md5:1", size=6)
    unknown, known = (Cause(kind="data", what="x.csv", change=change) for change in ("unknown", "changed"))
    it = outline(
        make_report(
            data=(DataChange(path="x.csv", base=out, head=out, status="unknown"),),
            stages=(StageChange(name="a", causes=(unknown,)), StageChange(name="b", causes=(unknown, known))),
        ),
        FULL_LIMITS,
    )
    assert [(row.path, row.change) for row in it.data.shown] == [("x.csv", "cannot tell")]
    assert (it.counts.data, it.counts.stages, it.stages.total) == (0, 1, 2)


def test_a_parameters_cause_shows_both_values() -> None:
    line = cause_line(Cause(kind="parameter", what="params.yaml:lr", base=0.1, head=None))
    assert line.base is not None
    assert line.head is not None
    assert (line.lead, line.what, line.base.text, line.head.text) == ("parameter", "params.yaml:lr", "0.1", MISSING)
