"""From a DVC repository to its first comment: what a new user writes and answers, and how long each step takes.

In each repository, ``headway init`` writes the settings and the workflow; then the job's commands run as in CI, on the
branch ``change``, and post to a fake of GitHub. Beside it stands the script of CML's guide on the same repository: one
``dvc plots diff`` and one rendering for each plot, and its text is posted by ``headway comment``, because CML needs a
real GitHub.

Example:
    python benchmarks/first_comment.py
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "examples")]

from fakes import FakeGitHub, PullRequest
from make_revisions import NAMES, Repository, make_revisions
from recipe import RENDER, isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PREPARE = """\
import json, pathlib, random, sys, yaml
p = yaml.safe_load(open("params.yaml"))
random.seed(p["seed"])
pathlib.Path("data").mkdir(exist_ok=True)
for part in ("train", "test"):
    rows = [f"{n},{random.random():.6f},{int(random.random() < .5)}" for n in range(400)]
    pathlib.Path(f"data/{part}.csv").write_text("id,x,label\\n" + "\\n".join(rows) + "\\n")
"""
EVALUATE = """\
import csv, json, pathlib, yaml
t = yaml.safe_load(open("params.yaml"))["threshold"]
pathlib.Path("eval").mkdir(exist_ok=True)
found = {}
for part in ("train", "test"):
    rows = list(csv.DictReader(open(f"data/{part}.csv")))
    found[part] = sum((float(r["x"]) > t) == (r["label"] == "1") for r in rows) / len(rows)
json.dump({"accuracy": found}, open("eval/metrics.json", "w"), indent=2)
json.dump({"prc": [{"recall": n / 10, "precision": 1 - n * t / 10} for n in range(11)]}, open("eval/prc.json", "w"))
"""
STAGES = """\
stages:
  prepare:
    cmd: python src/prepare.py
    deps: [src/prepare.py]
    params: [seed]
    outs: [data/train.csv, data/test.csv]
  evaluate:
    cmd: python src/evaluate.py
    deps: [src/evaluate.py, data/train.csv, data/test.csv]
    params: [threshold]
    metrics:
      - eval/metrics.json: {cache: false}
    plots:
      - eval/prc.json: {cache: false, x: recall, y: precision}
"""


@dataclass(frozen=True)
class Trial:
    """What a new user had to do in a repository, and how long it took."""

    name: str
    projects: int
    written: int
    init: float
    job: float
    script: float
    plots: int


def main() -> None:
    """Try each repository, and print a table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(
        "| repository | lines that `headway init` writes | `headway init`, s | Headway's job, s | plots | the guide's script, s |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, build in SHAPES.items():
            trial = _try(name, build, Path(folder) / name.replace(" ", "-"))
            print(
                f"| {trial.name} | {trial.written} | {trial.init:.1f} | {trial.job:.1f} | {trial.plots} | {trial.script:.1f} |"
            )


def _example(name: str) -> Callable[[Path], None]:
    def build(root: Path) -> None:
        make_revisions(name, root)
        repository = Repository(root, commits=8)
        repository.run("git", "checkout", "--quiet", "main")
        (root / "headway.yaml").unlink()
        repository.commit("Before Headway")

    return build


def _get_started(root: Path) -> None:
    """Like DVC's own example: code and requirements in ``src``, metrics and plots in ``eval``."""
    _project(root, root)


def _monorepo(root: Path) -> None:
    """Two projects in one git repository."""
    for name in ("models/a", "models/b"):
        _project(root, root / name)


def _project(root: Path, folder: Path) -> None:
    is_first = not root.exists()
    (folder / "src").mkdir(parents=True)
    repository = Repository(root, commits=1)
    if is_first:
        repository.run("git", "init", "--quiet", "--initial-branch", "main")
    own = Repository(folder, commits=1)
    own.run(sys.executable, "-m", "dvc", "init", "--quiet", *([] if folder == root else ["--subdir"]))
    (folder / "src/prepare.py").write_text(PREPARE)
    (folder / "src/evaluate.py").write_text(EVALUATE)
    (folder / "src/requirements.txt").write_text("pyyaml\n")
    (folder / "params.yaml").write_text("seed: 1\nthreshold: 0.5\n")
    (folder / "dvc.yaml").write_text(STAGES)
    own.dvc("repro")
    repository.commit(f"Add {folder.name}")
    repository.run("git", "checkout", "--quiet", "-B", "change")
    (folder / "params.yaml").write_text("seed: 1\nthreshold: 0.4\n")
    own.dvc("repro")
    repository.commit("Lower the threshold")
    repository.run("git", "checkout", "--quiet", "main")


SHAPES = {
    **{f"examples/{name}": _example(name) for name in NAMES},
    "like example-get-started": _get_started,
    "two projects in one repository": _monorepo,
}


def _try(name: str, build: Callable[[Path], None], root: Path) -> Trial:
    build(root)
    environ = isolated(root.parent)

    def run(*command: str, stdin: bytes | None = None, job: Mapping[str, str] | None = None) -> bytes:
        environment = {**environ, **(job or {})}
        done = subprocess.run(command, cwd=root, env=environment, input=stdin, check=True, stdout=subprocess.PIPE)
        return done.stdout

    start = time.perf_counter()
    run("headway", "init", "--yes", "--forge", "github", "--source", f"https://github.com/team/headway@{COMMIT}")
    init = time.perf_counter() - start
    written = _added(run("git", "status", "--porcelain", "--untracked-files=all"), root, run)
    Repository(root, commits=9).commit("Add Headway")
    run("git", "checkout", "--quiet", "change")
    run("git", "merge", "--quiet", "--no-edit", "main")
    projects = len(list(root.rglob(".dvc/config")))
    every = ["--all-projects"] if projects > 1 else []
    posted = ["--all", "reports/headway", "--one-comment"] if projects > 1 else []
    with FakeGitHub(repository="team/project", pull_requests=[PullRequest(number=1)]) as forge:
        job = forge.environ(number=1)
        start = time.perf_counter()
        run("headway", "ci", "reproduce", *every)
        run("headway", "report", "main", *every)
        run("headway", "post", "--strict", "--images", "none", *posted, job=job)
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        plots = 0 if every else _script(run, root.parent / "charts", job)
        script = time.perf_counter() - start
    return Trial(name, projects, written, init, seconds, script if not every else float("nan"), plots)


def _added(status: bytes, root: Path, run: Callable[..., bytes]) -> int:
    """The lines that files have gained."""
    new = [line[3:] for line in status.decode().splitlines() if line.startswith("??")]
    changed = run("git", "diff", "--numstat").decode().splitlines()
    return sum(len((root / path).read_text().splitlines()) for path in new) + sum(
        int(line.split()[0]) for line in changed
    )


def _script(run: Callable[..., bytes], charts: Path, job: Mapping[str, str]) -> int:
    """The commands of CML's guide; gives the number of plots."""
    charts.mkdir(exist_ok=True)
    report = charts / "report.md"
    run("dvc", "repro")
    text = run("dvc", "metrics", "diff", "main", "--md")
    plots = json.loads(run("dvc", "plots", "diff", "main", "--json") or b"{}").get("data", {})
    for number, plot in enumerate(sorted(plots)):
        spec = run("dvc", "plots", "diff", "main", "--targets", plot, "--show-vega")
        image = charts / f"{number}.png"
        run(sys.executable, "-c", RENDER, str(image), stdin=spec)
        text += f"\n![]({image.name})\n".encode()
    report.write_bytes(text)
    run("headway", "comment", str(report), "--images", "none", job=job)
    return len(plots)


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
