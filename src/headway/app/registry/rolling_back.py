"""``headway rollback``, which compares nothing and so works without DVC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway._version import __version__
from headway.app.registry.opening import require_names
from headway.registry.rollback import roll_back

if TYPE_CHECKING:
    from headway.app.registry.opening import Registry
    from headway.registry.rollback import RollbackRequest
    from headway.values.registry.records import Outcome


def roll_back_stage(registry: Registry, wanted: RollbackRequest) -> Outcome:
    """Give a stage back to an older version.

    Raises:
        SettingsError: a name is wrong.
        RepositoryError: there is no such version, or the tags cannot be read or made.
    """
    require_names(wanted.artifact, wanted.stage)
    return roll_back(msgspec.structs.replace(wanted, generator=__version__), registry.tools)
