"""What DVC's remotes hold: the listings of folders, and which objects exist. Nothing that is read is kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dvc.config import ConfigError, RemoteConfigError, RemoteNotFoundError
from dvc.fs import get_cloud_fs

from headway.errors import RepositoryError
from headway.remotes.time_limit import within_seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from dvc.output import Output
    from dvc.repo import Repo
    from dvc_data.hashfile.db import HashFileDB

    from headway.remotes.probe import Remotes

ANSWER_SECONDS = 300.0
"""How long a remote may take to list its objects."""
_CHECK = "Check its address and credentials: dvc remote list, then dvc status --cloud"
T = TypeVar("T")


class RemoteObjects:
    """The remotes of a project; ``ask`` allows those that are not a folder of this machine."""

    def __init__(self, repo: Repo, remotes: Remotes, *, ask: bool) -> None:
        self._repo = repo
        self._ask = ask
        self._remotes = remotes
        self._database = cache(self._open)

    def remote_of(self, out: Output) -> str | None:
        """The name of the remote that an output is pushed to."""
        return out.remote or self._remotes.default

    def read(self, out: Output) -> bytes | None:
        """The bytes of an output's own object; ``None`` if its remote lacks it or may not be asked.

        Raises:
            RepositoryError: the remote may be asked and does not answer.
        """
        if (database := self._database_of(out)) is None:
            return None
        return self._answered(self.remote_of(out) or "", lambda: _bytes(database, out.hash_info.value))

    def last_resort(self, out: Output) -> str | None:
        """The remote that should hold an output, "" if none is configured; ``None`` if it may not be asked."""
        name = self.remote_of(out)
        return (name or "") if is_pushed(out) and (name is None or self._database_of(out)) else None

    def _database_of(self, out: Output) -> HashFileDB | None:
        """The remote of an output; ``None`` if it may not be asked, or keeps files by name and version."""
        name = self.remote_of(out)
        return self._database(name, out.hash_name) if name and (self._ask or self._is_folder(name)) else None

    def existing(self, name: str, algorithm: str, oids: set[str]) -> set[str] | None:
        """Those of the objects that a remote holds; ``None`` for one that keeps files by name and version.

        Raises:
            RepositoryError: the remote is not configured or does not answer.
        """
        database = self._database(name, algorithm)
        if database is None:
            return None
        if database.fs.protocol == "local":  # DVC would check each object's bytes, and delete a damaged one
            return {oid for oid in oids if Path(database.oid_to_path(oid)).is_file()}
        database.fs.fs.invalidate_cache()  # an earlier listing in this process may be out of date
        existing: set[str] = self._answered(name, lambda: set(database.oids_exist(oids)))  # type: ignore[no-untyped-call]  # of dvc_objects
        if oids and not existing:  # some file systems report no objects if there is no answer; a read does not
            self._answered(name, lambda: _bytes(database, min(oids), end=1))
        return existing

    def _is_folder(self, name: str) -> bool:
        try:
            return bool(get_cloud_fs(self._repo.config, name=name)[0].protocol == "local")
        except ConfigError:  # is reported when the remote is asked
            return False

    def _answered(self, name: str, ask: Callable[[], T]) -> T:
        if reason := self._remotes.refusal(name):
            raise self._unanswered(name, reason)
        try:
            return within_seconds(ANSWER_SECONDS, ask)
        except RemoteConfigError:
            raise
        except Exception as error:  # whatever a storage library raises
            raise self._unanswered(name, self._remotes.give_up(name, error)) from error

    def _unanswered(self, name: str, reason: str) -> RepositoryError:
        return RepositoryError(
            f"The remote {self._remotes.named(name)} {reason.rstrip('.')}.",
            why="Headway needs the list of its objects.",
            remedy=self._remotes.remedies.get(name, _CHECK),
        )

    def _open(self, name: str, algorithm: str) -> HashFileDB | None:
        try:
            database: HashFileDB = self._answered(
                name, lambda: self._repo.cloud.get_remote_odb(name, "status", hash_name=algorithm)
            )
        except RemoteNotFoundError:
            raise unconfigured(f"The remote {name!r} is not configured.", name) from None
        except RemoteConfigError:
            return None
        return database


def is_pushed(out: Output) -> bool:
    """Whether ``dvc push`` sends an output."""
    return bool(out.use_cache and out.can_push and out.hash_info and not out.stage.is_repo_import)


def _bytes(database: HashFileDB, oid: str, end: int | None = None) -> bytes | None:
    try:
        return bytes(database.fs.cat_file(database.oid_to_path(oid), end=end))
    except FileNotFoundError:
        return None


def unconfigured(what: str, name: str = "NAME") -> RepositoryError:
    """The error for a remote that ``--remote`` needs and that DVC's configuration lacks."""
    return RepositoryError(
        what,
        why="--remote asks the remote for everything that dvc.lock and the .dvc files record.",
        remedy=f"dvc remote add --default {name} URL",
    )
