"""DVC's cache and the remotes behind it.

What the cache lacks is fetched in batches, else asked for one by one.

A batch goes straight from the remote's objects to the cache's, several at once. ``Repo.fetch`` would first collect both
revisions anew, take whole folders of which one file is read, and leave out plots that are not declared as outputs.
"""

from __future__ import annotations

import errno
import shlex
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from dvc.config import RemoteConfigError
from dvc_data.hashfile.hash import fobj_md5
from fsspec.callbacks import Callback  # type: ignore[import-untyped]  # fsspec carries no types

from headway.gather.dvc import imports
from headway.gather.dvc.objects import MD5_KINDS
from headway.gather.unavailable import UnavailableError
from headway.remotes.probe import Remotes
from headway.remotes.time_limit import within_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dvc.output import Output
    from dvc.repo import Repo
    from dvc_data.hashfile.db import HashFileDB

    from headway.gather.dvc.objects import TrackedObject
    from headway.gather.network import Network

REMOTE_SECONDS = 60.0
"""How long a remote may be silent, or take for a single file, before it counts as unreachable."""
SOURCE_SECONDS = 600.0
"""How long the repository that data was imported from may take to be cloned, or to give the next file."""
_LOCK_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the attempts to open a database of DVC's that is locked."""
T = TypeVar("T")


