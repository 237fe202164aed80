"""Show what Headway does, for ``make report`` and ``make demo``. Each works in a clone below build/, never in yours.

Examples:
    python scripts/first_look.py last-change
    python scripts/first_look.py demo
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
METRICS = "reports/metrics.json"
OLD, NEW = "  kind: convolution ", "  kind: perceptron "
IDENTITY = {f"GIT_{who}_{what}": "Headway" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
NEXT = """
What to try next:
  make demo                  change a parameter, train, and show the report, in a clone: about a minute
  make report                the same in your workspace, after you have changed a value in params.yaml
  . .venv/bin/activate       puts headway and dvc on the path: headway diff main, headway --help"""


def show_last_change() -> None:
    """If the report that was just written shows no movement, report on the last change of the model instead."""
    if not _moved(ROOT / "reports/headway/report.json"):
        log = "git", "log", "--first-parent", "-m", "--diff-filter=M", "--max-count=1"
        found = _read(*log, "--format=%h%x09%cs%x09%s", "--", METRICS)  # not the first commit, which has no base
        if found:
            commit, date, subject = found.split("\t", 2)
            _say("\nNo metric differs from the base. By the rules of today's headway.yaml, this is the last change")
            _say(f"that moved one, {commit} of {date}, '{subject}':\n")
            _report_on(commit, _clone("last-change"))
        else:
            _say(f"\nNo metric differs from the base, and no commit in this clone has changed {METRICS}.")
            if _read("git", "rev-parse", "--is-shallow-repository") == "true":
                _say("The clone is shallow: `git fetch --unshallow` gets the commits before.")
    _say(NEXT)


def demo() -> None:
    """Change a parameter in a clone, run the pipeline there, and show the report."""
    clone = _clone("demo")
    _say(f"A clone to try things in: {clone}")
    _run(clone, "git", "checkout", "--quiet", "-B", "main")
    _run(clone, "git", "checkout", "--quiet", "-B", "perceptron")
    params = clone / "params.yaml"
    text = params.read_text()
    if OLD not in text:
        sys.exit(f"params.yaml has no line with {OLD!r}: choose another change in {__file__}")
    params.write_text(text.replace(OLD, NEW))
    _say(f"The change, in params.yaml: {OLD.strip()} -> {NEW.strip()}")
    _say("Pulling the data, then `dvc repro`, which trains a model: about a minute ...")
    _run(clone, "dvc", "pull", "--quiet")
    _run(clone, "dvc", "repro", "--quiet", "draw")
    _run(clone, "git", "commit", "--quiet", "--all", "--message", "A perceptron reads the digits")
    _say("How far did it move the model? `headway report main perceptron`:\n")
    _report(clone, "main", "perceptron", *(["--open"] if _has_browser() else []))
    _say(f"\n{clone} stays until the next `make demo`. In it, try `headway post --preview` and `headway gate main`.")


def _report_on(commit: str, clone: Path) -> None:
    """Report on a commit by the rules of today: Headway judges by those of the base, which may know less."""
    _run(clone, "git", "checkout", "--quiet", "-B", "before", f"{commit}^")
    _commit(clone, "HEAD", "--amend")
    _run(clone, "git", "checkout", "--quiet", "-B", "after")
    _run(clone, "git", "read-tree", "-u", "--reset", commit)
    _commit(clone, commit)
    _report(clone, "before", "after")


def _report(clone: Path, *arguments: str) -> None:
    """Run headway here with the clone as its project, so that it prints the whole path of the page."""
    _run(ROOT, "headway", "report", "--project", str(clone), *arguments)


def _commit(clone: Path, like: str, *options: str) -> None:
    """Commit what is staged, with today's settings; message, author and date are those of another commit."""
    shutil.copy(ROOT / "headway.yaml", clone)
    _run(clone, "git", "add", "headway.yaml")
    _run(clone, "git", "commit", "--quiet", "--allow-empty", "--reuse-message", like, *options)


def _clone(name: str) -> Path:
    """A fresh clone of HEAD below build/, with the git objects of this one."""
    clone = ROOT / "build" / name
    shutil.rmtree(clone, ignore_errors=True)
    quiet = ("--config", "commit.gpgSign=false", "--config", "core.hooksPath=/dev/null")  # nothing that asks or runs
    _run(ROOT, "git", "clone", "--quiet", "--shared", *quiet, str(ROOT), str(clone))
    return clone


def _moved(report: Path) -> bool:
    """Whether a report has a metric that changed, other than how fast the machine was."""
    metrics = json.loads(report.read_text())["metrics"]
    return any(metric["status"] != "unchanged" and metric["withheld"] != "machine" for metric in metrics)


def _has_browser() -> bool:
    display = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(display) and not os.environ.get("CI")


def _say(text: str) -> None:
    print(text, flush=True)  # before what a child prints


def _read(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def _run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, **IDENTITY})


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a subject may have any character
    {"last-change": show_last_change, "demo": demo}[sys.argv[1]]()
