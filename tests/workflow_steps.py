"""Reads workflows, the action and the examples for other CI systems, and runs their steps in bash as a runner would.

A step runs in a real clone, against a fake forge, with the real ``headway``, short of the second that it waits between
two writes. Stand-ins are on PATH only for what would install or train something: ``make``, ``dvc``, ``python -m pip``
and ``python -m venv``. Each call of one is written down, so that a test can say what a step asked for.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted([*(ROOT / ".github/workflows").glob("*.yml"), *(ROOT / "docs/ci").glob("github-*.yml")])
ACTION = ROOT / "action.yml"
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")

_STAND_INS = {
    "headway": """
      exec "$PYTHON" - "$@" <<'IMPATIENT'
from headway.cli import main
from headway.publish.transport import Transport
Transport.__init__.__kwdefaults__["write_gap"] = 0.0
main()
IMPATIENT""",
    "dvc": ":",
    "make": """
      case "$1" in
        lint | test) ;;
        report)
          mkdir -p .venv/bin
          ln -sf "$(command -v headway)" .venv/bin/headway
          headway report ;;
        *) echo "no such target: $1" >&2; exit 2 ;;
      esac""",
    "python": """
      case "$1 $2 $3" in
        "-m pip wheel") mkdir -p dist && touch dist/headway-0-py3-none-any.whl ;;
        "-m pip "*) ;;
        "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$(dirname "$0")/headway" "$3/bin" ;;
        *) exec "$PYTHON" "$@" ;;
      esac""",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a job that runs a script."""

    name: str
    run: str
    env: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."


def load(path: Path) -> Any:
    """A YAML file; ``on`` stays a word, as in YAML 1.2."""
    return YAML(typ="safe", pure=True).load(path.read_text())


def jobs(path: Path) -> dict[str, Any]:
    """A workflow's jobs by their id."""
    return dict(load(path)["jobs"])


def every_step(path: Path) -> Iterator[dict[str, Any]]:
    """Every step of a workflow or an action, scripts or not."""
    document = load(path)
    if "runs" in document:
        yield from document["runs"]["steps"]
    else:
        yield from (step for job in document["jobs"].values() for step in job["steps"])


def scripts(path: Path, job: str = "") -> list[Step]:
    """The steps of a job, or of an action, that run a script."""
    document = load(path)
    holder = document["jobs"][job] if job else document["runs"]
    shared = {**document.get("env", {}), **holder.get("env", {})}
    return [
        Step(
            name=step.get("name", ""),
            run=step["run"],
            env={**shared, **step.get("env", {})},
            folder=step.get("working-directory", "."),
        )
        for step in holder["steps"]
        if "run" in step
    ]


@dataclass(kw_only=True)
class Runner:
    """A machine that runs steps.

    Attributes:
        folder: the checked-out repository.
        environ: the job's environment.
        values: what expressions stand for, by their text: ``{"github.token": "..."}``.
        calls: what the stand-ins were called with, a line each.
    """

    folder: Path
    environ: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def run(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run one step in bash; a failure is the caller's to judge."""
        tools = self._tools()
        log = tools.parent / "calls"
        log.write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", step.run],
            cwd=self.folder / self._evaluated(step.folder),
            env={**self._environment(tools, log), **{name: self._evaluated(value) for name, value in step.env.items()}},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        self.calls += log.read_text().splitlines()
        return done

    def run_all(self, steps: list[Step]) -> str:
        """Run steps in order, each of which has to succeed; gives everything that they printed."""
        printed = []
        for step in steps:
            done = self.run(step)
            printed.append(done.stdout + done.stderr)
            assert done.returncode == 0, f"{step.name}: {printed[-1]}"
        return "".join(printed)

    def _environment(self, tools: Path, log: Path) -> dict[str, str]:
        kept = ("HOME", "PYTHONPATH", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LANG")
        isolated = {name: value for name, value in os.environ.items() if name in kept or name[:4] in {"GIT_", "DVC_"}}
        path = f"{tools}:{os.environ['PATH']}"
        return {**isolated, **self.environ, "PATH": path, "PYTHON": sys.executable, "CALLS": str(log), "NO_COLOR": "1"}

    def _tools(self) -> Path:
        tools = self.folder.parent / f"{self.folder.name}-tools" / "bin"
        tools.mkdir(parents=True, exist_ok=True)
        for name, body in _STAND_INS.items():
            written = "" if name == "headway" else f'echo "{name} $*" >> "$CALLS"\n'
            (tools / name).write_text(f"#!/usr/bin/env bash\nset -e\n{written}{body}\n")
            (tools / name).chmod(0o755)
        return tools

    def _evaluated(self, text: object) -> str:
        """A value with its expressions evaluated; one that the test does not know is an error."""
        return _EXPRESSION.sub(lambda match: self.values[match[1]], str(text))


def artifact(folder: Path, step: Mapping[str, Any]) -> dict[str, bytes]:
    """What actions/upload-artifact takes along: files under the folder that all of its paths have in common."""
    paths = [folder / line for line in step["with"]["path"].split()]
    root = Path(os.path.commonpath([path.parent for path in paths])) if len(paths) > 1 else paths[0].parent
    found = [each for path in paths for each in ([path] if path.is_file() else path.rglob("*")) if each.is_file()]
    return {each.relative_to(root).as_posix(): each.read_bytes() for each in found}
