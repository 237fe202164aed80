"""``headway verify``: whether dvc.lock is the product of what the workspace holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.gather import Network, Repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.values.verification import Verification


def verify_workspace(repo: Path, environ: Mapping[str, str], *, remote: bool, pull: bool = False) -> Verification:
    """Verify the workspace of a project; see :func:`headway.verify_workspace`.

    Args:
        repo, environ, remote: as there.
        pull: whether the files are then pulled without which ``dvc repro`` does not notice that a stage is stale.
    """
    with Repository.open(repo, Network(environ=environ)) as repository:
        view = repository.view(repository.resolve_head(None), "head")
        found = repository.verify(view, environ, remote=remote)
        if pull and found.pull:
            view.pull(found.pull)
        return found
