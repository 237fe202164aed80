"""docs/sweeps.md sweeps the digits: each command runs, in its order, with short trainings; its numbers are right."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from repos import Project
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
SWEPT = ["sweep-1", "sweep-2", "sweep-3", "sweep-4"]
MOST_LOOKS = 300
"""How often the test asks whether the queue is empty, for two seconds each time, before it fails."""

pytestmark = pytest.mark.slow


PAGE = (ROOT / "docs/sweeps.md").read_text()


def page_scripts() -> Iterator[str]:
    yield from re.findall(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(params=["epochs|latency_runs"])
def digits(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    copy_repository: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """A clone of this repository's files with small parameters, and without reports. At the end, no worker is left."""
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "1735689600 +0000")  # DVC's commits are made by dulwich, which reads no other format
    project = Project(tmp_path / "digits", dvc=False)
    copy_repository(project.root)
    params = (project.root / "params.yaml").read_text()
    project.write("params.yaml", re.sub(rf"({request.param}): \d+", r"\1: 2", params))
    stages = (project.root / "dvc.yaml").read_text()
    project.write("dvc.yaml", re.sub(r"  report:\n.*?(?=\nplots:)", "", stages, flags=re.DOTALL))
    project.commit("the model of today")
    project.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "remote"))
    project.git("remote", "add", "origin", f"file://{tmp_path / 'remote'}")
    project.git("push", "--quiet", "--set-upstream", "origin", "main")
    run(project, "dvc pull --quiet")
    yield project
    run(project, "dvc queue stop --kill")
    for written in (project.root / ".dvc/tmp/exps/celery").glob("*.json"):
        if psutil.pid_exists(worker := json.loads(written.read_bytes())["pid"]):
            psutil.Process(worker).wait()


def run(project: Project, script: str) -> str:
    """Run commands as a reader would."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(project.root / "src"), "COLUMNS": "200"}
    shell = ["bash", "-e", "-c", script]
    done = subprocess.run(shell, cwd=project.root, env=environ, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
    return f"{done.stdout}{done.stderr}"


def wait_for_queue(project: Project) -> None:
    for _ in range(MOST_LOOKS):
        if not re.search("Queued|Running", run(project, "dvc queue status")):
            return
    pytest.fail("the queue does not become empty")


def start(project: Project, script: str) -> str:
    """Run commands, and wait for what they start."""
    printed = run(project, script)
    if script.startswith("dvc queue start"):
        wait_for_queue(project)
    return printed


def test_each_command_of_the_page_does_what_it_says(digits: Project) -> None:
    said = iter([start(digits, script) for script in page_scripts()])
    assert re.findall(r"Queued experiment '(.*)'", next(said)) == SWEPT
    assert "Started '2' new experiments task queue workers" in next(said)
    listed = next(said)
    assert len(re.findall(r"sweep-\d .*Success", listed)) == len(SWEPT)
    assert "Running stage 'train'" in listed
    assert {"convolution", "perceptron", *(f"[{name}]" for name in SWEPT)} <= set(next(said).split())
    compared = next(said)
    assert sorted(re.findall(r"^main → (\S+)$", compared, re.MULTILINE)) == SWEPT
    assert compared.count("Evaluation: the same rows on both sides") == len(SWEPT)
    assert sorted(re.findall(r"^(\S+) fails a gate$", next(said), re.MULTILINE)) == SWEPT
    assert "reports/headway/report.html" in next(said)
    assert re.search("^check-1 → check-2$", next(said), re.MULTILINE)
    assert "'sweep-1' have been applied" in next(said)
    assert "  hidden: 32 #" in digits.git("show", "origin/smaller-network:params.yaml")
    assert "Removed" in next(said)
    assert next(said, None) is None
    assert not digits.git("for-each-ref", "refs/exps/??/**")


@pytest.mark.parametrize("digits", ["latency_runs"], indirect=True)
def test_its_numbers_are_those_of_whole_trainings(digits: Project) -> None:
    for script in page_scripts():
        if script.startswith("dvc exp run --queue"):
            run(digits, script.partition("\n")[0])
    run(digits, "dvc exp run --run-all --jobs 2")
    table = re.findall(r"^\| `(sweep-\d)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert [(name, table_row(digits, name)) for name in SWEPT] == table
    check_the_other_split(digits)


def table_row(project: Project, name: str) -> str:
    """What the page's table has to say of an experiment."""
    model = YAML(typ="safe").load(project.git("show", f"{reference(project, name)}:params.yaml"))["model"]
    metric = accuracy(project, "main", name)
    interval = signed("{low:+.3f} to {high:+.3f}", metric["evidence"])
    gate = {"pass": "passed", "fail": "failed", "warn": "cannot tell"}[metric["gate"]["outcome"]]
    verdict = metric["verdict"].replace("_", " ")
    return f"{model['kind']} | {model['hidden']} | {metric['head']:.4f} | {interval} | {verdict} | {gate}"


def check_the_other_split(project: Project) -> None:
    before, after, chosen_by = (correct(project, name) for name in ("check-1", "check-2", "main"))
    unseen = before.keys() - chosen_by.keys()
    for rows in (before.keys(), unseen):
        shares = [sum(side[row] for row in rows) / len(rows) for side in (before, after)]
        assert "{:.4f} with 64 units and {:.4f} with 32".format(*shares) in PAGE
    fixed, broken = (sum(new[row] > old[row] for row in old) for old, new in ((before, after), (after, before)))
    assert f"{fixed} of {len(before)} rows fixed, {broken} broken" in PAGE
    gate = accuracy(project, "check-1", "check-2")["gate"]
    assert signed("the gate passes, with a 90% interval from {low:+.3f} to {high:+.3f}", gate) in PAGE
    assert gate["outcome"] == "pass"
    assert f"{len(before) - len(unseen)} had already been among the {len(chosen_by)}" in PAGE
    assert f"On the other {len(unseen)}," in PAGE


def accuracy(project: Project, base: str, head: str) -> dict[str, Any]:
    """What Headway says of it."""
    compared = json.loads(run(project, f"headway diff {base} {head} --json 2>/dev/null"))
    (metric,) = [each for each in compared["metrics"] if each["key"] == "accuracy"]
    return dict(metric)


def correct(project: Project, revision: str) -> dict[str, bool]:
    """Whether each test row was read correctly, by its id."""
    written = project.git("show", f"{reference(project, revision)}:reports/predictions.csv")
    return {row["id"]: row["actual"] == row["predicted"] for row in csv.DictReader(io.StringIO(written))}


def reference(project: Project, revision: str) -> str:
    """What git calls it; only DVC knows an experiment by its short name."""
    return project.git("for-each-ref", "--format=%(refname)", f"refs/exps/??/*/{revision}").strip() or revision


def signed(text: str, numbers: dict[str, float]) -> str:
    return text.format(**numbers).replace("-", "\u2212")
