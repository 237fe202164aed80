"""The whole line, as a user runs it: real repositories, the command line in this process, real files out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from held import ended, held
from repos import Project, files_of

import headway
from headway.cli.main import run
from headway.values.report import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    Complaint = Callable[..., str]

pytestmark = pytest.mark.usefixtures("shared_children")

PLOTS = """\
metrics: [metrics.json]
plots:
  - curve.csv: {x: epoch, y: loss, template: linear, title: Learning curve}
  - confusion.csv: {x: predicted, y: actual, template: confusion, title: Confusion}
  - f1.csv: {x: f1, y: class, template: bar_horizontal}
"""
SETTINGS = """\
metrics:
  accuracy: {direction: higher}
include:
  - {path: notes.md, title: Notes}
  - {path: log.txt}
"""
BAD_CURVES = {
    "empty": "",
    "header-only": "epoch,loss\n",
    "ragged": "epoch,loss\n1,2,3\n4\n",
    "other-column": "epoch,other\n1,2\n",
    "words": "epoch,loss\n1,a\n2,0.5\nx,0.25\n",
    "not-finite": "epoch,loss\n1,nan\n2,inf\n3,1\n",
    "names-of-dvc": "rev,loss,epoch,filename,field\na,1,2,b,c\n",
    "binary": "\x00\x01\x02",
    "semicolons": "epoch;loss\n1;2\n",
}


def results(project: Project, accuracy: float, confused: str) -> None:
    loss = 1 - accuracy
    project.json("metrics.json", {"accuracy": accuracy, "rows": 300})
    project.write("params.yaml", f"lr: {loss}\n")
    project.write("curve.csv", "epoch,loss\n" + "".join(f"{e},{loss / (e + 1)}\n" for e in range(30)))
    project.write("confusion.csv", "actual,predicted\n" + "cat,cat\ndog,dog\n" * 20 + confused)
    project.write("f1.csv", f"class,f1\ncat,{accuracy}\ndog,{accuracy - 0.01}\n")
    project.write("notes.md", f"Trained *well*, accuracy {accuracy}.\n").write("log.txt", f"accuracy {accuracy}\n")


@pytest.fixture(scope="module")
def pull_request(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository whose branch moved every kind of thing."""
    project = Project(tmp_path_factory.mktemp("pr") / "project")
    project.dvc_yaml(PLOTS).write("headway.yaml", SETTINGS)
    results(project, 0.9, "cat,dog\n" * 4)
    project.commit("base")
    project.branch("feature")
    results(project, 0.95, "dog,cat\n" * 2)
    project.commit("head")
    return project


