"""A document of the user's own on a forge: as a comment that is kept up to date, or as a verdict on a commit.

What a comment goes on, ``--target``, is read here, and found on the forge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from headway.errors import ContextError, DeniedError, DocumentError, HeadwayError, SettingsError
from headway.publish.comment.status import status_name
from headway.publish.comment.sticky import Posted, make_marker, text_limit, upsert
from headway.publish.documents.document import Document, picture_files, publish_pictures, read_document, title_of
from headway.publish.documents.watching import End, Outcome, watch
from headway.publish.forges.connect import connect, with_pull_requests
from headway.publish.forges.forge import CommitTarget, Forge, IssueTarget, PullRequestTarget, State, Status, Target
from headway.publish.images.store import ImageStore, NoImages, make_store

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.settings import ImageSettings

TOOL = "headway-document"
"""Tells the comments of documents from those of reports, which may have the same label."""
_TARGET = re.compile(r"(?P<kind>auto|pr|commit|issue)(?:/(?P<which>.+))?")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HOPELESS = (ContextError, DeniedError, SettingsError)
"""What another try would not mend."""


class Wanted(NamedTuple):
    """What the user asked for.

    Attributes:
        kind: ``auto`` is the pull request, or the commit where there is none.
        number: of a pull request or issue, where one was named.
        sha: of a commit, where one was named.
    """

    kind: Literal["auto", "pr", "commit", "issue"]
    number: int | None = None
    sha: str | None = None


def parse_target(text: str) -> Wanted:
    """Read ``auto``, ``pr``, ``pr/7``, ``commit``, ``commit/<full SHA>`` or ``issue/7``.

    Raises:
        SettingsError: it is none of them.
    """
    match = _TARGET.fullmatch(text)
    kind, which = (match["kind"], match["which"]) if match else ("", None)
    if kind == "commit" and (which is None or _SHA.fullmatch(which)):
        return Wanted("commit", sha=which)
    if kind in {"pr", "issue"} and which and which.isascii() and which.isdigit() and int(which):
        return Wanted("pr" if kind == "pr" else "issue", number=int(which))
    if kind in {"auto", "pr"} and which is None:
        return Wanted("auto" if kind == "auto" else "pr")
    raise SettingsError(
        f"{text!r} is nothing to comment on.",
        remedy="Name auto, pr, pr/NUMBER, commit, commit/SHA (all 40 digits of `git rev-parse`) or issue/NUMBER.",
    )


def aim(wanted: Wanted, context: Context, forge: Forge) -> list[tuple[Target, Context]]:
    """What to comment on, and the context with the commit and pull request that belong to it.

    A push may belong to several pull requests; anything else is one target.

    Args:
        wanted: what the user asked for.
        context: as the environment tells it, a pull request or commit that the user named included.
        forge: whom to ask for what the environment does not tell.

    Raises:
        ContextError: there is no such pull request or commit.
        ForgeError: the forge cannot be reached or refuses.
    """
    if wanted.kind == "issue" and wanted.number is not None:
        return [(IssueTarget(number=wanted.number), context)]
    places = [context] if wanted.kind == "commit" else with_pull_requests(context, forge, "")
    numbered = [(place.pull_request, place) for place in places if wanted.kind != "commit"]
    if found := [(PullRequestTarget(number=number), place) for number, place in numbered if number is not None]:
        return [*found]
    (place,) = places
    if wanted.kind == "pr":
        raise ContextError(
            f"No open pull request has the commit {place.sha[:7] or '(unknown)'} as its head.",
            remedy="Name the pull request: --target pr/NUMBER; or comment on the commit: --target commit.",
        )
    if not place.sha:
        raise ContextError("The environment names no commit.", remedy="Name it: --sha SHA.")
    return [(CommitTarget(sha=place.sha), place)]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a document goes.

    Attributes:
        forge: the forge.
        context: the run, with the commit that the document is about.
        target: what it is about.
        store: where its pictures go.
        label: tells it from other documents there.
    """

    forge: Forge
    context: Context
    target: Target
    store: ImageStore
    label: str