class Store:
    """The objects of one revision.

    Args:
        repo: DVC's repository.
        network: whether the remote may be asked, and who is told.
        command: the command that brings a file into the cache, without the file.

    Attributes:
        remotes: the remotes, each of which is asked once whether it serves.
    """

    def __init__(self, repo: Repo, network: Network, command: str) -> None:
        self._repo = repo
        self._network = network
        self.command = command
        self.remotes = Remotes(repo.config, network.credentials, network.trust)
        self._refused: dict[str, str] = {}
        """Why a remote did not give an object, by its hash, where it gave others."""
        self._damaged: set[str] = set()
        self._full = ""
        """Why the cache takes nothing, if so."""
        self._unreachable: dict[str, str] = {}
        """Why a repository that data was imported from gave nothing, by its address."""
        self._told: set[str] = set()
        """Such repositories whose address the user has been told."""

    def fetch(self, wanted: Iterable[TrackedObject]) -> None:
        """Bring what the cache lacks, one batch a remote. What cannot be had is said when it is read."""
        groups: dict[tuple[str, str], dict[str, TrackedObject]] = defaultdict(dict)
        imported: dict[str, dict[str, TrackedObject]] = defaultdict(dict)
        for item in wanted:
            remote, source = self._batch_remote(item.out), imports.source_of(item.out)
            if remote and item.cached is None:
                groups[remote, item.out.cache.hash_name][item.oid] = item
            elif source and self._network.history and item.oid and item.cached is None and not self._distrust(item.out):
                imported[source][item.oid] = item
        for (remote, _), items in groups.items():
            if not self.remotes.refusal(remote):
                self._fetch_batch(remote, tuple(items.values()))
        for source, items in imported.items():
            if source not in self._unreachable:
                self._fetch_imports(source, tuple(items.values()))

    def _batch_remote(self, out: Output) -> str | None:
        """The remote of an output; ``None`` where it keeps no objects by their hash, or may not be asked."""
        if not self._network.data or out.files or (out.stage.is_import and _is_from_source(out)):
            return None
        name: str | None = out.remote or self.remotes.default
        return name

    def _fetch_imports(self, source: str, items: Sequence[TrackedObject]) -> None:
        """Copy files out of the repository that they were imported from; what is not there is asked for again."""
        arrived: list[int] = []

        def transfer() -> None:
            imports.reach(items[0].out)
            arrived.extend(size for item in items if (size := self._fetch_import(item)))

        self._tell(source)
        try:
            within_seconds(SOURCE_SECONDS, lambda: _unlocked(transfer), lambda: len(arrived))
        except Exception as error:  # noqa: BLE001 - whatever git, DVC or a storage library raises
            self._unreachable[source] = imports.meaning(imports.first_cause(error))
        self._network.progress.fetched(source, len(arrived), sum(arrived))

    def _tell(self, source: str) -> None:
        """Name the repository before it is cloned, once."""
        if source not in self._told:
            self._told.add(source)
            self._network.progress.log(f"fetching data from {source}, which it was imported from")

    def _fetch_import(self, item: TrackedObject) -> int:
        """Copy one file, or listing, into the cache; its bytes, 0 where it did not come."""
        with _staging(item.out.cache) as staging:
            path = Path(staging.oid_to_path(item.oid))
            try:
                if not imports.copy(item.out, item.path, item.oid, path):
                    self._damaged.add(item.oid)
                    return 0
                size = path.stat().st_size
                _move([item.oid], staging, item.out.cache)
            except Exception as error:  # noqa: BLE001 - likewise
                cause = imports.first_cause(error)
                self._full = self._full or _unwritable(item.out.cache.path, [cause])
                if not isinstance(cause, FileNotFoundError):  # which is said when the file is asked for
                    self._refused[item.oid] = imports.meaning(cause)
                return 0
        return size

    def _fetch_batch(self, remote: str, items: Sequence[TrackedObject]) -> None:
        cache, oids = items[0].out.cache, [item.oid for item in items]
        failures: dict[str, BaseException] = {}
        meter = _Meter(lambda done, size: self._network.progress.transferring(remote, done, len(oids), size))

        def transfer() -> None:
            source = self._repo.cloud.get_remote_odb(remote, hash_name=cache.hash_name)
            with _staging(cache) as staging:
                paths = [source.oid_to_path(oid) for oid in oids]
                staging.add(paths, source.fs, oids, callback=meter, verify=True, on_error=failures.__setitem__)
                _move(oids, staging, cache)

        try:
            within_seconds(REMOTE_SECONDS, lambda: _unlocked(transfer), lambda: meter.bytes)
        except RemoteConfigError:  # a cloud-versioned remote keeps files by their names: they come one by one
            return
        except Exception as error:  # noqa: BLE001 - whatever a storage library raises
            failures[""] = error
        self._full = _unwritable(cache.path, failures.values())
        if "" in failures and not self._full:
            self.remotes.give_up(remote, failures[""])
        arrived = {item.oid: path for item in items if (path := item.cached)}
        if not self._full and not self.remotes.refusal(remote):
            self._judge(remote, [oid for oid in oids if oid not in arrived], failures, bool(arrived))
        self._network.progress.fetched(remote, len(arrived), sum(path.stat().st_size for path in arrived.values()))

    def _judge(self, remote: str, missing: Iterable[str], failures: dict[str, BaseException], arrived: bool) -> None:  # noqa: FBT001 - a fact, not a switch
        """Tell one object that cannot be had from a remote that gives nothing; what is not there is asked for again."""
        for oid in missing:
            error = failures.get(oid)
            if error is None:  # DVC removes what does not have the hash that it was asked by
                self._damaged.add(oid)
            elif not isinstance(error, FileNotFoundError):
                self._refused[oid] = self._words(remote, self.remotes.meaning(remote, error))
                if not arrived:
                    self.remotes.give_up(remote, error)

    def ask(self, item: TrackedObject, ask: Callable[[], T]) -> T:
        """Ask the remote for a single file.

        Args:
            item: the file, or the listing of a folder.
            ask: does it.

        Raises:
            UnavailableError: there is no remote, it may not be asked, or it does not give the file.
        """
        path = shlex.quote(item.path)
        again = f"{self.command} {path}"
        if source := imports.source_of(item.out):
            return self._ask_source(item, source, again, ask)
        remote = self._remote_of(item.out)
        if remote is None:
            raise UnavailableError(
                "is missing from DVC's cache, and no remote is configured",
                f"configure the remote that holds it (dvc remote add --local --default NAME URL), then {again}",
            )
        if not self._network.data:
            raise UnavailableError(
                f"is missing from DVC's cache, and --no-fetch leaves the remote {remote!r} unasked", again
            )
        if item.oid in self._damaged:
            raise self._damage(item, remote)
        if self._full:
            raise UnavailableError(self._full, f"make room, or name another (dvc cache dir), then {again}")
        if reason := self._distrust(item.out):
            raise UnavailableError(f"is missing from DVC's cache, and its source {reason}", again)
        if reason := self._words(remote, self.remotes.refusal(remote)) or self._refused.get(item.oid, ""):
            raise UnavailableError(reason, self.remotes.remedies.get(remote, again))
        try:
            return within_seconds(REMOTE_SECONDS, lambda: _unlocked(ask))
        except FileNotFoundError as error:
            raise UnavailableError(
                f"is missing from DVC's cache and from the remote {remote!r}",
                f"dvc push --all-commits {path} (where it was made), then {again} (here)",
            ) from error
        except Exception as error:
            raise UnavailableError(self._words(remote, self.remotes.give_up(remote, error)), again) from error

    def _ask_source(self, item: TrackedObject, source: str, again: str, ask: Callable[[], T]) -> T:
        """As :meth:`ask`, for what was imported from another repository."""
        place = _place(source)
        if not self._network.history:
            raise UnavailableError(
                f"is missing from DVC's cache, and Headway asks {place} only with --fetch or in CI", again
            )
        if reason := self._distrust(item.out):
            raise UnavailableError(f"is missing from DVC's cache, and {place} {reason}", again)
        if item.oid in self._damaged:
            raise self._damage(item, source)
        if self._full:
            raise UnavailableError(self._full, f"make room, or name another (dvc cache dir), then {again}")
        if not (reason := self._unreachable.get(source) or self._refused.get(item.oid, "")):
            self._tell(source)
            try:
                return within_seconds(SOURCE_SECONDS, lambda: _unlocked(ask))
            except Exception as error:
                cause = imports.first_cause(error)
                if isinstance(cause, FileNotFoundError):
                    remedy = f"dvc push --all-commits (in that repository), then {again} (here)"
                    raise UnavailableError(f"is missing from DVC's cache and from {place}", remedy) from error
                reason = self._refused[item.oid] = imports.meaning(cause)
        raise UnavailableError(f"is missing from DVC's cache, and {place} does not give it: {reason}", again)

    def _distrust(self, out: Output) -> str:
        """Why the source of an import must not be asked, as the end of a sentence; empty where it may be."""
        trust = self._network.trust
        if trust is None or not out.stage.is_import:
            return ""
        source = out.stage.deps[0]
        place = urlsplit(str(source.def_path))
        if place.scheme == "remote" and (reason := self.remotes.distrust(place.netloc)):
            return reason
        entry = {"path": source.def_path, "fs_config": source.def_fs_config, "repo": getattr(source, "def_repo", None)}
        refused = trust.refusal_of_import(entry) if self._network.credentials else None
        return refused.reason if refused else ""

    def read_remote(self, item: TrackedObject) -> bytes:
        """An object's bytes, which are not kept; raises what the remote's library does."""
        if imports.source_of(item.out):
            return imports.read_listing(item.out, item.path)
        try:
            remote = self._remote_objects(item.out)
        except RemoteConfigError as error:  # a cloud-versioned remote, to which this output was not pushed yet
            raise FileNotFoundError(item.oid) from error
        with remote.fs.open(remote.oid_to_path(item.oid), "rb") as file:
            return bytes(file.read())

    def look_up(self, item: TrackedObject) -> None:
        """See that the remote has an object; raises what its library does."""
        if imports.source_of(item.out):
            imports.look_up(item.out, item.path)
            return
        remote = self._remote_objects(item.out)
        remote.fs.info(remote.oid_to_path(item.oid))

    def _remote_objects(self, out: Output) -> HashFileDB:
        database: HashFileDB = self._repo.cloud.get_remote_odb(out.remote, "fetch", hash_name=out.hash_info.name)
        return database

    def check(self, item: TrackedObject, data: bytes) -> None:
        """Compare what came with the hash that it was asked by; DVC does so only where the remote's options say it.

        It is also what keeps a change from showing files of a place that only this machine may read: nobody can name
        their hashes.

        Raises:
            UnavailableError: it is something else, and the cache keeps nothing of it.
        """
        kind = "md5" if item.oid.endswith(".dir") else item.out.hash_name
        if item.oid and kind in MD5_KINDS and fobj_md5(BytesIO(data), name=kind) != item.oid.removesuffix(".dir"):
            Path(item.out.cache.oid_to_path(item.oid)).unlink(missing_ok=True)
            raise self._damage(item, imports.source_of(item.out) or self._remote_of(item.out))

    def _damage(self, item: TrackedObject, remote: str | None) -> UnavailableError:
        if item.out.stage.is_repo_import:
            what = f"is missing from DVC's cache, and has other content in {_place(remote)}"
            return UnavailableError(what, f"dvc update {item.out.stage.path_in_repo}, and commit it")
        path = shlex.quote(item.path)
        return UnavailableError(
            f"is missing from DVC's cache, and damaged in the remote {remote!r} (object {item.oid})",
            f"delete it in the remote, dvc push --all-commits {path} (where it was made), "
            f"then {self.command} {path} (here)",
        )

    def _words(self, remote: str, reason: str) -> str:
        return reason and f"is missing from DVC's cache, and the remote {self.remotes.named(remote)} {reason}"

    def _remote_of(self, out: Output) -> str | None:
        imported = "source of the import" if out.stage.is_import else None
        return out.remote or self.remotes.default or imported


