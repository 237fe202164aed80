"""``headway report`` in a large monorepo: 300 ``foreach`` stages, 50,000 files in git and 50,000 that DVC tracks.

Three cases: the workspace as head, a commit as head, and ``--all-projects`` with ten projects of which two changed. The
target is 6 s on two cores; the benchmark does not fail on a slower machine.

Example:
    python benchmarks/monorepo.py --runs 3
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from recipe import isolated
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FOLDERS, STAGES_A_FOLDER = 6, 50
FILES = 50_000
CHANGED = 100
PROJECTS = 10
TARGET = 6.0


def main() -> None:
    """Build the repositories, measure, print a table."""
    runs = _arguments().runs
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environ = isolated(home)
        one, several = home / "one", home / "several"
        build_one(one, _runner(one, environ))
        build_several(several, _runner(several, environ))
        print("| case | median s | min-max s |\n|---|---:|---:|")
        for name, root, arguments in (
            ("300 stages, workspace as head", one, ("report", "main")),
            ("300 stages, a commit as head", one, ("report", "main", "--head", "change")),
            ("ten projects, two changed", several, ("report", "main", "--all-projects")),
        ):
            command = (sys.executable, "-m", "headway", *arguments)
            seconds = [_timed(partial(_run, root, environ, *command)) for _ in range(runs + 1)][1:]
            print(f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f}-{max(seconds):.2f} |", flush=True)
    print(f"\nTarget: {TARGET:.0f} s or less on two cores.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="measured runs of each case, after one warm-up")
    return parser.parse_args()


def build_one(root: Path, run: Callable[..., None]) -> None:
    """One project: six dvc.yaml with fifty stages each, 50,000 files in git, and a folder of 50,000 that DVC tracks."""
    root.mkdir()
    run("git", "init", "--quiet", "--initial-branch", "main")
    run("dvc", "init", "--quiet")
    for number in range(FILES):
        _write(root / f"src/{number // 500:03}/{number:05}.txt", f"{number}\n")
    _write(root / ".gitignore", "/data\n/reports\n")
    for number in range(FILES):
        _write(root / f"data/{number // 500:03}/{number:05}.txt", f"{number}\n")
    _write_state(root, version=0)
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "base")
    run("git", "checkout", "--quiet", "-b", "change")
    _write_state(root, version=1)
    run("git", "commit", "--quiet", "--all", "--message", "head")


def build_several(root: Path, run: Callable[..., None]) -> None:
    """Ten projects (``dvc init --subdir``) with 5,000 files in git each; a branch changes two of the projects."""
    root.mkdir()
    run("git", "init", "--quiet", "--initial-branch", "main")
    _write(root / ".gitignore", "/reports\n")
    for project in range(PROJECTS):
        folder = root / f"team/{project}"
        _write(folder / ".dvc/config", "")
        for number in range(FILES // PROJECTS):
            _write(folder / f"src/{number // 500:03}/{number:05}.txt", f"{number}\n")
        _write_folder(folder, version=0)
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "base")
    run("git", "checkout", "--quiet", "-b", "change")
    for project in (3, 7):
        _write_folder(root / f"team/{project}", version=1)
    run("git", "commit", "--quiet", "--all", "--message", "head")


def _write_state(root: Path, version: int) -> None:
    for number in range(FOLDERS):
        _write_folder(root / f"models/{number}", version)
    listing = [
        {
            "md5": _md5(f"{number}-{version if number < CHANGED else 0}"),
            "relpath": f"{number // 500:03}/{number:05}.txt",
        }
        for number in range(FILES)
    ]
    content = json.dumps(listing)
    digest = _md5(content)
    _write(root / f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}.dir", content)
    out = f"- {{md5: {digest}.dir, size: 288890, nfiles: {FILES}, hash: md5, path: data}}"
    _write(root / "data.dvc", f"outs:\n{out}\n")


def _write_folder(folder: Path, version: int) -> None:
    """A dvc.yaml with one ``foreach`` of fifty stages, and its lock file, parameters, metrics and two plots."""
    names = [f"s{number:02}" for number in range(STAGES_A_FOLDER)]
    train = {
        "cmd": "python train.py ${item}",
        "deps": ["train.py"],
        "params": ["${item}.lr"],
        "metrics": [{"metrics/${item}.json": {"cache": False}}],
        "outs": ["models/${item}.bin"],
    }
    pipeline = {
        "stages": {"train": {"foreach": names, "do": train}},
        "plots": [{"loss": {"x": "step", "y": {"loss.csv": "loss"}, "title": "Loss"}}, {"acc.csv": {"x": "step"}}],
    }
    _write_yaml(folder / "dvc.yaml", pipeline)
    _write_yaml(folder / "dvc.lock", {"schema": "2.0", "stages": dict(_locked(names, version))})
    _write_yaml(folder / "params.yaml", {name: {"lr": 0.1 + version / 10} for name in names})
    _write(folder / "train.py", "print('trained')\n")
    for number, name in enumerate(names):
        _write(folder / f"metrics/{name}.json", json.dumps({"acc": 0.8 + number / 1000 + version / 100, "rows": 1000}))
    for column, sign in (("loss", -1), ("acc", 1)):
        rows = "".join(f"{step},{0.5 + sign * (step + version) / 300}\n" for step in range(100))
        _write(folder / f"{column}.csv", f"step,{column}\n{rows}")


def _locked(names: list[str], version: int) -> Iterator[tuple[str, Mapping[str, object]]]:
    for name in names:
        yield (
            f"train@{name}",
            {
                "cmd": f"python train.py {name}",
                "deps": [{"path": "train.py", "hash": "md5", "md5": _md5("code"), "size": 17}],
                "params": {"params.yaml": {f"{name}.lr": 0.1 + version / 10}},
                "outs": [
                    {"path": f"metrics/{name}.json", "hash": "md5", "md5": _md5(f"m{version}"), "size": 30},
                    {"path": f"models/{name}.bin", "hash": "md5", "md5": _md5(f"{name}-{version}"), "size": 4096},
                ],
            },
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _write_yaml(path: Path, content: object) -> None:
    """Write YAML in block style as DVC does, which takes longer to read than JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(content, path)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _runner(root: Path, environ: Mapping[str, str]) -> Callable[..., None]:
    return lambda *command: _run(root, environ, *command)


def _run(root: Path, environ: Mapping[str, str], *command: str) -> None:
    subprocess.run(command, cwd=root, env=environ, check=True, stdout=subprocess.DEVNULL)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
