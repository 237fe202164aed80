"""``headway verify``: whether dvc.lock is the product of what the workspace holds."""

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

    Args:
        folder, remote: as there.
        job, credentials: as in :class:`headway.app.comparison.Request`.
        pull: whether the files are then pulled without which ``dvc repro`` does not notice that a stage is stale.
    """
    with Repository.open(folder, allowed_network(None, job, credentials, Quiet())) as repository:
        view = repository.open_revision(repository.resolve_head(None), "head")
        found = repository.verify(view, job.running_stage, remote=remote)
        if pull and found.pull:
            view.pull(found.pull)
        return found
