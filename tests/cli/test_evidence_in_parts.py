"""``headway evidence``: parts in processes of their own give the report of one run, to the byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from judge.test_evidence import ROWS, SETTINGS, Model, write
from repos import Project

from headway.cli.main import run

COUNT = 3


@pytest.fixture(scope="module")
def _compared_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("compared") / "project")
    gated = SETTINGS["metrics"] | {"accuracy": SETTINGS["metrics"]["accuracy"] | {"gate": {"margin": 0.02}}}
    rules = SETTINGS | {"metrics": gated}
    project.dvc_yaml({"metrics": ["metrics.json"]}).json("headway.yaml", rules)
    write(project, Model(0.8)).commit("base")
    write(project, Model(0.85, range(20, ROWS + 20), relabelled=30)).commit("head")
    return project


@pytest.fixture
def compared(_compared_once: Project, tmp_path: Path) -> Project:
    """A head with other rows and other answers than its base, and a gate."""
    return Project(shutil.copytree(_compared_once.root, tmp_path / "project"), git=False)


def parts(project: Project, count: int = COUNT) -> list[str]:
    """The files of all parts."""
    for place in range(1, count + 1):
        assert evidence(project, "HEAD~1", "HEAD", "--part", f"{place}/{count}") == 0
    return [str(project.root / f"evidence-{place}-of-{count}.json") for place in range(1, count + 1)]


def evidence(project: Project, *args: str) -> int:
    return run(["evidence", *args, "-C", str(project.root)])


def diff(project: Project, capsys: pytest.CaptureFixture[str], *args: str) -> str:
    capsys.readouterr()
    assert run(["diff", "HEAD~1", "HEAD", "--json", "-C", str(project.root), *args]) == 0
    return capsys.readouterr().out


def test_merged_parts_say_what_one_run_says(compared: Project, capsys: pytest.CaptureFixture[str]) -> None:
    whole = diff(compared, capsys)
    assert evidence(compared, "merge", *reversed(parts(compared))) == 0
    merged = compared.root / "evidence.json"
    assert diff(compared, capsys, "--evidence", str(merged)) == whole
    assert '"verdict": "improved"' in whole
    assert run(["gate", "HEAD~1", "HEAD", "-C", str(compared.root), "--evidence", str(merged)]) == 0


@pytest.mark.slow
def test_the_command_of_a_missing_part_computes_it(compared: Project, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = parts(compared, 2)
    Path(second).unlink()
    assert evidence(compared, "merge", first) == 2
    compared.paste(last_line(capsys))
    assert evidence(compared, "merge", first, second) == 0


@pytest.mark.slow
def test_settings_without_evidence_get_suggestions(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    write(project.dvc_yaml({"metrics": ["metrics.json"]}), Model(0.8)).commit("base")
    write(project, Model(0.9)).commit("head")
    assert evidence(project, "HEAD~1", "--part", "1/2") == 2
    assert "# Suggested" in project.paste(last_line(capsys))


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The remedy of an error."""
    return capsys.readouterr().err.splitlines()[-1].strip()


