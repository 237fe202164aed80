"""One revision of a DVC project, opened: its pipeline files, and its data from git, DVC's cache, or the remote."""

from __future__ import annotations

import bisect
import hashlib
import itertools
import json
import logging
import os
import posixpath
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from dvc.config import Config, ConfigError
from dvc.config import merge as merge_config
from dvc.fs import GitFileSystem
from dvc.repo import Repo
from dvc.scm import Git

from headway.errors import RepositoryError
from headway.gather.dvc_pipeline import PipelineLoader, commit_sources, workspace_sources
from headway.gather.invalid import Flaw, invalid_file
from headway.gather.pipeline import UnavailableError
from headway.gather.trees import CommitTree, WorkspaceTree, is_data, read_file, within
from headway.remotes.environment import credentials
from headway.remotes.patience import within_seconds
from headway.remotes.probe import refusal
from headway.remotes.refusals import explain, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dvc.output import Output

    from headway.gather.commits import CommitFiles
    from headway.gather.pipeline import PipelineFile
    from headway.gather.trees import Tree

REMOTE_SECONDS = 60.0
"""How long a remote may take for one file before it counts as unreachable."""
_LOGGERS = ("dvc", "dvc_data", "dvc_objects", "scmrepo")
T = TypeVar("T")


@contextmanager
def silent() -> Iterator[None]:
    """Keep DVC's log lines, and with them its progress bars, off the terminal."""
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def open_workspace(git_root: Path, folder: str, side: str) -> Project:
    """Open the files as they are.

    Args:
        git_root: the git repository's root.
        folder: the DVC project's folder inside it, "" at its root.
        side: the side in words for errors, such as ``"head, workspace"``.

    Raises:
        RepositoryError: a pipeline file or the configuration is not valid.
    """
    root = git_root / folder
    with _opening(side):
        repo = Repo(str(root), scm=Git(str(git_root)))
    loader = PipelineLoader(repo, side)
    files = loader.load(workspace_sources(repo, loader.outs))
    tree = WorkspaceTree(repo, root, (git_root, Path(repo.cache.local_cache_dir)))
    return Project(repo, files, loader.outs, tree, "dvc pull")


def open_commit(git_root: Path, folder: str, side: str, sha: str, commit: CommitFiles) -> Project:
    """Open a commit that has a DVC project in ``folder``; see :func:`open_workspace`.

    Raises:
        RepositoryError: a pipeline file or the configuration is not valid.
    """
    scm = Git(str(git_root))
    fs = GitFileSystem(scm=scm, rev=sha)
    root = posixpath.join("/", folder)
    with _opening(side):
        repo = Repo(root, fs=fs, scm=scm, config=_committed_config(fs, root, git_root / folder))
    loader = PipelineLoader(repo, side)
    files = loader.load(commit_sources(repo, tuple(commit.below(folder))))
    return Project(repo, files, loader.outs, CommitTree(commit, repo, folder), "dvc fetch --all-commits")


def _committed_config(fs: GitFileSystem, root: str, workspace: Path) -> dict[str, Any]:
    """A commit's configuration with ``config.local`` on top, as DVC layers them.

    DVC itself resolves the relative paths of a commit's configuration against the root of the file system, where a
    remote inside the repository is not.
    """
    config: dict[str, Any] = {}
    local = str(workspace / Repo.DVC_DIR / Config.CONFIG_LOCAL)
    for path, source in ((posixpath.join(root, Repo.DVC_DIR, Config.CONFIG), fs), (local, None)):
        try:
            level = Config.load_file(path, fs=source)
        except FileNotFoundError:
            continue
        merge_config(config, Config._load_paths(level, local))  # noqa: SLF001 - DVC's one resolver of relative paths
    return config


@contextmanager
def _opening(side: str) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        reason = str(error).removeprefix("config file error: ").rstrip(".")
        raise invalid_file(f"{Repo.DVC_DIR}/{Config.CONFIG}", side, Flaw(reason), "") from error
    except OSError as error:
        raise RepositoryError(f"DVC cannot open its project ({side}).", why=f"{error}.") from error


