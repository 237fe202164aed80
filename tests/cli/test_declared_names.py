"""What head's settings name and no side has is an error: docs/gates.md has the table, and a test plays each row."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.app.comparison import Request, build_diff
from headway.app.gate import build_gates
from headway.ci.job import Job
from headway.cli.main import run
from headway.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[2] / "docs/gates.md").read_text()
DIFFERENT: dict[str, dict[str, str | None]] = {
    "head drops `f1`": {"m.json": '{"accuracy": 0.8}'},
    "head's metrics file is damaged": {"m.json": "{"},
    "the metrics file does not exist yet": {"m.json": None},
    "`f1` is null on both sides": {"m.json": '{"accuracy": 0.8, "f1": null}'},
    "neither side has a metric": {"dvc.yaml": "plots: [curve.csv]\nparams: [params.yaml]\n"},
    "head drops `val_loss`": {"curve.csv": "epoch\n1\n"},
    "head drops the curve": {"curve.csv": None, "dvc.yaml": "metrics: [m.json]\n"},
    "the curve does not exist yet": {"curve.csv": None},
    "a stage that never ran has the output `dvclive`": {
        "dvc.yaml": "stages: {train: {cmd: train, outs: [dvclive]}}\nmetrics: [m.json]\n"
    },
    "dvc.yaml has the plot `dvclive/plots`, which does not exist yet": {
        "dvc.yaml": "metrics: [m.json]\nplots: [{dvclive/plots: {x: step}}]\n"
    },
    "DVC tracks the folder `images` as a whole": {
        "images.dvc": "outs: [{md5: d751713988987e9331980363e24189ce.dir, size: 0, nfiles: 0, path: images}]\n"
    },
    "head's params.yaml is damaged": {"params.yaml": "{"},
    "dvc.yaml has the file `other.yaml` under `params`, which does not exist yet": {
        "dvc.yaml": "metrics: [m.json]\nparams: [params.yaml, other.yaml]\n"
    },
    "a stage has the parameter `seed` of `train.yaml`, which does not exist yet": {
        "dvc.yaml": "stages: {train: {cmd: train, params: [{train.yaml: [seed]}]}}\nmetrics: [m.json]\n"
    },
    "dvc.yaml has the metrics file `other.json`, which does not exist": {"dvc.yaml": "metrics: [m.json, other.json]\n"},
}
"""What head changes, as the table says it: the content of some files, or ``None`` for one that is removed."""
ON_BOTH_SIDES = {
    "the metrics file does not exist yet",
    "`f1` is null on both sides",
    "neither side has a metric",
    "DVC tracks the folder `images` as a whole",
    "the curve does not exist yet",
    "dvc.yaml has the file `other.yaml` under `params`, which does not exist yet",
    "a stage has the parameter `seed` of `train.yaml`, which does not exist yet",
    "dvc.yaml has the metrics file `other.json`, which does not exist",
    "a stage that never ran has the output `dvclive`",
    "dvc.yaml has the plot `dvclive/plots`, which does not exist yet",
}


def rows() -> list[list[str]]:
    section = PAGE.split("### Names that match nothing\n")[1].split("\n##")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("names") / "project")
    project.write("dvc.yaml", "metrics: [m.json]\nplots: [curve.csv]\nparams: [params.yaml]\n")
    project.json("m.json", {"accuracy": 0.8, "f1": 0.7}).write("params.yaml", "train: {seed: 1}\n")
    project.write("curve.csv", "epoch,train_loss,val_loss\n1,0.5,0.6\n2,0.4,0.7\n")
    project.write("data/test.csv", "id\n1\n").add("data/test.csv").commit("trained")
    return project


def edit(project: Project, files: dict[str, str | None]) -> None:
    for path, content in files.items():
        if content is None:
            project.remove(path)
        else:
            project.write(path, content)


def request(project: Project, base: str, head: str | None = None) -> Request:
    return Request(folder=project.root, base=base, head=head, settings=None, job=Job())


@pytest.mark.parametrize(("settings", "situation", "outcome"), rows())
def test_the_table_of_names(settings: str, situation: str, outcome: str, trained: Project) -> None:
    trained.git("checkout", "--quiet", "--force", "main")
    trained.git("clean", "-fdq")
    edit(trained, DIFFERENT.get(situation, {}))
    base = "main"
    if situation in ON_BOTH_SIDES:
        trained.git("checkout", "--quiet", "--detach")
        base = trained.commit()
    trained.write("headway.yaml", settings.strip("`"))
    if error := re.fullmatch("error(?:: (.*))?", outcome):
        with pytest.raises(SettingsError) as caught:
            build_diff(request(trained, base))
        assert caught.value.why == (error[1] or "").replace("`", "'")
        assert caught.value.what.startswith("headway.yaml (workspace), line 1: ")
        assert ("headway rules" in caught.value.remedy) == ("metrics:" in settings)  # it lists only these
        return
    report = build_diff(request(trained, base))
    found = {"warn": "cannot tell"}.get(report.gates.outcome) if report.gates else ""
    notes = [problem for problem in report.problems if problem.where.startswith("settings: ")]
    assert (found or ("note" if notes else "nothing")) == outcome


MISTAKES = """\
metrics:
  accuracy: higher
  acuracy: higher
  "f1.*": {gate: {min: 0.5}}
gates:
  data: {data/tset.csv: approval}
  params:
    train.sed: approval
  training:
    "curve.csv:val_los": {direction: lower, train: tran_loss, max_gap: 0.1}