def _is_from_source(out: Output) -> bool:
    """Whether an import comes from where it was imported from, each time: another repository, or versioned storage."""
    return bool(out.stage.is_repo_import or not out.hash_info or out.stage.deps[0].fs.version_aware)


def _place(source: str | None) -> str:
    return f"the repository that it was imported from ({source})"


@contextmanager
def _staging(cache: HashFileDB) -> Iterator[HashFileDB]:
    """A cache beside the cache, because DVC writes in place: another process would read half a file, or remove it."""
    cache.makedirs(cache.path)  # type: ignore[no-untyped-call]  # of dvc_data
    with tempfile.TemporaryDirectory(prefix=".headway-", dir=cache.path) as folder:
        yield type(cache)(cache.fs, folder, hash_name=cache.hash_name)


def _move(oids: Iterable[str], staging: HashFileDB, cache: HashFileDB) -> None:
    for oid in oids:
        arrived, place = Path(staging.oid_to_path(oid)), Path(cache.oid_to_path(oid))
        if arrived.is_file():
            cache.makedirs(str(place.parent))  # type: ignore[no-untyped-call]  # of dvc_data
            arrived.replace(place)


def _unwritable(cache: str, errors: Iterable[BaseException]) -> str:
    """Why the cache takes nothing, which is no fault of the remote; empty where it does."""
    for error in errors:
        if isinstance(error, sqlite3.Error):
            return f"is missing from DVC's cache, and DVC's site cache cannot be used: {error}"
        if isinstance(error, OSError) and error.errno in _NO_WRITING:
            where = Path(str(error.filename or cache))  # a disk that is full names no file; only the cache is written
            if where.is_relative_to(cache) or Path(cache).is_relative_to(where):
                return f"is missing from DVC's cache, which cannot be written: {error.strerror} ({where})"
    return ""


