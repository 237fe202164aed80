"""Every form of plot that DVC knows; the last test holds the rules against DVC's own code on a real repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from dvc.repo import Repo
from dvc.repo.plots import _collect_definitions
from dvc.utils.plots import group_definitions_by_id
from dvc_render.vega_templates import TEMPLATES, Template

from headway.gather.read.built_in_templates import BUILT_IN, recognise
from headway.gather.read.declared import DeclaredOut, DeclaredStage, PipelineFile
from headway.gather.read.plot_definitions import PlotCollector
from headway.gather.unavailable import UnavailableError
from headway.values.problem import Problem
from headway.values.snapshot import Axis, PlotDefinition

if TYPE_CHECKING:
    from repos import Opener, Project


def top_level(*plots: Any, path: str = "dvc.yaml") -> PipelineFile:
    return PipelineFile(path=path, stages=(), plots=plots)


def stage_level(path: str = "dvc.yaml", /, **outs: Any) -> PipelineFile:
    """``stage_level(a_csv={"x": "epoch"})`` declares the output a.csv as a plot."""
    declared = tuple(
        DeclaredOut(path=name.replace("_", "."), recorded=None, metric=False, plot=plot) for name, plot in outs.items()
    )
    stage = DeclaredStage("train", None, declared, params={}, variables={})
    return PipelineFile(path=path, stages=(stage,))


def footnote(path: str, what: str, remedy: str) -> Problem:
    return Problem(where=path, what=what, remedy=remedy)


def collect(
    *files: PipelineFile, folders: dict[str, list[str]] | None = None, contents: dict[str, str] | None = None
) -> tuple[tuple[PlotDefinition, ...], list[str]]:
    def expand(path: str) -> tuple[str, ...]:
        return tuple((folders or {}).get(path, [path]))

    def read(path: str) -> bytes | None:
        text = (contents or {}).get(path)
        return None if text is None else text.encode()

    collector = PlotCollector(expand, read, footnote, "head")
    plots = collector.collect(files)
    return plots, [f"{problem.where}: {problem.what}" for problem in collector.problems]


def one(*files: PipelineFile, **world: Any) -> PlotDefinition:
    plots, problems = collect(*files, **world)
    assert not problems
    (plot,) = plots
    return plot


def test_a_file_alone_is_a_plot_of_its_last_column() -> None:
    assert one(top_level("loss.csv")) == PlotDefinition(
        id="loss.csv", form="table", files=("loss.csv",), source="dvc.yaml"
    )


def test_columns_of_the_file_itself() -> None:
    plot = one(top_level({"loss.csv": {"x": "epoch", "y": ["train", "val"], "template": "simple", "title": "Loss"}}))
    assert plot == PlotDefinition(
        source="dvc.yaml",
        id="loss.csv",
        form="table",
        files=("loss.csv",),
        x=(Axis("loss.csv", "epoch"),),
        y=(Axis("loss.csv", "train"), Axis("loss.csv", "val")),
        template="simple",
        title="Loss",
    )


def test_columns_of_several_files_with_one_name_for_x() -> None:
    y = {"train.csv": ["loss", "acc"], "val.csv": "loss"}
    plot = one(top_level({"Loss": {"x": "epoch", "y": y, "x_label": "Epoch", "y_label": "Loss"}}))
    assert plot.files == ("train.csv", "val.csv")
    assert plot.y == (Axis("train.csv", "loss"), Axis("train.csv", "acc"), Axis("val.csv", "loss"))
    assert plot.x == (Axis("train.csv", "epoch"), Axis("train.csv", "epoch"), Axis("val.csv", "epoch"))
    assert (plot.x_label, plot.y_label) == ("Epoch", "Loss")


def test_one_x_column_of_one_file_serves_every_y() -> None:
    plot = one(top_level({"c": {"x": {"actual.csv": "class"}, "y": {"pred.csv": "class"}, "template": "confusion"}}))
    assert (plot.x, plot.files) == ((Axis("actual.csv", "class"),), ("pred.csv", "actual.csv"))


def test_paths_are_relative_to_their_dvc_yaml() -> None:
    plots, _ = collect(top_level("a.csv", {"L": {"x": {"../x.csv": "t"}, "y": {"b.csv": "v"}}}, path="sub/dvc.yaml"))
    assert [plot.files for plot in plots] == [("sub/a.csv",), ("sub/b.csv", "x.csv")]
    assert [plot.id for plot in plots] == ["sub/a.csv", "L"]


def test_a_folder_gives_one_plot_for_each_file_that_can_be_one() -> None:
    files = ["plots/a.csv", "plots/c.png", "plots/deep/b.json", "plots/notes.md"]
    plots, problems = collect(top_level({"plots": {"x": "step"}}), folders={"plots": files})
    assert [(plot.id, plot.form) for plot in plots] == [
        ("plots/a.csv", "table"),
        ("plots/c.png", "image"),
        ("plots/deep/b.json", "table"),
    ]
    assert plots[0].x == (Axis("plots/a.csv", "step"),)
    assert not problems


def test_files_of_a_folder_come_in_the_order_of_their_numbers() -> None:
    files = ["plots/10/a.png", "plots/9/a.png", "plots/step_10.png", "plots/step_100.csv", "plots/step_2.png"]
    plots, _ = collect(top_level("plots"), folders={"plots": files})
    assert [plot.id.removeprefix("plots/") for plot in plots] == [
        "9/a.png",
        "10/a.png",
        "step_2.png",
        "step_10.png",
        "step_100.csv",
    ]


def test_the_most_specific_definition_wins() -> None:
    plots, _ = collect(
        top_level({"plots": {"x": "step"}}, {"plots/a.csv": {"x": "epoch"}}),
        folders={"plots": ["plots/a.csv", "plots/b.csv"]},
    )
    assert {plot.id: plot.x[0].field for plot in plots} == {"plots/a.csv": "epoch", "plots/b.csv": "step"}


def test_outputs_of_stages_are_plots_with_their_own_properties() -> None:
    plot = one(stage_level(a_csv={"x": "0", "y": "1", "header": False, "template": "confusion"}))
    assert plot == PlotDefinition(
        id="a.csv",
        form="table",
        files=("a.csv",),
        x=(Axis("a.csv", "0"),),
        y=(Axis("a.csv", "1"),),
        template="confusion",
        header=False,
    )


def test_a_file_without_a_header_has_none_in_any_plot() -> None:
    plots, _ = collect(top_level({"a.csv": {"y": "1"}}), stage_level("sub/dvc.yaml", a_csv={"header": False}))
    assert [plot.header for plot in plots] == [False, False]


def test_an_id_used_twice_names_its_dvc_yaml() -> None:
    shared = {"y": {"a.csv": "v"}}
    plots, _ = collect(top_level({"P": shared}, {"Q": shared}), top_level({"P": shared}, path="sub/dvc.yaml"))
    assert [plot.id for plot in plots] == ["dvc.yaml::P", "sub/dvc.yaml::P", "Q"]
    assert plots[1].files == ("sub/a.csv",)


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "PNG"])
def test_pictures(ending: str) -> None:
    plot = one(top_level(f"confusion.{ending}"))
    assert (plot.form, plot.files) == ("image", (f"confusion.{ending}",))


def test_the_built_in_templates_are_those_of_dvc() -> None:
    assert {template.DEFAULT_NAME for template in TEMPLATES} == BUILT_IN


@pytest.mark.parametrize("path", [".dvc/plots/mine.json", ".dvc/plots/mine", "mine"])
def test_a_template_of_the_teams_own(path: str) -> None:
    plot = one(top_level({"a.csv": {"template": "mine"}}), contents={path: '{"mark": "bar"}'})
    assert (plot.template, plot.custom) == ("mine", {"mark": "bar"})


V4 = {"$schema": "https://vega.github.io/schema/vega-lite/v4.json"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.DEFAULT_NAME)
def test_todays_templates_are_known_by_their_content(template: type[Template]) -> None:
    program = template.DEFAULT_CONTENT
    name = "linear" if template.DEFAULT_NAME == "smooth" else template.DEFAULT_NAME  # one program today
    assert recognise(program) == name
    resized = {**program, **V4, "width": 900, "height": 10}
    assert recognise(json.loads(json.dumps(resized, sort_keys=True, indent=4))) == name


AXES = {
    "x": {"field": "<DVC_METRIC_X>", "type": "quantitative", "title": "<DVC_METRIC_X_LABEL>"},
    "y": {
        "field": "<DVC_METRIC_Y>",
        "type": "quantitative",
        "title": "<DVC_METRIC_Y_LABEL>",
        "scale": {"zero": False},
    },
}
OLD = {
    "data": {"values": "<DVC_METRIC_DATA>"},
    "title": "<DVC_METRIC_TITLE>",
    "encoding": {**AXES, "color": {"field": "rev", "type": "nominal"}},
}
LOESS = {"loess": "<DVC_METRIC_Y>", "on": "<DVC_METRIC_X>", "groupby": ["rev"], "bandwidth": 0.3}
CLASSES = {
    name: {
        "field": f"<DVC_METRIC_{axis}>",
        "type": "nominal",
        "sort": "ascending",
        "title": f"<DVC_METRIC_{axis}_LABEL>",
    }
    for name, axis in (("x", "X"), ("y", "Y"))
}
COUNTED = {
    **CLASSES,
    "color": {"aggregate": "count", "type": "quantitative"},
    "facet": {"field": "rev", "type": "nominal"},
}


@pytest.mark.parametrize(
    ("file", "program", "name"),
    [
        ("default", {**V4, **OLD, "mark": {"type": "line"}}, "simple"),
        ("linear", {**V4, **OLD, "mark": {"type": "line"}, "width": 300, "height": 300}, "simple"),
        ("linear", {**OLD, "mark": {"type": "line", "point": True, "tooltip": True}}, "simple"),
        ("smooth", {**V4, **OLD, "mark": {"type": "line"}, "transform": [LOESS]}, "smooth"),
        ("scatter", {**V4, **OLD, "mark": "point"}, "scatter"),
        ("confusion", {**V4, **OLD, "mark": "rect", "encoding": COUNTED}, "confusion"),
        ("mine", {**V4, **OLD, "mark": {"type": "line"}}, "simple"),
        ("linear", {**V4, **OLD, "mark": {"type": "line", "interpolate": "step"}}, None),
        ("linear", {**V4, **OLD, "mark": {"type": "line"}, "title": "Ours"}, None),
    ],
)
def test_copies_of_dvcs_templates_are_the_built_in_ones(file: str, program: dict[str, Any], name: str | None) -> None:
    """As ``dvc init`` wrote them: DVC 1.0, 1.11, dvc-render 0.0.16; the last two rows were edited by a team."""
    plot = one(top_level({"a.csv": {"template": file}}), contents={f".dvc/plots/{file}.json": json.dumps(program)})
    assert (plot.template, plot.custom) == ((name, None) if name else (file, program))


def test_a_template_that_is_nested_deeply_is_no_copy() -> None:
    deep: dict[str, Any] = {}
    for _ in range(600):
        deep = {"layer": [deep]}
    assert recognise(deep) is None


def test_a_template_of_the_teams_own_may_replace_a_built_in_one() -> None:
    plot = one(top_level("a.csv"), contents={".dvc/plots/linear.json": '{"mark": "bar"}'})
    assert plot.custom == {"mark": "bar"}


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        ({}, "there is no such template, so its plots are drawn as simple lines"),
        ({".dvc/plots/mine.json": "{"}, "the template is not valid JSON: line 1: "),
        ({".dvc/plots/mine.json": "[]"}, "the template is not a JSON object, so its plots are drawn as simple lines"),
    ],
)
def test_a_template_that_cannot_be_used_costs_one_footnote(contents: dict[str, str], what: str) -> None:
    plots, (problem,) = collect(
        top_level({"a.csv": {"template": "mine"}}, {"b.csv": {"template": "mine"}}), contents=contents
    )
    assert [(plot.template, plot.custom) for plot in plots] == [("simple", None)] * 2
    assert problem.startswith(f"template mine (head): {what}")


@pytest.mark.parametrize(
    ("properties", "what"),
    [
        ({"y": {}}, "names no column for y"),
        ({"y": {"a.csv": {"b": 1}}}, "declares y in a form that DVC does not know"),
        ({"x": ["a", "b"]}, "declares x as a list"),
        ({"x": {"a.csv": "t", "b.csv": "t"}, "y": {"a.csv": ["u", "v", "w"]}}, "names 2 x columns for 3 y columns"),
        ({"y": {"a.parquet": "b"}}, "reads a.parquet, which is not a CSV, TSV, JSON, YAML, TOML or event file"),
    ],
)
def test_a_bad_definition_costs_its_own_plot(properties: dict[str, Any], what: str) -> None:
    (plot,), (problem,) = collect(top_level({"bad": properties}, "good.csv"))
    assert plot.id == "good.csv"
    assert problem.startswith(f"bad (head): the plot {what}")


def test_numbers_from_templating_are_column_names() -> None:
    assert one(top_level({"a.csv": {"x": 0, "y": [1]}})).y == (Axis("a.csv", "1"),)


def test_several_plots_of_one_output_are_refused_as_in_dvc() -> None:
    plots, (problem,) = collect(stage_level(a_csv=[{"y": "a"}, {"y": "b"}], b_csv={}))
    assert [plot.id for plot in plots] == ["b.csv"]
    assert problem.startswith("a.csv (head): several plots of one output")


def test_a_folder_that_cannot_be_had_costs_a_footnote() -> None:
    def expand(path: str) -> tuple[str, ...]:
        if path == "plots":
            raise UnavailableError("is missing from DVC's cache", "dvc pull plots")
        return (path,)

    collector = PlotCollector(expand, lambda _: None, footnote, "base")
    assert [plot.id for plot in collector.collect([top_level("plots", "a.csv")])] == ["a.csv"]
    assert collector.problems == [footnote("plots", "is missing from DVC's cache", "dvc pull plots")]


def test_the_rules_are_those_of_dvc(project: Project, view: Opener) -> None:
    for name in ("plots/a.csv", "plots/b.csv", "plots/deep/c.json", "pics/p.png", "own.csv", "sub/s.csv", "m.csv"):
        project.write(name, "epoch,v\n0,1\n")
    many = {"x": "epoch", "y": {"plots/a.csv": ["v"], "own.csv": "v"}}
    project.dvc_yaml(
        {
            "stages": {
                "made": {
                    "cmd": "true",
                    "plots": [
                        "pics",
                        {"own.csv": {"x": "epoch", "cache": False}},
                        {"m.csv": {"header": False, "y": "1"}},
                    ],
                },
                "each": {"foreach": ["k", "l"], "do": {"cmd": "true", "plots": ["each/${item}.csv"]}},
            },
            "plots": [
                "plots",
                {"plots/deep": {"x": "epoch"}},
                {"Many": many},
                {"Twice": many},
                {"own.csv": {"y": "v"}},
            ],
        }
    )
    project.dvc_yaml({"plots": ["s.csv", {"Twice": {"y": {"s.csv": "v"}}}]}, "sub")
    for key in "kl":
        project.write(f"each/{key}.csv", "v\n1\n")
    project.recorded().commit()
    for revision in (None, "main"):
        assert {plot.id for plot in view(project, revision).snapshot().plots} == dvc_ids(project, revision)


def dvc_ids(project: Project, revision: str | None) -> set[str]:
    with Repo(str(project.root), rev=revision) if revision else Repo(str(project.root)) as repo:
        definitions = _collect_definitions(repo, targets=[], props={}, onerror=None)["data"]
        assert "Many" in json.dumps(definitions)
        return set(group_definitions_by_id(definitions))
