"""A revision of a DVC project becomes a :class:`~headway.gather.dvc.project.Project`: the workspace, or a commit."""

from __future__ import annotations

import errno
import logging
import os
import posixpath
import re
import shlex
import sqlite3
import stat
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.config import Config, ConfigError
from dvc.config import merge as merge_config
from dvc.dirs import site_cache_dir
from dvc.fs import GitFileSystem, LocalFileSystem
from dvc.ignore import DvcIgnore
from dvc.repo import Repo
from dvc.scm import Git
from dvc_data.hashfile.cache import DiskError, Timeout  # type: ignore[attr-defined]  # diskcache's own
from scmrepo.git.objects import GitTrie

from headway.errors import RepositoryError
from headway.gather.dvc.bounded_reading import UnreadableFileError, bounded_reading
from headway.gather.dvc.cache import Store
from headway.gather.dvc.imports import clones_removed
from headway.gather.dvc.invalid_files import Flaw, invalid_file, unavailable_file
from headway.gather.dvc.loading import PipelineLoader, commit_sources, workspace_sources
from headway.gather.dvc.project import Project
from headway.gather.git.files import CommitTree, WorkspaceTree
from headway.gather.unavailable import UnavailableError
from headway.public_files import PrivateFileError, PublicFiles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from scmrepo.git.objects import GitObject

    from headway.gather.git.files import CommitFiles
    from headway.gather.network import Network
    from headway.values.problem import Problem

_SUBMODULE = 0o160000
"""The mode that git gives to a commit of another repository where a file would be."""
_IGNORE = DvcIgnore.DVCIGNORE_FILE
_CONFIG = f"{Repo.DVC_DIR}/{Config.CONFIG}"
_LOGGERS = ("dvc", "dvc_data", "dvc_objects", "scmrepo")
_QUOTED_LINE = re.compile(r" \(['\"].*['\"]\)", re.DOTALL)
_LFS_HASH = re.compile(rb"oid sha256:[0-9a-f]{64}")
Key = tuple[str, ...]
"""A path in a commit by its parts; () is git's root."""


@contextmanager
def silent(root: Path) -> Iterator[None]:
    """Keep DVC's log lines and progress bars off the terminal, and its reading bounded; clones of others go.

    Raises:
        RepositoryError: a database of DVC's is damaged, or cannot be written.
    """
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with bounded_reading(), clones_removed():
            yield
    except (sqlite3.Error, DiskError, Timeout) as error:
        raise _unusable_database(root, error) from error
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def open_workspace(git_root: Path, folder: str, side: str, network: Network) -> Project:
    """Open the files as they are.

    Args:
        git_root: the git repository's root.
        folder: the DVC project's folder inside it, "" at its root.
        side: the side in words for errors, such as ``"head, workspace"``.
        network: whether DVC's remote may be asked.

    Raises:
        RepositoryError: a pipeline file or the configuration is not valid.
    """
    root, public = git_root / folder, PublicFiles(git_root)
    fs = _PublicFileSystem(root, public)
    for name in (_CONFIG, f"{Repo.DVC_DIR}/{Config.CONFIG_LOCAL}", ".dvcignore"):
        if (root / name).exists() and not (root / name).is_file():  # DVC would wait for a pipe's other end
            raise invalid_file(name, Flaw("It is no regular file"), "", side)
    with _opening(side):
        with suppress(FileNotFoundError):
            fs.check(root / _CONFIG)
        repo = Repo(str(root), scm=Git(str(git_root)))
    public.cache = Path(repo.cache.local_cache_dir).resolve()
    repo._fs = fs  # noqa: SLF001 - after the cache is made, which reads its objects by their hash
    loader = PipelineLoader(repo, side)
    with _opening(side):
        files = loader.load(workspace_sources(repo, loader.outs))
    tree = WorkspaceTree(repo, root, public)
    return Project(repo, files, loader.outs, tree, Store(repo, network, "dvc pull"))


