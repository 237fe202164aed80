"""DVC's cache, and where its missing objects come from: remotes, and the repositories that data was imported from.

:meth:`Store.fetch` copies many objects into the cache at once; :meth:`Store.read` gives the bytes of one, which the
cache does not get. ``Repo.fetch`` would first collect both revisions anew, take whole folders of which one file is
read, and leave out plots that are not declared as outputs.
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
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

from dvc.config import RemoteConfigError
from dvc_data.hashfile.hash import fobj_md5
from fsspec.callbacks import Callback  # type: ignore[import-untyped]  # fsspec carries no types

from headway.gather.dvc.imports import ImportSource, first_cause
from headway.gather.dvc.objects import MD5_KINDS
from headway.gather.git.files import within
from headway.gather.unavailable import UnavailableError
from headway.remotes.probe import Remotes
from headway.remotes.time_limit import within_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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
"""Seconds between the attempts to open a locked database of DVC."""
_PIECE = 1 << 20
"""Bytes that are copied at once."""
_MISSING = "is missing from DVC's cache"
T = TypeVar("T")


class _Remote:
    """The remote that an output is pushed to, which keeps objects by their hash; ``address`` is its name."""

    def __init__(self, repo: Repo, remotes: Remotes, out: Output) -> None:
        self._repo = repo
        self._remotes = remotes
        self._out = out
        self._name = out.remote or remotes.default
        self.address = self._name or ""

    @property
    def label(self) -> str:
        """Its name in a sentence."""
        return f"the remote {self._remotes.named(self._name)}" if self._name else "the place that it was imported from"

    def refusal(self, network: Network, again: str) -> tuple[str, str] | None:
        """Why it is not asked, as the end of a sentence, and what to do before ``again``."""
        if self._name is None and not self._out.stage.is_import:
            command = "dvc remote add --local --default NAME URL"
            return "no remote is configured", f"configure the remote that has it ({command}), then {again}"
        if not network.data:
            return f"--no-fetch forbids access to {self.label}", again
        reason = self._remotes.refusal(self._name) if self._name else ""
        return (f"{self.label} {reason}", self._remotes.remedies.get(self.address, again)) if reason else None

    def copy(self, items: Iterable[TrackedObject], staging: HashFileDB, meter: Meter) -> dict[str, BaseException]:
        """Copy objects, several at once, and check them; the errors by hash."""
        errors: dict[str, BaseException] = {}
        oids, remote = [item.oid for item in items], self._objects()
        paths = [remote.oid_to_path(oid) for oid in oids]
        staging.add(paths, remote.fs, oids, callback=meter, verify=True, on_error=errors.__setitem__)
        return errors

    def read_listing(self, item: TrackedObject) -> bytes:
        """The listing of a folder."""
        try:
            remote = self._objects()
        except RemoteConfigError as error:  # a cloud-versioned remote, to which this output was not pushed yet
            raise FileNotFoundError(item.oid) from error
        with remote.fs.open(remote.oid_to_path(item.oid), "rb") as file:
            return bytes(file.read())

    def _objects(self) -> HashFileDB:
        kind = self._out.hash_info.name
        database: HashFileDB = self._repo.cloud.get_remote_odb(self._out.remote, "fetch", hash_name=kind)
        return database

    def explain(self, error: BaseException) -> str:
        """What an error of it means, as the end of a sentence."""
        return f"{self.label} {self._remotes.meaning(self.address, error)}"


Origin = _Remote | ImportSource
"""Where an object comes from if the cache lacks it."""


class Store:
    """The cache of one revision, and the origins of what it lacks, each of which is asked once whether it serves.

    Args:
        repo: DVC's repository.
        network: what may be asked.
        command: the DVC command that brings a file into the cache, without the file.
    """

    def __init__(self, repo: Repo, network: Network, command: str) -> None:
        self._repo = repo
        self._network = network
        self.command = command
        self.remotes = Remotes(repo.config, network.credentials, network.trust)
        self._failures: dict[str, UnavailableError] = {}
        """Why a file cannot be had, by its path."""
        self._silent: dict[str, str] = {}
        """Why an origin gives nothing, by its address."""
        self._unwritable = ""
        self._announced: set[str] = set()

    def fetch(self, wanted: Iterable[TrackedObject]) -> None:
        """Copy what the cache lacks, one batch for each origin; :meth:`failure` says why something did not come."""
        batches: dict[tuple[str, str], dict[str, TrackedObject]] = defaultdict(dict)
        for item in wanted:
            if item.oid and item.cached is None and not _comes_by_name(item.out):
                imported = item.out.stage.addressing if item.out.stage.is_repo_import else ""
                batches[imported or self._origin(item).address, item.out.cache.hash_name][item.oid] = item
        for batch in batches.values():
            items = tuple(batch.values())
            if self._refusal(items[0]) is None:
                self._fetch_batch(items)

    def _origin(self, item: TrackedObject) -> Origin:
        is_imported = item.out.stage.is_repo_import
        return ImportSource(item.out) if is_imported else _Remote(self._repo, self.remotes, item.out)

    def _fetch_batch(self, items: tuple[TrackedObject, ...]) -> None:
        origin, cache, errors = self._origin(items[0]), items[0].out.cache, {}
        progress = self._network.progress
        meter = Meter(lambda done, size: progress.transferring(origin.address, done, len(items), size))

        def transfer() -> None:
            with _staging(cache) as staging:
                errors.update(origin.copy(items, staging, meter))
                _move(items, staging, cache)

        try:
            self._wait_for(origin, transfer, lambda: meter.bytes)
        except RemoteConfigError:  # a cloud-versioned remote keeps files by their names: they are read one by one
            return
        except Exception as error:  # noqa: BLE001 - whatever git, DVC or a storage library raises
            errors |= {item.oid: error for item in items}
        arrived = [path for item in items if (path := item.cached)]
        for item in items:
            if not item.cached:
                self._record(item, errors.get(item.oid), is_silent=not arrived)
        progress.fetched(origin.address, len(arrived), sum(path.stat().st_size for path in arrived))

    def _wait_for(self, origin: Origin, ask: Callable[[], T], done: Callable[[], int] | None = None) -> T:
        """Ask an origin as long as it answers; a repository is named before it is cloned."""
        if isinstance(origin, _Remote):
            return within_seconds(REMOTE_SECONDS, lambda: _unlocked(ask), done)
        if origin.address not in self._announced:
            self._announced.add(origin.address)
            self._network.progress.log(f"fetching data from {origin.address}, which it was imported from")
        return within_seconds(SOURCE_SECONDS, lambda: _unlocked(ask), done)

    def _record(self, item: TrackedObject, error: BaseException | None, *, is_silent: bool) -> None:
        """Keep why an object did not come; ``is_silent`` means that its origin gave nothing else either."""
        origin, again = self._origin(item), self._again(item)
        self._unwritable = self._unwritable or _unwritable(item.out.cache.path, error)
        if self._unwritable or origin.address in self._silent:
            return
        if error is None:  # what does not have the hash that it was asked by is removed
            self._failures[item.path] = _damaged(item, origin, again)
        elif any(isinstance(each, FileNotFoundError) for each in (error, first_cause(error))):
            self._failures[item.path] = _absent(item, origin, again)
        elif is_silent:
            self._silent[origin.address] = origin.explain(error)
        else:
            self._failures[item.path] = UnavailableError(f"{_MISSING}, and {origin.explain(error)}", again)

    def read(self, item: TrackedObject, limit: int | None = None) -> bytes:
        """A file's bytes, or a folder's listing, from where DVC would fetch it; the cache does not get it.

        Raises:
            UnavailableError: it may not be asked for, cannot be had, is damaged, or is larger than the limit in bytes.
        """
        if error := self._refusal(item) or self._failures.get(item.path):
            raise error
        origin = self._origin(item)
        try:
            data = self._wait_for(origin, lambda: self._content(item, origin, limit))
        except Exception as error:
            self._record(item, error, is_silent=True)
            raise self.failure(item) from error
        if limit is not None:
            within(data, limit)
        if not has_hash(item, BytesIO(data)):
            self._record(item, None, is_silent=False)
            raise self.failure(item)
        return data

    def download(self, item: TrackedObject, target: Path) -> None:
        """Write a file from where DVC would fetch it to a new place, piece by piece; the cache does not get it.

        For a file that its storage keeps by name and version, which :meth:`fetch` leaves out.

        Raises:
            UnavailableError: it may not be asked for, cannot be had, or is damaged.
        """
        if error := self._refusal(item) or self._failures.get(item.path):
            raise error
        written = 0

        def copy() -> None:
            nonlocal written
            with self._repo.dvcfs.open(f"/{item.path}", mode="rb", cache=False) as source, target.open("wb") as file:
                while piece := source.read(_PIECE):
                    file.write(piece)
                    written += len(piece)

        try:
            self._wait_for(self._origin(item), copy, lambda: written)
        except Exception as error:
            self._record(item, error, is_silent=True)
            raise self.failure(item) from error
        with target.open("rb") as file:
            is_whole = has_hash(item, file)
        if not is_whole:
            self._record(item, None, is_silent=False)
            raise self.failure(item)

    def _content(self, item: TrackedObject, origin: Origin, limit: int | None) -> bytes:
        if item.oid.endswith(".dir"):
            return origin.read_listing(item)
        with self._repo.dvcfs.open(f"/{item.path}", mode="rb", cache=False) as file:
            return bytes(file.read(-1 if limit is None else limit + 1))

    def failure(self, item: TrackedObject) -> UnavailableError:
        """Why a file did not come."""
        known = self._refusal(item) or self._failures.get(item.path)
        what = f"{_MISSING}, and {self._origin(item).label} stores files by version, and only DVC can fetch this one"
        return known or UnavailableError(what, self._again(item))

    def _refusal(self, item: TrackedObject) -> UnavailableError | None:
        """Why the origin of a file is not asked."""
        origin, again = self._origin(item), self._again(item)
        if self._unwritable:
            return UnavailableError(self._unwritable, f"free disk space, or move it (dvc cache dir PATH), then {again}")
        if refusal := origin.refusal(self._network, again):
            what, remedy = refusal
            return UnavailableError(f"{_MISSING}, and {what}", remedy)
        if reason := self._distrust(item.out):
            place = origin.label if item.out.stage.is_repo_import else "its source"
            return UnavailableError(f"{_MISSING}, and {place} {reason}", again)
        if reason := self._silent.get(origin.address, ""):
            return UnavailableError(f"{_MISSING}, and {reason}", again)
        return None

    def _distrust(self, out: Output) -> str:
        """Why the source of an import must not be asked, as the end of a sentence; empty where it may be."""
        trust = self._network.trust
        if trust is None or not (out.stage.is_repo_import or (out.stage.is_import and _comes_by_name(out))):
            return ""
        source = out.stage.deps[0]
        place = urlsplit(str(source.def_path))
        if place.scheme == "remote" and (reason := self.remotes.distrust(place.netloc)):
            return reason
        entry = {"path": source.def_path, "fs_config": source.def_fs_config, "repo": getattr(source, "def_repo", None)}
        refused = trust.refusal_of_import(entry) if self._network.credentials else None
        return refused.reason if refused else ""

    def _again(self, item: TrackedObject) -> str:
        return f"{self.command} {shlex.quote(item.path)}"


def _comes_by_name(out: Output) -> bool:
    """Whether an output is kept by name and version, not by hash: in a remote, or where it was imported from."""
    is_download = out.stage.is_import and not out.stage.is_repo_import
    return bool(out.files or (is_download and (not out.hash_info or out.stage.deps[0].fs.version_aware)))


def has_hash(item: TrackedObject, file: BinaryIO) -> bool:
    """Whether this is the content that was asked for; DVC checks that only where the remote's options say so.

    It also keeps a change from showing files that only this machine may read: nobody can name their hashes.
    """
    kind = "md5" if item.oid.endswith(".dir") else item.out.hash_name
    is_checked = item.oid and kind in MD5_KINDS
    return not is_checked or fobj_md5(file, name=kind) == item.oid.removesuffix(".dir")


def _absent(item: TrackedObject, origin: Origin, again: str) -> UnavailableError:
    if item.out.stage.is_repo_import:
        remedy = f"dvc push --all-commits (in that repository), then {again} (here)"
    else:
        remedy = f"dvc push --all-commits {shlex.quote(item.path)} (where it was made), then {again} (here)"
    return UnavailableError(f"{_MISSING} and from {origin.label}", remedy)


def _damaged(item: TrackedObject, origin: Origin, again: str) -> UnavailableError:
    if item.out.stage.is_repo_import:
        what = f"{_MISSING}, and has other content in {origin.label}"
        return UnavailableError(what, f"dvc update {item.out.stage.path_in_repo}, and commit it")
    push = f"dvc push --all-commits {shlex.quote(item.path)} (where it was made)"
    what = f"{_MISSING}, and damaged in {origin.label} (object {item.oid})"
    return UnavailableError(what, f"delete it in the remote, {push}, then {again} (here)")


@contextmanager
def _staging(cache: HashFileDB) -> Iterator[HashFileDB]:
    """A cache beside the cache, because DVC writes in place: another process would read half a file, or remove it."""
    cache.makedirs(cache.path)  # type: ignore[no-untyped-call]  # of dvc_data
    with tempfile.TemporaryDirectory(prefix=".headway-", dir=cache.path) as folder:
        yield type(cache)(cache.fs, folder, hash_name=cache.hash_name)


def _move(items: Iterable[TrackedObject], staging: HashFileDB, cache: HashFileDB) -> None:
    for item in items:
        arrived, place = Path(staging.oid_to_path(item.oid)), Path(cache.oid_to_path(item.oid))
        if arrived.is_file():
            cache.makedirs(str(place.parent))  # type: ignore[no-untyped-call]  # of dvc_data
            arrived.replace(place)


def _unwritable(cache: str, error: BaseException | None) -> str:
    """Why the cache takes nothing, which is no fault of the origin; empty where it does."""
    error = error and first_cause(error)
    if isinstance(error, sqlite3.Error):
        return f"{_MISSING}, and DVC's site cache cannot be used: {error}"
    if isinstance(error, OSError) and error.errno in _NO_WRITING:
        where = Path(str(error.filename or cache))  # a disk that is full names no file; only the cache is written
        if where.is_relative_to(cache) or Path(cache).is_relative_to(where):
            return f"{_MISSING}, which cannot be written: {error.strerror} ({where})"
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


class Meter(Callback):  # type: ignore[misc]  # fsspec carries no types
    """Counts the files and the bytes of a batch, which several threads copy; ``report`` gets both as they grow."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        super().__init__()
        self._report = report
        self._lock = threading.Lock()
        self.bytes = 0

    def branched(self, path_1: Any, path_2: Any, **_: Any) -> Callback:  # noqa: ANN401, ARG002 - fsspec's own signature
        """The callback of one file, whose value is the bytes that have come."""
        before = 0

        def grown(size: int | None, value: int, **_: Any) -> None:  # noqa: ANN401, ARG001 - fsspec's own signature
            nonlocal before
            self.count(size=value - before)
            before = value

        return Callback(hooks={"batch": grown})

    def relative_update(self, inc: int = 1) -> None:
        """So many files more have come."""
        self.count(files=inc)

    def count(self, *, files: int = 0, size: int = 0) -> None:
        """Add files and bytes."""
        with self._lock:
            self.value += files
            self.bytes += size
        self._report(self.value, self.bytes)
