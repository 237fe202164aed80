"""``headway verify``: whether dvc.lock matches what the workspace holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.gather import Quiet, Repository, allowed_network

if TYPE_CHECKING:
    from pathlib import Path

    from headway.ci.job import Job
    from headway.remotes.environment import Credentials
    from headway.values.verification import Verification


def verify_workspace(
    folder: Path, job: Job, credentials: Credentials, *, remote: bool, pull: bool = False
) -> Verification:
    """Verify the workspace of a project; see :func:`headway.verify_workspace`.

    With ``pull``, the files that ``dvc repro`` needs to detect stale stages are then pulled.
    """
    with Repository.open(folder, allowed_network(None, job, credentials, Quiet())) as repository:
        view = repository.open_revision(repository.resolve_head(None), "head")
        found = repository.verify(view, job.running_stage, remote=remote)
        if pull and found.pull:
            view.pull(found.pull)
        return found
