"""docs/speed.md and the workflow that measures this repository's model: their commands, run."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from ruamel.yaml import YAML
from workflow_steps import ROOT, Runner, Step, scripts

from headway.report import codec

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Project

PAGE = ROOT / "docs/speed.md"
WORKFLOW = ROOT / ".github/workflows/report.yml"
BENCHMARK = """\
import subprocess, sys
print(subprocess.check_output(["sh", "next_line.sh", sys.argv[1]], text=True).replace("ms", "median_ms"), end="")
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


@pytest.mark.slow  # measures three times; each command has a usual test in test_speed_command.py
def test_each_command_of_the_page_does_what_it_says(project: Project) -> None:
    (benchmark,) = blocks("python")
    settings = next(block for block in blocks("yaml") if block.startswith("metrics:"))
    make = "import numpy; numpy.save('net.npy', numpy.ones((40, {})))"
    artifacts = {"net": {"path": "net.npy", "type": "model"}}
    project.dvc_yaml({"stages": {"train": {"cmd": "true", "outs": ["net.npy"]}}, "artifacts": artifacts})
    project.write("headway.yaml", settings).write("benchmark.py", benchmark)
    project.write(".gitignore", "/net.npy\n").run("python", "-c", make.format(4))
    project.recorded().commit("base")
    project.run("python", "-c", make.format(20_000))
    project.branch("head").recorded().commit("head")
    page = [command for block in blocks("bash") for command in block.splitlines()]
    said = [project.paste(command, check=False) for command in page]
    assert len(said) == 4
    assert all("worse" in each for each in (said[0], said[1]))
    assert "gates failed" in said[2]
    assert "Gates: " in said[3]
    assert "failed" in said[3]


@pytest.mark.slow  # thirty starts of Python
@pytest.mark.parametrize("source", ["workflow", "page"])
def test_the_steps_of_a_job_measure_and_report(source: str, timed: Project, tmp_path: Path) -> None:
    """This repository's own, with a stand-in for the digits, and those of the page."""
    (rule,) = re.findall(r'^  "\*_ms": .*\n', (ROOT / "headway.yaml").read_text(), re.MULTILINE)
    timed.write("digits/__init__.py", "").write("digits/inference/__init__.py", "").write("benchmark.py", BENCHMARK)
    timed.write("digits/inference/benchmark.py", BENCHMARK).write("headway.yaml", f"metrics:\n{rule}").commit("head")
    event = {"pull_request": {"head": {"repo": {"full_name": "team/digits"}}, "user": {"login": "ada"}}}
    (tmp_path / "output").touch()
    (tmp_path / "event").write_text(json.dumps(event))
    environ = {
        "GITHUB_EVENT_PATH": str(tmp_path / "event"),
        "GITHUB_REPOSITORY": "team/digits",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RUNNER_TEMP": str(tmp_path),
    }
    runner = Runner(folder=timed.root, environ=environ)
    runner.run_all(own_steps() if source == "workflow" else page_steps())
    report = codec.decode((timed.root / "reports/headway/report.json").read_bytes())
    assert report.speed
    (change,) = report.speed.changes
    assert (change.name, change.verdict) == ("median_ms", "worse")
    assert report.gates
    outcomes = {gate.name: gate.outcome for gate in report.gates.others}
    assert outcomes == {"median_ms": "cannot_tell", "ms": "warn"}  # head's first rule, and base's, which head dropped


def own_steps() -> list[Step]:
    names = {"Measure the speed of both models", "Report"}
    return [step for step in scripts(WORKFLOW, "report") if step.name in names]


def page_steps() -> list[Step]:
    (block,) = (block for block in blocks("yaml") if block.startswith("- name:"))
    return [Step(name=step["name"], run=step["run"]) for step in YAML(typ="safe", pure=True).load(block)]