def find_places(
    wanted: Wanted, context: Context, transport: ClientOptions, *, label: str, images: ImageSettings
) -> list[Place]:
    """Where a document goes: one place, or each of the pull requests that a push belongs to.

    Args:
        wanted: what it goes on.
        context: the run.
        transport: time-outs, clock, dry run.
        label: tells it from other documents there.
        images: where its images go.

    Raises:
        ForgeError: it cannot be told, or the forge cannot be reached or refuses.
        SettingsError: there is no such place for images.
    """
    forge = connect(context, transport)
    return [
        Place(
            forge=forge,
            context=place,
            target=target,
            store=make_store(images, place, forge, target, label=label),
            label=label,
        )
        for target, place in aim(wanted, context, forge)
    ]


def comment(document: Document, place: Place) -> Posted:
    """Write a document as a comment, or bring the one of the same label up to date.

    Raises:
        DocumentError: the document is too long, or a picture in it cannot be published.
        ForgeError: the forge cannot be reached or refuses.
    """
    marker = make_marker(place.context, place.forge, label=place.label, tool=TOOL)
    room = text_limit(marker, place.forge)
    text = publish_pictures(document, place.store)
    length = room.length(text)
    if length > room.size:
        raise DocumentError(
            f"{document.name} is too long for a comment.",
            why=f"It has {length:,} {room.unit}; a comment on {place.forge.name} has room for {room.size:,}.",
            remedy="Shorten it, and link the rest, an artifact of the run for example. Headway cuts nothing.",
        )
    return upsert(place.forge, place.target, marker, text)


def check(document: Document, place: Place, state: State, title: str = "") -> str:
    """Set a document as a verdict on the context's commit, and give its page.

    A forge that shows a verdict without any text, or whose text has no room for the document, gets the title alone.

    Args:
        document: what is shown.
        place: where it goes; its context names the commit.
        state: the verdict.
        title: the headline; the document's first heading where it is empty.

    Raises:
        DocumentError: a picture in the document cannot be published.
        ForgeError: the forge cannot be reached or refuses.
    """
    room = place.forge.limits.status
    text = publish_pictures(document, NoImages())
    if len(text.encode()) <= room:
        text = publish_pictures(document, place.store)
    if len(text.encode()) > room:
        text = ""
        say = place.forge.session.options.log
        say(f"{place.forge.name} gets the title alone: its verdicts have room for {room:,} bytes of text.")
    status = Status(
        name=status_name("", place.label),
        state=state,
        title=title or title_of(document),
        summary=text,
        url=place.context.run.url,
    )
    return place.forge.set_status(place.context.sha, status)


def keep_up(
    path: Path, find: Callable[[], list[Place]], transport: ClientOptions, end: End, every: float
) -> list[Posted]:
    """Keep comments up to date while the document changes, until the end comes or newer results stand.

    What fails on the way is told and tried again; what fails at the end is raised.

    Args:
        path: the document; it need not be there yet.
        find: says where it goes; asked until it knows.
        transport: the clock, and who hears of what happens.
        end: when to stop.
        every: seconds between two updates at the least.

    Raises:
        DocumentError: at the end the document is not there, or cannot be published.
        ForgeError: the forge refuses for good, or at the end.
    """
    places: list[Place] = []
    posted: list[Posted] = []

    def update(last: bool) -> Outcome:  # noqa: FBT001  watch says it by position
        try:
            places[:] = places or find()
            document = read_document(path)
            posted[:] = [comment(document, place) for place in places]
        except HeadwayError as error:
            if last or isinstance(error, _HOPELESS):
                raise
            transport.log(f"Not brought up to date: {error}")
            return "again"
        return "over" if all(each.outcome == "overtaken" for each in posted) else "brought"

    watch(_Look(path), update, end, transport.now, every)
    if not posted:
        document = read_document(path)  # which says why it was never there to be read
        posted = [comment(document, place) for place in find()]
    return posted


class _Look:
    """The state of a document: its text, and when its pictures' files were last written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Hashable | None = None
        self._text = ""
        self._pictures: list[Path] = []

    def __call__(self) -> Hashable | None:
        written = _written(self._path)
        if written is None or written != self._written:
            try:
                document = read_document(self._path)
            except DocumentError:
                return None
            self._written, self._text, self._pictures = written, document.text, picture_files(document)
        return self._text, tuple(map(_written, self._pictures))


def _written(path: Path) -> Hashable | None:
    """What changes when a file is written; ``None`` where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # a name that no file can have
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
