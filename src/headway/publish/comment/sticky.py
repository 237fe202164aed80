"""One comment in one place, whoever else writes at the same time, and however often a run is killed and repeated.

1. List all comments, of all pages; those with our marker that our account wrote are ours.
2. A result that has been overtaken is not written: the pull request has another head by now, or a newer run was here.
3. Where there is none, create one, and list again, because somebody else may have done so at the same time.
4. The lowest id stays. It gets the newest of all results, ours or another's, unless it has it already; only then are
   the duplicates deleted. So a run that is killed between any two requests loses nothing, and the next one cleans up.
5. No forge edits a comment on condition that it is still what was read. So whoever edits one looks at it again, and
   puts its result back where an older run's, which was read too early, has taken its place meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, NamedTuple

from headway.errors import ForgeError
from headway.publish.comment import marker as markers
from headway.publish.comment.marker import Marker
from headway.publish.forges.forge import Comment, Forge, PullRequestTarget, SizeLimit, Target
from headway.publish.http.retry import CONSISTENCY_DELAY, create_idempotently

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headway.ci.job import Context

Outcome = Literal["created", "updated", "unchanged", "overtaken", "none"]
EDITS = 3
"""How often a result is written at the most: each older run that edits at the same time costs one."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What became of a comment.

    Attributes:
        outcome: what was done; ``overtaken`` means that a newer result stands, or will; ``none`` that there was no
            comment and none was wanted.
        url: the comment's page; empty where there is none.
        why: for ``overtaken``, the reason, one sentence.
    """

    outcome: Outcome
    url: str = ""
    why: str = ""


class _Version(NamedTuple):
    """One of our comments, and the marker in it."""

    comment: Comment
    marker: Marker


def make_marker(  # noqa: PLR0913 - the fields of a marker
    context: Context,
    forge: Forge,
    *,
    label: str,
    directory: str = "",
    projects: Iterable[str] = (),
    tool: str = markers.TOOL,
) -> Marker:
    """The marker of a comment that this run writes now; arguments as in :class:`Marker`, ``projects`` by folder."""
    return Marker(
        tool=tool,
        label=label,
        directory=directory,
        projects=markers.name_projects(projects),
        sha=context.sha,
        run=context.run.id,
        attempt=context.run.attempt,
        time=datetime.fromtimestamp(forge.session.options.now(), UTC).isoformat(timespec="seconds"),
    )


def text_limit(marker: Marker, forge: Forge) -> SizeLimit:
    """What the marker, all of it ASCII, leaves of a comment for its text."""
    room = forge.limits.comment
    return replace(room, size=room.size - len(markers.write(marker, html=forge.limits.html)) - 2)


def upsert(forge: Forge, target: Target, marker: Marker, text: str, *, create: bool = True) -> Posted:
    """Write a comment, or bring the one of the same place up to date; comments that it replaces are deleted after that.

    Args:
        forge: where.
        target: on what.
        marker: whose comment it is and how new its result.
        text: the comment, in Markdown.
        create: whether to write a new one where there is none.

    Raises:
        ForgeError: the forge cannot be reached or refuses.
    """
    body = f"{markers.write(marker, html=forge.limits.html)}\n\n{text}"
    own = _find(forge, target, lambda other: marker.same_place(other) or marker.replaces(other))
    ours = [version for version in own if marker.same_place(version.marker)]
    if why := _overtaken(forge, target, marker, ours):
        return Posted(outcome="overtaken", url=ours[0].comment.url if ours else "", why=why)
    if not ours and not create:
        return Posted(outcome="none")
    draft = _Version(Comment(id=0, body=body), marker)
    try:
        posted = _settle(forge, target, draft, ours) if ours else _created(forge, target, draft)
    except ForgeError as error:
        if not ours or not _is_gone(forge, target, ours[0], error):
            raise
        return upsert(forge, target, marker, text, create=create)
    _delete_replaced(forge, target, posted, [each for each in own if marker.replaces(each.marker)])
    return posted


def _is_gone(forge: Forge, target: Target, version: _Version, error: ForgeError) -> bool:
    """Whether an edit failed because somebody deleted the comment after it was read."""
    missing = error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    return missing and version.comment.id not in {comment.id for comment in forge.comments(target)}


def _created(forge: Forge, target: Target, draft: _Version) -> Posted:
    created = draft._replace(comment=_create(forge, target, draft))
    ours = _found_after(forge, target, created)
    return Posted(outcome="created", url=_settle(forge, target, draft, ours).url)


def _delete_replaced(forge: Forge, target: Target, posted: Posted, replaced: list[_Version]) -> None:
    transport = forge.session.options
    for version in replaced:
        forge.delete_comment(target, version.comment)
        if not transport.dry_run:
            transport.log(f"Deleted comment {version.comment.id}: {posted.url or 'the new comment'} replaces it.")


def _found_after(forge: Forge, target: Target, created: _Version) -> list[_Version]:
    """Our comments of this place after creating one.

    It may be missing for two reasons. Either the listing lags behind; or somebody else has an older one, and has
    deleted this as its duplicate already.
    """
    forge.session.options.sleep(CONSISTENCY_DELAY)
    listed = _find(forge, target, created.marker.same_place)
    if not listed or (created.comment.id and all(created.comment.id < other.comment.id for other in listed)):
        return [created, *listed]
    return listed


def _create(forge: Forge, target: Target, draft: _Version) -> Comment:
    def find() -> Comment | None:
        return next((version.comment for version in _find(forge, target, draft.marker.same_place)), None)

    return create_idempotently(
        lambda: forge.create_comment(target, draft.comment.body), find, forge.session.options.sleep
    )


def _find(forge: Forge, target: Target, wanted: Callable[[Marker], bool]) -> list[_Version]:
    """Our comments with such markers, oldest first."""
    marked = [_Version(comment, found) for comment in forge.comments(target) if (found := markers.read(comment.body))]
    here = {version.comment.id: version for version in marked if wanted(version.marker)}
    own = forge.own_comments([version.comment for version in here.values()])
    return [here[number] for number in sorted(comment.id for comment in own)]


def _overtaken(forge: Forge, target: Target, marker: Marker, ours: list[_Version]) -> str:
    """Why this result must not be written; empty where it may."""
    if isinstance(target, PullRequestTarget):
        pull_request = forge.pull_request(target.number)
        if not pull_request.has_head(marker.sha):
            now, then = pull_request.head_sha[:7], marker.sha[:7]
            return f"The pull request is at {now} by now; this result is of {then}."
    same_commit = (version.marker for version in ours if version.marker.sha == marker.sha)
    newer = next((other for other in same_commit if other.newer_run(marker)), None)
    return f"A newer run ({newer.run}, attempt {newer.attempt}) has posted its result." if newer else ""


def _settle(forge: Forge, target: Target, draft: _Version, ours: list[_Version]) -> Posted:
    kept, *duplicates = ours
    newest = _newest(draft, ours)
    changes = _result(kept) != _result(newest)
    comment = _edit(forge, target, kept.comment, newest) if changes else kept.comment
    for duplicate in duplicates:
        forge.delete_comment(target, duplicate.comment)
    return Posted(outcome="updated" if changes else "unchanged", url=comment.url)


def _edit(forge: Forge, target: Target, comment: Comment, result: _Version) -> Comment:
    """Write a result over a comment, and again while an older run's takes its place."""
    for _ in range(EDITS - 1):
        edited = forge.edit_comment(target, comment, result.comment.body)
        if not _is_lost(forge, target, result.marker, comment.id):
            return edited
    return forge.edit_comment(target, comment, result.comment.body)


def _is_lost(forge: Forge, target: Target, marker: Marker, number: int) -> bool:
    """Whether a comment that was just written holds an older run's result, of this commit or of a former head.

    Outside CI there is no order of runs, and a dry run has written nothing.
    """
    transport = forge.session.options
    if transport.dry_run or not marker.run:
        return False
    transport.sleep(CONSISTENCY_DELAY)
    body = next((comment.body for comment in forge.comments(target) if comment.id == number), "")
    found = markers.read(body)
    if found is None or not found.same_place(marker):
        return False
    if found.sha == marker.sha:
        return marker.newer_run(found)
    return isinstance(target, PullRequestTarget) and forge.pull_request(target.number).has_head(marker.sha)


def _newest(draft: _Version, ours: list[_Version]) -> _Version:
    """The draft, unless somebody wrote a newer result of the same commit meanwhile."""
    newest = draft
    for version in ours:
        if version.marker.sha == newest.marker.sha and version.marker.newer_run(newest.marker):
            newest = version
    return newest


def _result(version: _Version) -> tuple[str, int, int, str]:
    """What a comment says, and of which run; the time in its marker does not count."""
    marker = version.marker
    return marker.sha, marker.run, marker.attempt, markers.text_of(version.comment.body)
