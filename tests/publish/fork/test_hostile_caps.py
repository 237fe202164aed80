"""Nothing that headway writes is above a cap, and everything above one costs a footnote and no time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from samples import digits_report, hostile_report, hostile_verification, make_report

from headway.errors import ReportFileError
from headway.publish.fork import limits
from headway.publish.fork.limits import within_caps
from headway.report import codec, markdown
from headway.report.escaping import clean_block
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
from headway.values.comparison import Cause, Param, StageChange
from headway.values.dataset import FileChange, FolderChange, TableChange
from headway.values.report import Include, Report


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


def program(spec: dict[str, Any]) -> VegaChart:
    return VegaChart(id="own", title="", alt="", spec=spec)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def ascii_start(text: str) -> str:
    return ascii(text[:6])


@pytest.mark.parametrize(
    "report", [digits_report(), make_report(), make_report("\n".join(f"m{n} 1 -> 2" for n in range(3000)))]
)
def test_an_honest_report_is_taken_over_whole(report: Report) -> None:
    assert within_caps(report) == (report, ())


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
    fit, problems = within_caps(make_report(charts=(chart,)))
    assert fit.charts == (chart,)
    assert not problems


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (lines(50_001), "50,001 points"),
        (lines(3, 25), "25 series"),
        (names(121, "x"), "121 names on one axis"),
        (names(121, "y"), "121 names on one axis"),
        (lines(130, x_type="nominal"), "130 names on one axis"),
        (bars(121), "121 names on one axis"),
        (confusion(121), "121 names on one axis"),
        (lines(2, title="t" * 501), "more than 500 characters"),
        (lines(2, id="i" * 501), "more than 500 characters"),
        (lines(2, alt="a" * 5_001), "more than 500 characters"),
        (lines(2, x_label="x" * 501), "more than 500 characters"),
        (curve(Series(name="n" * 501)), "more than 500 characters"),
        (curve(Series(name="", base=Points(("v" * 501,), (1.0,)))), "more than 500 characters"),
        (curve(Series(name="", base=Points((1.0,), (1e101,)))), "beyond 1e+100"),
        (curve(Series(name="", base=Points((1.0,), (1.0,), area=-1e101))), "beyond 1e+100"),
        (bars(1, 1e200), "beyond 1e+100"),
        (program({"a": "x" * 4_200_000}), "template has"),
        (program({"a": nested(60)}), "levels deep"),
    ],
)  # fmt: skip
def test_a_chart_that_is_too_large(chart: Chart, words: str) -> None:
    fit, problems = within_caps(make_report(charts=(chart, bars(3))))
    assert fit.charts == (bars(3),)
    assert [words in problem.what for problem in problems] == [True]


def test_all_charts_together_have_a_cap() -> None:
    fit, problems = within_caps(make_report(charts=(*[lines(45_000)] * 15, bars(3))))
    assert len(fit.charts) == 12
    assert len(problems) == 4
    assert fit.charts[-1] == bars(3)


def test_only_some_pictures_and_templates_are_worth_their_time() -> None:
    image = ImageChart(id="image", title="", alt="", base="a.png", head=None)
    section = Include(path="b.png", title="", form="image", base=None, head="b.png")
    text = Include(path="c.txt", title="", form="text", base=None, head="c")
    charts = (*[image] * 15, *[program({})] * 15, bars(3))
    fit, problems = within_caps(make_report(charts=charts, includes=(*[section] * 10, text)))
    assert sum(isinstance(chart, ImageChart) for chart in fit.charts) == 15
    assert sum(isinstance(chart, VegaChart) for chart in fit.charts) == 12
    assert fit.charts[-1] == bars(3)
    assert fit.includes == (*[section] * 5, text)
    assert len(problems) == 8


@pytest.mark.parametrize("name", limits.ENTRIES)
def test_lists_have_an_end(name: str) -> None:
    (entry, *_) = getattr(hostile_report(), name)
    most = limits.ENTRIES[name]
    report = msgspec.structs.replace(hostile_report(), **{name: (entry,) * (most + 1)})
    fit, problems = within_caps(report)
    assert len(getattr(fit, name)) <= most
    assert f"only the first {most:,} of {most + 1:,}" in "".join(problem.what for problem in problems)


def test_the_lists_of_a_verification_have_an_end() -> None:
    most = limits.ROWS
    full = hostile_verification()
    lists = {name: getattr(full, name) * (most + 1) for name in full.__struct_fields__ if name != "status"}
    (edited, *_) = lists["edited"]
    lists["edited"] = (msgspec.structs.replace(edited, files=edited.files * (most + 1)),) * (most + 1)
    huge = msgspec.structs.replace(full, **lists)
    fit, problems = within_caps(make_report(verification=huge))
    assert fit.verification is not None
    assert {len(getattr(fit.verification, name)) for name in lists} == {most}
    assert {len(out.files) for out in fit.verification.edited} == {most}
    assert [problem.where for problem in problems] == ["verification"]
    assert codec.decode(codec.encode(fit)) == fit


def test_values_within_values_are_left_out() -> None:
    params = tuple(Param(file="p", key=str(depth), base=nested(depth), head=1, status="changed") for depth in (40, 60))
    causes = (Cause(kind="parameter", what="deep", base=nested(60)), Cause(kind="code", what="x"))
    fit, problems = within_caps(make_report(params=params, stages=(StageChange(name="train", causes=causes),)))
    assert [param.key for param in fit.params] == ["40"]
    assert [cause.what for cause in fit.stages[0].causes] == ["x"]
    assert len(problems) == 2


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
def test_long_texts_are_cut_before_they_are_compared(form: Any, text: str) -> None:
    section = Include(path="long.txt", title="Long", form=form, base=text, head=text[::-1] + "z")
    fit, problems = within_caps(make_report(includes=(section,)))
    markdown.render(fit)
    assert "long.txt" in problems[0].where
    head = clean_block(fit.includes[0].head or "")
    assert len(head) <= limits.CHARACTERS
    assert len(head.splitlines()) <= limits.LINES


def test_a_section_without_a_side_is_dropped() -> None:
    section = Include(path="x", title="X", form="text", base=None, head=None)
    assert within_caps(make_report(includes=(section,)))[0].includes == ()


def test_the_folder_of_the_project_fits_a_marker() -> None:
    assert len(within_caps(make_report(project="p" * 100_000))[0].project) == limits.FOLDER


def test_what_is_taken_over_can_be_written_and_rendered() -> None:
    huge = make_report(charts=(lines(50_001), confusion(121)), project="p" * 1000, notes=("n" * 10_000_000,))
    fit, problems = within_caps(huge)
    report = msgspec.structs.replace(fit, problems=problems)
    assert codec.decode(codec.encode(report)) == report
    assert len(markdown.render(report)) < 20_000


class TestDatasets:
    def test_long_lists_are_cut(self) -> None:
        files = tuple(FileChange(path=str(number), status="added") for number in range(limits.ROWS + 1))
        kept, _ = within_caps(make_report(datasets=(FolderChange(path="d", files=files),)))
        (folder,) = kept.datasets
        assert isinstance(folder, FolderChange)
        assert len(folder.files) == limits.ROWS

    def test_a_number_that_no_data_has_costs_the_dataset(self) -> None:
        datasets = (TableChange(path="t", status="changed", head_rows=2**60), TableChange(path="u", status="changed"))
        kept, problems = within_caps(make_report(datasets=datasets))
        assert [dataset.path for dataset in kept.datasets] == ["u"]
        assert [problem.where for problem in problems] == ["t"]

    def test_a_distribution_with_too_many_bars_is_left_out(self) -> None:
        count = limits.CATEGORIES + 1
        panel = DistributionPanel(name="x", labels=tuple(map(str, range(count))), head=(0.0,) * count)
        chart = DistributionChart(id="data: t", title="t", alt="t", panels=(panel,))
        kept, problems = within_caps(make_report(charts=(chart,)))
        assert kept.charts == ()
        assert "names on one axis" in problems[0].what

    def test_shares_that_fit_no_bars_are_no_report(self) -> None:
        panel = DistributionPanel(name="x", labels=("a", "b"), head=(1.0,))
        chart = DistributionChart(id="data: t", title="t", alt="t", panels=(panel,))
        with pytest.raises(ReportFileError):
            codec.decode(codec.encode(make_report(charts=(chart,))))
