"""One definition for both sides of a plot, in a real repository whose base and head declare theirs differently."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from draw.reduced_here import NoRenderer
from repos import Project

from headway.compare.plots import pair_plots
from headway.draw.plot_submission import submit_plot
from headway.draw.queue import ChartQueue
from headway.gather import Repository
from headway.values.chart import BarChart, ConfusionChart, ImageChart, LineChart, VegaChart

if TYPE_CHECKING:
    from headway.values.chart import Chart
    from headway.values.problem import Problem

BASE = "step,loss,acc\n1,0.5,0.1\n2,0.4,0.2\n"
HEAD = "step,loss,acc\n1,0.3,0.3\n2,0.2,0.4\n"
NO_ACC = "step,loss\n1,0.5\n2,0.4\n"
CLASSES = "actual,predicted\ncat,cat\ncat,cat\ncat,dog\n"
SCORES = "class,f1,recall\ncat,0.5,0.6\ndog,0.7,0.8\n"
OTHER_SCORES = "class,f1,recall\ncat,0.4,0.9\ndog,0.6,0.7\n"
ONE_LIST = '{"train": [{"step": 1, "loss": 5}, {"step": 2, "loss": 4}]}'
TWO_LISTS = '{"train": [{"step": 1, "loss": 3}], "val": [{"step": 1, "loss": 9}, {"step": 2, "loss": 8}]}'
OURS = {"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "point", "title": "<DVC_METRIC_TITLE>"}


class Row(NamedTuple):
    """A plot's properties and its file on each side."""

    base: Any
    head: Any
    base_file: str = BASE
    head_file: str = HEAD


XY = {"x": "step", "y": "loss"}
ROWS: dict[str, Row] = {
    "y": Row(XY, {"x": "step", "y": "acc"}),
    "y-lacking": Row(XY, {"x": "step", "y": "acc"}, NO_ACC),
    "y-more": Row({"x": "step", "y": "loss"}, {"x": "step", "y": ["loss", "acc"]}, NO_ACC),
    "y-fewer": Row({"x": "step", "y": ["loss", "acc"]}, {"x": "step", "y": "acc"}),
    "y-typo": Row({"x": "step", "y": "los"}, XY),
    "y-default": Row({"x": "step", "y": "loss"}, {"x": "step"}),
    "last-appended": Row({"x": "step"}, {"x": "step"}, NO_ACC),
    "last-moved": Row({"x": "step"}, {"x": "step"}, "step,acc,loss\n1,0.1,0.5\n2,0.2,0.4\n"),
    "x": Row(XY, {"x": "acc", "y": "loss"}),
    "x-lacking": Row(XY, {"x": "acc", "y": "loss"}, NO_ACC),
    "x-gone": Row(XY, {"y": "loss"}),
    "swapped": Row(
        {"template": "confusion", "x": "actual", "y": "predicted"},
        {"template": "confusion", "x": "predicted", "y": "actual"},
        CLASSES,
        CLASSES,
    ),
    "kind": Row(
        {"x": "actual", "y": "predicted"}, {"template": "confusion", "x": "predicted", "y": "actual"}, CLASSES, CLASSES
    ),
    "bars": Row(
        {"template": "bar_horizontal", "x": "f1", "y": "class"},
        {"template": "bar_horizontal_sorted", "x": "recall", "y": "class"},
        SCORES,
        OTHER_SCORES,
    ),
    "ours": Row(XY, {**XY, "template": "ours"}),
    "lists": Row(XY, XY, ONE_LIST, TWO_LISTS),
    "twice": Row(XY, XY, "step,loss\n1,5\n2,4\n", "step,loss,loss\n1,5,3\n2,4,2\n"),
    "cosmetic": Row(
        {"x": "step", "y": ["loss", "acc"], "title": "Old", "template": "smooth"},
        {"x": "step", "y": ["acc", "loss"], "title": "New", "template": "simple", "y_label": "both"},
    ),
}
FILES = {name: f"{name}.json" if name == "lists" else f"{name}.csv" for name in ROWS}
NAMED_BASE = {
    "files": {"x": "step", "y": {"train.csv": "loss"}},
    "files-lacking": {"x": "step", "y": {"train.csv": "loss"}},
    "form.png": {"x": "step", "y": {"train.csv": "loss"}},
}
NAMED_HEAD = {
    "files": {"x": "step", "y": {"val.csv": "loss"}},
    "files-lacking": {"x": "step", "y": {"new.csv": "loss"}},
    "form.png": {},
}


