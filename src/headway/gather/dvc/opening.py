"""Opens a revision of a DVC project as a :class:`~headway.gather.dvc.project.Project`: the workspace, or a commit."""

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
from headway.gather.dvc.invalid_files import Flaw, flaw_of_config, invalid_file, unavailable_file
from headway.gather.dvc.loading import PipelineLoader, commit_sources, workspace_sources
from headway.gather.dvc.project import Project
from headway.gather.git.files import CommitTree, WorkspaceTree
from headway.gather.unavailable import UnavailableError
from headway.public_files import PrivateFileError, PublicFiles

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from scmrepo.git.objects import GitObject

    from headway.gather.git.files import CommitFiles
    from headway.gather.network import Network

_SUBMODULE = 0o160000
"""The mode that git gives to a commit of another repository where a file would be."""
_IGNORE = DvcIgnore.DVCIGNORE_FILE
_CONFIG = f"{Repo.DVC_DIR}/{Config.CONFIG}"
_LOGGERS = ("dvc", "dvc_data", "dvc_objects", "scmrepo")
_LFS_HASH = re.compile(rb"oid sha256:[0-9a-f]{64}")
Key = tuple[str, ...]
"""A path in a commit by its parts; () is git's root."""


@contextmanager
def silent(root: Path) -> Iterator[None]:
    """Silence DVC's log and progress bars, bound what it reads, and remove its clones of other repositories.

    Raises:
        RepositoryError: a database of DVC is damaged, or cannot be written.
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
    """Open the project in a folder of the working tree, "" at git's root.

    Args:
        side: the side in words for errors, such as ``"head, workspace"``.

    Raises:
        RepositoryError: a pipeline file or the configuration is not valid.
    """
    root, public = git_root / folder, PublicFiles(git_root)
    fs = _PublicFileSystem(root, public)
    for name in (_CONFIG, f"{Repo.DVC_DIR}/{Config.CONFIG_LOCAL}", ".dvcignore"):
        if (root / name).exists() and not (root / name).is_file():  # DVC would wait for a pipe's other end
            raise invalid_file(name, Flaw("It is not a regular file"), side)
    with _opening(side):
        with suppress(FileNotFoundError):
            fs.check(root / _CONFIG)
        repo = Repo(str(root), scm=Git(str(git_root)))
    public.cache = Path(repo.cache.local_cache_dir).resolve()
    repo._fs = fs  # noqa: SLF001 - after the cache is made, which reads its objects by their hash
    loader = PipelineLoader(repo, side)
    with _opening(side):
        loader.load(workspace_sources(repo, loader.outs))
    return Project(repo, loader, WorkspaceTree(repo, root, public), Store(repo, network, "dvc pull"))


def open_commit(  # noqa: PLR0913 - a commit, and two ways to treat what is wrong with it
    git_root: Path,
    folder: str,
    side: str,
    commit: CommitFiles,
    network: Network,
    *,
    strict: bool,
    cache: str | None = None,
) -> Project:
    """Open a commit that has a DVC project in ``folder``; see :func:`open_workspace`.

    Args:
        strict: whether a file of DVC's that is not valid is an error; otherwise it is left out.
        cache: the folder of the cache if the project is not checked out.

    Raises:
        RepositoryError: a pipeline file, the configuration or a ``.dvcignore`` is not valid, and ``strict`` is set.
    """
    flaws = dict(_invalid_ignore_files(folder, commit))
    config = posixpath.join(folder, _CONFIG)
    with _opening(side):
        try:
            repo = _commit_repo(git_root, folder, commit, cache, flaws)
        except (ConfigError, OSError, UnreadableFileError) as error:
            if strict:
                raise
            flaws[config] = flaw_of_config(error)
            repo = _commit_repo(git_root, folder, commit, cache, flaws)
    problems = []
    for path, flaw in flaws.items():
        file = posixpath.relpath(path, folder or ".")
        if strict:
            raise invalid_file(file, flaw, side)
        problems.append(unavailable_file(file, flaw, file))
    loader = PipelineLoader(repo, side, strict=strict)
    loader.load(commit_sources(repo, tuple(commit.below(folder))))
    store = Store(repo, network, "dvc fetch --all-commits")
    return Project(repo, loader, CommitTree(commit, repo, folder), store, problems)


def _invalid_ignore_files(folder: str, commit: CommitFiles) -> Iterator[tuple[str, Flaw]]:
    """The ``.dvcignore`` files that are not text, by path from git's root."""
    named = (re.match(r"(?:.*/)?\.dvcignore(?=/|$)", path) for path in commit.below(folder) if _IGNORE in path)
    for path in dict.fromkeys(found[0] for found in named if found):
        try:
            (commit.read(path) or b"").decode()
        except (UnavailableError, UnicodeDecodeError) as error:
            yield path, Flaw("It is not UTF-8 text" if isinstance(error, ValueError) else f"It {error}")


