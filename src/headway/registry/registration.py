"""Registration alone: a commit becomes a version, without a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.registry.changes import ATTEMPTS, Made, registering, too_many
from headway.registry.versions import next_version

if TYPE_CHECKING:
    from headway.registry.changes import Tools
    from headway.registry.promotion import PromotionRequest
    from headway.registry.state import Version


def register(wanted: PromotionRequest, commit: str, tools: Tools) -> Version:
    """The version of a commit, which is registered if it has none yet.

    Raises:
        RepositoryError: the tags cannot be read or made.
    """
    made = Made()
    for _ in range(ATTEMPTS):
        state = tools.read(wanted.artifact)
        if known := state.version_at(commit):
            return known
        made.publish(registering(state.name, next_version(state.versions, wanted.bump), commit), state, wanted, tools)
    raise too_many(wanted)