class Drawn(NamedTuple):
    charts: dict[str, Chart]
    problems: tuple[Problem, ...]

    def said(self, plot: str) -> list[str]:
        return [problem.what for problem in self.problems if problem.where == plot]

    def ends(self, plot: str) -> dict[str, list[Any]]:
        """The last y of each curve on base and on head."""
        series = getattr(self.charts[plot], "series")  # noqa: B009  only these have curves
        return {each.name: [points and points.y[-1] for points in (each.base, each.head)] for each in series}


def declared(project: Project, side: str, named: dict[str, Any]) -> None:
    top = [{FILES[name]: getattr(row, side)} for name, row in ROWS.items()]
    for name, row in ROWS.items():
        project.write(FILES[name], getattr(row, f"{side}_file"))
    y = "loss" if side == "base" else "acc"
    stage = {"stage.csv": {"x": "step", "y": y, "cache": False}}
    bare = {"y": "1", "header": False, "cache": False} if side == "base" else {"y": "loss", "cache": False}
    project.write("stage.csv", BASE if side == "base" else HEAD)
    project.write("bare.csv", "1,5\n2,4\n" if side == "base" else NO_ACC)
    stages = {"train": {"cmd": "true", "plots": [stage, {"bare.csv": bare}]}}
    project.dvc_yaml({"stages": stages, "plots": [*top, *({id_: plot} for id_, plot in named.items())]})


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    project = Project(tmp_path_factory.mktemp("sides") / "project")
    project.json(".dvc/plots/ours.json", OURS)
    project.write("train.csv", BASE).write("val.csv", HEAD)
    declared(project, "base", NAMED_BASE)
    project.commit("base")
    project.write("train.csv", HEAD).write("val.csv", BASE).write("new.csv", HEAD).write("form.png", b"\x89PNG")
    declared(project, "head", NAMED_HEAD)
    project.commit("head")
    with Repository.open(project.root) as repository:
        base = repository.open_revision(repository.resolve_head("HEAD~1"), "base")
        head = repository.open_revision(repository.resolve_head("HEAD"), "head")
        queue = ChartQueue(NoRenderer())  # type: ignore[arg-type]  # takes jobs and gives results like the real one
        pairs = pair_plots(base.snapshot().plots, head.snapshot().plots)
        for pair in pairs:
            submit_plot(queue, pair, base, head)
    collected = queue.collect()
    return Drawn({chart.id: chart for chart in collected.charts()}, collected.left_out)


def name_of(plot: str) -> str:
    return FILES.get(plot, plot)


@pytest.mark.parametrize(
    ("plot", "ends", "said"),
    [
        ("y", [0.2, 0.4], "the definition changed (y was 'loss', is 'acc'), so both"),
        ("y-typo", [0.4, 0.2], "(y was 'los', is 'loss')"),
        ("y-fewer", [0.2, 0.4], "(y was 'loss' and 'acc', is 'acc')"),
        ("y-default", [0.2, 0.4], "the definition changed (y was 'loss', is 'acc'), so both"),
        ("last-moved", [0.2, 0.4], "the last column changed (y was 'loss', is 'acc'), so both"),
        ("x", [0.4, 0.2], "(x was 'step', is 'acc')"),
        ("x-gone", [0.4, 0.2], "(x was 'step', is the row number)"),
        ("files", [0.2, 0.4], "y was 'loss' of train.csv, is 'loss' of val.csv)"),
        ("stage.csv", [0.2, 0.4], "(y was 'loss', is 'acc')"),
    ],
)
def test_heads_definition_serves_base_where_base_has_its_columns(
    drawn: Drawn, plot: str, ends: list[float], said: str
) -> None:
    assert drawn.ends(name_of(plot)) == {"": ends}
    (problem,) = drawn.said(name_of(plot))
    assert said in problem
    assert problem.endswith("so both sides are drawn as head defines the plot")
    assert f"base::{name_of(plot)}" not in drawn.charts


def test_the_curve_that_was_declared_is_not_the_one_that_is_drawn(drawn: Drawn) -> None:
    """The values of the report that showed base's loss as "acc at the end: 0.4 (no change)"."""
    chart = drawn.charts["y.csv"]
    assert isinstance(chart, LineChart)
    assert [points.y for points in chart.points] == [(0.1, 0.2), (0.3, 0.4)]
    assert "0.2 to 0.4 (+0.2)" in drawn.charts["y.csv"].alt


