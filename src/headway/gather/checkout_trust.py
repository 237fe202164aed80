"""Where the credentials of a CI job may go from a checkout: the files of the branch that its change is made against."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather.git.revisions import short_name
from headway.gather.unavailable import UnavailableError
from headway.paths import normalize
from headway.public_files import repository_root
from headway.remotes.trust import CommittedFiles, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headway.ci.job import PullRequestBase
    from headway.gather.git.files import CommitFiles
    from headway.gather.git.history import History


def checkout_trust(project: Path, open_history: Callable[[], History], declared: PullRequestBase | None) -> Trust:
    """Decide where credentials may go from a DVC project's root, by the branch that the pull request is made against.

    ``open_history`` is called at most once; an error counts as a missing base.
    """
    history = cache(open_history)
    root = repository_root(project) or project

    def files(sha: str, name: str) -> CommittedFiles:
        folder = normalize(project.relative_to(root).as_posix())
        commit = history().commit(sha, folder)
        imports = tuple(path for path in commit.below(folder) if path.endswith(".dvc"))
        return CommittedFiles(name=name, read=partial(_read, commit), imports=imports)

    def head() -> CommittedFiles:
        try:
            return files(history().head(), "HEAD")
        except RepositoryError:  # no git, or no commit in it
            return CommittedFiles(name="HEAD", read=lambda _: None)

    return Trust(root, project, head, lambda: (files(*each) for each in _reviewed(history(), declared)))


def _reviewed(history: History, declared: PullRequestBase | None) -> Iterator[tuple[str, str]]:
    """The reviewed commits, each with its name: the base branch's, and the one where the change branched off."""
    branch = declared.branch if declared else None
    if declared and declared.commit:
        yield history.resolve(declared.commit), branch or declared.commit[:7]
        return
    ref = history.find_branch(branch) if branch else history.default_branch()
    if ref is None:
        raise history.missing_branch(branch)
    yield history.tip(ref), short_name(ref)
    if common := history.common_ancestor(history.tip(ref), history.head()):
        yield common, short_name(ref)


def _read(commit: CommitFiles, path: str) -> bytes | None:
    try:
        return commit.read(path)
    except UnavailableError as error:  # such as a symbolic link out of the repository: equal to no other commit's
        return f"{error.what} ({commit.sha})".encode()
