"""Two CI jobs from an empty environment to their result: one that writes a report, and one that only posts it.

Each job installs its packages with uv, which compiles none of them, and runs once, so that Python compiles each module
that it imports. Unless you ask for ``--download``, packages come from uv's cache, so that the network is not measured.

Example:
    python benchmarks/cold.py --runs 3
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes import FakeGitHub, PullRequest
from recipe import RENDER, isolated
from sample_repository import BASE, PLOT_FILES, build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parent.parent


@dataclass
class Job:
    """What a job installs and runs, and the seconds of both; ``alone`` are packages without those that they need."""

    name: str
    packages: Sequence[str]
    work: Callable[[Path], object]
    alone: Sequence[str] = ()
    count: int = 0
    install: list[float] = field(default_factory=list)
    first_run: list[float] = field(default_factory=list)


def main() -> None:
    """Measure each job in turn, and print a table."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        jobs = _jobs(Path(folder))
        for number in range(arguments.runs + (not arguments.download)):
            for job in jobs:
                seconds = _measure(job, Path(folder), download=arguments.download)
                if number or arguments.download:  # the first fills uv's cache
                    job.install.append(seconds[0])
                    job.first_run.append(seconds[1])
    print("| job | packages | install, s | first run, s | both, s |\n|---|---:|---:|---:|---:|")
    for job in jobs:
        install, first_run = statistics.median(job.install), statistics.median(job.first_run)
        print(f"| {job.name} | {job.count} | {install:.1f} | {first_run:.1f} | {install + first_run:.1f} |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each job, in turn (default: 3)")
    parser.add_argument("--download", action="store_true", help="start with an empty cache, and measure the network")
    return parser.parse_args()


def _jobs(folder: Path) -> list[Job]:
    root, environ = folder / "repository", isolated(folder)
    build(root, environ)
    subprocess.run(("uv", "build", "--quiet", "--wheel", "--out-dir", folder, ROOT), check=True)
    (wheel,) = map(str, folder.glob("*.whl"))
    posting = [line.split(" ")[0] for line in (ROOT / "requirements/post.txt").read_text().splitlines() if "==" in line]

    def run(
        python: Path, *command: str, stdin: bytes | None = None, job: Mapping[str, str] = MappingProxyType({})
    ) -> bytes:
        environment = {**environ, "PATH": f"{python.parent}:{environ['PATH']}", **job}
        done = subprocess.run(command, cwd=root, env=environment, input=stdin, check=True, stdout=subprocess.PIPE)
        return done.stdout

    def recipe(python: Path) -> None:
        run(python, "dvc", "metrics", "diff", "--md", BASE)
        for number, plot in enumerate(PLOT_FILES):
            spec = run(python, "dvc", "plots", "diff", BASE, "--targets", plot, "--show-vega")
            run(python, str(python), "-c", RENDER, str(folder / f"recipe-{number}.png"), stdin=spec)

    def post(python: Path) -> None:
        with FakeGitHub(repository="team/project", pull_requests=[PullRequest(number=1)]) as forge:
            run(python, "headway", "post", "--strict", "--images", "none", job=forge.environ(number=1))

    return [
        Job("shell script", ["dvc", "vl-convert-python"], recipe),
        Job("headway report", [wheel], lambda python: run(python, "headway", "report", BASE)),
        Job("headway post, with all packages", [wheel], post),
        Job("headway post, with those of scripts/install-post", posting, post, alone=[wheel]),
    ]


def _measure(job: Job, folder: Path, *, download: bool) -> tuple[float, float]:
    """Seconds to install a job's packages into an empty environment, and to run it once."""
    place = folder / "environment"
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run(("uv", "venv", "--quiet", "--python", sys.executable, place), check=True)
    start = time.perf_counter()
    _install(place, job.packages, download=download)
    if job.alone:
        _install(place, ["--no-deps", *job.alone], download=download)
    installed = time.perf_counter()
    job.work(place / "bin/python")
    done = time.perf_counter()
    job.count = len(list(place.glob("lib/*/site-packages/*.dist-info")))
    return installed - start, done - installed


def _install(place: Path, packages: Sequence[str], *, download: bool) -> None:
    cache = ["--no-cache"] if download else []
    chosen = ["--constraint", str(ROOT / "constraints.txt"), *packages]
    command = ["uv", "pip", "install", "--quiet", *cache, "--python", str(place / "bin/python"), *chosen]
    subprocess.run(command, check=True, env=dict(os.environ))


if __name__ == "__main__":
    main()