@pytest.fixture(scope="module")
def written(pull_request: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert run(["report", "--project", str(pull_request.root), "--out", str(out)]) == 0
    return out


def load(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


class TestAReport:
    def test_says_what_moved_and_how_the_base_was_chosen(self, written: Path, pull_request: Project) -> None:
        report = load(written)
        assert report["schema"] == SCHEMA
        assert report["base"]["sha"] == pull_request.git("rev-parse", "main")
        assert "merge-base" in report["base"]["chosen"]
        accuracy = next(m for m in report["metrics"] if m["key"] == "accuracy")
        assert (accuracy["change"], accuracy["direction"], accuracy["status"]) == (0.05, "higher", "changed")
        assert [p["key"] for p in report["params"]] == ["lr"]
        assert report["problems"] == []

    def test_names_pictures_that_exist_and_are_pngs(self, written: Path) -> None:
        charts = load(written)["charts"]
        assert [chart["kind"] for chart in charts] == ["line", "confusion", "bar"]
        named = {chart[role] for chart in charts for role in ("image", "image_dark")}
        assert named == {str(path.relative_to(written)) for path in written.glob("charts/*")}
        assert all((written / name).read_bytes().startswith(b"\x89PNG") for name in named)

    def test_shows_the_teams_own_sections_on_both_sides(self, written: Path) -> None:
        notes, log = load(written)["includes"]
        assert (notes["form"], notes["base"], notes["head"]) == (
            "markdown",
            "Trained *well*, accuracy 0.9.\n",
            "Trained *well*, accuracy 0.95.\n",
        )
        assert (log["title"], log["form"]) == ("log.txt", "text")

    def test_says_whether_the_lock_is_the_product_of_the_workspace(
        self, written: Path, pull_request: Project, tmp_path: Path
    ) -> None:
        assert load(written)["verification"]["status"] == "verified"
        commit = ["report", "--head", "feature", "--project", str(pull_request.root), "--out", str(tmp_path)]
        assert run(commit) == 0
        assert load(tmp_path)["verification"] is None

    def test_is_the_same_to_the_byte_the_next_time(self, written: Path, pull_request: Project, tmp_path: Path) -> None:
        assert run(["report", "--project", str(pull_request.root), "--out", str(tmp_path)]) == 0
        assert dict(files_of(tmp_path)) == dict(files_of(written))

    def test_leaves_the_repository_as_it_was(self, written: Path, pull_request: Project) -> None:
        assert written.exists()
        assert pull_request.git("status", "--porcelain") == ""

    def test_python_gives_what_the_file_holds(self, written: Path, pull_request: Project) -> None:
        report = headway.build_report(pull_request.root)
        assert [metric.key for metric in report.metrics] == [m["key"] for m in load(written)["metrics"]]
        comparison = headway.compare_revisions(pull_request.root, "main", "feature")
        assert [(m.key, m.change) for m in comparison.metrics] == [("accuracy", 0.05), ("rows", 0)]

    def test_a_second_report_removes_the_pictures_of_the_first(self, pull_request: Project, tmp_path: Path) -> None:
        for head in ("main", "feature"):
            assert (
                run(["report", "main", "--head", head, "--project", str(pull_request.root), "--out", str(tmp_path)])
                == 0
            )
        named = {c[role] for c in load(tmp_path)["charts"] for role in ("image", "image_dark")}
        assert {str(path.relative_to(tmp_path)) for path in tmp_path.glob("charts/*")} == named


class TestDiff:
    def test_prints_tables(self, pull_request: Project, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["diff", "main", "--project", str(pull_request.root)]) == 0
        shown = capsys.readouterr().out
        assert "accuracy" in shown
        assert "0.95" in shown

    def test_json_is_a_report_without_charts(self, pull_request: Project, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["diff", "main", "--project", str(pull_request.root), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert (report["schema"], report["charts"]) == (SCHEMA, [])

    def test_markdown(self, pull_request: Project, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["diff", "main", "--project", str(pull_request.root), "--md"]) == 0
        assert "| " in capsys.readouterr().out

    def test_the_same_revision_on_both_sides_says_so(
        self, pull_request: Project, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["diff", "main", "--head", "main", "--project", str(pull_request.root)]) == 0
        assert "same commit" in capsys.readouterr().out


class TestVerify:
    def test_the_exit_code_and_json(self, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
        project.write("a.py", "").write("params.yaml", "lr: 1\n").json("m.json", {"acc": 1})
        stage = {"cmd": "true", "deps": ["a.py"], "params": ["lr"], "metrics": [{"m.json": {"cache": False}}]}
        project.dvc_yaml({"stages": {"train": stage}}).recorded().commit()
        assert run(["verify", "--project", str(project.root)]) == 0
        assert capsys.readouterr().out.startswith("verified")
        project.write("params.yaml", "lr: 2\n").write("sub/x", "")
        assert run(["verify", "--project", str(project.root / "sub"), "--json"]) == 1
        found = json.loads(capsys.readouterr().out)
        cause = {"kind": "parameter", "what": "params.yaml:lr", "base": 1, "head": 2, "change": "changed"}
        assert (found["status"], found["stages"]) == ("stale", [{"name": "train", "causes": [cause]}])
        assert headway.verify_workspace(project.root).stages[0].name == "train"
        assert run(["diff", "--project", str(project.root)]) == 0
        assert "Stale: train (parameter params.yaml:lr 1 → 2)" in capsys.readouterr().out

    def test_no_project(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["verify", "--project", str(Project(tmp_path / "plain", dvc=False).root)]) == 3
        assert "dvc init" in capsys.readouterr().err


class TestBadInput:
    @pytest.fixture
    def complaint(self, capsys: pytest.CaptureFixture[str]) -> Complaint:
        def complain(code: int, *args: str) -> str:
            assert run(list(args)) == code
            captured = capsys.readouterr()
            assert captured.out == ""
            assert "Traceback" not in captured.err
            return captured.err

        return complain

    def test_no_git_repository(self, complaint: Complaint, tmp_path: Path) -> None:
        assert "git" in complaint(3, "diff", "--project", str(tmp_path))

    def test_no_dvc_repository(self, complaint: Complaint, tmp_path: Path) -> None:
        Project(tmp_path, dvc=False).write("a", "b").commit()
        assert "dvc init" in complaint(3, "diff", "--project", str(tmp_path))

    def test_an_unknown_revision(self, complaint: Complaint, pull_request: Project) -> None:
        assert "featur" in complaint(3, "diff", "featur", "--project", str(pull_request.root))

    def test_unusable_settings(self, complaint: Complaint, project: Project) -> None:
        project.write("headway.yaml", "metrics:\n  acc: {direction: up}\n").commit()
        text = complaint(2, "diff", "--project", str(project.root))
        assert "headway.yaml (workspace), line 2" in text
        assert "metrics.acc.direction" in text

    def test_an_invalid_dvc_yaml_of_head_names_its_side(self, complaint: Complaint, project: Project) -> None:
        project.write("dvc.yaml", "metrics: [m.json]\n").commit("base")
        project.branch("feature").write("dvc.yaml", "metrics: [m.json]\nstages:\n  a: {comand: x}\n").commit("head")
        text = complaint(3, "diff", "main", "--head", "feature", "--project", str(project.root))
        assert "dvc.yaml" in text
        assert "feature" in text

    def test_an_unknown_option(self, complaint: Complaint) -> None:
        assert "--jsn" in complaint(2, "diff", "--jsn")

    def test_a_report_that_cannot_be_written(self, complaint: Complaint, pull_request: Project, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        out = str(tmp_path / "file" / "out")
        assert "--out" in complaint(3, "report", "--project", str(pull_request.root), "--out", out)

    def test_a_base_without_dvc_gives_a_report_with_everything_new(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        project = Project(tmp_path, dvc=False).write("a", "b")
        project.commit("before DVC")
        project.branch("feature").dvc_init().dvc_yaml(PLOTS)
        results(project, 0.9, "")
        project.commit("with DVC")
        assert run(["diff", "main", "--project", str(project.root), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert {metric["status"] for metric in report["metrics"]} == {"added"}
        assert report["notes"]

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            ("", "metrics.json"),
            ("{broken", "metrics.json"),
            ("[1, 2]", "metrics.json"),
            ('{"a": NaN, "b": Infinity}', "finite"),
            ('{"a": [1, 2], "b": 1}', "instead of a metric"),
        ],
    )
    def test_a_bad_metrics_file_is_a_footnote(
        self, project: Project, capsys: pytest.CaptureFixture[str], content: str, expected: str
    ) -> None:
        project.dvc_yaml("metrics: [metrics.json]").json("metrics.json", {"a": 1}).commit("base")
        project.write("metrics.json", content)
        assert run(["diff", "main", "--project", str(project.root), "--json"]) == 0
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert any(expected in json.dumps(problem) for problem in problems), problems

    @pytest.mark.parametrize(
        "key", ["a.b", "a|b", "a\nb", "🎉", "`x`", "<b>", "[x](y)", "@you", "", "x" * 5000, "\u202eabc", "$a$"]
    )
    def test_any_metric_name_is_reported(self, project: Project, capsys: pytest.CaptureFixture[str], key: str) -> None:
        project.dvc_yaml("metrics: [metrics.json]").json("metrics.json", {key: 1}).commit("base")
        project.json("metrics.json", {key: 2})
        for form in ("--json", "--md", None):
            assert run(["diff", "main", "--project", str(project.root), *([form] if form else [])]) == 0
            assert capsys.readouterr().out

    def test_bad_plots_cost_no_other_plot(self, project: Project, tmp_path: Path) -> None:
        lines = [f"  - {name}.csv: {{x: epoch, y: loss, template: linear}}\n" for name in BAD_CURVES]
        project.dvc_yaml(PLOTS + "".join(lines))
        results(project, 0.9, "cat,dog\n")
        for name in BAD_CURVES:
            project.write(f"{name}.csv", "epoch,loss\n1,0.5\n2,0.25\n")
        project.commit("base")
        for name, content in BAD_CURVES.items():
            project.write(f"{name}.csv", content)
        assert run(["report", "main", "--project", str(project.root), "--out", str(tmp_path / "out")]) == 0
        report = load(tmp_path / "out")
        assert {"curve.csv", "confusion.csv", "f1.csv"} <= {chart["id"] for chart in report["charts"]}
        assert all(chart["image"] for chart in report["charts"])
        said = json.dumps([report["problems"], report["charts"]])
        assert [name for name in BAD_CURVES if f"{name}.csv" not in said] == []


@pytest.mark.skipif(sys.platform != "linux", reason="finds the child process in /proc")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow)]
)
def test_an_interrupted_run_leaves_nothing_behind(
    pull_request: Project, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    settings = tmp_path / "config"  # DVC's own, which it reads after the renderer's child has started
    os.mkfifo(settings)
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "headway",
            "report",
            "--project",
            str(pull_request.root),
            "--out",
            str(tmp_path / "out"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DVC_GLOBAL_CONFIG_DIR": str(tmp_path)},
    ) as process:
        with held(settings, process.pid):
            children = [os.pidfd_open(child) for child in processes_below(process.pid)]
            process.send_signal(number)
        _, errors = process.communicate()
    assert process.returncode == code
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir()), "no temporary file"
    assert children
    assert all(map(ended, children)), "no child outlives the run"


def processes_below(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [*map(int, children)]
