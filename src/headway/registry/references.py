"""A stage as the name of a revision: ``production``, or ``digits#production`` where several models have stages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from headway.errors import RepositoryError
from headway.gather.git.transfer import job_login
from headway.registry.state import artifacts_of
from headway.registry.store import RemoteStore
from headway.registry.tags import read_tags
from headway.text import first_names
from headway.values.registry.names import ARTIFACT, STAGE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headway.registry.state import ArtifactState
    from headway.registry.tags import Tag

_REFERENCE = re.compile(rf"(?:(?P<artifact>{ARTIFACT})#)?(?P<stage>{STAGE})")


class StageReference(NamedTuple):
    """The version that has a stage.

    Attributes:
        version: its name; the SHA of a commit without a version.
        commit: its commit's SHA.
    """

    version: str
    commit: str


def find_stage(root: Path, name: str, project: str, remote: str = "") -> StageReference | None:
    """The version that has a stage.

    Args:
        root: the root of the git repository.
        name: ``production`` or ``digits#production``.
        project: the folder of the DVC project from git's root, whose artifacts a stage alone is about.
        remote: the remote to ask if the clone's tags do not say it; empty for none.

    Returns:
        ``None`` if no version has a stage of this name.

    Raises:
        RepositoryError: several artifacts of the project have the stage, or the tags cannot be read.
    """
    found = _REFERENCE.fullmatch(name)
    if found is None:
        return None
    here = _found(read_tags(root), found["artifact"] or "", found["stage"], project)
    if here or not remote:
        return here
    return _found(RemoteStore(root, remote, job_login(root)).read(), found["artifact"] or "", found["stage"], project)


def _found(tags: Iterable[Tag], artifact: str, stage: str, project: str) -> StageReference | None:
    states = [
        state
        for state in artifacts_of(tags).values()
        if (state.name == artifact if artifact else _is_inside(state, project)) and state.holder(stage)
    ]
    if len(states) > 1:
        names = [f"{state.name}#{stage}" for state in states]
        raise RepositoryError(
            f"Several models have a version in {stage}.",
            why="A stage alone names a version only where one model has it.",
            remedy=f"Name one of them in the settings: {first_names(names)}.",
        )
    holder = states[0].holder(stage) if states else None
    return StageReference(holder.version.name, holder.version.commit) if holder else None


def _is_inside(state: ArtifactState, project: str) -> bool:
    folder = state.name.rpartition(":")[0].strip("/")
    return not project or folder == project or folder.startswith(f"{project}/")