_NO_WRITING = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOTDIR}


def _unlocked(work: Callable[[], T]) -> T:
    """Do work that opens DVC's databases, again where another process has locked one, as it does while making it."""
    for wait in _LOCK_WAITS:
        try:
            return work()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(wait)
    return work()


class _Meter(Callback):  # type: ignore[misc]  # fsspec carries no types
    """Counts the files and the bytes of a batch, which several threads copy.

    Args:
        tell: is given both whenever one of them grows.
    """

    def __init__(self, tell: Callable[[int, int], None]) -> None:
        super().__init__()
        self._tell = tell
        self._lock = threading.Lock()
        self.bytes = 0

    def branched(self, path_1: Any, path_2: Any, **_: Any) -> Callback:  # noqa: ANN401, ARG002 - fsspec's own signature
        """The callback of one file, whose value is the bytes that have come."""
        before = 0

        def grown(size: int | None, value: int, **_: Any) -> None:  # noqa: ANN401, ARG001 - fsspec's own signature
            nonlocal before
            self._count(size=value - before)
            before = value

        return Callback(hooks={"batch": grown})

    def relative_update(self, inc: int = 1) -> None:
        """So many files more have come."""
        self._count(files=inc)

    def _count(self, *, files: int = 0, size: int = 0) -> None:
        with self._lock:
            self.value += files
            self.bytes += size
        self._tell(self.value, self.bytes)
