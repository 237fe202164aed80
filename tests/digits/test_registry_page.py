"""docs/registry.md takes the digits from the merge to production and back: each of its commands runs, in its order."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
CHANGED = ("reports/predictions.csv", "reports/metrics.json", "params.yaml", "dvc.lock")
"""What the two commits have differently: the older model was trained for a shorter time."""
WRONG = 15
"""Predictions of the older model that are wrong in addition."""

pytestmark = pytest.mark.slow


def page_commands() -> Iterator[str]:
    for block in re.findall(r"```bash\n(.*?)```", (ROOT / "docs/registry.md").read_text(), flags=re.DOTALL):
        yield from block.splitlines()


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory, copy_repository: Callable[[Path], None]) -> Project:
    """A clone of this repository's files with two commits of the digits, an older model and the one of today."""
    folder = tmp_path_factory.mktemp("digits")
    project = Project(folder / "digits", dvc=False)
    copy_repository(project.root)
    today = {path: (project.root / path).read_text() for path in CHANGED}
    for path in ("params.yaml", "dvc.lock"):
        project.write(path, re.sub(r"(epochs: )\d+", r"\g<1>3", today[path]))
    project.write("reports/predictions.csv", worse_predictions(today["reports/predictions.csv"]))
    metrics = json.loads(today["reports/metrics.json"])
    project.json("reports/metrics.json", {**metrics, "accuracy": metrics["accuracy"] - WRONG / rows(today)})
    project.commit("an older model")
    for path, content in today.items():
        project.write(path, content)
    project.commit("the model of today")
    project.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "remote"))
    project.git("remote", "add", "origin", f"file://{folder / 'remote'}")
    project.git("push", "--quiet", "--set-upstream", "origin", "main")
    return project


def rows(today: dict[str, str]) -> int:
    return len(today["reports/predictions.csv"].splitlines()) - 1


def worse_predictions(text: str) -> str:
    """The table with some right answers exchanged for wrong ones."""
    table = list(csv.DictReader(io.StringIO(text)))
    right = [row for row in table if row["actual"] == row["predicted"]]
    for row in right[:WRONG]:
        digit = str((int(row["actual"]) + 1) % 10)
        row["predicted"] = digit
        row[f"p_{row['actual']}"], row[f"p_{digit}"] = row[f"p_{digit}"], row[f"p_{row['actual']}"]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def run(project: Project, command: str) -> str:
    """Run a command as a reader would, with the clock that tags need."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "PYTHONPATH": str(project.root / "src")}
    del environ["GIT_COMMITTER_DATE"]
    shell = ["bash", "-c", command]
    done = subprocess.run(shell, cwd=project.root, env=environ, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return f"{done.stdout}{done.stderr}"


def test_each_command_of_the_page_does_what_it_says(digits: Project) -> None:
    run(digits, "headway promote digits main~1 --to staging && headway promote digits --to production")
    printed = {command: run(digits, command) for command in page_commands()}
    said = iter(printed.values())
    assert "Promoted digits v0.0.2 to staging (was v0.0.1)" in next(said)
    assert "Would promote digits v0.0.2 to production (was v0.0.1)" in next(said)
    assert "Promoted digits v0.0.2 to production (was v0.0.1)" in next(said)
    assert "better than v0.0.1" in " ".join(next(said).split())
    assert next(said).count("production") == 2
    assert "digits right" in next(said)
    assert "Rolled digits back to v0.0.1 in production (was v0.0.2)" in next(said)
    assert "reproduced" in " ".join(next(said).split())
    assert next(said, None) is None
