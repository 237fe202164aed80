"""A revision of a DVC project becomes a :class:`~headway.gather.dvc.project.Project`: the workspace, or a commit."""

from __future__ import annotations

import logging
import posixpath
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.config import Config, ConfigError
from dvc.config import merge as merge_config
from dvc.fs import GitFileSystem
from dvc.repo import Repo
from dvc.scm import Git

from headway.errors import RepositoryError
from headway.gather.dvc.cache import Store
from headway.gather.dvc.folders import LazyTrie
from headway.gather.dvc.invalid_files import Flaw, invalid_file
from headway.gather.dvc.loading import PipelineLoader, commit_sources, workspace_sources
from headway.gather.dvc.project import Project
from headway.gather.git.files import CommitTree, WorkspaceTree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.gather.git.files import CommitFiles
    from headway.gather.network import Network

_LOGGERS = ("dvc", "dvc_data", "dvc_objects", "scmrepo")


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
    fs = GitFileSystem(scm=scm, trie=LazyTrie(scm, commit.sha))
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
