"""``--all-projects`` as a user runs it, in a git repository of several ``dvc init --subdir`` projects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from repos import Project, files_of
from speed.runs_of import samples

from headway.cli.main import run
from headway.report import codec
from headway.values.speed import SpeedRun

if TYPE_CHECKING:
    from pathlib import Path

PLOTS = "metrics: [m.json]\nplots:\n  - p.csv: {x: step, y: loss}\n"


def fill(mono: Project, project: str, accuracy: float) -> None:
    mono.write(f"{project}/dvc.yaml", PLOTS).json(f"{project}/m.json", {"acc": accuracy})
    mono.write(f"{project}/p.csv", f"step,loss\n1,1\n2,{1 - accuracy}\n")


@pytest.fixture
def mono(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "mono", dvc=False)
    for name in ("speech", "teams/vision", "tabular"):
        project.write(f"{name}/.dvc/config", "").write(f"{name}/.dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
        project.write(f"{name}/headway.yaml", "metrics: {acc: {direction: higher}}\n")
        fill(project, name, 0.9)
    project.commit("base")
    project.branch("feature")
    fill(project, "speech", 0.95)
    fill(project, "teams/vision", 0.8)
    project.commit("head")
    monkeypatch.chdir(project.root)
    return project


def reports(out: Path) -> dict[str, float]:
    """The change of accuracy by the report's folder."""
    found = {}
    for path in out.rglob("report.json"):
        report = json.loads(path.read_text())
        assert report["project"] == str(path.parent.relative_to(out))
        found[report["project"]] = report["metrics"][0]["change"]
        assert all((path.parent / chart["image"]).exists() for chart in report["charts"])
    return found


def test_each_changed_project_has_a_report_and_a_line(mono: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "--all-projects"]) == 0
    out = mono.root / "reports/headway"
    assert reports(out) == {"speech": 0.05, "teams/vision": -0.1}
    lines = capsys.readouterr().out.splitlines()
    verdicts, pages = lines[::2], lines[1::2]
    assert pages == ["reports/headway/speech/report.html", "reports/headway/teams/vision/report.html"]
    assert ["not as wanted" in verdict for verdict in verdicts] == [False, True]
    index = (out / "index.md").read_text()
    assert "| [`speech`](speech/report.html) | acc 0.90 → 0.95 higher, as wanted" in index
    (vision,) = (line for line in index.splitlines() if line.startswith("| [`teams/vision`](teams/vision/report.html)"))
    assert "not as wanted" in vision
    assert "tabular" not in index


@pytest.mark.slow
def test_a_second_run_gives_the_same_bytes(mono: Project) -> None:
    assert run(["report", "--all-projects"]) == 0
    first = dict(files_of(mono.root))
    assert run(["report", "--all-projects", "--project", "teams/vision", "--out", "../../reports/headway"]) == 0
    assert dict(files_of(mono.root)) == first


@pytest.mark.slow
def test_a_report_of_a_project_that_no_longer_differs_goes(mono: Project) -> None:
    assert run(["report", "--all-projects"]) == 0
    out = mono.root / "reports/headway"
    (out / "teams/notes.txt").write_text("mine")
    fill(mono, "teams/vision", 0.9)
    mono.commit("back")
    assert run(["report", "--all-projects"]) == 0
    assert reports(out) == {"speech": 0.05}
    assert [path for path, _ in files_of(out / "teams")] == ["notes.txt"]


@pytest.mark.usefixtures("shared_children")
def test_nothing_changed_is_a_line_and_no_failure(mono: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "feature", "--all-projects"]) == 0
    assert capsys.readouterr().err.startswith("No DVC project of this repository changed.\n")
    assert "no project changed" in (mono.root / "reports/headway/index.md").read_text()
    assert run(["diff", "feature", "--all-projects"]) == 0


