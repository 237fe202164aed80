"""The rules of stages as they were before a merge, so that no request judges itself by a rule that it loosens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from headway.app.registry.opening import stage_rule
from headway.app.registry.requesting import read_file
from headway.errors import SettingsError
from headway.gather.git.executable import read_git, run_git
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

    def read(path: str) -> bytes | None:
        return _read(registry, commit, os.path.relpath(folder / path, registry.root).replace(os.sep, "/"))

    if all(read(path) is None for path in ([named] if named else [YAML_NAME, TOML_NAME])):
        return None
    return load_settings(read, commit[:7], named)


def _read(registry: Registry, commit: str, path: str) -> bytes | None:
    """A file of a commit, through symbolic links, as the files that are checked out are read."""
    options = ("--batch-check=%(objectname) %(objecttype)", "--follow-symlinks")
    answer = run_git(registry.root, "cat-file", *options, stdin=f"{commit}:{path}\n", env=registry.login)
    name, _, kind = answer.partition("\n")[0].rpartition(" ")
    if kind == "blob":
        return read_git(registry.root, "cat-file", "blob", name, env=registry.login)
    if kind == "missing":  # or damaged, which must not pass for settings that allow everything
        return read_file(registry, commit, path)
    raise SettingsError(f"{path} ({commit[:7]}) cannot be read.", why="It is no file, or a link that leads to none.")