@pytest.mark.parametrize(
    ("plot", "head", "base", "said"),
    [
        ("y-lacking", 0.4, 0.4, "no column 'acc'; it has step, loss)"),
        ("last-appended", 0.4, 0.4, "the last column changed (y was 'loss', is 'acc') and base cannot be drawn"),
        ("x-lacking", 0.2, 0.4, "(x was 'step', is 'acc') and base cannot be drawn"),
        ("files-lacking", 0.2, 0.4, "the plot file does not exist)"),
        ("bare.csv", 0.4, 4, "header was false, is true) and base cannot be drawn"),
        ("lists", 8, 4, "'loss' is read from the list 'train' of lists.json in base and from the list 'val' in head"),
        ("twice", 2, 4, "'loss' is read from column 2 of twice.csv in base and from column 3 in head"),
    ],
)
def test_sides_that_have_no_definition_in_common_are_drawn_apart(
    drawn: Drawn, plot: str, head: float, base: float, said: str
) -> None:
    name = name_of(plot)
    assert drawn.ends(name) == {"": [None, head]}
    assert drawn.ends(f"base::{name}") == {"": [base, None]}
    assert [drawn.charts[id_].title for id_ in (name, f"base::{name}")] == [f"{name} (head)", f"{name} (base)"]
    (problem,) = drawn.said(name)
    assert said in problem
    assert problem.endswith("so each side is drawn by itself and the two are not compared")


def test_a_column_that_base_lacks_is_heads_alone(drawn: Drawn) -> None:
    assert drawn.ends("y-more.csv") == {"loss": [0.4, 0.2], "acc": [None, 0.4]}
    (problem,) = drawn.said("y-more.csv")
    assert "(y was 'loss', is 'loss' and 'acc'), so both" in problem
    assert problem.endswith("; base has no 'acc'")
    assert not drawn.said("y-more.csv (base)")


@pytest.mark.parametrize("plot", ["swapped", "kind"])
def test_both_matrices_have_heads_axes(drawn: Drawn, plot: str) -> None:
    chart = drawn.charts[f"{plot}.csv"]
    assert isinstance(chart, ConfusionChart)
    assert (chart.y_label, chart.base, chart.head) == ("actual", ((2, 1), (0, 0)), ((2, 1), (0, 0)))
    assert "x was 'actual', is 'predicted'; y was 'predicted', is 'actual'" in drawn.said(f"{plot}.csv")[0]


def test_both_sides_bars_are_of_heads_column(drawn: Drawn) -> None:
    chart = drawn.charts["bars.csv"]
    assert isinstance(chart, BarChart)
    assert {bar.label: (bar.base, bar.head) for bar in chart.bars} == {"cat": (0.6, 0.9), "dog": (0.8, 0.7)}
    assert "(x was 'f1', is 'recall')" in drawn.said("bars.csv")[0]  # a sorted template is of the same kind


def test_heads_own_template_draws_both_sides(drawn: Drawn) -> None:
    chart = drawn.charts["ours.csv"]
    assert isinstance(chart, VegaChart)
    assert [(row["rev"], row["loss"]) for row in chart.spec["datasets"]["plot"]] == [
        ("base", "0.5"),
        ("base", "0.4"),
        ("head", "0.3"),
        ("head", "0.2"),
    ]
    assert "the template was linear, is 'ours'" in drawn.said("ours.csv")[0]


def test_a_table_and_an_image_of_one_name_are_not_put_together(drawn: Drawn) -> None:
    assert isinstance(drawn.charts["form.png"], ImageChart)
    assert drawn.ends("base::form.png") == {"": [0.4, None]}
    assert "was of the form table and is of the form image" in drawn.said("form.png")[0]


def test_titles_labels_order_and_smoothing_change_no_number(drawn: Drawn) -> None:
    assert drawn.ends("cosmetic.csv") == {"acc": [0.2, 0.4], "loss": [0.4, 0.2]}
    assert drawn.charts["cosmetic.csv"].title == "New"
    assert not drawn.said("cosmetic.csv")


def test_a_plot_without_y_is_told_to_name_one(drawn: Drawn) -> None:
    advised = {problem.where for problem in drawn.problems if problem.remedy.startswith("name y in dvc.yaml")}
    assert advised == {"y-default.csv", "last-moved.csv", "last-appended.csv"}
