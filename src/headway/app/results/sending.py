"""Results as a commit on a branch of their own, and the request to merge it.

The commit has the checked-out one as its parent and records the CI run that made it, so that of two runs the newer one
wins, whichever ends first. Killed anywhere and run again, it ends the same.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from headway.app.results.changed_files import changed_files
from headway.errors import RepositoryError
from headway.gather.git.checked_out import checked_out_branch
from headway.publish.requests.open_request import open_request
from headway.publish.requests.protocol import ChangeRequest
from headway.publish.requests.request_branch import push_commit
from headway.publish.requests.request_commit import tree_of, tree_of_workspace, write_commit
from headway.report.escaping import code, short_sha
from headway.text import replace_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from headway.publish.requests.protocol import ForgeRequests, OpenRequest
    from headway.publish.requests.request_branch import GitRemote

_BASE, _RUN = "Headway-Results", "Headway-Run"
"""Trailers of the commit: the branch that the results are for, and the id of the CI run that made them."""
_BOT = "github-actions[bot]"
"""The author of what a job of GitHub Actions writes with its own token."""
_NO_WORKFLOW = (
    "GitHub starts no workflow by itself for a request of github-actions[bot]. On github.com, select "
    '"Approve workflows to run" in its merge box; on GitHub Enterprise Server, close and reopen it. With the token of '
    "a GitHub App in HEADWAY_TOKEN, workflows start as for everybody."
)
_OTHER_CHECKOUT = (
    "Check out that branch, or name the branch of this commit: --base NAME. The job of a pull request may check out a "
    "merge commit that is on no branch; on GitHub, add `ref: ${{ github.head_ref }}` to its checkout."
)

Action = Literal["opened", "updated", "unchanged", "nothing", "outdated", "would_open", "would_update"]


@dataclass(frozen=True, kw_only=True)
class ResultsRequest:
    """Which results to send, and where to.

    Attributes:
        root: the root of the git repository.
        paths: files and folders with results, from the root.
        base: the branch that the results are for.
        branch: the branch that gets the commit.
        title: the title of the request and the first line of the commit's message.
        body: the Markdown of the request.
        run: the id of the CI run, 0 outside CI; of two runs, the one with the higher id has the newer results.
        run_url: the page of that run; empty outside CI.
        force: whether a branch is replaced that holds commits of somebody else.
    """

    root: Path
    paths: tuple[str, ...]
    base: str
    branch: str
    title: str
    body: str
    run: int = 0
    run_url: str = ""
    force: bool = False


class SentResults(msgspec.Struct, frozen=True, kw_only=True):
    """What became of results.

    Attributes:
        action: what was done with the request. ``nothing`` means that the results are the committed ones;
            ``outdated``, that a later run has sent its results already. ``would_...`` is for a dry run.
        base: the branch that the results are for.
        branch: the branch of the commit.
        commit: the full SHA of the commit with these results on that branch; empty if there is none.
        files: the changed files, from the root of the git repository.
        number: the number of the request; 0 without one.
        url: the page of the request; empty without one.
        note: what else the reader should know; else empty.
    """

    action: Action
    base: str
    branch: str
    commit: str = ""
    files: tuple[str, ...] = ()
    number: int = 0
    url: str = ""
    note: str = ""


def send_results(request: ResultsRequest, remote: GitRemote, forge: ForgeRequests, head: str) -> SentResults:
    """Push results to their branch, and open a request or bring the open one up to date.

    Args:
        request: which results.
        remote: where the branch goes.
        forge: the requests of the same repository; in a dry run, nothing is pushed.
        head: the full SHA of the commit that is checked out, on which the results were computed.

    Raises:
        RepositoryError: a file cannot be committed, the commit is not on the base branch, the branch holds somebody
            else's commits, or the remote cannot be reached or refuses.
        ForgeError: the forge cannot be reached or refuses.
    """
    result = SentResults(action="nothing", base=request.base, branch=request.branch)
    _require_published(remote, request.base, head)
    tree = tree_of_workspace(request.root, head, request.paths)
    files = changed_files(request.root, tree_of(request.root, head), tree)
    if not files:
        return _without_changes(result, forge)
    result = msgspec.structs.replace(result, files=tuple(map(replace_bytes, files)))
    change = ChangeRequest(branch=request.branch, base=request.base, title=request.title, body=request.body)
    if forge.session.options.dry_run:
        return _tried(result, forge, change)
    commit = write_commit(request.root, head, tree, _message(request))
    pushed = push_commit(remote, request.branch, commit, lambda found: _may_replace(request, remote, found))
    if pushed.kept:
        note = f"The branch {request.branch} has the results of a later run."
        return msgspec.structs.replace(result, action="outdated", note=note)
    opened = open_request(forge, change)
    action = "updated" if pushed.pushed and opened.action == "unchanged" else opened.action
    result = msgspec.structs.replace(result, action=action, commit=pushed.sha)
    return _with_request(result, opened.request)


def default_body(base: str, head: str, *, of_a_run: bool) -> str:
    """What a request says about itself if the user says nothing.

    The CI run is in the commit instead: a later run with the same results would have to edit it here.
    """
    run = " The commit names the CI run that computed them." if of_a_run else ""
    return f"Results of the pipeline on {code(base)} at {short_sha(head)}.{run}"


def _require_published(remote: GitRemote, base: str, head: str) -> None:
    """Raise an error if the base branch of the remote lacks a commit; merging would bring that commit along."""
    tip = remote.tip(base)
    if tip == head:
        return
    push = f"git push {remote.name} HEAD:{shlex.quote(f'refs/heads/{base}')}"
    if not tip:
        meant = base.removeprefix(f"{remote.name}/")
        raise RepositoryError(
            f"The remote {remote.name!r} has no branch {base!r}.",
            why="The results are to be merged into it.",
            remedy=f"{push}  # or name another: --base NAME" if meant == base else f"Did you mean --base {meant}?",
        )
    remote.fetch_history(tip)
    if not remote.has_ancestor(tip, head):
        raise RepositoryError(
            f"The commit {head[:7]} is not on the branch {base!r} of the remote {remote.name!r}.",
            why="Merging the results would bring its changes along.",
            remedy=push if checked_out_branch(remote.root) == base else _OTHER_CHECKOUT,
        )


def _without_changes(result: SentResults, forge: ForgeRequests) -> SentResults:
    """The results are the committed ones; a request of an earlier run may still be open."""
    found = forge.find_open(result.branch, result.base)
    if found is None:
        return result
    note = "A request of an earlier run is still open."
    return msgspec.structs.replace(result, number=found.number, url=found.url, note=note)


def _tried(result: SentResults, forge: ForgeRequests, change: ChangeRequest) -> SentResults:
    found = forge.find_open(change.branch, change.base)
    tried = msgspec.structs.replace(result, action="would_update" if found else "would_open")
    return msgspec.structs.replace(tried, number=found.number, url=found.url) if found else tried


def _with_request(result: SentResults, opened: OpenRequest) -> SentResults:
    note = _NO_WORKFLOW if opened.author == _BOT else ""
    return msgspec.structs.replace(result, number=opened.number, url=opened.url, note=note)


def _message(request: ResultsRequest) -> str:
    where = f"Computed in {request.run_url}\n\n" if request.run_url else ""
    run = f"{_RUN}: {request.run}\n" if request.run else ""
    return f"{request.title}\n\n{where}{_BASE}: {request.base}\n{run}"


def _require_own(request: ResultsRequest, base: str, found: str) -> None:
    """Raise an error for a commit on the branch that is not of these results, by the base branch in its trailer."""
    if not base:
        raise RepositoryError(
            f"The branch {request.branch!r} holds a commit that `headway pr` did not make: {found[:7]}.",
            why="Replacing the branch would lose it.",
            remedy="Merge or close the open request and delete the branch, name another one with --branch, or replace "
            "it with --force.",
        )
    if base != request.base:
        raise RepositoryError(
            f"The branch {request.branch!r} holds the results for {base!r}.",
            why=f"A request to merge it into {base!r} would get the commits of {request.base!r}.",
            remedy="Name another one with --branch, or replace it with --force.",
        )


def _may_replace(request: ResultsRequest, remote: GitRemote, found: str) -> bool:
    """Whether a commit on the branch is of an earlier run.

    Raises:
        RepositoryError: somebody else made it, or it is for another base branch.
    """
    trailers = remote.trailers(found)
    if not request.force:
        _require_own(request, trailers.get(_BASE, ""), found)
    run = trailers.get(_RUN, "")
    return not (request.run and run.isascii() and run.isdigit() and int(run) > request.run)
