"""The rules of stages as they were before a merge, so that no request judges itself by a rule that it loosens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pygit2

from headway.app.registry.opening import stage_rule
from headway.app.registry.requesting import read_file
from headway.errors import SettingsError
from headway.gather.git.files import CommitFiles
from headway.gather.unavailable import UnavailableError
from headway.settings import TOML_NAME, YAML_NAME, load_settings

if TYPE_CHECKING:
    from headway.app.registry.opening import Registry
    from headway.registry.desired import Slot
    from headway.settings import Settings, StageRule


def rule_before(registry: Registry, slot: Slot, commit: str, named: str | None) -> StageRule:
    """The rule of a stage at a commit; the one that is checked out where the commit has no settings, or no such stage.

    Raises:
        SettingsError: settings cannot be used, or do not declare the stage.
    """
    now = registry.settings(slot.artifact, named)
    before = _settings_at(registry, slot.artifact, commit, named)
    if before is None or (before.stages and slot.stage not in before.stages):
        return stage_rule(now, slot.stage)
    return stage_rule(before, slot.stage)


def _settings_at(registry: Registry, artifact: str, commit: str, named: str | None) -> Settings | None:
    """The settings of an artifact's project at a commit; ``None`` if it has none."""
    folder = registry.project(artifact)
    files = CommitFiles(pygit2.Repository(str(registry.root)), commit)

    def read(path: str) -> bytes | None:
        try:
            real = files.resolve(os.path.relpath(folder / path, registry.root).replace(os.sep, "/"))
        except UnavailableError as error:
            raise SettingsError(f"{path} ({commit[:7]}) cannot be read.", why=f"It {error}.") from error
        return read_file(registry, commit, real)

    if all(read(path) is None for path in ([named] if named else [YAML_NAME, TOML_NAME])):
        return None
    return load_settings(read, commit[:7], named)