def _commit_repo(git_root: Path, folder: str, commit: CommitFiles, cache: str | None, hidden: Container[str]) -> Repo:
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
        raise invalid_file(_CONFIG, flaw_of_config(error), side) from error
    except UnicodeDecodeError as error:  # the loader reports that of pipeline files
        raise invalid_file(_IGNORE, Flaw("It, or one in a folder, is not UTF-8 text"), side) from error
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        raise RepositoryError(
            f"DVC cannot open its project ({side}).",
            why=f"{error.strerror or error}{place}.",
            remedy=place and "Make it writable, or move DVC's site cache: export DVC_SITE_CACHE_DIR=$(mktemp -d)",
        ) from error


def _unusable_database(root: Path, error: Exception) -> RepositoryError:
    """The error for the database in which DVC keeps the hashes of the files that it has seen."""
    config = Config(str(root / Repo.DVC_DIR), validate=False)
    folder = Path(site_cache_dir(config["core"].get("site_cache_dir"))) / "repo"
    remedy = "Free some space there, or choose another place: export DVC_SITE_CACHE_DIR=$(mktemp -d)"
    if "locked" in str(error):
        remedy = "Wait until the other DVC command has ended."
    if "not a database" in str(error) or "malformed" in str(error):
        remedy = f"rm -r {shlex.quote(str(folder))}  # DVC creates it again"
    return RepositoryError(f"DVC's site cache, {folder}, cannot be used.", why=f"{error}.", remedy=remedy)


class _PublicFileSystem(LocalFileSystem):  # type: ignore[misc]  # DVC has no types
    """The working tree without the files that a report must not show."""

    def __init__(self, root: Path, public: PublicFiles) -> None:
        super().__init__()
        self._root = root
        self._public = public

    def open(self, path: str, mode: str = "r", **kwargs: Any) -> Any:  # noqa: ANN401 - DVC has no types
        """Open a file that a report may show."""
        with suppress(FileNotFoundError):  # it is about to be created, or DVC reports it
            self.check(Path(path))
        return super().open(path, mode, **kwargs)

    def check(self, path: Path) -> None:
        """Raise :class:`PrivateFileError` for a file that a report must not show."""
        try:
            self._public.real(path)
        except PrivateFileError as error:
            raise PrivateFileError(f"{os.path.relpath(path, self._root)} {error.reason}") from error


class _LazyTrie(GitTrie):
    """The files of a commit, each read when it is needed; symbolic links are followed.

    A link to a folder itself stays a link, or a walk would go in circles. scmrepo's own trie takes 0.3 s for 50,000
    files before the first one is read; DVC reads the configuration, the ignore files and the pipeline files.
    ``hidden`` files, by path from git's root, do not exist for DVC.
    """

    def __init__(self, scm: Git, commit: CommitFiles, hidden: Container[str]) -> None:  # GitTrie's own reads all
        self.rev = commit.sha
        self.tree = scm.pygit2.get_tree_obj(rev=commit.sha)
        self._commit = commit
        self._hidden = hidden
        self.trie = self
        self._below = cache(self._read)

    def __getitem__(self, key: Key) -> GitObject:
        """A file or folder; raises ``KeyError`` if there is none."""
        path = "/".join(key)
        try:
            real = path if self._commit.is_folder_link(path) else self._commit.resolve(path)
        except UnavailableError as error:
            raise KeyError(key) from error
        *folder, name = real.split("/")
        return self._below(tuple(folder))[name] if real else self.tree

    def open(self, key: Key, mode: str | None = "r", encoding: str | None = None, raw: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002 - scmrepo's signature
        """A file; scmrepo resolves a pointer of Git LFS if it has a hash, and if the path is UTF-8.

        Each file is read here first: scmrepo's thread waits forever if git's object is damaged.
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
        """See :class:`GitTrie`."""
        try:
            return self[key] is not None
        except KeyError:
            return False

    def ls(self, key: Key) -> list[str]:
        """See :class:`GitTrie`."""
        return list(self._below(key))

    def _read(self, key: Key) -> dict[str, GitObject]:
        """The contents of a folder by name."""
        found = self[key]
        entries = found.scandir() if found.isdir else ()
        files = (entry for entry in entries if stat.S_IFMT(entry.mode) != _SUBMODULE)
        return {entry.name: entry for entry in files if "/".join((*key, entry.name)) not in self._hidden}
