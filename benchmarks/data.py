"""``headway data`` on large data: run time and peak memory of the whole process.

Two cases: a Parquet file of ten million rows on both sides (an id, a label, four numbers; a thousand rows removed, a
thousand added, and one column shifted in all others), and a folder of 100,000 files of which a hundred changed. The
benchmark writes objects directly to DVC's cache, because ``dvc add`` would take longer than the measurement.

Example:
    python benchmarks/data.py --rows 10000000
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

TARGETS = {"table": (20.0, 2048), "folder": (5.0, 2048)}
"""Seconds and MiB."""
CHANGED = 100
COUNT = 1000


def main() -> None:
    """Measure both cases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rows", type=int, default=10_000_000, help="number of rows in the table (default: 10,000,000)"
    )
    parser.add_argument("--files", type=int, default=100_000, help="number of files in the folder (default: 100,000)")
    arguments = parser.parse_args()
    print("| case | seconds | CPU seconds | peak MiB | target |\n|---|---:|---:|---:|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, size in (("table", arguments.rows), ("folder", arguments.files)):
            root = Path(folder) / name
            environ = _environment(Path(folder))
            (_build_table if name == "table" else _build_folder)(root, size, environ)
            seconds, processor, peak = _measured(root, environ)
            limit, memory = TARGETS[name]
            print(f"| {name}, {size:,} | {seconds:.1f} | {processor:.1f} | {peak:.0f} | {limit:.0f} s, {memory} MiB |")


def _build_table(root: Path, rows: int, environ: dict[str, str]) -> None:
    _init(root, environ)
    for version in (0, 1):
        path = root / "table.parquet"
        _table(rows, version).write_parquet(path)
        oid = _into_cache(root, path.read_bytes())
        _commit(root, environ, "table.parquet", f"md5: {oid}\n  size: {path.stat().st_size}")
        path.unlink()


def _table(rows: int, version: int) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    numbers = {f"number_{index}": rng.normal(size=rows) for index in range(4)}
    label = rng.integers(0, 5, size=rows)
    ids = np.arange(rows)
    if version:
        numbers["number_0"] = numbers["number_0"] + 0.05
        ids[:COUNT] += rows  # a thousand rows removed, and as many added
    return pl.DataFrame({"id": ids, "label": label, **numbers})


def _build_folder(root: Path, files: int, environ: dict[str, str]) -> None:
    _init(root, environ)
    for version in (0, 1):
        listing = [
            {"md5": _oid(root, index, version), "relpath": f"{index // 1000:03}/{index:06}.png"}
            for index in range(files)
        ]
        oid = _into_cache(root, json.dumps(listing).encode(), ".dir")
        _commit(root, environ, "images", f"md5: {oid}\n  size: {files * 10}\n  nfiles: {files}")


def _oid(root: Path, index: int, version: int) -> str:
    """The hash of a file. Only changed files exist, because Headway must not open the others."""
    if index < CHANGED:
        return _into_cache(root, f"picture {index} {version}".encode())
    return hashlib.md5(str(index).encode(), usedforsecurity=False).hexdigest()


def _into_cache(root: Path, content: bytes, suffix: str = "") -> str:
    oid = hashlib.md5(content, usedforsecurity=False).hexdigest() + suffix
    path = root / ".dvc/cache/files/md5" / oid[:2] / oid[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return oid


def _init(root: Path, environ: dict[str, str]) -> None:
    root.mkdir()
    for command in (("git", "init", "--quiet", "--initial-branch=main"), ("dvc", "init", "--quiet")):
        subprocess.run(command, cwd=root, env=environ, check=True)


def _commit(root: Path, environ: dict[str, str], name: str, out: str) -> None:
    (root / f"{name}.dvc").write_text(f"outs:\n- {out}\n  hash: md5\n  path: {name}\n")
    (root / ".gitignore").write_text(f"/{name}\n")
    for command in (("git", "add", "--all"), ("git", "commit", "--quiet", "--message", "data")):
        subprocess.run(command, cwd=root, env=environ, check=True)


def _environment(folder: Path) -> dict[str, str]:
    """Git and DVC use only the benchmark's own folder, and no CI variable chooses the base."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI_", "BITBUCKET_"))}
    identity = {
        f"GIT_{who}_{what}": "bench@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    home = {"HOME": str(folder), "DVC_SITE_CACHE_DIR": str(folder / "site"), "DVC_NO_ANALYTICS": "1"}
    return {**kept, **identity, **home, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _measured(root: Path, environ: dict[str, str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and peak MiB of one run."""
    start = time.perf_counter()
    command = (sys.executable, "-m", "headway", "data", "HEAD~1", "--json")
    process = subprocess.Popen(command, cwd=root, env=environ, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"headway data failed with {process.returncode}")
    return time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


if __name__ == "__main__":
    main()
