"""Which revisions are compared: the head that was asked for, and the base that a reviewer expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.values.revision import WORKSPACE, Revision

if TYPE_CHECKING:
    from headway.ci.job import PullRequestBase
    from headway.gather.git.history import History

_NAMED = "named on the command line"


def choose_head(history: History, name: str | None) -> Revision:
    """The workspace where ``name`` is ``None``, else a commit; raises ``RepositoryError`` where there is none."""
    if name is None:
        history.require_files()
        return Revision(name=WORKSPACE, sha=history.head(), chosen="the files as they are", dirty=history.is_dirty())
    return Revision(name=name, sha=history.resolve(name), chosen=_NAMED)


def choose_base(history: History, name: str | None, head: Revision, declared: PullRequestBase | None) -> Revision:
    """The base that was asked for, else the pull request's, else the merge-base with the default branch.

    On the default branch itself it is the commit before; a workspace with changes is compared with its own commit.

    Args:
        history: the commits.
        name: what was asked for; ``None`` leaves the choice to this function.
        head: what the base is compared with.
        declared: what the pull request is made against, according to CI.

    Raises:
        RepositoryError: the clone lacks the commit; the remedy is the command that fetches it.
    """
    sha = head.sha or history.head()
    if name is not None:
        found = history.resolve(name)
        behind = history.behind(sha, found) if history.local_branch(name) and not history.is_tag(name) else None
        return Revision(name=name, sha=found, chosen=_NAMED, behind=behind)
    if declared and declared.commit:
        return _merge_request(history, declared.commit, declared.branch, sha)
    if declared and declared.branch:
        return _pull_request(history, declared.branch, sha)
    return _without_pull_request(history, head, sha)


def _merge_request(history: History, commit: str, branch: str | None, head: str) -> Revision:
    ref = history.find_branch(branch) if branch else None
    return Revision(
        name=branch or commit[:7],
        sha=history.resolve(commit),
        chosen="the merge request's base (CI_MERGE_REQUEST_DIFF_BASE_SHA)",
        behind=_behind(history, head, ref),
    )


def _pull_request(history: History, branch: str, head: str) -> Revision:
    ref = history.find_branch(branch)
    if ref is None:
        raise history.missing_branch(branch)
    return _merge_base(history, ref, head, f"the pull request's base: merge-base with {short_name(ref)}")


def _without_pull_request(history: History, head: Revision, sha: str) -> Revision:
    ref = history.default_branch()
    if ref is None and history.lacks_branches():
        raise history.missing_branch(None)
    if ref is None or history.merge_base(sha, history.tip(ref)) == sha:
        return _before(history, head, sha, ref)
    return _merge_base(history, ref, sha, f"merge-base with {short_name(ref)}")


def _merge_base(history: History, ref: str, head: str, chosen: str) -> Revision:
    common = history.merge_base(head, history.tip(ref))
    return Revision(
        name=_branch(ref),
        sha=common or history.tip(ref),
        chosen=chosen if common else f"{short_name(ref)}, which shares no commit with head",
        behind=_behind(history, head, ref),
    )


def _before(history: History, head: Revision, sha: str, ref: str | None) -> Revision:
    """The base of a head that is already merged: what the workspace changes, or what its last commit changed."""
    behind = _behind(history, sha, ref)
    if head.dirty:
        branch = history.branch() or (_branch(ref) if ref else None)
        last = f"the last commit of {branch}" if branch else "the last commit"
        return Revision(
            name=branch or "HEAD", sha=sha, chosen=f"{last}; the workspace has changes on top", behind=behind
        )
    parent = history.parent(sha)
    name = "HEAD" if head.name == WORKSPACE else head.name
    if parent is None:
        return Revision(name="nothing", sha=None, chosen=f"{name} is the first commit")
    reason = f"{name} is on {_branch(ref)}" if ref else "there is no default branch to compare with"
    return Revision(name=f"{name}~1", sha=parent, chosen=f"the commit before, since {reason}", behind=behind)


def _behind(history: History, head: str, ref: str | None) -> int | None:
    return history.behind(head, history.tip(ref)) if ref else None


def short_name(ref: str) -> str:
    """``origin/main`` of ``refs/remotes/origin/main``."""
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _branch(ref: str) -> str:
    """``main`` of ``refs/remotes/origin/main``."""
    return short_name(ref).partition("/")[2] if ref.startswith("refs/remotes/") else short_name(ref)
