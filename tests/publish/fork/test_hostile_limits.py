"""Nothing that headway writes is beyond a limit; a fork's report beyond one is refused, charts and sections aside."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from samples import digits_report, evidence_of, hostile_report, hostile_verification, make_metric, make_report

from headway.errors import ReportFileError
from headway.publish.fork import limits
from headway.publish.fork.limits import decode_report, limit_violation
from headway.report import codec, markdown
from headway.values.chart import (
    Bar,
    BarChart,
    Chart,
    ConfusionChart,
    DistributionChart,
    DistributionPanel,
    ImageChart,
    LineChart,
    Points,
    ScatterChart,
    Series,
    VegaChart,
)
from headway.values.comparison import Cause, Param, Slice, StageChange
from headway.values.dataset import ColumnChange, FileChange, FolderChange, Summary, TableChange
from headway.values.evidence import Pairing
from headway.values.flips import ExampleText, Flip, Flips
from headway.values.gate import Gate, GateCheck, Gates, UnmatchedGate
from headway.values.report import Include, Report
from headway.values.rules import RuleChange, Rules

MANY = 21


def lines(points: int, series: int = 1, **fields: Any) -> LineChart:
    column = tuple(map(float, range(points)))
    curves = tuple(Series(name=str(number), head=Points(column, column)) for number in range(series))
    return msgspec.structs.replace(
        LineChart(id="lines", title="Lines", alt="Lines", series=curves, x_label="x", y_label="y"), **fields
    )


def curve(series: Series) -> LineChart:
    return msgspec.structs.replace(lines(2), series=(series,))


def names(count: int, axis: str) -> ScatterChart:
    text, numbers = tuple(map(str, range(count))), (1.0,) * count
    points = Points(text, numbers) if axis == "x" else Points(numbers, text)
    types: dict[str, Any] = {f"{axis}_type": "nominal"}
    shared: dict[str, Any] = {"id": "names", "title": "", "alt": "", "x_label": "", "y_label": ""}
    return ScatterChart(**shared, **types, series=(Series(name="", base=points),))


def bars(count: int, value: float = 1.0) -> BarChart:
    made = tuple(Bar(label=str(number), base=value) for number in range(count))
    return BarChart(id="bars", title="", alt="", bars=made, value_label="", category_label="")


def confusion(classes: int) -> ConfusionChart:
    labels, counts = tuple(map(str, range(classes))), ((1,) * classes,) * classes
    shared: dict[str, Any] = {"id": "confusion", "title": "", "alt": "", "x_label": "", "y_label": ""}
    return ConfusionChart(**shared, labels_x=labels, labels_y=labels, base=counts, head=None)


def panels(count: int, labels: int = 2) -> DistributionChart:
    panel = DistributionPanel(name="x", labels=tuple(map(str, range(labels))), head=(0.0,) * labels)
    return DistributionChart(id="data: t", title="t", alt="t", panels=(panel,) * count)


def program(spec: dict[str, Any]) -> VegaChart:
    return VegaChart(id="own", title="", alt="", spec=spec)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def ascii_start(text: str) -> str:
    return ascii(text[:6])


def decoded(**parts: Any) -> Report:
    return decode_report(codec.encode(make_report(**parts)))


def refusal(report: Report) -> str:
    with pytest.raises(ReportFileError) as caught:
        decode_report(codec.encode(report))
    assert caught.value.why == limit_violation(report)
    return caught.value.why


@pytest.mark.parametrize(
    "report", [digits_report(), make_report(), make_report("\n".join(f"m{n} 1 -> 2" for n in range(3000)))]
)
def test_an_honest_report_is_read_whole(report: Report) -> None:
    assert decode_report(codec.encode(report)) == report


def test_our_own_reports_have_no_such_limit() -> None:
    report = make_report("\n".join(f"m{n} 1 -> 2" for n in range(limits.ENTRIES + 1)), charts=(lines(2, 30),) * 70)
    assert codec.decode(codec.encode(report)) == report


@pytest.mark.parametrize(
    "chart",
    [
        lines(1_800, 12),
        names(60, "x"),
        names(60, "y"),
        bars(60),
        confusion(40),
        program({"data": {"values": [{"x": 1}] * 5_000}}),
    ],
)
def test_the_most_that_headway_draws_is_drawn(chart: Chart) -> None:
    report = decoded(charts=(chart,))
    assert report.charts == (chart,)
    assert not report.problems


@pytest.mark.parametrize(
    ("chart", "place", "limit"),
    [
        (lines(50_001), "", limits.VALUES),
        (lines(3, 25), ".series", limits.SERIES),
        (panels(25), ".panels", limits.SERIES),
        (names(121, "x"), "", limits.CATEGORIES),
        (names(121, "y"), "", limits.CATEGORIES),
        (lines(130, x_type="nominal"), "", limits.CATEGORIES),
        (bars(121), "", limits.CATEGORIES),
        (confusion(121), "", limits.CATEGORIES),
        (panels(1, labels=121), "", limits.CATEGORIES),
        (lines(2, title="t" * 501), ".title", limits.NAME),
        (lines(2, id="i" * 501), ".id", limits.NAME),
        (lines(2, alt="a" * 5_001), ".alt", limits.ALT),
        (lines(2, x_label="x" * 501), ".x_label", limits.NAME),
        (curve(Series(name="n" * 501)), ".series[0].name", limits.NAME),
        (curve(Series(name="", base=Points(("v" * 501,), (1.0,)))), ".series[0].base.x[0]", limits.NAME),
        (curve(Series(name="", base=Points((1.0,), (1e101,)))), ".series[0].base.y[0]", limits.LARGEST),
        (curve(Series(name="", base=Points((1.0,), (1.0,), area=-1e101))), ".series[0].base.area", limits.LARGEST),
        (bars(1, 1e200), ".bars[0].base", limits.LARGEST),
        (program({"a": "x" * 4_200_000}), ".spec", limits.TEMPLATE),
        (program({"a": nested(60)}), ".spec", limits.LEVELS),
    ],
)  # fmt: skip
def test_a_chart_beyond_a_limit(chart: Chart, place: str, limit: float) -> None:
    why = refusal(make_report(charts=(bars(3), chart)))
    assert f"`$.charts[1]{place}`" in why
    assert f"{limit:,}" in why


def test_charts_that_come_too_late_cost_one_note() -> None:
    report = decoded(charts=(*[bars(3)] * 70, lines(2)))
    assert report.charts == (bars(3),) * 60
    assert ["11 of 71" in problem.what for problem in report.problems] == [True]


def test_all_charts_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits.SHOWN["values in charts"] == 10 * limits.VALUES == 1_000_000
    monkeypatch.setitem(limits.SHOWN, "values in charts", 10_000)
    report = decoded(charts=(*[lines(440)] * 15, bars(3)))
    assert [chart.id for chart in report.charts] == ["lines"] * 11 + ["bars"]
    assert len(report.problems) == 1


def test_only_some_images_and_templates_are_worth_their_time() -> None:
    image = ImageChart(id="image", title="", alt="", base="a.png", head=None)
    section = Include(path="b.png", title="", form="image", base=None, head="b.png")
    text = Include(path="c.txt", title="", form="text", base=None, head="c")
    report = decoded(charts=(*[image] * 15, *[program({})] * 15, bars(3)), includes=(*[section] * 10, text))
    assert sum(isinstance(chart, ImageChart) for chart in report.charts) == 15
    assert sum(isinstance(chart, VegaChart) for chart in report.charts) == 12
    assert report.charts[-1] == bars(3)
    assert report.includes == (*[section] * 5, text)
    assert ["8 of 42" in problem.what for problem in report.problems] == [True]


@pytest.mark.parametrize(
    "name",
    ["notes", "metrics", "params", "stages", "data", "problems", "datasets", "comparability", "unavailable"],
)
def test_lists_have_an_end(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(limits, "ENTRIES", MANY - 1)
    (entry, *_) = getattr(hostile_report(), name)
    why = refusal(make_report(**{name: (entry,) * MANY}))
    assert f"`$.{name}` exceeds the limit of {MANY - 1} entries" in why


def test_lists_of_judgements_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRIES", MANY - 1)
    metric = make_metric("acc 0.9 -> 0.8 higher worse")
    check = GateCheck(rule="min", outcome="pass")
    gate = Gate(
        outcome="pass", rule="min", against=None, low=None, high=None, on_cannot_tell="warn", checks=(check,) * MANY
    )
    slices = tuple(Slice(column="site", value=str(number), rows=1, metric=metric) for number in range(MANY))
    change = RuleChange(section="metrics", name="acc", field="margin", base="0", head="1", loosened=False)
    unmatched = UnmatchedGate(pattern="acc", outcome="warn", reason="gone")
    sources = msgspec.structs.replace(evidence_of(metric), sources=("p.csv",) * MANY)
    lists: dict[str, dict[str, Any]] = {
        "$.slices": {"slices": slices},
        "$.pairings": {"pairings": (Pairing(path="p.csv"),) * MANY},
        "$.rules.changes": {"rules": Rules(source="base", changes=(change,) * MANY)},
        "$.rules.added": {"rules": Rules(source="both", added=("acc",) * MANY)},
        "$.gates.unmatched": {"gates": Gates(outcome="warn", unmatched=(unmatched,) * MANY)},
        "$.gates.failed": {"gates": Gates(outcome="fail", failed=("acc",) * MANY)},
        "$.metrics[0].gate.checks": {"metrics": (msgspec.structs.replace(metric, gate=gate),)},
        "$.metrics[0].evidence.sources": {"metrics": (msgspec.structs.replace(metric, evidence=sources),)},
    }
    for place, parts in lists.items():
        assert f"`{place}` exceeds the limit of {MANY - 1} entries" in refusal(make_report(**parts))


def test_texts_of_examples_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of both sides are compared word by word, which takes time."""
    monkeypatch.setattr(limits, "ENTRIES", MANY)
    texts = tuple(ExampleText(column=str(number), base="a", head="b") for number in range(MANY))
    one, other = (Flip(id=id_, actual="a", base="a", head="b", texts=texts) for id_ in "12")
    table = Flips(path="p.csv", rows=9, fixed_count=1, broken_count=1, fixed=(one,))
    assert not limit_violation(make_report(flips=(table,)))
    both = msgspec.structs.replace(table, broken=(other,))
    assert f"`$.flips` exceeds the limit of {MANY} texts" in refusal(make_report(flips=(both,)))


