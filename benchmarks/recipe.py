"""Headway compared with a shell script, and with a floor. The contenders take turns.

The shell script is what a CI job runs without Headway: ``dvc metrics diff --md``, one ``dvc plots diff --show-vega``
for each plot, and one process of vl-convert for each image. The floor is a process that imports DVC, opens the
repository and renders the same charts; a tool that reads a DVC repository and renders charts cannot be faster.

Example:
    python benchmarks/recipe.py --runs 5
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from sample_repository import BASE, PLOT_FILES, build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RENDER = "import sys, vl_convert as v; open(sys.argv[1], 'wb').write(v.vegalite_to_png(sys.stdin.read(), scale=2))"
FLOOR = """
import json, sys
from dvc.repo import Repo
import vl_convert
repo = Repo(sys.argv[1])
for number, spec in enumerate(json.load(open(sys.argv[2]))):
    open(f"{sys.argv[3]}/{number}.png", "wb").write(vl_convert.vegalite_to_png(spec, scale=2))
"""


@dataclass
class Contender:
    """One way to render the charts, and its measurements."""

    name: str
    work: Callable[[], object]
    seconds: list[float] = field(default_factory=list)
    peak_mib: float = 0


def main() -> None:
    """Measure, print a table and the two ratios."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        contenders = _contenders(Path(folder))
        for contender in contenders:
            contender.peak_mib = peak_memory(contender.work)  # also the warm-up: file caches and bytecode
        for _ in range(arguments.runs):
            for contender in contenders:
                contender.seconds.append(_timed(contender.work))
    _print(contenders)
    if arguments.json:
        arguments.json.write_text(
            json.dumps({c.name: {"seconds": c.seconds, "peak_mib": c.peak_mib} for c in contenders})
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="runs of each contender, in turn (default: 5)")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    return parser.parse_args()


def _contenders(folder: Path) -> list[Contender]:
    root, environ = folder / "repository", isolated(folder)
    build(root, environ)
    light, both = _specifications(root, folder)

    def run(*command: str, stdin: bytes | None = None) -> bytes:
        return subprocess.run(command, cwd=root, env=environ, input=stdin, check=True, stdout=subprocess.PIPE).stdout

    def recipe() -> None:
        (folder / "report.md").write_bytes(run("dvc", "metrics", "diff", "--md", BASE))
        for number, plot in enumerate(PLOT_FILES):
            spec = run("dvc", "plots", "diff", BASE, "--targets", plot, "--show-vega")
            run(sys.executable, "-c", RENDER, str(folder / f"recipe-{number}.png"), stdin=spec)

    def first_report() -> None:
        shutil.rmtree(root / "reports", ignore_errors=True)  # otherwise its images need not be drawn again
        second_report()

    def second_report() -> None:
        run(sys.executable, "-m", "headway", "report", BASE)

    return [
        Contender("shell script", recipe),
        Contender("headway report", first_report),
        Contender("headway report, again", second_report),
        Contender("floor: the same charts", lambda: run(sys.executable, "-c", FLOOR, str(root), both, str(folder))),
        Contender(
            "floor: light charts only",
            lambda: run(sys.executable, "-c", FLOOR, str(root), light, str(folder)),
        ),
    ]


def isolated(folder: Path) -> dict[str, str]:
    """Git and DVC use only the benchmark's own folder, and no CI variable chooses the base."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_", "BITBUCKET_"))}
    identity = {
        f"GIT_{who}_{what}": "bench@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # otherwise every process compiles every module again
    home = {"HOME": str(folder), "DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1"}
    return {**kept, **identity, **home, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _specifications(root: Path, folder: Path) -> tuple[str, str]:
    """The Vega-Lite programs of Headway's charts for the floor to render: the light ones, and those of both themes."""
    import headway  # noqa: PLC0415 - the measured processes import it themselves
    from headway.draw.specification import vega_lite  # noqa: PLC0415 - likewise

    charts = headway.build_report(root, BASE).charts
    light, both = folder / "light.json", folder / "both.json"
    light.write_text(json.dumps([vega_lite(chart, "light") for chart in charts]))
    both.write_text(json.dumps([vega_lite(chart, theme) for chart in charts for theme in ("light", "dark")]))
    return str(light), str(both)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_memory(work: Callable[[], object]) -> float:
    """Peak memory (MiB) of all processes that the work starts, sampled every 5 ms."""
    peak = 0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, sum(map(_resident, psutil.Process().children(recursive=True))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return peak / 2**20


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has just ended
        return 0


def _print(contenders: list[Contender]) -> None:
    median: Mapping[str, float] = {c.name: statistics.median(c.seconds) for c in contenders}
    recipe, ours, again, floor, light = median.values()
    print("| contender | median s | min-max s | peak MiB |\n|---|---:|---:|---:|")
    for c in contenders:
        spread = f"{min(c.seconds):.2f}-{max(c.seconds):.2f}"
        print(f"| {c.name} | {median[c.name]:.2f} | {spread} | {c.peak_mib:.0f} |")
    print(f"\nHeadway is {recipe / ours:.1f} times as fast as the shell script (target: 8 or more),")
    print(f"and takes {ours / again:.1f} times as long as the second report into the same folder,")
    print(
        f"and takes {ours / floor:.2f} times the floor (target: 1.5 or less), "
        f"{ours / light:.2f} times a floor that renders only the light charts."
    )


if __name__ == "__main__":
    main()
