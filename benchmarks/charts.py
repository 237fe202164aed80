"""Reports on many charts and on long ones, in new repositories: the first run, and the second into the same folder.

Example:
    python benchmarks/charts.py --only 64
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from recipe import isolated, peak_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Files = dict[str, pl.DataFrame]
STEPS, LONG, CONFUSIONS, ACCURACY = 1_000, 1_000_000, 10_000_000, 0.9
LINE = "{x: step, y: loss, template: linear}"
PREDICTED = "{x: predicted, y: actual, template: confusion}"


def lines(number: int) -> tuple[list[str], Callable[[int], Files]]:
    """So many files of one curve each, as DVCLive logs them."""

    def files(seed: int) -> Files:
        random = np.random.default_rng(seed)
        steps = np.arange(STEPS)
        return {
            f"plots/{index:03}.csv": pl.DataFrame(
                {"step": steps, "loss": np.exp(-steps / 300) + random.normal(0, 0.02, STEPS).round(5)}
            )
            for index in range(number)
        }

    return [f"plots/{index:03}.csv: {LINE}" for index in range(number)], files


def long_line() -> tuple[list[str], Callable[[int], Files]]:
    """One curve of a million steps in a file of three columns."""

    def files(seed: int) -> Files:
        noise = np.random.default_rng(seed).normal(0, 0.05, (2, LONG)).round(5)
        steps = np.arange(LONG)
        return {"long.csv": pl.DataFrame({"step": steps, "loss": 1 + noise[0], "accuracy": noise[1]})}

    return [f"long.csv: {LINE}"], files


def confusion() -> tuple[list[str], Callable[[int], Files]]:
    """Ten million predictions of ten classes."""

    def files(seed: int) -> Files:
        random = np.random.default_rng(seed)
        actual = random.integers(0, 10, CONFUSIONS)
        predicted = np.where(random.random(CONFUSIONS) < ACCURACY, actual, random.integers(0, 10, CONFUSIONS))
        return {"confusion.csv": pl.DataFrame({"actual": actual, "predicted": predicted})}

    return [f"confusion.csv: {PREDICTED}"], files


CASES: Mapping[str, tuple[float, tuple[list[str], Callable[[int], Files]]]] = {
    "6 line charts": (3, lines(6)),
    "64 line charts": (6, lines(64)),
    "100 line charts": (12, lines(100)),
    f"a line of {LONG:,} rows x 3 columns": (2, long_line()),
    f"a confusion of {CONFUSIONS:,} rows": (6, confusion()),
}
"""Each case with its limit in seconds, its plots in dvc.yaml, and its files on a side."""


def main() -> None:
    """Measure each case and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only the cases whose name contains this")
    only = parser.parse_args().only
    print("| charts | first s | limit | second s | CPU s, first and second | peak MiB of all processes |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    for name, (limit, (plots, files)) in CASES.items():
        if only in name:
            with tempfile.TemporaryDirectory() as folder:
                root, environ = Path(folder) / "repository", isolated(Path(folder))
                build(root, environ, plots, files)
                first, second = (_report(root, environ) for _ in range(2))
                shutil.rmtree(root / "reports")
                peak = peak_memory(partial(_report, root, environ))
            cpu = f"{first[1]:.2f}, {second[1]:.2f}"
            print(f"| {name} | {first[0]:.2f} | {limit:g} | {second[0]:.2f} | {cpu} | {peak:.0f} |", flush=True)


def build(root: Path, environ: Mapping[str, str], plots: list[str], files: Callable[[int], Files]) -> None:
    """Commit the files of both sides."""
    root.mkdir()

    def run(*command: str) -> None:
        subprocess.run(command, cwd=root, check=True, env=environ)

    run("git", "init", "--quiet", "--initial-branch", "main")
    run("dvc", "init", "--quiet")
    (root / "dvc.yaml").write_text("plots:\n" + "".join(f"  - {plot}\n" for plot in plots))
    for side in (1, 2):
        for path, frame in files(side).items():
            (root / path).parent.mkdir(exist_ok=True)
            frame.write_csv(root / path)
        run("git", "add", "--all")
        run("git", "commit", "--quiet", "--message", f"side {side}")


REPORT = """
import resource, sys
from headway.cli.main import run
code = run(["report", "HEAD~1"])
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(sum(one.ru_utime + one.ru_stime for one in used), file=sys.stderr)
sys.exit(code)
"""


def _report(root: Path, environ: Mapping[str, str]) -> tuple[float, float]:
    """Seconds, and seconds of CPU in all processes."""
    start = time.perf_counter()
    command = [sys.executable, "-c", REPORT]
    done = subprocess.run(command, cwd=root, env=environ, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    return seconds, float(done.stderr.split()[-1])


if __name__ == "__main__":
    main()