"""


@pytest.mark.parametrize("build", [build_diff, build_gates])
def test_all_names_of_a_file_are_told_at_once(build: Callable[[Request], object], tmp_path: Path) -> None:
    project = Project(tmp_path / "p").write("dvc.yaml", "metrics: [m.json]\n").json("m.json", {"accuracy": 0.8})
    project.write("params.yaml", "train: {seed: 1}\n").write("curve.csv", "epoch,train_loss,val_loss\n1,0.5,0.6\n")
    project.write("data/test.csv", "id\n").add("data/test.csv").commit("base")
    project.write("headway.yaml", MISTAKES).commit("mistakes")
    with pytest.raises(SettingsError) as caught:
        build(request(project, "HEAD~1", "HEAD"))
    assert caught.value.what == "headway.yaml (HEAD) has 6 names that match nothing."
    told = (
        "Line 3: metrics.acuracy matches no metric. Did you mean 'accuracy'?\n"
        "Line 4: metrics.f1.* matches no metric.\n"
        "Line 6: gates.data.data/tset.csv matches no path that DVC records. Did you mean 'data/test.csv'?\n"
        "Line 8: gates.params.train.sed matches no parameter. Did you mean 'train.seed'?\n"
        "Line 10: gates.training.curve.csv:val_los names no column of curve.csv. Did you mean 'curve.csv:val_loss'?\n"
        "Line 10: gates.training.curve.csv:val_los.train names no column of curve.csv. "
        "Did you mean 'curve.csv:train_loss'?"
    )
    assert caught.value.why == told


def test_the_names_of_toml_have_no_line_and_each_remedy_mends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / "p").write("dvc.yaml", "metrics: [m.json]\n").json("m.json", {"accuracy": 0.8})
    project.write("pyproject.toml", '[tool.headway.metrics]\nacuracy = "higher"\n').commit("first")
    assert run(["diff", "HEAD", "-C", str(project.root)]) == 2
    *_, what, why, remedy = capsys.readouterr().err.splitlines()
    assert what.endswith("pyproject.toml (workspace): metrics.acuracy matches no metric.")
    listed = project.paste(remedy.split("`")[1])
    assert re.search(r"accuracy +none", listed)
    assert "unless base has it, comparisons end with this error" in " ".join(listed.split())
    nearest = why.split("'")[1]
    project.write("pyproject.toml", f'[tool.headway.metrics]\n{nearest} = "higher"\n')
    assert run(["diff", "HEAD", "-C", str(project.root)]) == 0


def test_a_name_that_a_merge_key_brings_has_the_line_above_it(tmp_path: Path) -> None:
    project = Project(tmp_path / "p").write("dvc.yaml", "metrics: [m.json]\n").json("m.json", {"accuracy": 0.8})
    project.write("headway.yaml", "base: main\nmetrics:\n  <<: {acuracy: higher}\n  accuracy: higher\n").commit()
    with pytest.raises(SettingsError) as caught:
        build_diff(request(project, "HEAD"))
    assert caught.value.what == "headway.yaml (workspace), line 2: metrics.acuracy matches no metric."


def test_a_base_that_is_unavailable_may_have_every_name(tmp_path: Path) -> None:
    project = Project(tmp_path / "p").write("dvc.yaml", "metrics: [m.json]\n").json("m.json", {"accuracy": 0.8})
    project.write("headway.yaml", "metrics: {acuracy: higher}").commit("first")
    project.write("a", "").commit("second")
    clone = project.clone(tmp_path / "clone", "--depth", "1", "--no-single-branch")
    assert (
        build_diff(Request(folder=clone.root, base=None, head=None, settings=None, job=Job(), fetch=False)).base.sha
        is None
    )


def test_settings_of_several_projects_may_name_what_another_one_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / "mono", subdir="a").write("dvc.yaml", "metrics: [m.json]\n")
    project.json("m.json", {"accuracy": 0.8}).json("../shared.yaml", {"metrics": {"mae": "lower"}}).commit("first")
    arguments = ["diff", "HEAD", "-C", str(project.root)]
    assert run([*arguments, "--settings", "../shared.yaml"]) == 0
    assert "no metric matches 'mae'" in capsys.readouterr().out
    project.json("own.yaml", {"metrics": {"mae": "lower"}})
    assert run([*arguments, "--settings", "own.yaml"]) == 2


@pytest.mark.parametrize("head", [None, "HEAD"], ids=["workspace", "commit"])
@pytest.mark.parametrize("file", ["headway.yaml", "pyproject.toml"])
def test_settings_behind_a_link_out_of_the_project_are_those_of_several(
    tmp_path: Path, file: str, head: str | None
) -> None:
    project = Project(tmp_path / "mono", subdir="a").write("dvc.yaml", "metrics: [m.json]\n")
    content = {"headway.yaml": "metrics: {mae: lower}\n", "pyproject.toml": '[tool.headway.metrics]\nmae = "lower"\n'}
    project.json("m.json", {"accuracy": 0.8}).write(f"../{file}", content[file])
    (project.root / file).symlink_to(f"../{file}")
    project.commit("first")
    notes = [each.what for each in build_diff(request(project, "HEAD", head)).problems]
    assert notes == ["no metric matches 'mae'"]
    (project.root / file).unlink()
    project.write(file, content[file]).commit("its own")
    (tmp_path / "link").symlink_to(project.root)
    with pytest.raises(SettingsError, match="mae matches no metric"):
        build_diff(Request(folder=tmp_path / "link", base="HEAD", head=head, settings=None, job=Job()))
