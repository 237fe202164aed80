"""What is no number leaves a gap, a run that diverged is never better, and empty cells in a log break no curve."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from draw.pixels import count, open_png, render
from draw.plots import assert_one, draw, drawn, pairs, plot, texts

from headway.cli.main import run
from headway.draw.jobs import VegaJob
from headway.draw.specification import vega_lite
from headway.draw.theme import THEMES
from headway.numbers import MINUS
from headway.report import codec
from headway.report.text_charts import charts_as_text
from headway.values.chart import Bar, Chart, LineChart

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Project

    from headway.values.chart import Points
    from headway.values.tables import PlotSource

BASE = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
DIVERGED = [0.9, 0.3, "nan", "nan", "nan", "nan"]


def curve(cells: list[Any]) -> PlotSource:
    """A loss over steps from 0, as a CSV file holds it."""
    return plot("step,loss\n" + "\n".join(f"{step},{cell}" for step, cell in enumerate(cells)), "loss", x="step")


def both(base: list[Any], head: list[Any]) -> LineChart:
    chart, _ = draw(curve(base), curve(head))
    assert chart is not None
    return chart  # type: ignore[no-any-return]  # draw() is loosely typed for tests


def head_of(chart: LineChart) -> Points:
    points = chart.series[0].head
    assert points is not None
    return points


def labels(chart: Chart) -> set[str]:
    return {text for text in texts(vega_lite(chart, "light")) if text.startswith(("base", "head"))}


def at_the_end(chart: LineChart) -> str:
    return chart.alt.partition("At the end: ")[2].partition(". Rows")[0]


def line_rows(chart: LineChart, dataset: str = "head0") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = vega_lite(chart, "light")["datasets"][dataset]
    return rows


def test_a_curve_that_ends_in_nan_says_so_and_where_its_last_number_is() -> None:
    chart = both(BASE, DIVERGED)
    assert labels(chart) == {"base 0.5 at 5", "head NaN (last 0.3 at 1)"}
    assert at_the_end(chart) == "base 0.5 at 5, head NaN (last 0.3 at 1)"
    assert chart.alt.endswith("Rows left out: 4 on head.")
    assert MINUS not in chart.alt


@pytest.mark.parametrize(
    ("base", "head", "end"),
    [
        (DIVERGED, BASE, "base NaN (last 0.3 at 1), head 0.5 at 5"),
        (DIVERGED, DIVERGED, "base NaN (last 0.3 at 1), head NaN (last 0.3 at 1)"),
        (
            DIVERGED,
            [0.8, 0.7, 0.6, "NaN"],
            "base NaN (last 0.3 at 1), head NaN (last 0.6 at 2)",
        ),
        (BASE, [*BASE[:5], "inf"], "base 0.5 at 5, head ∞ (last 0.6 at 4)"),
        (BASE, [*BASE[:5], "-Infinity"], f"base 0.5 at 5, head {MINUS}∞ (last 0.6 at 4)"),
        (BASE, [*BASE[:5], ""], "base 0.5 at 5, head empty cells (last 0.6 at 4)"),
        (BASE, [*BASE[:5], "diverged", ""], "base 0.5 at 5, head 'diverged' (last 0.6 at 4)"),
        (BASE, ["nan"] * 6, "base 0.5 at 5, head no number (NaN)"),
        ([""] * 6, BASE, "base no number (empty cells), head 0.5 at 5"),
    ],
)
def test_no_difference_is_given_where_a_side_ends_in_no_number(base: list[Any], head: list[Any], end: str) -> None:
    assert at_the_end(both(base, head)) == end


def test_the_values_of_json_end_alike() -> None:
    def json(values: list[float | None]) -> PlotSource:
        return plot(pl.DataFrame({"loss": values}, schema={"loss": pl.Float64}), "loss")

    found = [draw(json([1.0, 0.5]), json([1.0, 0.4, end]))[0] for end in (float("nan"), float("inf"), None)]
    assert [head_of(chart).end for chart in found] == ["NaN", "∞", "empty cells"]


def test_an_order_of_its_own_says_what_is_the_end() -> None:
    text = "step,loss\n3,nan\n1,0.9\n2,0.4\n0,1"
    assert head_of(draw(None, plot(text, "loss", x="step"))[0]).end == "NaN"
    names = plot("stage,loss\nwarm-up,1\nmain,0.5\nlast,nan", "loss", x="stage")
    assert "NaN (last 0.5 at main) (head only)" in draw(None, names)[0].alt


def test_a_row_without_a_step_ends_a_curve_too() -> None:
    assert head_of(draw(None, plot("step,loss\n0,1\n1,0.5\n,nan", "loss", x="step"))[0]).end == "NaN"


def test_ends_at_different_steps_say_where() -> None:
    chart = both(BASE, [1.0, 0.9, 0.7])
    assert at_the_end(chart) == "0.5 at 5 to 0.7 at 2 (+0.2)."
    assert labels(chart) == {"base 0.5 at 5", "head 0.7 at 2 (+0.2)"}


def test_steps_that_differ_by_float_noise_are_one() -> None:
    chart, _ = draw(*(plot(f"t,y\n0,1\n{end},0.5", "y", x="t") for end in (0.3, 0.1 + 0.2)))
    assert at_the_end(chart) == "0.5 (no change)."


def test_ends_at_different_times_say_where() -> None:
    sides = [plot(f"t,y\n2026-01-01,1\n{day},0.5", "y", x="t") for day in ("2026-01-02", "2026-01-03")]
    chart = drawn(*sides)
    assert "0.5 at 2026-01-02 to 0.5 at 2026-01-03 (no change)" in chart.alt
    assert labels(chart) == {"base 0.5 at 2026-01-02", "head 0.5 at 2026-01-03 (no change)"}


def test_a_gap_is_a_gap() -> None:
    chart = both(BASE, [0.9, 0.8, "nan", 0.6, "", 0.4])
    assert (head_of(chart).breaks, head_of(chart).lost) == ((2, 3), 2)
    assert [row["y"] for row in line_rows(chart)] == [0.9, 0.8, None, 0.6, None, 0.4]
    assert at_the_end(chart) == f"0.5 to 0.4 ({MINUS}0.1)"


def test_a_curve_that_begins_in_nan_has_no_gap_and_counts_what_is_missing() -> None:
    points = head_of(both(BASE, ["nan", "nan", 0.6, 0.5]))
    assert (pairs(points)[0], points.breaks, points.lost) == ((2, 0.6), (), 2)


def test_a_gap_keeps_its_place_among_names() -> None:
    chart, _ = draw(None, plot("stage,loss\na,1\nb,nan\nc,0.5\nd,0.4", "loss", x="stage"))
    assert line_rows(chart) == [{"x": "a", "y": 1}, {"x": "a", "y": None}, {"x": "c", "y": 0.5}, {"x": "d", "y": 0.4}]


@pytest.mark.parametrize(
    ("cells", "breaks", "end"),
    [
        ([0.9, "", "", 0.7, "", "", 0.5, "", "", 0.3, "", ""], (), ""),  # every third step, and its last rows
        ([0.9, 0.8, "", 0.7, 0.6, "", 0.5, 0.4, "", 0.3], (), ""),  # all but every third
        ([0.9, "", 0.7, "", 0.5, "", 0.3, "", "", "", "", ""], (), "empty cells"),  # more than the rhythm explains
        ([0.9, "", 0.7, "", 0.5, "", 0.3, "", "", "", "", "", 0.2], (4,), ""),
        ([0.9, "nan", 0.7, "nan", 0.5, "nan", 0.3], (1, 2, 3), ""),  # measured, and no number
        ([0.9, "", 0.7], (1,), ""),  # once is no rhythm
    ],
)
def test_empty_cells_in_a_rhythm_say_only_that_nothing_was_measured(
    cells: list[Any], breaks: tuple[int, ...], end: str
) -> None:
    chart, problems = draw(None, curve(cells))
    assert (head_of(chart).breaks, head_of(chart).end) == (breaks, end)
    assert bool(problems) == bool(breaks or end)


def test_a_reduced_curve_keeps_the_gaps_that_can_be_seen() -> None:
    rows = 50_000
    ys = [float("nan") if 20_000 <= row < 30_000 or row % 1000 == 7 else float(row % 50) for row in range(rows)]
    chart, _ = draw(None, plot(pl.DataFrame({"t": range(rows), "y": ys}), "y", x="t"))
    points = head_of(chart)
    assert len(points.x) <= 1800
    around = [(points.x[index - 1], points.x[index]) for index in points.breaks]
    assert (19_999, 30_000) in around
    assert len(around) < 60  # not the gaps that are narrower than a pixel, but for those between two pixels


def test_points_between_gaps_and_series_without_numbers_have_images() -> None:
    gaps, alone = curve(["nan" if step % 2 else 0.5 for step in range(200)]), curve(["nan"] * 199 + [0.5])
    blank, _ = draw(*(plot(f"t,a,b\n0,1,nan\n1,{end},nan", ["a", "b"], x="t") for end in (0.5, 0.4)))
    assert "b base no number (NaN), head no number (NaN)" in blank.alt
    specs = {
        "gaps": vega_lite(draw(None, gaps)[0], "light"),
        "alone": vega_lite(draw(None, alone)[0], "light"),
        "blank": vega_lite(blank, "light"),
        "page": vega_lite(blank, "light", interactive=True),
    }
    found = {name: open_png(png) for name, png in render({name: VegaJob(spec) for name, spec in specs.items()}).items()}
    blue = {name: count(image, THEMES["light"].head, within=60) for name, image in found.items()}
    assert blue["gaps"] > blue["alone"] + 300


def test_a_report_of_a_run_that_diverged_calls_nothing_an_improvement(project: Project, tmp_path: Path) -> None:
    """A CSV file that ends in NaN; JSON that ends in null; a last row that is a word. All fell before they did."""
    logs = {"log.csv": {"x": "step", "y": "loss"}, "log.json": {"x": "step", "y": "loss"}, "words.csv": {"x": "step"}}
    project.dvc_yaml({"plots": [{name: axes} for name, axes in logs.items()]})
    for base, losses in ((True, [1.0, 0.9, 0.8]), (False, [0.9, 0.3, None])):
        rows = [{"step": step, "loss": loss} for step, loss in enumerate(losses)]
        project.json("log.json", rows)
        project.write("log.csv", "step,loss\n" + "".join(f"{row['step']},{row['loss'] or 'nan'}\n" for row in rows))
        project.write("words.csv", f"step,loss\n1,1\n2,0.9\nfinal,{0.8 if base else 'n/a'}\n")
        project.commit()
    assert run(["report", "HEAD~1", "--project", str(project.root), "--out", str(tmp_path / "out")]) == 0
    report = codec.decode((tmp_path / "out" / "report.json").read_bytes())
    ends = [at_the_end(chart) for chart in report.charts if isinstance(chart, LineChart)]
    assert ends == [
        "base 0.8 at 2, head NaN (last 0.3 at 1)",
        "base 0.8 at 2, head empty cells (last 0.3 at 1)",
        "base 0.8 at final, head 'n/a' (last 0.9 at 2)",
    ]
    assert ["first in row 3" in problem.what for problem in report.problems] == [True] * 3
    markdown = (tmp_path / "out" / "report.md").read_text()
    assert all(end in html.unescape(markdown) for end in ends)
    assert "head, ends in NaN" in str(charts_as_text(report).includes[-1].head)


def test_gaps_and_ends_survive_the_report() -> None:
    chart = both(BASE, [0.9, "nan", 0.3, "nan"])
    assert msgspec.json.decode(msgspec.json.encode(chart), type=Chart) == chart


def test_a_calibration_over_other_points_is_not_compared() -> None:
    text = "p,observed\n0.1,0.2\n0.5,0.5\n0.9,{}"
    chart, _ = draw(*(plot(text.format(end), "observed", x="p", title="Calibration") for end in (0.8, "nan")))
    assert "base 0.06667, head 0.05000 over 2 of 3 points" in chart.alt
    assert labels(chart) == {"base 0.06667", "head 0.05000 over 2 of 3 points"}
    alike, _ = draw(*(plot(text.format("nan").replace("0.2", y), "observed", x="p", title="Calibration") for y in "01"))
    assert "0.05 over 2 of 3 points to 0.45 over 2 of 3 points (+0.40)" in alike.alt


def test_a_bar_that_is_no_number_is_not_gone() -> None:
    sides = [
        plot(text, "class", x="f1", template="bar_horizontal")
        for text in ("class,f1\na,0.5\nb,0.6\nc,inf\nd,1\nd,nan", "class,f1\na,nan\nb,0.7\nc,0.9\nd,1\ne,diverged")
    ]
    chart, problems = draw(*sides)
    assert chart.bars[0] == Bar(label="a", base=0.5, head_holds="NaN")
    assert chart.bars[3] == Bar(label="d", base_holds="NaN", head=1)
    assert "Largest change: b 0.6 to 0.7 (+0.1). No numbers: a NaN on head; c ∞ on base; d NaN on base; " in chart.alt
    shown = {row["label"]: (row["value"], row["change"]) for row in vega_lite(chart, "light")["datasets"]["bars0"]}
    assert shown["a"] == ("NaN", "was 0.5")
    assert shown["c"] == ("0.9", "was ∞")
    assert shown["e"] == ("\N{EN DASH}", "new")
    assert len(problems) == 3


def test_bars_without_a_single_pair_of_numbers_are_drawn() -> None:
    sides = [plot(f"class,f1\na,{cell}", "class", x="f1", template="bar_horizontal") for cell in ("0.5", "nan")]
    chart, _ = draw(*sides)
    assert "Largest: a 0.5 (base only). No numbers: a NaN on head." in chart.alt
    assert draw(None, sides[1])[0] is None


def test_a_cloud_leaves_out_what_has_no_place_and_counts_it() -> None:
    chart, problems = draw(None, plot("x,y\n1,nan\n2,0.5\n3,n/a\n4,0.1", "y", x="x", template="scatter"))
    assert pairs(chart.series[0].head) == [(2, 0.5), (4, 0.1)]
    assert_one(problems, "plot.csv (head)", "2 of 4 values of 'y'", "first in row 1: 'nan'")