def test_names_are_there_once() -> None:
    metric = make_metric("acc 0.9 -> 0.8 higher worse")
    one, other = (Slice(column="site", value=value, rows=1, metric=metric) for value in ("north", None))
    assert "`$.metrics`" in refusal(make_report((metric, metric)))
    assert "`$.slices`" in refusal(make_report((metric,), slices=(one, other, one)))
    assert not limit_violation(make_report((metric,), slices=(one, other)))


def test_lists_inside_of_others_have_an_end() -> None:
    (edited, *_) = hostile_verification().modified
    longer = msgspec.structs.replace(edited, files=("f",) * (limits.ENTRIES + 1))
    verification = msgspec.structs.replace(hostile_verification(), modified=(longer,))
    assert "`$.verification.modified[0].files`" in refusal(make_report(verification=verification))
    files = (FileChange(path="f", status="added"),) * (limits.ENTRIES + 1)
    assert "`$.datasets[0].files`" in refusal(make_report(datasets=(FolderChange(path="d", files=files),)))


def test_values_within_values() -> None:
    params = tuple(Param(file="p", key=str(depth), base=nested(depth), head=1, status="changed") for depth in (40, 60))
    assert "`$.params[1].base`" in refusal(make_report(params=params))
    causes = (Cause(kind="code", what="x"), Cause(kind="parameter", what="deep", head={"a": nested(60)}))
    stages = (StageChange(name="train", causes=causes),)
    assert "`$.stages[0].causes[1].head`" in refusal(make_report(stages=stages))


