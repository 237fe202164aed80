"""The registry of a clone: its root, its tags, and the settings of a project in it."""

from __future__ import annotations

import shlex
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from headway.errors import SettingsError
from headway.gather.git.checked_out import working_tree
from headway.gather.git.remotes import find_remote
from headway.gather.git.transfer import job_login
from headway.public_files import PrivateFileError, PublicFiles, project_folder
from headway.registry.changes import Tools
from headway.registry.drafts import write_object
from headway.registry.journal import Journal
from headway.registry.store import LocalStore, RemoteStore
from headway.settings import Settings, StageRule, load_settings
from headway.settings.mistakes import choices
from headway.values.registry.names import is_artifact, is_stage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.app.comparison import Request
    from headway.gather import Progress
    from headway.registry.store import Store


class Registry(NamedTuple):
    """The registry of a clone.

    Attributes:
        root: the folder with the working tree.
        store: the tags.
        journal: what the last run in this clone was about to publish.
        login: variables by which git logs in at the remote.
    """

    root: Path
    store: Store
    journal: Journal
    login: Mapping[str, str]

    @property
    def tools(self) -> Tools:
        """What promotions and rollbacks need."""
        return Tools(self.store, partial(write_object, self.root), lambda: int(time.time()), self.journal)

    def folder(self, artifact: str) -> Path:
        """The folder whose dvc.yaml declares an artifact."""
        return self.root / artifact.rpartition(":")[0]

    def project(self, artifact: str) -> Path:
        """The folder of the artifact's DVC project, which holds its settings."""
        return project_folder(self.root, self.folder(artifact))

    def settings(self, artifact: str, named: str | None) -> Settings:
        """The settings of the artifact's project as they are checked out.

        Raises:
            SettingsError: they cannot be used.
        """
        return load_settings(partial(_read, PublicFiles(self.root), self.project(artifact)), "workspace", named)


def open_registry(
    folder: Path, remote: str | None = None, *, needs_remote: bool = True, token_variable: str | None = None
) -> Registry:
    """Open the registry of the repository that a folder belongs to.

    Args:
        folder: any folder in it.
        remote: the remote whose tags count; ``None`` for ``origin``, or the only one.
        needs_remote: whether it is an error if there are several of which none is called origin.
        token_variable: the variable with the token by which git logs in; ``None`` for the usual ones.

    Raises:
        RepositoryError: there is no repository with a working tree, no such remote, or it is not certain which counts.
    """
    root = working_tree(folder, "The registry consists of git tags, and its rules are in files that are checked out.")
    name = find_remote(root, remote, "The registry is where the team's tags are.", must_know=needs_remote)
    login = job_login(root, token_variable)
    store = RemoteStore(root, name, login) if name else LocalStore(root)
    return Registry(root, store, Journal(root), login)


def comparison_of(
    registry: Registry,
    artifact: str,
    *,
    progress: Progress,
    settings: str | None = None,
    fetch: bool | None = None,
) -> Request:
    """How two versions of an artifact are compared."""
    from headway.app.comparison import Request  # noqa: PLC0415 - not needed to show or to roll back

    folder = registry.folder(artifact)
    return Request(folder=folder, base=None, head=None, settings=settings, fetch=fetch, progress=progress)


def _read(files: PublicFiles, folder: Path, path: str) -> bytes | None:
    try:
        return files.real(folder / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PrivateFileError as error:
        raise SettingsError(f"{path} cannot be read.", why=f"It {error.reason}.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read.", why=f"{error.strerror}.") from error


def require_names(artifact: str, stage: str) -> None:
    """Raise ``SettingsError`` for names that GTO does not take."""
    allowed = "Letters, digits, `-`, `_` and `/`, with a letter or a digit at both ends."
    if not is_artifact(artifact):
        raise SettingsError(
            f"{artifact!r} cannot be the name of an artifact.",
            why=f"{allowed} In a monorepo, its folder stands before it: `models/de:digits`.",
            remedy="headway stages  # lists the artifacts that have versions",
        )
    if not is_stage(stage):
        raise SettingsError(
            f"{stage!r} cannot be the name of a stage.", why=allowed, remedy="headway stages  # lists the stages in use"
        )


def stage_rule(settings: Settings, stage: str) -> StageRule:
    """The rule of a stage; where the settings declare no stages, every stage has the usual one.

    Raises:
        SettingsError: the settings declare stages, and not this one.
    """
    if not settings.stages:
        return StageRule()
    if stage in settings.stages:
        return settings.stages[stage]
    raise SettingsError(
        f"The settings declare no stage {stage!r}.",
        why=f"Under `stages`, they declare others{choices(stage, list(settings.stages))}",
        remedy=f"Add it under `stages` in headway.yaml: {shlex.quote(stage)}: {{}}",
    )
