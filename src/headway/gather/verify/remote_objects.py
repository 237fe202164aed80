"""What DVC's remotes hold: the listings of folders, and which objects are there. Nothing is downloaded to keep."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dvc.config import ConfigError, RemoteConfigError, RemoteNotFoundError
from dvc.fs import get_cloud_fs

from headway.errors import RepositoryError
from headway.remotes.time_limit import within_seconds
from headway.values.problem import Problem
from headway.values.verification import MissingOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dvc.output import Output
    from dvc.repo import Repo
    from dvc_data.hashfile.db import HashFileDB

    from headway.gather.dvc.remotes import Remotes
    from headway.gather.verify.contents import Contents

ANSWER_SECONDS = 300.0
"""How long a remote may take to say what it holds."""
T = TypeVar("T")


class Stored:
    """The remotes of a project.

    Args:
        repo: DVC's opened project.
        remotes: say whether each of them serves.
        ask: whether remotes may be asked that are no folder of this machine.
    """

    def __init__(self, repo: Repo, remotes: Remotes, *, ask: bool) -> None:
        self._repo = repo
        self._ask = ask
        self._remotes = remotes
        self._databases: dict[tuple[str, str], HashFileDB | None] = {}

    def remote_of(self, out: Output) -> str | None:
        """The name of the remote that an output is pushed to."""
        return out.remote or self._remotes.default()

    def read(self, out: Output) -> bytes | None:
        """The bytes of an output's own object; ``None`` where its remote lacks it or may not be asked.

        Raises:
            RepositoryError: the remote may be asked and does not answer.
        """
        name = self.remote_of(out)
        if name is None or not (self._ask or self._is_folder(name)):
            return None
        database = self._database(name, out.hash_name)
        if database is None:
            return None
        return self._answered(name, lambda: _bytes(database, out.hash_info.value))

    def held(self, name: str, algorithm: str, oids: set[str]) -> set[str] | None:
        """Which of the objects a remote holds; ``None`` for one that keeps files under their names, by version.

        Raises:
            RepositoryError: the remote is not configured or does not answer.
        """
        database = self._database(name, algorithm)
        if database is None:
            return None
        if database.fs.protocol == "local":  # DVC would check each object's bytes, and delete a damaged one
            return {oid for oid in oids if Path(database.oid_to_path(oid)).is_file()}
        database.fs.fs.invalidate_cache()  # what a remote held when it was last listed in this process says nothing
        held: set[str] = self._answered(name, lambda: set(database.oids_exist(oids)))  # type: ignore[no-untyped-call]  # of dvc_objects
        if oids and not held:  # some file systems take no answer for no object; a read tells the difference
            self._answered(name, lambda: _bytes(database, min(oids), end=1))
        return held

    def _is_folder(self, name: str) -> bool:
        try:
            return bool(get_cloud_fs(self._repo.config, name=name)[0].protocol == "local")
        except ConfigError:  # told when the remote is asked
            return False

    def _database(self, name: str, algorithm: str) -> HashFileDB | None:
        key = name, algorithm
        if key not in self._databases:
            self._databases[key] = self._open(name, algorithm)
        return self._databases[key]

    def _answered(self, name: str, ask: Callable[[], T]) -> T:
        reason = self._remotes.refusal(name)
        if reason:
            raise self._silent(name, reason)
        try:
            return within_seconds(ANSWER_SECONDS, ask)
        except RemoteConfigError:
            raise
        except Exception as error:  # whatever a storage library raises
            raise self._silent(name, self._remotes.give_up(name, error)) from error

    def _silent(self, name: str, reason: str) -> RepositoryError:
        return RepositoryError(
            f"The remote {self._remotes.named(name)} {reason.rstrip('.')}.",
            why="So it does not say what it holds.",
            remedy="Check its address and credentials: dvc remote list, then dvc status --cloud",
        )

    def _open(self, name: str, algorithm: str) -> HashFileDB | None:
        try:
            database: HashFileDB = self._answered(
                name, lambda: self._repo.cloud.get_remote_odb(name, "status", hash_name=algorithm)
            )
        except RemoteNotFoundError:
            raise _unconfigured(f"The remote {name!r} is not configured.", name) from None
        except RemoteConfigError:
            return None
        return database


def missing_outs(
    stored: Stored, contents: Contents, outs: Mapping[str, Output], owners: Mapping[str, str]
) -> tuple[list[MissingOut], list[Problem], list[str]]:
    """Ask the remotes for every object of every output that ``dvc push`` sends.

    Args:
        stored: the remotes.
        contents: gives the listings of folders.
        outs: DVC's outputs by path.
        owners: the stage or ``.dvc`` file of each.

    Returns:
        What they lack, what could not be checked, and the remotes that were asked.

    Raises:
        RepositoryError: no remote is configured, or one does not answer.
    """
    groups: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(dict)
    for path, out in outs.items():
        if _is_pushed(out):
            groups[_remote_name(stored, out, path), out.hash_name][path] = _objects(contents, path, out)
    missing: list[MissingOut] = []
    problems: list[Problem] = []
    for (name, algorithm), objects in sorted(groups.items()):
        held = stored.held(name, algorithm, {oid for each in objects.values() for oid in each.values()})
        if held is None:
            problems.append(Problem(where=f"remote {name}", what="it keeps files under their names, by version"))
            continue
        missing += _missing(name, objects, held, owners)
        problems += _unlisted(name, objects, held, contents, outs)
    return sorted(missing, key=lambda out: out.path), problems, sorted({name for name, _ in groups})


def _is_pushed(out: Output) -> bool:
    return bool(out.use_cache and out.can_push and out.hash_info and not out.stage.is_repo_import)


def _remote_name(stored: Stored, out: Output, path: str) -> str:
    name = stored.remote_of(out)
    if name is None:
        raise _unconfigured(f"No remote is configured that could hold {path}.", "NAME")
    return name


def _objects(contents: Contents, path: str, out: Output) -> dict[str, str]:
    """Hash by file inside an output; the output itself, of a folder the listing, has the empty name."""
    listing = (contents.listing(path) if out.hash_info.isdir else None) or {}
    return {"": str(out.hash_info.value), **listing}


def _missing(
    name: str, objects: Mapping[str, Mapping[str, str]], held: set[str], owners: Mapping[str, str]
) -> Iterable[MissingOut]:
    for path, files in objects.items():
        lacking = sorted(file for file, oid in files.items() if oid not in held)
        if lacking:
            yield MissingOut(
                path=path, owner=owners[path], remote=name, objects=len(lacking), files=tuple(filter(None, lacking))
            )


def _unlisted(
    name: str,
    objects: Mapping[str, Mapping[str, str]],
    held: set[str],
    contents: Contents,
    outs: Mapping[str, Output],
) -> Iterable[Problem]:
    """The folders whose listings neither the cache nor the remote has in order: their files have no known names."""
    for path, files in objects.items():
        if outs[path].hash_info.isdir and contents.listing(path) is None:
            state = "damaged" if files[""] in held else "missing"
            yield Problem(
                where=path,
                what=f"its list of files is {state} in the remote {name!r} and not in the cache",
                remedy=f"dvc push {path} (where it was made)",
            )


def _bytes(database: HashFileDB, oid: str, end: int | None = None) -> bytes | None:
    try:
        return bytes(database.fs.cat_file(database.oid_to_path(oid), end=end))
    except FileNotFoundError:
        return None


def _unconfigured(what: str, name: str) -> RepositoryError:
    return RepositoryError(
        what,
        why="--remote asks the remote for everything that dvc.lock and the .dvc files record.",
        remedy=f"dvc remote add --default {name} URL",
    )
