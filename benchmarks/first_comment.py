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
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes import FakeGitHub, PullRequest
from recipe import RENDER, isolated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAKE = Path(__file__).parent.parent / "examples/make_revisions.py"
EXAMPLES = ("imbalanced", "regression", "text_tasks")
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


PARAMS = "seed: 1\nthreshold: {}\n"


@dataclass(frozen=True)
class Trial:
    """What a new user had to do in a repository, and how long it took.

    Attributes:
        written: the lines that ``headway init`` wrote.
        init: its seconds.
        job: those of the job's commands.
        script: those of the guide's script; ``None`` where it does not apply.
        plots: the plots of the repository.
        drawn: how many of them the script draws; Headway draws all.
    """

    written: int
    init: float
    job: float
    script: float | None = None
    plots: int = 0
    drawn: int = 0


def main() -> None:
    """Try each repository, and print a table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print("| repository | lines that init writes | init, s | Headway's job, s | the script, s | plots it draws |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, build) in enumerate(SHAPES.items()):
            print(_row(name, _try(build, Path(folder) / str(number) / "repository")))


def _row(name: str, trial: Trial) -> str:
    script = "-" if trial.script is None else f"{trial.script:.1f}"
    plots = f"{trial.drawn} of {trial.plots}" if trial.plots else "-"
    return f"| {name} | {trial.written} | {trial.init:.1f} | {trial.job:.1f} | {script} | {plots} |"


@dataclass(frozen=True)
class Shell:
    """Runs commands in a repository."""

    root: Path
    environ: Mapping[str, str]

    def run(self, *command: str, stdin: bytes | None = None, job: Mapping[str, str] = MappingProxyType({})) -> bytes:
        """What a command prints; ``job`` are the variables of the CI job."""
        environment = {**self.environ, **job}
        done = subprocess.run(command, cwd=self.root, env=environment, input=stdin, check=True, capture_output=True)
        return done.stdout

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)

    def seconds(self, *command: str, job: Mapping[str, str] = MappingProxyType({})) -> float:
        """How long a command takes."""
        start = time.perf_counter()
        self.run(*command, job=job)
        return time.perf_counter() - start


def _example(name: str) -> Callable[[Shell], None]:
    def build(shell: Shell) -> None:
        subprocess.run((sys.executable, str(MAKE), name, str(shell.root)), check=True, stdout=subprocess.DEVNULL)
        shell.run("git", "checkout", "--quiet", "main")
        shell.run("git", "rm", "--quiet", "headway.yaml")
        shell.commit("Before Headway")

    return build


def _get_started(shell: Shell) -> None:
    """Like DVC's own example: code and requirements in ``src``, metrics and plots in ``eval``."""
    shell.root.mkdir(parents=True)
    shell.run("git", "init", "--quiet", "--initial-branch", "main")
    _project(shell, shell.root)
    shell.commit("Add the pipeline")
    _change(shell, [shell.root])


def _monorepo(shell: Shell) -> None:
    """Two projects in one git repository."""
    shell.root.mkdir(parents=True)
    shell.run("git", "init", "--quiet", "--initial-branch", "main")
    folders = [shell.root / "models/a", shell.root / "models/b"]
    for folder in folders:
        _project(shell, folder, "--subdir")
    shell.commit("Add the pipelines")
    _change(shell, folders)


def _project(shell: Shell, folder: Path, *options: str) -> None:
    (folder / "src").mkdir(parents=True)
    files = {
        "src/prepare.py": PREPARE,
        "src/evaluate.py": EVALUATE,
        "src/requirements.txt": "pyyaml\n",
        "params.yaml": PARAMS.format(0.5),
        "dvc.yaml": STAGES,
    }
    for path, text in files.items():
        (folder / path).write_text(text)
    own = Shell(folder, shell.environ)
    own.run("dvc", "init", "--quiet", *options)
    own.run("dvc", "repro", "--quiet")


def _change(shell: Shell, folders: Sequence[Path]) -> None:
    shell.run("git", "checkout", "--quiet", "-b", "change")
    for folder in folders:
        (folder / "params.yaml").write_text(PARAMS.format(0.4))
        Shell(folder, shell.environ).run("dvc", "repro", "--quiet")
    shell.commit("Lower the threshold")
    shell.run("git", "checkout", "--quiet", "main")


SHAPES: Mapping[str, Callable[[Shell], None]] = {
    **{f"examples/{name}": _example(name) for name in EXAMPLES},
    "like example-get-started": _get_started,
    "two projects in one repository": _monorepo,
}


def _try(build: Callable[[Shell], None], root: Path) -> Trial:
    root.parent.mkdir()
    shell = Shell(root, isolated(root.parent))
    build(shell)
    source = f"https://github.com/team/headway@{COMMIT}"
    init = shell.seconds("headway", "init", "--yes", "--forge", "github", "--source", source)
    shell.commit("Add Headway")
    written = sum(int(line.split()[0]) for line in shell.run("git", "show", "--numstat", "--format=").splitlines())
    shell.run("git", "checkout", "--quiet", "change")
    shell.run("git", "merge", "--quiet", "--strategy-option", "theirs", "--no-edit", "main")
    every = len(list(root.rglob(".dvc/config"))) > 1
    with FakeGitHub(repository="team/project", pull_requests=[PullRequest(number=1)]) as forge:
        job = forge.environ(number=1)
        seconds = sum(shell.seconds(*command, job=job) for command in _job(every=every))
        if every:
            return Trial(written, init, seconds)
        start = time.perf_counter()
        plots, drawn = _script(shell, root.parent, job)
        return Trial(written, init, seconds, time.perf_counter() - start, plots, drawn)


def _job(*, every: bool) -> list[tuple[str, ...]]:
    """The commands of the job that ``headway init`` writes."""
    each = ("--all-projects",) if every else ()
    posted = ("--all", "reports/headway", "--one-comment") if every else ()
    return [
        ("headway", "ci", "reproduce", *each),
        ("headway", "report", *(each or ("main",))),
        ("headway", "post", "--strict", "--images", "none", *posted),
    ]


def _script(shell: Shell, folder: Path, job: Mapping[str, str]) -> tuple[int, int]:
    """The commands of CML's guide; gives the number of plots, and how many of them it drew."""
    shell.run("dvc", "repro")
    text = shell.run("dvc", "metrics", "diff", "main", "--md")
    plots = sorted(json.loads(shell.run("dvc", "plots", "diff", "main", "--json") or b"{}").get("data", {}))
    drawn = 0
    for number, plot in enumerate(plots):
        spec = shell.run("dvc", "plots", "diff", "main", "--targets", plot, "--show-vega")
        image = folder / f"{number}.png"
        with suppress(subprocess.CalledProcessError):  # an image has no specification, and that of a ROC is not JSON
            shell.run(sys.executable, "-c", RENDER, str(image), stdin=spec)
            text += f"\n![]({image.name})\n".encode()
            drawn += 1
    (folder / "report.md").write_bytes(text)
    shell.run("headway", "comment", str(folder / "report.md"), "--images", "none", job=job)
    return len(plots), drawn


if __name__ == "__main__":
    main()