def open_commit(  # noqa: PLR0913 - a commit, and two ways to treat what is wrong with it
    git_root: Path,
    folder: str,
    side: str,
    commit: CommitFiles,
    network: Network,
    *,
    whole: bool,
    cache: str | None = None,
) -> Project:
    """Open a commit that has a DVC project in ``folder``; see :func:`open_workspace`.

    Args:
        git_root, folder, side, network: as there.
        commit: the commit's files.
        whole: as for :class:`PipelineLoader`.
        cache: the folder of the cache, where the project is not checked out.

    Raises:
        RepositoryError: a pipeline file or the configuration is not valid, and the commit has to be whole.
    """
    problems: list[Problem] = []
    hidden = set()
    for path, flaw in _invalid_ignore_files(folder, commit):
        file = posixpath.relpath(path, folder or ".")
        if whole:
            raise invalid_file(file, flaw, "", side)
        problems.append(unavailable_file(file, flaw, "", file))
        hidden.add(path)
    with _opening(side):
        try:
            repo = _commit_repo(git_root, folder, commit, cache, hidden)
        except (ConfigError, OSError, UnreadableFileError) as error:
            if whole:
                raise
            problems.append(unavailable_file(_CONFIG, _flaw(error), "", _CONFIG))
            repo = _commit_repo(git_root, folder, commit, cache, {*hidden, posixpath.join(folder, _CONFIG)})
    loader = PipelineLoader(repo, side, whole=whole)
    files = loader.load(commit_sources(repo, tuple(commit.below(folder))))
    store = Store(repo, network, "dvc fetch --all-commits")
    tree = CommitTree(commit, repo, folder)
    problems += loader.problems
    return Project(repo, files, loader.outs, tree, store, problems=problems, incomplete=bool(loader.problems))


def _invalid_ignore_files(folder: str, commit: CommitFiles) -> Iterator[tuple[str, Flaw]]:
    """The files that are to say what DVC ignores and are no text, by path from git's root."""
    named = (re.match(r"(?:.*/)?\.dvcignore(?=/|$)", path) for path in commit.below(folder) if _IGNORE in path)
    for path in dict.fromkeys(found[0] for found in named if found):
        try:
            (commit.read(path) or b"").decode()
        except (UnavailableError, UnicodeDecodeError) as error:
            yield path, Flaw("It is not UTF-8 text" if isinstance(error, ValueError) else f"It {error}")


def _commit_repo(git_root: Path, folder: str, commit: CommitFiles, cache: str | None, hidden: Collection[str]) -> Repo:
    scm = Git(str(git_root))
    fs = GitFileSystem(scm=scm, trie=_LazyTrie(scm, commit, hidden))
    root = posixpath.join("/", folder)
    config = _committed_config(fs, root, git_root / folder)
    if cache:
        config.setdefault("cache", {}).setdefault("dir", cache)
    return Repo(root, fs=fs, scm=scm, config=config)


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
    except (ConfigError, UnreadableFileError) as error:
        raise invalid_file(_CONFIG, _flaw(error), "", side) from error
    except UnicodeDecodeError as error:  # the loader tells that of pipeline files
        raise invalid_file(_IGNORE, Flaw("It, or one in a folder, is not UTF-8 text"), "", side) from error
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        raise RepositoryError(
            f"DVC cannot open its project ({side}).",
            why=f"{error.strerror or error}{place}.",
            remedy="Make that place one that you may write, or move DVC's own: export DVC_SITE_CACHE_DIR=$(mktemp -d)"
            if error.filename
            else "",
        ) from error


def _unusable_database(root: Path, error: Exception) -> RepositoryError:
    """The error for the database in which DVC keeps the hashes of the files that it has seen."""
    folder = (
        Path(site_cache_dir(Config(str(root / Repo.DVC_DIR), validate=False)["core"].get("site_cache_dir"))) / "repo"
    )
    remedy = "Free some space there, or name another place: export DVC_SITE_CACHE_DIR=$(mktemp -d)"
    if "locked" in str(error):
        remedy = "Wait until the other command of DVC has ended."
    if "not a database" in str(error) or "malformed" in str(error):
        remedy = f"rm -r {shlex.quote(str(folder))}  # DVC makes it anew"
    return RepositoryError(f"DVC's site cache, {folder}, cannot be used.", why=f"{error}.", remedy=remedy)


