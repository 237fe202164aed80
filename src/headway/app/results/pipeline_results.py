"""The files of a work tree that are results of its pipeline and that git can hold."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather import Quiet, Repository, allowed_network
from headway.text import first_names

if TYPE_CHECKING:
    from pathlib import Path

    from headway.ci.job import Job
    from headway.remotes.environment import Credentials


def find_results(folder: Path, job: Job, credentials: Credentials) -> tuple[str, ...]:
    """What a pipeline has changed that git holds: dvc.lock, .dvc and .gitignore files, outputs with ``cache: false``.

    Args:
        folder: a folder of the DVC project.
        job, credentials: of the CI job.

    Returns:
        Paths from git's root.

    Raises:
        RepositoryError: the project cannot be read, its results are not those of its code, parameters and
            data, or these are not committed.
    """
    with Repository.open(folder, allowed_network(None, job, credentials, Quiet())) as repository:
        view = repository.open_revision(repository.resolve_head(None), "head")
        found = repository.verify(view, job.running_stage, remote=False)
        beside = repository.uncommitted(view)
        project = repository.project
    if found.status in ("stale", "modified"):
        stages = ", ".join(each.name for each in found.stages)
        outputs = ", ".join(each.path for each in found.modified)
        raise RepositoryError(
            "The results are out of date, so they are not sent.",
            why=f"These stages must be run again: {stages}." if stages else f"dvc.lock records others for {outputs}.",
            remedy="dvc repro  # headway verify says why",
        )
    if not found.uncommitted:
        return ()  # there are no results of what else has been edited
    if beside.inputs:
        raise RepositoryError(
            "The results come from files that are not committed, so they are not sent.",
            why=f"The request would be for a commit with other contents of {first_names(beside.inputs)}.",
            remedy="Commit and push them before you train, or name all the files to send, these among them.",
        )
    return tuple(
        posixpath.normpath(posixpath.join(project, path)) for path in (*found.uncommitted, *beside.ignore_files)
    )
