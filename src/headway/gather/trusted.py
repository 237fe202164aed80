"""What git knows of the branch that a change is made against, for the question where a job's credentials may go."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather.unavailable import UnavailableError
from headway.public_files import repository_root
from headway.remotes.trust import Files, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headway.ci.job import PullRequestBase
    from headway.gather.git.files import CommitFiles
    from headway.gather.git.history import History


def trust_of(project: Path, open_history: Callable[[], History], declared: PullRequestBase | None) -> Trust:
    """Say where credentials may go from a project.

    Args:
        project: the DVC project's root.
        open_history: opens git's repository, at most once; an error of it counts as a missing base.
        declared: what CI says that the pull request is made against; without it, that is the default branch.
    """
    history = cache(open_history)
    root = repository_root(project) or project

    def files(sha: str, name: str) -> Files:
        folder = project.relative_to(root).as_posix().removeprefix(".")
        commit = history().commit(sha, folder)
        imports = tuple(path for path in commit.below(folder) if path.endswith(".dvc"))
        return Files(name=name, read=partial(_read, commit), imports=imports)

    def head() -> Files:
        try:
            return files(history().head(), "HEAD")
        except RepositoryError:  # no git, or no commit in it
            return Files(name="HEAD", read=lambda _: None)

    return Trust(root, project, head, lambda: (files(*each) for each in _bases(history(), declared)))


def _bases(history: History, declared: PullRequestBase | None) -> Iterator[tuple[str, str]]:
    """The commits that count as reviewed, each with its name: the base branch's, and where the change left it."""
    if declared and declared.commit:
        yield history.resolve(declared.commit), declared.branch or declared.commit[:7]
        return
    named = declared.branch if declared else None
    ref = history.find_branch(named) if named else history.default_branch()
    if ref is None:
        raise history.missing_branch(named)
    name = ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")
    yield history.tip(ref), name
    if common := history.common_ancestor(history.tip(ref), history.head()):
        yield common, name


def _read(commit: CommitFiles, path: str) -> bytes | None:
    try:
        return commit.read(path)
    except UnavailableError as error:  # such as a symbolic link out of the repository: equal to no other commit's
        return f"{error.what} ({commit.sha})".encode()
