"""What only one side declares is compared wherever the other side has the file, and nothing is fetched for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headway.app.comparison import Request, compare_sides, open_sides

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from repos import Project

    from headway.values.comparison import Comparison

OUT = {"stages": {"s": {"cmd": "true", "outs": ["m.json", "p.csv", "keep.bin"]}}}
METRIC = {"stages": {"s": {"cmd": "true", "metrics": ["m.json"], "plots": ["p.csv"], "outs": ["keep.bin"]}}}
TOP_LEVEL = {**OUT, "metrics": ["m.json"], "plots": ["p.csv"]}


def turn(project: Project, number: int, declared: Mapping[str, Any], **lists: object) -> Project:
    project.json("m.json", {"acc": 0.5 + number / 10, **lists}).write("keep.bin", f"{number}")
    project.write("p.csv", f"step,loss\n0,{number}\n").dvc_yaml(declared)
    return project


def compared(project: Project, head: str | None = None) -> Comparison:
    with open_sides(Request(folder=project.root, base="HEAD~1", head=head, settings=None)) as sides:
        return compare_sides(sides)


def metrics(found: Comparison) -> list[tuple[object, ...]]:
    return [(metric.key, metric.base, metric.head, metric.status) for metric in found.metrics]


CHANGED = [("acc", 0.5, 0.6, "changed")]
KEPT = {"cache": False}


@pytest.mark.parametrize("head", [None, "HEAD"])
@pytest.mark.parametrize(("old", "new"), [(OUT, METRIC), (METRIC, OUT), (OUT, TOP_LEVEL), (TOP_LEVEL, OUT)])
def test_an_output_that_one_side_declares_as_a_metric_and_a_plot(
    project: Project, old: dict[str, Any], new: dict[str, Any], head: str | None
) -> None:
    turn(project, 0, old).recorded().commit()
    turn(project, 1, new).recorded().commit()
    found = compared(project, head)
    assert metrics(found) == CHANGED
    assert [change.path for change in found.data] == ["keep.bin"]
    (plot,) = found.plots
    assert plot.base
    assert plot.head
    assert plot.base.files == plot.head.files == ("p.csv",)
    assert [plot.base.borrowed, plot.head.borrowed] == [old is OUT, new is OUT]
    assert found.problems == ()


def test_files_that_git_keeps(project: Project) -> None:
    turn(project, 0, {}, roc=[1], note=None).commit()
    turn(project, 1, {"metrics": ["m.json"], "plots": ["p.csv"]}, roc=[1], note=None).commit()
    found = compared(project)
    assert metrics(found) == CHANGED
    assert found.problems == ()
    turn(project, 1, {}).commit()
    assert metrics(compared(project)) == [("acc", 0.6, 0.6, "unchanged")]


def test_where_a_side_has_no_such_file_it_is_added_or_removed(project: Project) -> None:
    project.dvc_yaml({}).commit()
    turn(project, 1, {"metrics": ["m.json"], "plots": ["p.csv"]}).commit()
    assert metrics(compared(project)) == [("acc", None, 0.6, "added")]
    assert [pair.base for pair in compared(project).plots] == [None]
    project.remove("m.json").remove("p.csv").dvc_yaml({}).commit()
    assert metrics(compared(project)) == [("acc", 0.6, None, "removed")]


def test_what_another_revision_left_in_the_workspace_is_no_metric_of_it(project: Project) -> None:
    turn(project, 0, METRIC).recorded().commit()
    project.dvc_yaml({}).write("dvc.lock", "schema: '2.0'\n").commit()
    assert (project.root / "m.json").exists()
    found = compared(project)
    assert metrics(found) == [("acc", 0.5, None, "removed")]
    assert [pair.head for pair in found.plots] == [None]


@pytest.mark.slow
def test_what_is_not_here_is_unavailable_and_not_fetched(project: Project, tmp_path: Path) -> None:
    project.remote(tmp_path / "store")
    turn(project, 0, OUT).recorded().push().commit()
    turn(project, 1, METRIC).recorded().push().commit()
    clone = project.clone(tmp_path / "clone")
    found = compared(clone)
    assert metrics(found) == [("acc", None, 0.6, "unavailable")]
    (problem,) = found.problems
    assert (problem.where, problem.remedy) == ("m.json (base)", "dvc fetch --all-commits m.json")
    assert "is not on this machine" in problem.what
    assert [pair.base for pair in found.plots] == [None]
    clone.paste(problem.remedy)
    assert metrics(compared(clone)) == CHANGED


def test_a_tracked_folder_whose_listing_is_not_here_is_not_asked_for(project: Project, tmp_path: Path) -> None:
    project.remote(tmp_path / "store").json("runs/m.json", {"acc": 0.5}).add("runs").push().commit()
    project.remove("runs.dvc").write(".gitignore", "").dvc_yaml({"metrics": ["runs/m.json"]}).commit()
    clone = project.clone(tmp_path / "clone")
    found = compared(clone)
    assert metrics(found) == [("acc", None, 0.5, "unavailable")]
    assert not (clone.root / ".dvc/cache").exists()
    assert metrics(compared(project)) == [("acc", 0.5, 0.5, "unchanged")]


def test_a_file_that_cannot_be_read_is_unavailable(project: Project) -> None:
    turn(project, 0, {}).write("m.json", "{").commit()
    turn(project, 1, {"metrics": ["m.json"]}).commit()
    found = compared(project)
    assert metrics(found) == [("acc", None, 0.6, "unavailable")]
    assert [problem.where for problem in found.problems] == ["m.json (base)"]
    assert [(file.path, file.side) for file in found.unavailable] == [("m.json", "base")]


def params(keys: list[Any]) -> dict[str, Any]:
    return {"stages": {"s": {"cmd": "true", "params": keys}}}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ([], [{"conf.yaml": ["lr"]}], ["lr"]),
        ([{"conf.yaml": ["lr"]}], [], ["lr"]),
        ([{"conf.yaml": ["lr"]}], [{"conf.yaml": ["lr", "deep.a"]}], ["deep.a", "lr"]),
        ([{"conf.yaml": []}], [{"conf.yaml": ["lr"]}], ["deep.a", "lr"]),
        ([{"conf.yaml": ["deep"]}], [{"conf.yaml": ["lr"]}], ["deep.a", "lr"]),
        ([{"conf.yaml": ["new", "seed"]}], [{"conf.yaml": ["seed", "new"]}], []),
    ],
)
def test_parameters_that_only_one_side_tracks(
    project: Project, old: list[Any], new: list[Any], changed: list[str]
) -> None:
    project.write("conf.yaml", "lr: 0.1\ndeep: {a: 1, b: 2}\nseed: 3\n").dvc_yaml(params(old)).commit()
    project.write("conf.yaml", "lr: 0.2\ndeep: {a: 2, b: 2}\nseed: 3\n").dvc_yaml(params(new)).commit()
    found = compared(project)
    assert [(param.key, param.status) for param in found.params] == [(key, "changed") for key in changed]
    assert found.problems == ()


def test_a_parameter_that_base_does_not_have_is_added(project: Project) -> None:
    project.write("conf.yaml", "lr: 0.1\n").dvc_yaml({}).commit()
    project.write("conf.yaml", "lr: 0.1\nseed: 1\n").dvc_yaml(params([{"conf.yaml": ["lr", "seed"]}])).commit()
    assert [(param.key, param.status) for param in compared(project).params] == [("seed", "added")]


def test_a_plot_of_a_column_that_base_lacks_is_no_fault_of_base(project: Project) -> None:
    turn(project, 0, {}).commit()
    project.write("p.csv", "step,loss,acc\n0,1,2\n")
    project.dvc_yaml({"plots": [{"p.csv": {"x": "step", "y": "acc"}}]}).commit()
    with open_sides(Request(folder=project.root, base="HEAD~1", head=None, settings=None)) as sides:
        (pair,) = compare_sides(sides).plots
        assert pair.base
        assert sides.base.tables(pair.base) == (None, ())
