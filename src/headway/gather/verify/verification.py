"""Checks, without pulling, whether dvc.lock is the product of this code, these parameters and this data."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from headway.gather.verify.outputs import missing_outputs, modified_outputs, unlisted_outputs
from headway.gather.verify.stages import stale_stages
from headway.gather.verify.workspace import Workspace
from headway.values.verification import NotRunCached, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dvc.stage import Stage

    from headway.gather.dvc.project import Project
    from headway.gather.git.files import GitStatus


def verify_project(
    project: Project, tree: GitStatus, running: str | None, *, remote: bool, thorough: bool
) -> Verification:
    """Verify an opened workspace; see :meth:`headway.gather.Repository.verify`.

    Raises:
        RepositoryError: a remote is to be asked and does not answer.
    """
    workspace = Workspace(project, tree, running, remote=remote, thorough=thorough)
    stages, modified = stale_stages(workspace), modified_outputs(workspace)
    missing, names = missing_outputs(workspace) if remote else (unlisted_outputs(workspace), [])
    return Verification(
        status="stale" if stages else "modified" if modified else "missing" if missing else "verified",
        stages=tuple(stages),
        pull=tuple(sorted(workspace.pull)),
        modified=tuple(modified),
        missing=tuple(missing),
        uncommitted=tuple(_uncommitted(workspace)),
        unchecked=tuple(sorted(workspace.unchecked)),
        remote=tuple(names),
        not_run_cached=tuple(_not_run_cached(workspace)),
    )


def _uncommitted(workspace: Workspace) -> Iterator[str]:
    """Lock files, ``.dvc`` files and outputs kept in git that have uncommitted changes."""
    records = {_record(address) for address in workspace.declared}
    return (path for path in sorted({*records, *workspace.kept_in_git}) if workspace.tree.is_uncommitted(path))


def _not_run_cached(workspace: Workspace) -> Iterator[NotRunCached]:
    """The stages that DVC's run cache leaves out because of outputs that could be declared otherwise."""
    for address, stage in workspace.stages.items():
        outs = [out for out in stage.outs if not (out.use_cache or out.is_metric or out.is_plot)]
        if outs and _could_be_run_cached(stage):
            yield NotRunCached(stage=address, outs=tuple(sorted(map(workspace.path, outs))))


def _could_be_run_cached(stage: Stage) -> bool:
    """Whether nothing else keeps a stage out; see ``_can_hash`` of ``dvc.stage.cache``."""
    runs_by_itself = stage.cmd and stage.deps and not (stage.frozen or stage.always_changed)
    is_local = all(entry.protocol == "local" for entry in (*stage.deps, *stage.outs))
    return bool(runs_by_itself and is_local and not any(out.persist or not out.is_in_repo for out in stage.outs))


def _record(address: str) -> str:
    """The file that records a stage's outputs: the lock beside its dvc.yaml, or the ``.dvc`` file."""
    if address.endswith(".dvc"):
        return address
    folder = posixpath.dirname(address.rpartition(":")[0])
    return posixpath.join(folder, "dvc.lock")