def test_a_single_part_is_refused_like_parts_of_something_else(
    compared: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = parts(compared)
    assert run(["diff", "HEAD~1", "HEAD", "-C", str(compared.root), "--evidence", first]) == 2
    assert "Part 2 of 3 is missing" in capsys.readouterr().err
    assert evidence(compared, "merge", first, second) == 2
    assert "Part 3 of 3 is missing" in capsys.readouterr().err
    assert evidence(compared, "merge", first, second, third) == 0
    compared.write("other.txt", "").commit("another head")
    assert run(["diff", "HEAD~1", "-C", str(compared.root), "--evidence", str(compared.root / "evidence.json")]) == 2
    assert "The evidence is not about the same as this comparison" in capsys.readouterr().err


def test_the_anchor_is_compared_in_parts_too(compared: Project, capsys: pytest.CaptureFixture[str]) -> None:
    compared.git("tag", "v1", "HEAD~1")
    compared.json("headway.yaml", SETTINGS | {"anchor": "v1"}).commit("base with an anchor")
    write(compared, Model(0.9)).commit("another head")
    whole = diff(compared, capsys)
    assert '"since_anchor"' in whole
    assert evidence(compared, "merge", *parts(compared, 2)) == 0
    assert diff(compared, capsys, "--evidence", str(compared.root / "evidence.json")) == whole


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["HEAD~1", "--part", "5/4"], "'5/4' is no part I/N such as 1/4"),
        (["HEAD~1", "--part", "1/65"], "at most 64 parts"),
        (["HEAD~1"], "Name the part to compute with --part"),
        (["merge"], "Name the files of all parts after `merge`"),
        (["merge", "metrics.json"], "is not evidence of this version"),
        (["merge", "nothing.json"], "cannot be read"),
        (["a", "b", "c", "--part", "1/2"], "unexpected extra argument (c)"),
    ],
)
def test_wrong_usage_says_what_is_right(
    compared: Project, capsys: pytest.CaptureFixture[str], args: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(compared.root)
    assert evidence(compared, *args) == 2
    assert said in " ".join(capsys.readouterr().err.split())


SLICED = {
    "metrics": {
        "accuracy": {
            "direction": "higher",
            "estimator": "accuracy",
            "gate": {"margin": 0.2, "slices": {"margin": 0.3}},
        },
        "recall.1": {"direction": "higher", "estimator": {"name": "recall", "class": "1"}},
        "loss": {"direction": "lower", "estimator": "log_loss", "gate": {"slices": {"max": 2.0}}},
        "percent": {"direction": "higher", "estimator": {"name": "f1", "average": "micro"}},
        "negative": {"direction": "higher", "estimator": "log_loss"},
    },
    "headline": ["accuracy", "loss", "percent", "negative"],
    "predictions": [SETTINGS["predictions"][0] | {"slices": ["site", "batch", "same"]}],
}


def write_slices(project: Project, model: Model) -> Project:
    """A few sites, one of which has a single row, rows without a site, and more batches than there can be slices."""
    ids = model.ids
    sites = np.where(ids == ROWS - 1, "depot", np.array(["north", "south", ""])[ids % 3])
    columns = {"site": sites, "batch": ids % 120, "same": np.zeros(len(ids), np.int64)}
    table = pl.read_csv(model.table().encode()).with_columns(**{name: pl.Series(of) for name, of in columns.items()})
    return write(project, model, table=table.write_csv())


@pytest.mark.parametrize("count", [1, COUNT])
def test_slices_of_merged_parts_are_those_of_one_run(
    project: Project, capsys: pytest.CaptureFixture[str], count: int
) -> None:
    project.dvc_yaml({"metrics": ["metrics.json"]}).json("headway.yaml", SLICED)
    write_slices(project, Model(0.8)).commit("base")
    write_slices(project, Model(0.85, range(20, ROWS + 20), relabelled=30)).commit("head")
    whole = diff(project, capsys)
    assert evidence(project, "merge", *parts(project, count)) == 0
    assert diff(project, capsys, "--evidence", str(project.root / "evidence.json")) == whole
    report = json.loads(whole)
    assert [each["value"] for each in report["slices"]][:4] == ["depot", "north", "south", None]
    assert {each["metric"]["key"] for each in report["slices"]} == {"accuracy", "loss", "percent", "negative"}
    gates = [each["metric"]["gate"]["outcome"] for each in report["slices"] if "gate" in each["metric"]]
    assert "pass" in gates
    for why in ("has 120 values in `batch`", "has the same value in all rows of `same`"):
        assert sum(why in problem["what"] for problem in report["problems"]) == 1


@pytest.mark.parametrize(
    ("estimator", "table", "why"),
    [
        ("roc_auc", {}, "`roc_auc` depends on the ranks of all rows together"),
        ("log_loss", {"group": "predicted"}, "its rows belong to groups, and those of a group may fall into several"),
        ("log_loss", {"id": ""}, "its table has no `id`, by which rows are divided into parts"),
    ],
)
def test_the_gates_of_metrics_that_are_left_out_say_why(
    compared: Project, capsys: pytest.CaptureFixture[str], estimator: str, table: dict[str, str], why: str
) -> None:
    rules = {"loss": {"direction": "lower", "estimator": estimator, "gate": {"margin": 1, "slices": {"max": 1}}}}
    rule = SETTINGS["predictions"][0] | {"slices": ["actual"]} | table
    compared.json("headway.yaml", {"metrics": rules, "predictions": [rule]}).commit("base's rules")
    write(compared, Model(0.9)).commit("another head")
    assert evidence(compared, "merge", *parts(compared, 1)) == 0
    report = json.loads(diff(compared, capsys, "--evidence", str(compared.root / "evidence.json")))
    (metric,) = [each for each in report["metrics"] if each["key"] == "loss"]
    reasons = [metric["gate"]["checks"][0]["reason"], report["gates"]["unmatched"][0]["reason"]]
    for reason in reasons:
        assert reason.startswith(f"it cannot be computed in parts: {why}")
    assert report["problems"]


def test_a_missing_column_comes_before_what_cannot_be_computed_in_parts(
    compared: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = {"loss": {"direction": "lower", "estimator": "roc_auc", "gate": {"margin": 1}}}
    rule = {**SETTINGS["predictions"][0], "probabilities": "", "score": ""}
    compared.json("headway.yaml", {"metrics": rules, "predictions": [rule]}).commit("base's rules")
    write(compared, Model(0.9)).commit("another head")
    whole = diff(compared, capsys)
    assert evidence(compared, "merge", *parts(compared, 1)) == 0
    of_parts = diff(compared, capsys, "--evidence", str(compared.root / "evidence.json"))
    told, merged = ([problem["what"] for problem in json.loads(each)["problems"]] for each in (whole, of_parts))
    assert told == merged
    assert sum("names no `score`" in each for each in told) == 1


@pytest.mark.slow
def test_four_processes_and_a_merge_give_the_report_of_one_process(compared: Project, tmp_path: Path) -> None:
    def start(*args: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "headway", *args, "-C", str(compared.root)])

    processes = [start("evidence", "HEAD~1", "HEAD", "--part", f"{place}/4") for place in range(1, 5)]
    assert [process.wait() for process in processes] == [0] * 4
    files = [str(compared.root / f"evidence-{place}-of-4.json") for place in range(1, 5)]
    merged = str(tmp_path / "merged.json")
    assert start("evidence", "merge", *files, "--out", merged).wait() == 0
    reports = [tmp_path / "one", tmp_path / "four"]
    assert start("report", "HEAD~1", "HEAD", "--out", str(reports[0])).wait() == 0
    assert start("report", "HEAD~1", "HEAD", "--out", str(reports[1]), "--evidence", merged).wait() == 0
    for name in ("report.json", "report.md", "report.html"):
        assert (reports[0] / name).read_bytes() == (reports[1] / name).read_bytes()
