"""``headway ci reproduce``: reproduce the stages that are stale, and pull only what they need."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.app.verify import verify_workspace
from headway.remotes.running import exit_on_signal, run_command
from headway.report.formatting import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from headway.ci.job import Job
    from headway.remotes.environment import Credentials
    from headway.values.verification import Verification

REPRODUCE = ("repro", "--pull", "--allow-missing")
_NO_DATA = "Without the data, nothing is reproduced. The report names the stale stages."


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """What to reproduce, and with what.

    Attributes:
        root: the project's root.
        job: the CI job.
        credentials: those of DVC's remotes.
        environment: the environment of ``dvc repro``.
        has_remote: whether data can be pulled.
        dry_run: whether to say only what would run.
        show: shows what a verification has found.
        log: prints a line.
    """

    root: Path
    job: Job
    credentials: Credentials
    environment: Mapping[str, str]
    has_remote: bool
    dry_run: bool
    show: Callable[[Verification], None]
    log: Callable[[str], None]

    def verify(self, *, remote: bool, pull: bool = False) -> Verification:
        """Verify the workspace and show what was found."""
        found = verify_workspace(self.root, self.job, self.credentials, remote=remote, pull=pull)
        self.show(found)
        return found


def reproduce_stale(wanted: Reproduction) -> int:
    """Reproduce what is stale, and return the exit code of ``headway ci reproduce``.

    Raises:
        HeadwayError: git, DVC or the remote failed, which does not say whether a stage is stale.
    """
    found = wanted.verify(remote=wanted.has_remote, pull=wanted.has_remote and not wanted.dry_run)
    if found.status == "verified":
        wanted.log("dvc.lock is up to date, so nothing is reproduced.")
        return 0
    if not wanted.has_remote:
        wanted.log(_NO_DATA)
        return 0
    command = (*REPRODUCE, *_targets(found))
    if wanted.dry_run:
        wanted.log(f"To reproduce {_named(found)}, this would run: dvc {shlex.join(command)}")
        return 0
    wanted.log(f"To reproduce {_named(found)}: dvc {shlex.join(command)}")
    signals: list[int] = []
    code = run_command((*_dvc(), *command), wanted.environment, signals.append, folder=wanted.root)
    if signals:  # whoever ends this command does not want the next project to be reproduced
        exit_on_signal(signals[0], None)
    if code:
        wanted.log(f"DVC failed with exit code {code}.")
        return code
    return _verify_again(wanted, found)


def _verify_again(wanted: Reproduction, before: Verification) -> int:
    after = wanted.verify(remote=False)
    if after.status != "verified":
        wanted.log("DVC succeeded, but dvc.lock is still not up to date.")
        return 1
    wanted.log(f"Reproduced {_named(before)}. dvc.lock is up to date.")
    return 0


def _targets(found: Verification) -> tuple[str, ...]:
    """None if all stale stages are in the dvc.yaml of the root, which is all that DVC reproduces without a target."""
    names = tuple(stage.name for stage in found.stages)
    return ("--", *names) if any(":" in name for name in names) else ()


def _named(found: Verification) -> str:
    """What is to be reproduced, for a sentence."""
    if not found.stages:
        return "what is not up to date"
    names = ", ".join(stage.name for stage in found.stages)
    return f"{count(len(found.stages), 'stale stage')} ({names})"


def _dvc() -> tuple[str, ...]:
    """The job's own DVC, which has the plug-ins of its remotes; else the one that Headway uses."""
    found = shutil.which("dvc")
    return (found,) if found else (sys.executable, "-m", "dvc")