@pytest.mark.parametrize(
    "text",
    [
        "x\n" * 100_000,
        "x\r" * 100_000,
        "x\u2028" * 100_000,
        "y" * 10_000_000,
        "\n".join(str(number * 7 % 101) for number in range(50_000)),
    ],
    ids=ascii_start,
)
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_long_texts_are_left_out_before_they_are_compared(form: Any, text: str) -> None:
    section = Include(path="long.txt", title="Long", form=form, base=text, head=text[::-1] + "z")
    short = Include(path="short.txt", title="Short", form=form, base="a\n" * limits.LINES, head="b")
    report = decoded(includes=(section, short))
    assert report.includes == (short,)
    assert ["1 of 2" in problem.what for problem in report.problems] == [True]
    markdown.render(report)


def test_a_section_without_a_side_is_left_out() -> None:
    section = Include(path="x", title="X", form="text", base=None, head=None)
    assert decoded(includes=(section,)).includes == ()


def test_the_folder_of_the_project_fits_a_marker() -> None:
    assert "`$.project`" in refusal(make_report(project="p" * 501))


def test_what_is_read_can_be_written_and_rendered() -> None:
    report = decoded(charts=(lines(50),) * 100, project="p" * 200, notes=("n" * 10_000_000,))
    assert codec.decode(codec.encode(report)) == report
    assert len(markdown.render(report)) < 20_000


class TestDatasets:
    def test_a_number_that_no_data_has(self) -> None:
        summary = Summary(minimum=0, lower=0, median=0, upper=0, maximum=1e101, mean=0, deviation=0)
        column = ColumnChange(name="c", kind="numbers", head=summary)
        table = TableChange(path="t", status="changed", columns=(column,))
        assert "`$.datasets[0].columns[0].head.maximum`" in refusal(make_report(datasets=(table,)))

    def test_a_count_that_no_data_has(self) -> None:
        table = TableChange(path="t", status="changed", head_rows=2**60)
        with pytest.raises(ReportFileError, match=r"\$\.datasets\[0\]\.head_rows"):
            decoded(datasets=(table,))

    def test_shares_that_fit_no_bars_are_no_report(self) -> None:
        panel = DistributionPanel(name="x", labels=("a", "b"), head=(1.0,))
        with pytest.raises(ReportFileError):
            decoded(charts=(DistributionChart(id="data: t", title="t", alt="t", panels=(panel,)),))
