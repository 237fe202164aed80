"""A revision of a DVC project becomes a :class:`~headway.gather.dvc.project.Project`: the workspace, or a commit."""

from __future__ import annotations

import logging
import posixpath
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.config import Config, ConfigError
from dvc.config import merge as merge_config
from dvc.fs import GitFileSystem
from dvc.repo import Repo
from dvc.scm import Git
from scmrepo.git.objects import GitTrie

from headway.errors import RepositoryError
from headway.gather.dvc.cache import Store
from headway.gather.dvc.invalid_files import Flaw, invalid_file
from headway.gather.dvc.loading import PipelineLoader, commit_sources, workspace_sources
from headway.gather.dvc.project import Project
from headway.gather.git.files import CommitTree, WorkspaceTree
from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scmrepo.git.objects import GitObject

    from headway.gather.git.files import CommitFiles
    from headway.gather.network import Network

_LOGGERS = ("dvc", "dvc_data", "dvc_objects", "scmrepo")
Key = tuple[str, ...]
"""A path in a commit by its parts; () is git's root."""


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
    root = git_root / folder
    with _opening(side):
        repo = Repo(str(root), scm=Git(str(git_root)))
    loader = PipelineLoader(repo, side)
    files = loader.load(workspace_sources(repo, loader.outs))
    tree = WorkspaceTree(repo, root, (git_root, Path(repo.cache.local_cache_dir)))
    return Project(repo, files, loader.outs, tree, Store(repo, network, "dvc pull"))


def open_commit(git_root: Path, folder: str, side: str, commit: CommitFiles, network: Network) -> Project:
    """Open a commit that has a DVC project in ``folder``; see :func:`open_workspace`.

    Raises:
        RepositoryError: a pipeline file or the configuration is not valid.
    """
    scm = Git(str(git_root))
    fs = GitFileSystem(scm=scm, trie=_LazyTrie(scm, commit))
    root = posixpath.join("/", folder)
    with _opening(side):
        repo = Repo(root, fs=fs, scm=scm, config=_committed_config(fs, root, git_root / folder))
    loader = PipelineLoader(repo, side)
    files = loader.load(commit_sources(repo, tuple(commit.below(folder))))
    store = Store(repo, network, "dvc fetch --all-commits")
    return Project(repo, files, loader.outs, CommitTree(commit, repo, folder), store)


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


class _LazyTrie(GitTrie):
    """The files and folders of a commit, each read when it is asked for; symbolic links are followed.

    Only a link to a folder stays a link where it is asked for itself: whoever walks the folders would walk in circles.
    scmrepo's own holds every file of the commit before the first one is read: 0.3 s for 50,000 files, of which Headway
    lets DVC read the configuration, the ignore files and the pipeline files.

    Args:
        scm: the git repository.
        commit: the commit's files.
    """

    def __init__(self, scm: Git, commit: CommitFiles) -> None:  # GitTrie's own would read every folder
        self.rev = commit.sha
        self.tree = scm.pygit2.get_tree_obj(rev=commit.sha)
        self._commit = commit
        self.trie = self
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
        return {entry.name: entry for entry in found.scandir()} if found.isdir else {}
