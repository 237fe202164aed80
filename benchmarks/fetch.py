"""A report that fetches only what it reads, compared with a report after ``dvc pull``. The contenders take turns.

There are three branches, each with its own data and model; DVC also tracks the metrics and a folder of plots. Each
contender writes the same report on two branches, from a new clone with an empty cache. The last one starts with a full
cache, to measure the time without fetching.

Example:
    python benchmarks/fetch.py --megabytes 1000 --bandwidth 100
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

BRANCHES = ("main", "older-attempt", "faster-training")
BASE, HEAD = BRANCHES[0], BRANCHES[-1]
PLOTS, ROWS = 5, 500
KEY, SECRET = "benchmark", "benchmark-secret"
DVC_YAML = """\
stages:
  train:
    cmd: "true"
    deps: [data.bin]
    outs: [model.bin]
    metrics: [metrics.json]
    plots:
      - plots: {x: step, y: loss}
"""


@dataclass
class Contender:
    """One way to write a report, and its measurements."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    fresh: bool = True
    seconds: list[float] = field(default_factory=list)
    size: int = 0


def main() -> None:
    """Measure, print a table and the ratios."""
    arguments = _arguments()
    pull, report = ("dvc", "pull", "--quiet"), ("headway", "report", BASE)
    contenders = [
        Contender("dvc pull --all-branches, then the report", ((*pull, "--all-branches"), report)),
        Contender("dvc pull, then the report", (pull, report)),
        Contender("the report, which fetches what it reads", (report,)),
        Contender("the report, with nothing to fetch", (report,), fresh=False),
    ]
    with tempfile.TemporaryDirectory() as folder:
        environ = _environment(Path(folder))
        with _remote(arguments, Path(folder), environ) as remote:
            _build(Path(folder) / "origin", remote, environ, arguments.megabytes)
            for _ in range(arguments.runs):
                for contender in contenders:
                    _measure(contender, Path(folder), environ)
    _print(contenders, arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps({c.name: {"seconds": c.seconds, "bytes": c.size} for c in contenders}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="runs of each contender, in turn (default: 3)")
    parser.add_argument("--megabytes", type=int, default=200, help="total size of the data and models (default: 200)")
    parser.add_argument(
        "--remote", choices=("folder", "s3"), default="s3", help="rclone as an S3 server (default), or a local folder"
    )
    parser.add_argument(
        "--bandwidth", type=int, default=25, help="limit of the S3 server in MiB per second, 0 for none (default: 25)"
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    return parser.parse_args()


def _environment(folder: Path) -> dict[str, str]:
    """Git and DVC use only the benchmark's own folder, and no CI variable chooses the base."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_", "BITBUCKET_"))}
    identity = {
        f"GIT_{who}_{what}": "bench@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # otherwise every process compiles every module again
    home = {"HOME": str(folder), "DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1"}
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    return {**kept, **identity, **home, **keys, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _remote(arguments: argparse.Namespace, folder: Path, environ: Mapping[str, str]) -> AbstractContextManager[str]:
    """The remote's configuration; the context manager runs its server."""
    (folder / "served" / "bucket").mkdir(parents=True)
    if arguments.remote == "folder":
        return nullcontext(f"url = {folder / 'served' / 'bucket'}")
    return _s3(folder / "served", environ, arguments.bandwidth)


@contextmanager
def _s3(folder: Path, environ: Mapping[str, str], bandwidth: int) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    limit = f"--bwlimit={bandwidth}M" if bandwidth else "--bwlimit=off"
    command = ("rclone", "serve", "s3", f"--auth-key={KEY},{SECRET}", f"--addr={address}", limit, str(folder))
    with subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(address)
            yield f"url = s3://bucket\n    endpointurl = http://{address}"
        finally:
            server.terminate()


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(100):
        try:
            socket.create_connection((host, int(port))).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def _build(root: Path, remote: str, environ: Mapping[str, str], megabytes: int) -> None:
    """A repository whose branches have different data, models and results, all of them pushed."""
    root.mkdir()
    run = _runner(root, environ)
    run("git", "init", "--quiet", "--initial-branch", BASE)
    run("dvc", "init", "--quiet")
    (root / ".dvc/config").write_text(f"[core]\n    remote = store\n['remote \"store\"']\n    {remote}\n")
    (root / "dvc.yaml").write_text(DVC_YAML)
    for number, branch in enumerate(BRANCHES):
        if number:
            run("git", "checkout", "--quiet", "-b", branch)
        _write_results(root, number, megabytes * 1_000_000 // len(BRANCHES) // 2)
        run("dvc", "add", "--quiet", "data.bin")
        run("dvc", "commit", "--quiet", "--force")
        run("dvc", "push", "--quiet")
        run("git", "add", "--all")
        run("git", "commit", "--quiet", "--message", branch)


def _write_results(root: Path, number: int, size: int) -> None:
    for name in ("data.bin", "model.bin"):
        (root / name).unlink(missing_ok=True)
        (root / name).write_bytes(os.urandom(size))
    (root / "metrics.json").unlink(missing_ok=True)
    (root / "metrics.json").write_text(json.dumps({"accuracy": 0.9 + number / 100}))
    shutil.rmtree(root / "plots", ignore_errors=True)
    (root / "plots").mkdir()
    for plot in range(PLOTS):
        rows = (f"{step},{1 / (step + number + plot + 1):.6f}\n" for step in range(ROWS))
        (root / f"plots/curve-{plot}.csv").write_text("step,loss\n" + "".join(rows))


def _runner(root: Path, environ: Mapping[str, str]) -> Callable[..., None]:
    def run(*command: str) -> None:
        subprocess.run(command, cwd=root, check=True, env=environ, stdout=subprocess.DEVNULL)

    return run


def _measure(contender: Contender, folder: Path, environ: Mapping[str, str]) -> None:
    clone = folder / "clone"
    if contender.fresh:
        shutil.rmtree(clone, ignore_errors=True)
        shutil.rmtree(folder / "site", ignore_errors=True)  # where DVC records the objects in a remote
        _runner(folder, environ)("git", "clone", "--quiet", "--branch", HEAD, str(folder / "origin"), str(clone))
        _runner(clone, environ)("git", "branch", "--quiet", "--track", BRANCHES[1], f"origin/{BRANCHES[1]}")
        _runner(clone, environ)("git", "branch", "--quiet", "--track", BASE, f"origin/{BASE}")
    before = _size(clone)
    start = time.perf_counter()
    for command in contender.commands:
        subprocess.run((sys.executable, "-m", *command), cwd=clone, check=True, env=environ, capture_output=True)
    contender.seconds.append(time.perf_counter() - start)
    contender.size = _size(clone) - before
    _check(json.loads((clone / "reports/headway/report.json").read_bytes()))


def _check(report: Mapping[str, list[object]]) -> None:
    """Fail if a report is incomplete, because its work was not the same."""
    if report["problems"] or len(report["charts"]) != PLOTS:
        raise RuntimeError(report["problems"])


def _size(clone: Path) -> int:
    """Bytes in DVC's cache."""
    return sum(path.stat().st_size for path in (clone / ".dvc/cache/files").rglob("*") if path.is_file())


def _print(contenders: list[Contender], arguments: argparse.Namespace) -> None:
    speed = f" at {arguments.bandwidth} MiB/s" if arguments.remote == "s3" and arguments.bandwidth else ""
    print(
        f"{arguments.megabytes} MB of data and models on {len(BRANCHES)} branches, remote: {arguments.remote}{speed}\n"
    )
    print("| contender | bytes | median s | min-max s |\n|---|---:|---:|---:|")
    for c in contenders:
        spread = f"{min(c.seconds):.2f}-{max(c.seconds):.2f}"
        print(f"| {c.name} | {c.size:,} | {statistics.median(c.seconds):.2f} | {spread} |")
    everything, head, ours, again = contenders
    median = [statistics.median(c.seconds) for c in contenders]
    for pulled, seconds, more in ((everything, median[0], ""), (head, median[1], ", the base yet to be fetched")):
        bytes_ratio, seconds_ratio = pulled.size / ours.size, seconds / median[2]
        print(f"\n{pulled.name}: {bytes_ratio:,.0f} times the bytes, {seconds_ratio:.1f} times the seconds{more}.")
    if again.size:
        print(f"The report with nothing to fetch fetched {again.size:,} bytes.")


if __name__ == "__main__":
    main()