class _PublicFileSystem(LocalFileSystem):  # type: ignore[misc]  # DVC has no types
    """The working tree, of which DVC reads nothing that no report may show.

    Args:
        root: the project's root.
        public: says what may be shown.
    """

    def __init__(self, root: Path, public: PublicFiles) -> None:
        super().__init__()
        self._root = root
        self._public = public

    def open(self, path: str, mode: str = "r", **kwargs: Any) -> Any:  # noqa: ANN401 - DVC has no types
        """Open a file that a report may show."""
        with suppress(FileNotFoundError):  # it is about to be made, or DVC says so
            self.check(Path(path))
        return super().open(path, mode, **kwargs)

    def check(self, path: Path) -> None:
        """Raises :class:`PrivateFileError` for a file that no report may show."""
        try:
            self._public.real(path)
        except PrivateFileError as error:
            raise PrivateFileError(f"{os.path.relpath(path, self._root)} {error.reason}") from error


def _flaw(error: ConfigError | OSError | UnreadableFileError) -> Flaw:
    """The flaw without the line that it is in, which may be of ``config.local`` and hold a key."""
    if isinstance(error, UnreadableFileError):
        return Flaw(error.reason)
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    said = " ".join(said.removeprefix("config file error: ").split())
    return Flaw(_QUOTED_LINE.sub("", said).rstrip("."))


class _LazyTrie(GitTrie):
    """The files and folders of a commit, each read when it is asked for; symbolic links are followed.

    Only a link to a folder stays a link where it is asked for itself: whoever walks the folders would walk in circles.
    scmrepo's own holds every file of the commit before the first one is read: 0.3 s for 50,000 files, of which Headway
    lets DVC read the configuration, the ignore files and the pipeline files.

    Args:
        scm: the git repository.
        commit: the commit's files.
        hidden: paths of files that are left out.
    """

    def __init__(self, scm: Git, commit: CommitFiles, hidden: Collection[str]) -> None:  # GitTrie's own reads all
        self.rev = commit.sha
        self.tree = scm.pygit2.get_tree_obj(rev=commit.sha)
        self._commit = commit
        self.trie = self
        self._hidden = hidden
        self._below = cache(self._read)

    def __getitem__(self, key: Key) -> GitObject:
        """A file or folder; raises ``KeyError`` where there is none."""
        path = "/".join(key)
        try:
            real = path if self._commit.is_folder_link(path) else self._commit.resolve(path)
        except UnavailableError as error:
            raise KeyError(key) from error
        *folder, name = real.split("/")
        return self._below(tuple(folder))[name] if real else self.tree

    def open(self, key: Key, mode: str | None = "r", encoding: str | None = None, raw: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002 - scmrepo's signature
        """A file; a pointer of Git LFS stays one where it names no hash, for scmrepo would open it as a path.

        scmrepo reads in a thread, and waits for ever where git's object is damaged: it has to be read here first.
        A file whose path is not UTF-8 stays a pointer too: the thread would die of it.
        """
        path = "/".join(key)
        if path in self._hidden:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        try:
            content = self._commit.read(path) or b""
        except UnavailableError as error:
            raise UnreadableFileError(path, error.what) from error
        lines = () if raw else content.splitlines()
        is_hash = all(_LFS_HASH.fullmatch(line.strip()) for line in lines if b"oid" in line)
        return super().open(
            key, mode, encoding, raw or not is_hash or path.encode(errors="replace") != os.fsencode(path)
        )

    def exists(self, key: Key) -> bool:
        """Whether there is such a file or folder."""
        try:
            return self[key] is not None
        except KeyError:
            return False

    def ls(self, key: Key) -> list[str]:
        """The names in a folder; raises ``KeyError`` where there is none."""
        return list(self._below(key))

    def _read(self, key: Key) -> dict[str, GitObject]:
        """What a folder holds, by name."""
        found = self[key]
        entries = found.scandir() if found.isdir else ()
        files = (entry for entry in entries if stat.S_IFMT(entry.mode) != _SUBMODULE)
        return {entry.name: entry for entry in files if "/".join((*key, entry.name)) not in self._hidden}
