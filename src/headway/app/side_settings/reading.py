"""Reads the settings of the two sides: base's must not stop the request that repairs them."""

from __future__ import annotations

import posixpath
from functools import partial
from typing import TYPE_CHECKING

from headway.errors import RepositoryError, SettingsError
from headway.judge.rules import BaseKeys
from headway.settings import TOML_NAME, YAML_NAME, Settings, load_settings
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.gather import Repository, RevisionReader
    from headway.values.revision import Revision

SETTINGS_LIMIT = 1024 * 1024
"""Bytes of a settings file that are read at most."""


def read_settings_file(view: RevisionReader, path: str) -> bytes | None:
    """A file of settings, ``None`` if there is none; raises ``SettingsError`` if it cannot be read."""
    content = view.read(path, SETTINGS_LIMIT)
    if isinstance(content, Problem):
        raise SettingsError(f"{content.where} cannot be read.", why=f"{content.what}.", remedy=content.remedy)
    return content


def are_shared(view: RevisionReader, named: str | None) -> bool:
    """Whether a side's settings are outside of its project, by name or behind a symbolic link.

    Several projects can have such settings.
    """
    file = named or (TOML_NAME if view.read(YAML_NAME, SETTINGS_LIMIT) is None else YAML_NAME)
    return any(posixpath.normpath(path).startswith("../") for path in (file, view.real_path(file)))


def load_base_settings(view: RevisionReader | None, named: str | None) -> tuple[Settings, str]:
    """Base's settings, or none and the reason: they must not stop the request that repairs them."""
    if view is None:
        return Settings(), "base is unavailable"
    read = partial(read_settings_file, view)
    try:
        if named is not None and read(named) is None:
            return Settings(), ""
        return load_settings(read, "base", named), ""
    except SettingsError as error:
        why = f"{error.what} {error.why}".strip().removesuffix(".")
        return Settings(), f"base's settings cannot be used: {why}"


def base_keys(
    repository: Repository,
    sides: tuple[RevisionReader, Revision],
    settings: tuple[tuple[Settings, str], Settings],
    named: str | None,
) -> BaseKeys | None:
    """What the settings say about the base, where neither the command line nor CI names it.

    Those of a base that head's settings name are no measure: an old tag does not name itself. ``None`` if the settings
    that are the measure cannot be used.

    Args:
        repository: the repository.
        sides: the opened base, and head.
        settings: what :func:`load_base_settings` gives for base, and head's settings.
        named: the file that is read instead of headway.yaml and pyproject.toml.
    """
    (base, head), ((usual, problem), own) = sides, settings
    if own.base:
        try:
            revision = repository.resolve_base(None, head, None)
        except RepositoryError:  # nothing else would be compared with
            return None
        if revision.sha != base.revision.sha:
            usual, problem = load_base_settings(repository.open_revision(revision, "base"), named)
    return None if problem else BaseKeys(usual.base, own.base)