class Project:
    """One revision of a DVC project; see :func:`open_workspace` and :func:`open_commit`.

    Args:
        repo: DVC's repository.
        files: what its pipeline files declare.
        outs: DVC's output objects by path.
        tree: the files that are not only in the cache.
        fetch: the command that brings a file into the cache, without the file.
    """

    def __init__(
        self, repo: Repo, files: tuple[PipelineFile, ...], outs: Mapping[str, Output], tree: Tree, fetch: str
    ) -> None:
        self.files = files
        self._repo = repo
        self._outs = outs
        self._names = sorted(outs)
        self._tree = tree
        self._fetch = fetch
        self._folders: dict[str, Mapping[str, str]] = {}
        self._refusals: dict[str, str] = {}

    def close(self) -> None:
        """Close DVC's databases."""
        self._repo.close()

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's bytes, out of git or the workspace, else DVC's cache, else the remote.

        Args:
            path: relative to the project's root.
            limit: the largest size that is read, in bytes.

        Returns:
            ``None`` where the revision has no such file.

        Raises:
            UnavailableError: it cannot be had, or is larger than ``limit``.
        """
        data = self._tree.read(path, limit)
        return self._read_tracked(path, limit) if data is None else data

    def expand(self, path: str) -> tuple[str, ...]:
        """The files below a folder, sorted; the path itself where it is no folder.

        Raises:
            UnavailableError: DVC tracks the folder, and what it holds cannot be had.
        """
        present = self._tree.find(path)
        found = set(present or ())
        for name in self._overlapping(path):
            if present is None or (name not in found and self._tree.find(name) is None):
                found.update(file for file in self._files_of(name) if _is_below(file, path))
        return tuple(sorted(found)) or (path,)

    def _overlapping(self, path: str) -> Iterator[str]:
        """The outputs that hold a path, are it, or lie below it."""
        yield from (name for name in (path, *_parents(path)) if name in self._outs)
        first = bisect.bisect_left(self._names, f"{path}/")
        yield from itertools.takewhile(lambda name: name.startswith(f"{path}/"), self._names[first:])

    def _files_of(self, name: str) -> Iterable[str]:
        out = self._outs[name]
        if not _is_folder(out):
            return (name,)
        return filter(is_data, (f"{name}/{file}" for file in self._folder(name, out)))

    def _read_tracked(self, path: str, limit: int) -> bytes | None:
        name = next((name for name in (path, *_parents(path)) if name in self._outs), None)
        if name is None or not self._outs[name].hash_info:  # untracked, or not made yet
            return None
        out = self._outs[name]
        if not out.use_cache:
            return _lost(path) if path == name else None  # an uncached folder does not say what it holds
        if not _is_folder(out):
            return self._read_object(path, out, str(out.hash_info.value), limit) if path == name else None
        if path == name:
            raise UnavailableError("is a folder")
        oid = self._folder(name, out).get(path.removeprefix(f"{name}/"))
        return None if oid is None else self._read_object(path, out, oid, limit)

    def _read_object(self, path: str, out: Output, oid: str, limit: int) -> bytes:
        if not oid:  # only the remote knows it
            return within(self._ask_remote(path, lambda: self._stream(path, out, limit)), limit)
        cached = Path(out.cache.oid_to_path(oid))
        if cached.is_file():
            return read_file(cached, limit)
        data = within(self._ask_remote(path, lambda: self._stream(path, out, limit)), limit)
        if out.hash_name == "md5" and hashlib.md5(data, usedforsecurity=False).hexdigest() != oid:
            cached.unlink(missing_ok=True)  # DVC compares a file with its hash only where the remote's options say so
            raise UnavailableError(
                f"is damaged in the remote {self._remote_of(path)!r}",
                f"delete {oid[:2]}/{oid[2:]} there, then dvc push --all-commits {path} (where the file is whole)",
            )
        return data

    def _stream(self, path: str, out: Output, limit: int) -> bytes:
        """The first bytes of a file; one known to be small goes into DVC's cache, as with DVC's own commands."""
        keep = not _is_folder(out) and out.meta.size is not None and out.meta.size <= limit
        with self._repo.dvcfs.open(f"/{path}", mode="rb", cache=keep) as file:
            return bytes(file.read(limit + 1))

    def _folder(self, name: str, out: Output) -> Mapping[str, str]:
        """Hash by path of the files of a tracked folder; "" where only the remote knows it."""
        if name not in self._folders:
            self._folders[name] = self._read_folder(name, out)
        return self._folders[name]

    def _read_folder(self, name: str, out: Output) -> Mapping[str, str]:
        if not out.use_cache or not out.hash_info:
            return {}
        if out.files:
            return {file["relpath"]: file.get("md5", "") for file in out.files}
        listing = Path(out.cache.oid_to_path(out.hash_info.value))
        if listing.is_file():
            return self._parse_listing(name, listing)
        found = self._ask_remote(name, lambda: list(self._repo.dvcfs.find(f"/{name}")))
        return dict.fromkeys((path.lstrip("/").removeprefix(f"{name}/") for path in found), "")

    def _parse_listing(self, name: str, listing: Path) -> Mapping[str, str]:
        try:
            return {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_bytes())}
        except (ValueError, KeyError, TypeError) as error:
            raise UnavailableError("is damaged in DVC's cache", f"rm -f {listing} && {self._fetch} {name}") from error

    def _ask_remote(self, path: str, ask: Callable[[], T]) -> T:
        remote = self._remote_of(path)
        if remote is None:
            raise UnavailableError(
                "is missing from DVC's cache, and no remote is configured",
                f"configure the remote that holds it (dvc remote add --default NAME URL), then {self._fetch} {path}",
            )
        if remote not in self._refusals:
            self._refusals[remote] = self._greet(remote)
        if self._refusals[remote]:
            raise UnavailableError(self._refusals[remote], f"{self._fetch} {path}")
        try:
            return within_seconds(REMOTE_SECONDS, ask)
        except FileNotFoundError as error:
            raise UnavailableError(
                f"is missing from DVC's cache and from the remote {remote!r}",
                f"dvc push --all-commits {path} (where it was made), then {self._fetch} {path} (here)",
            ) from error
        except Exception as error:  # whatever a storage library raises; the next file need not try again
            reason = explain(error, self._url_of(remote), credentials(os.environ))
            self._refusals[remote] = self._refused(remote, reason)
            raise UnavailableError(self._refusals[remote], f"{self._fetch} {path}") from error

    def _greet(self, remote: str) -> str:
        """Ask a remote that is no folder whether it serves: DVC itself would repeat a refusal for up to a minute."""
        if "://" not in self._url_of(remote):
            return ""
        reason = refusal(self._repo.config, remote, credentials(os.environ))
        return reason and self._refused(remote, reason)

    def _refused(self, remote: str, reason: str) -> str:
        url = self._url_of(remote)
        named = f"{remote!r} ({shown(url)})" if "://" in url else repr(remote)
        return f"is missing from DVC's cache, and the remote {named} {reason}"

    def _url_of(self, remote: str) -> str:
        return str(self._repo.config["remote"].get(remote, {}).get("url", ""))

    def _remote_of(self, path: str) -> str | None:
        out = next(self._outs[name] for name in (path, *_parents(path)) if name in self._outs)
        imported = "source of the import" if out.stage.is_import else None
        return out.remote or self._repo.config["core"].get("remote") or imported


def _lost(path: str) -> NoReturn:
    raise UnavailableError(
        "is recorded in dvc.lock, and neither git nor DVC's cache keeps it",
        f"commit {path} to git, or remove its cache: false from dvc.yaml",
    )


def _is_folder(out: Output) -> bool:
    return bool(out.meta.isdir or (out.hash_info and out.hash_info.isdir))


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        if path == "/":
            return
        yield path
