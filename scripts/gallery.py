"""The reports of the gallery: what Headway says about a change of the digits, and about that of each example."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLES = ("imbalanced", "regression", "text_tasks")
BRANCHES = {"digits": "wider-network", **dict.fromkeys(EXAMPLES, "change")}
"""The head of each project; its base is main."""

WORSE = {"  shift: 1 ": "  shift: 0 ", "  channels: [16, 32] ": "  channels: [6, 12] "}
"""Lines of params.yaml, and what they were before the change of the digits."""


def make_reports(out: Path) -> None:
    """Write a folder with report.html for each project; training and all takes about three minutes."""
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        make_digits(Path(folder) / "digits")
        _run(ROOT, sys.executable, "examples/make_revisions.py", "all", folder)
        for name, branch in BRANCHES.items():
            print(f"The gallery's report on {name} ...", flush=True)
            _run(Path(folder) / name, "headway", "report", "main", branch, "--out", str(out / name))


def make_digits(clone: Path) -> None:
    """Train the digits in a clone with worse parameters on main and with those of params.yaml on a branch."""
    _run(ROOT, "git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
    _run(clone, "git", "checkout", "--quiet", "-B", "main")
    _run(clone, "dvc", "pull", "--quiet")
    _commit_run(clone, "A small network, trained without shifts", WORSE)
    _run(clone, "git", "checkout", "--quiet", "-b", BRANCHES["digits"])
    _commit_run(clone, "A wider network, trained with shifts", {new: old for old, new in WORSE.items()})


def _commit_run(clone: Path, message: str, changes: dict[str, str]) -> None:
    params = clone / "params.yaml"
    text = params.read_text()
    for old, new in changes.items():
        if old not in text:
            sys.exit(f"params.yaml has no line with {old!r}; choose another change in {__file__}")
        text = text.replace(old, new)
    params.write_text(text)
    _run(clone, "dvc", "repro", "--quiet", "draw")
    _run(clone, "git", "commit", "--quiet", "--all", "--message", message)


def _run(folder: Path, *command: str) -> None:
    identity = {f"GIT_{who}_{what}": "Headway" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    identity |= {f"GIT_{who}_DATE": "2026-11-20T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
    tools = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, **identity, **tools})
