"""One comment in one place, whoever else writes at the same time, and however often a run is killed and repeated.

1. List all comments, of all pages; those with our marker that our account wrote are ours.
2. An overtaken result is not written: the pull request has another head by now, or a newer run has posted.
3. Where there is no comment, create one, and list again, because somebody else may have done so at the same time.
4. The lowest id stays. It gets the newest of all results, ours or another's, unless it has it already; only then are
   the duplicates deleted. So a run that is killed between any two requests loses nothing, and the next one cleans up.
5. No forge edits a comment on condition that it is still what was read. So whoever edits one looks at it again, and
   writes its result again where an older run, which had read the comment too early, has replaced it meanwhile.
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
MAX_EDITS = 3
"""How often a result is written at most: each older run that edits at the same time costs one."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What became of a comment.

    Attributes:
        outcome: what was done; ``overtaken`` means that there is a newer result, or will be; ``none`` that there was
            no comment and none was wanted.
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

    @property
    def result(self) -> tuple[str, int, int, str]:
        """What it says, and of which run; the time in its marker does not count."""
        return self.marker.sha, self.marker.run, self.marker.attempt, markers.text_of(self.comment.body)


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
    limit = forge.limits.comment
    return replace(limit, size=limit.size - len(markers.write(marker, html=forge.limits.html)) - 2)


def compose(marker: Marker, text: str, forge: Forge) -> str:
    """The body of a comment: its marker, then its text."""
    return f"{markers.write(marker, html=forge.limits.html)}\n\n{text}"


def upsert(forge: Forge, target: Target, marker: Marker, text: str, *, create: bool = True) -> Posted:
    """Write a comment in Markdown, or update the one of the same place; those that it replaces are deleted after that.

    Without ``create``, nothing is written where there is none.
    """
    body = compose(marker, text, forge)
    found = _find(forge, target, lambda other: marker.same_place(other) or marker.replaces(other))
    ours = [version for version in found if marker.same_place(version.marker)]
    if why := _overtaken(forge, target, marker, ours):
        return Posted(outcome="overtaken", url=ours[0].comment.url if ours else "", why=why)
    if not ours and not create:
        return Posted(outcome="none")
    draft = _Version(Comment(id=0, body=body), marker)
    try:
        posted = _settle(forge, target, draft, ours) if ours else _create(forge, target, draft)
    except ForgeError as error:
        if not ours or not _is_gone(forge, target, ours[0], error):
            raise
        return upsert(forge, target, marker, text, create=create)
    _delete_replaced(forge, target, posted, [version for version in found if marker.replaces(version.marker)])
    return posted


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


def _is_gone(forge: Forge, target: Target, version: _Version, error: ForgeError) -> bool:
    """Whether an edit failed because somebody deleted the comment after it was read."""
    missing = error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    return missing and version.comment.id not in {comment.id for comment in forge.comments(target)}


def _create(forge: Forge, target: Target, draft: _Version) -> Posted:
    def find() -> Comment | None:
        return next((version.comment for version in _find(forge, target, draft.marker.same_place)), None)

    sleep = forge.session.options.sleep
    created = create_idempotently(lambda: forge.create_comment(target, draft.comment.body), find, sleep)
    sleep(CONSISTENCY_DELAY)
    listed = _find(forge, target, draft.marker.same_place)
    # The new comment may be missing because the listing lags behind, or because somebody else has an older one and has
    # deleted this one as its duplicate already.
    if not listed or (created.id and all(created.id < other.comment.id for other in listed)):
        listed = [draft._replace(comment=created), *listed]
    return Posted(outcome="created", url=_settle(forge, target, draft, listed).url)


def _settle(forge: Forge, target: Target, draft: _Version, ours: list[_Version]) -> Posted:
    kept, *duplicates = ours
    newest = _newest(draft, ours)
    changes = kept.result != newest.result
    comment = _edit(forge, target, kept.comment, newest) if changes else kept.comment
    for duplicate in duplicates:
        forge.delete_comment(target, duplicate.comment)
    return Posted(outcome="updated" if changes else "unchanged", url=comment.url)


def _newest(draft: _Version, ours: list[_Version]) -> _Version:
    """The draft, unless somebody has written a newer result of the same commit meanwhile."""
    marker = draft.marker
    newer = [each for each in ours if each.marker.sha == marker.sha and each.marker.newer_run(marker)]
    return max(newer, key=lambda each: (each.marker.run, each.marker.attempt), default=draft)


def _edit(forge: Forge, target: Target, comment: Comment, result: _Version) -> Comment:
    """Write a result over a comment, and again while an older run replaces it."""
    for _ in range(MAX_EDITS - 1):
        edited = forge.edit_comment(target, comment, result.comment.body)
        if not _is_lost(forge, target, result.marker, comment.id):
            return edited
    return forge.edit_comment(target, comment, result.comment.body)


def _is_lost(forge: Forge, target: Target, marker: Marker, number: int) -> bool:
    """Whether a comment that was just written holds an older run's result, of this commit or of a former head.

    Outside CI runs have no order, and a dry run has written nothing.
    """
    options = forge.session.options
    if options.dry_run or not marker.run:
        return False
    options.sleep(CONSISTENCY_DELAY)
    body = next((comment.body for comment in forge.comments(target) if comment.id == number), "")
    found = markers.read(body)
    if found is None or not found.same_place(marker):
        return False
    if found.sha == marker.sha:
        return marker.newer_run(found)
    return isinstance(target, PullRequestTarget) and forge.pull_request(target.number).has_head(marker.sha)


def _delete_replaced(forge: Forge, target: Target, posted: Posted, replaced: list[_Version]) -> None:
    options = forge.session.options
    for version in replaced:
        forge.delete_comment(target, version.comment)
        if not options.dry_run:
            options.log(f"Deleted comment {version.comment.id}: {posted.url or 'the new comment'} replaces it.")