@pytest.mark.usefixtures("shared_children")
def test_a_project_that_cannot_be_compared_costs_its_own_report(
    mono: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    mono.write("speech/dvc.yaml", "stages: [")
    assert run(["report", "--all-projects"]) == 3
    assert reports(mono.root / "reports/headway") == {"teams/vision": -0.1}
    assert capsys.readouterr().err.startswith("speech could not be compared:\nerror: dvc.yaml")
    assert "speech could not be compared" in (mono.root / "reports/headway/index.md").read_text()


@pytest.mark.usefixtures("shared_children")
def test_the_page_says_why_projects_could_not_be_compared_and_what_to_do(mono: Project) -> None:
    for name in ("speech", "teams/vision"):
        mono.write(f"{name}/headway.yaml", "metrics:\n  acd: higher\n  xyz: {gate: {min: 0}}\n")
    assert run(["report", "--all-projects"]) == 2
    page = (mono.root / "reports/headway/index.md").read_text()
    assert "### Headway: no project could be compared" in page
    assert "Nothing" not in page
    (note,) = (line for line in page.splitlines() if "vision could not be compared" in line)
    assert "Did you mean 'acc'?" in note
    assert "metrics.xyz matches no metric" in note
    assert "`headway rules` lists" in note


def test_settings_name_a_base_for_each_project(mono: Project, capsys: pytest.CaptureFixture[str]) -> None:
    mono.write("speech/headway.yaml", "base: feature\n").commit("a base of its own")
    fill(mono, "speech", 0.99)
    assert run(["diff", "--all-projects"]) == 0
    out = capsys.readouterr().out
    assert "feature → workspace" in out
    assert "0.95" in out
    mono.write("tabular/headway.yaml", "bose: feature\n")
    assert run(["diff", "--all-projects"]) == 2
    assert "tabular could not be compared:" in capsys.readouterr().err


def test_settings_hide_no_project_from_its_pull_request(
    mono: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mono.write("speech/headway.yaml", "base: HEAD\n").commit("a base of its own")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    assert run(["diff", "--all-projects", "--no-fetch"]) == 0
    assert "0.95" in capsys.readouterr().out


def test_settings_behind_a_link_out_of_the_repository_are_not_quoted(
    mono: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (mono.root.parent / "secret.yaml").write_text("SECRET: 1\n")
    (mono.root / "tabular/headway.yaml").unlink(missing_ok=True)
    (mono.root / "tabular/headway.yaml").symlink_to("../../secret.yaml")
    assert run(["diff", "--all-projects"]) == 2
    said = capsys.readouterr()
    assert "a symbolic link to a place outside the repository" in said.err
    assert "SECRET" not in said.err + said.out


def test_diff_prints_each_project_in_every_form(mono: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", "main", "--head", "feature", "--all-projects"]) == 0
    text = capsys.readouterr().out
    assert text.index("Project: speech") < text.index("Project: teams/vision")
    assert run(["diff", "main", "--all-projects", "--md"]) == 0
    assert "### Headway: 2 changed projects" in capsys.readouterr().out
    assert run(["diff", "main", "--all-projects", "--json"]) == 0
    assert [report["project"] for report in json.loads(capsys.readouterr().out)] == ["speech", "teams/vision"]
    assert mono.git("status", "--porcelain") == ""


@pytest.fixture
def moved(mono: Project) -> Project:
    """The branch ``moved`` has a project more and one fewer than main, which is checked out."""
    mono.checkout("main").branch("moved")
    fill(mono, "audio", 0.7)
    mono.write("audio/.dvc/config", "")
    mono.git("rm", "-r", "--quiet", "tabular")
    mono.commit("moved")
    return mono.checkout("main")


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[list[str], list[str]]]:
    """The status of each project's metrics, and the notes."""
    found = json.loads(capsys.readouterr().out)
    return {each["project"]: ([metric["status"] for metric in each["metrics"]], each["notes"]) for each in found}


NEW, GONE = "main has no DVC project here, so everything is new", "has no DVC project here, so everything is gone"


@pytest.mark.usefixtures("shared_children")
def test_projects_are_those_of_the_revisions_whatever_is_checked_out(
    moved: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", "main", "moved", "--all-projects", "--json"]) == 0
    expected = {"audio": (["added"], [NEW]), "tabular": (["removed"], [f"moved {GONE}"])}
    assert said(capsys) == expected
    moved.checkout("feature")
    assert run(["diff", "main", "--head", "moved", "--all-projects", "--json"]) == 0
    assert said(capsys) == expected
    moved.git("rm", "-r", "--quiet", ".")  # no project is checked out at all
    assert run(["report", "main", "moved", "--all-projects"]) == 0
    assert {path.parent.name for path in (moved.root / "reports/headway").rglob("report.json")} == {"audio", "tabular"}


def test_a_project_that_the_workspace_lacks_is_said_to_be_gone(
    moved: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    moved.checkout("moved")
    assert run(["diff", "main", "--all-projects", "--json"]) == 0
    assert said(capsys) == {"audio": (["added"], [NEW]), "tabular": (["removed"], [f"The workspace {GONE}"])}


def test_a_bare_repository_has_the_projects_of_its_commits(
    moved: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    assert run(["diff", "main", "moved", "--all-projects", "--json", "-C", str(tmp_path / "bare.git")]) == 0
    assert list(said(capsys)) == ["audio", "tabular"]
    assert run(["diff", "main", "--all-projects", "-C", str(tmp_path / "bare.git")]) == 3
    assert "is a bare git repository" in capsys.readouterr().err


def test_in_a_shallow_clone_each_project_is_shown_without_a_base(
    mono: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = mono.clone(tmp_path / "clone", "--depth=1", "--branch=feature")
    assert run(["diff", "--all-projects", "--json", "-C", str(clone.root)]) == 0
    assert {statuses for (statuses,), _ in said(capsys).values()} == {"unavailable"}
    assert run(["diff", "main", "--all-projects", "-C", str(clone.root)]) == 3


def test_a_base_in_one_projects_settings_that_does_not_exist_costs_that_project(
    mono: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    mono.write("speech/headway.yaml", "base: nowhere\n")
    assert run(["diff", "--all-projects", "--json"]) == 3
    out, err = capsys.readouterr()
    assert [each["project"] for each in json.loads(out)] == ["teams/vision"]
    assert err.startswith("speech could not be compared:\nerror: There is no revision 'nowhere'")


@pytest.mark.usefixtures("shared_children")
@pytest.mark.parametrize("command", ["diff", pytest.param("report", marks=pytest.mark.slow), "data"])
def test_head_is_the_second_argument(mono: Project, capsys: pytest.CaptureFixture[str], command: str) -> None:
    out = [] if command == "diff" else ["--out", "out"]
    assert run([command, "main", "feature", "-C", "speech", *out]) == 0
    capsys.readouterr()
    assert run([command, "main", "feature", "--head", "main", "-C", "speech"]) == 2
    assert "HEAD is given twice" in capsys.readouterr().err
    assert run([command, "main", "", "-C", "speech"]) == 3  # an empty variable is not the workspace
    assert "There is no revision ''" in capsys.readouterr().err
    assert run([command, "-C", "nowhere"]) == 2
    if out:
        report = json.loads((mono.root / "speech/out/report.json").read_text())
        assert (report["base"]["name"], report["head"]["name"]) == ("main", "feature")


def test_a_repository_without_a_project_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Project(tmp_path / "empty", dvc=False).write("a", "").commit()
    monkeypatch.chdir(tmp_path / "empty")
    assert run(["report", "--all-projects"]) == 3
    assert "dvc init --subdir" in capsys.readouterr().err


def test_the_root_without_a_project_names_the_option(mono: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert mono.root.exists()
    assert run(["report"]) == 3
    assert "--all-projects" in capsys.readouterr().err


@pytest.mark.slow
def test_a_project_at_the_root_beside_others(mono: Project) -> None:
    mono.write(".dvc/config", "")
    fill(mono, ".", 0.5)
    mono.commit("a project at the root")
    assert run(["report", "--all-projects"]) == 0
    out = mono.root / "reports/headway"
    assert json.loads((out / "report.json").read_text())["project"] == ""
    assert {path.parent.name for path in out.rglob("report.json")} == {"headway", "speech", "vision"}


def test_a_speed_test_belongs_to_one_project(mono: Project, capsys: pytest.CaptureFixture[str]) -> None:
    revisions = {name: mono.git("rev-parse", name) for name in ("main", "feature")}
    measured = SpeedRun(
        generator="",
        project="speech",
        base=revisions["main"],
        head=revisions["feature"],
        is_dirty=False,
        model="m",
        models=("a", "b"),
        command=("c",),
        samples=(samples(),),
    )
    path = mono.root.parent / "speed.json"
    path.write_bytes(codec.encode(measured))
    assert run(["diff", "--all-projects", "--speed", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {each["project"]: "speed" in each for each in found} == {"speech": True, "teams/vision": False}
