"""Your own documents and images on a forge: as a comment that is kept up to date, a status of a commit, or URLs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.errors import ContextError, DeniedError, DocumentError, HeadwayError, SettingsError
from headway.publish.comment.status import status_name
from headway.publish.comment.sticky import Posted, make_marker, text_limit, upsert
from headway.publish.documents.document import (
    Document,
    display_name,
    image_files,
    is_stream,
    publish_images,
    read_document,
    read_input,
    title_of,
)
from headway.publish.documents.watching import Outcome, StopCondition, watch
from headway.publish.forges.connect import connect, with_pull_requests
from headway.publish.forges.forge import CommitTarget, Forge, IssueTarget, PullRequestTarget, State, Status, Target
from headway.publish.images.formats import IMAGE_LIMIT, DecodedImage, NotAnImageError
from headway.publish.images.store import ImageStore, NoImages, default_store, make_store
from headway.report import escaping

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.settings import ImageSettings

TOOL = "headway-document"
"""Distinguishes the comments of documents from those of reports, which may have the same label."""
_TARGET = re.compile(
    r"(?P<kind>auto|pr|commit)"
    r"|(?P<numbered>pr|issue)/(?P<number>0*[1-9][0-9]*)"
    r"|commit/(?P<sha>[0-9a-f]{40}|[0-9a-f]{64})"
)
_FINAL_ERRORS = (ContextError, DeniedError, SettingsError)
"""Errors that another try would not mend."""


class TargetSpec(NamedTuple):
    """What ``--target`` asks for: a pr, issue or commit; ``auto`` is the pr, or the commit where there is none."""

    kind: str
    number: int | None = None
    sha: str | None = None


def parse_target(text: str) -> TargetSpec:
    """Read ``auto``, ``pr``, ``pr/7``, ``commit``, ``commit/<full SHA>`` or ``issue/7``."""
    match = _TARGET.fullmatch(text)
    if match is None:
        raise SettingsError(
            f"Headway cannot comment on {text!r}.",
            remedy="Use auto, pr, pr/NUMBER, commit, commit/SHA (all 40 digits of `git rev-parse`) or issue/NUMBER.",
        )
    number = int(match["number"]) if match["number"] else None
    return TargetSpec(match["kind"] or match["numbered"] or "commit", number, match["sha"])


def _resolve(spec: TargetSpec, context: Context, forge: Forge) -> list[tuple[Target, Context]]:
    """What to comment on, each with the context of its commit; a push may belong to several pull requests."""
    if spec.kind == "issue":
        return [(IssueTarget(number=spec.number or 0), context)]
    if spec.kind != "commit":
        places = with_pull_requests(context, forge, "")
        if found := [(PullRequestTarget(number=each.pull_request), each) for each in places if each.pull_request]:
            return [*found]
        context = places[0]
    if spec.kind == "pr":
        raise ContextError(
            f"No open pull request has the commit {context.sha[:7] or '(unknown)'} as its head.",
            remedy="Name the pull request: --target pr/NUMBER; or comment on the commit: --target commit.",
        )
    if not context.sha:
        raise ContextError("The environment names no commit.", remedy="Name it: --sha SHA.")
    return [(CommitTarget(sha=context.sha), context)]


class Destination(NamedTuple):
    """Where a document and its images go; the label distinguishes it from other documents there."""

    forge: Forge
    context: Context
    target: Target
    store: ImageStore
    label: str


def resolve_destinations(
    spec: TargetSpec, context: Context, transport: ClientOptions, *, label: str, images: ImageSettings
) -> list[Destination]:
    """Where a document goes: one place, or each of the pull requests that a push belongs to."""
    forge = connect(context, transport)
    return [
        Destination(forge, place, target, make_store(images, place, forge, target, label=label), label)
        for target, place in _resolve(spec, context, forge)
    ]


def post_comment(document: Document, to: Destination) -> Posted:
    """Write a document as a comment, or update the comment of the same label."""
    marker = make_marker(to.context, to.forge, label=to.label, tool=TOOL)
    room = text_limit(marker, to.forge)
    text = publish_images(document, to.store)
    length = room.length(text)
    if length > room.size:
        raise DocumentError(
            f"{document.name} is too long for a comment.",
            why=f"It has {length:,} {room.unit}; a comment on {to.forge.name} has room for {room.size:,}.",
            remedy="Shorten it, and link the rest, for example an artifact of the run. Headway cuts nothing.",
        )
    return upsert(to.forge, to.target, marker, text)


def set_status(document: Document, to: Destination, state: State, title: str = "") -> str:
    """Show a document as the status of the context's commit; gives the URL of its page.

    By default the title is the first heading. A status that has no room for the document has only the title.
    """
    room = to.forge.limits.status
    text = publish_images(document, NoImages())
    if len(text.encode()) <= room:
        text = publish_images(document, to.store)
    if len(text.encode()) > room:
        text = ""
        say = to.forge.session.options.log
        say(f"{to.forge.name} shows the title alone: the text of a status may have {room:,} bytes.")
    status = Status(
        name=status_name("", to.label),
        state=state,
        title=title or title_of(document),
        summary=text,
        url=to.context.run.url,
    )
    return to.forge.set_status(to.context.sha, status)


def watch_and_update(
    path: Path, resolve: Callable[[], list[Destination]], transport: ClientOptions, stop: StopCondition, every: float
) -> list[Posted]:
    """Keep comments up to date while the document changes, until it is time to stop or all were overtaken.

    The document need not exist yet. What fails is logged and tried again, at most once in ``every`` seconds. Errors are
    raised only at the end, or where the forge refuses for good.
    """
    destinations: list[Destination] = []
    posted: list[Posted] = []

    def update(last: bool) -> Outcome:  # noqa: FBT001  watch says it by position
        try:
            destinations[:] = destinations or resolve()
            document = read_document(path)
            posted[:] = [post_comment(document, each) for each in destinations]
        except HeadwayError as error:
            if last or isinstance(error, _FINAL_ERRORS):
                raise
            transport.log(f"The comment was not updated, and Headway will try again: {error}")
            return "failed"
        return "overtaken" if all(each.outcome == "overtaken" for each in posted) else "updated"

    watch(FileState(path).read, update, stop, transport.now, every)
    if not posted:
        document = read_document(path)  # which raises the reason why it could never be read
        posted = [post_comment(document, each) for each in resolve()]
    return posted


class FileState:
    """The state of a document: its text, and when the files of its images were last written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: Hashable | None = None
        self._text = ""
        self._images: list[Path] = []

    def read(self) -> Hashable | None:
        """The state, ``None`` while there is no document; its text is read only when its file was written."""
        written = _written(self._path)
        if written is None or written != self._written:
            try:
                document = read_document(self._path)
            except DocumentError:
                return None
            self._written, self._text, self._images = written, document.text, image_files(document)
        return self._text, tuple(map(_written, self._images))


def _written(path: Path) -> Hashable | None:
    """What changes when a file is written; ``None`` where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):  # a name that no file can have
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def publish_files(
    files: Sequence[Path], images: ImageSettings, context: Context, transport: ClientOptions
) -> list[str]:
    """Publish images from files or standard input; gives the URL of each as the forge's comments take it."""
    contents = {f"{number}/{file.name}": _read_image(file) for number, file in enumerate(files)}
    store = default_store(images, context.forge)[0] if images.store == "auto" else images.store
    if store == "none":
        raise SettingsError("There is no place for images.", remedy="Name one: --images upload, or --images bucket.")
    forge = connect(context, transport)
    chosen = msgspec.structs.replace(images, store=store)
    urls = make_store(chosen, context, forge, label="published").put(contents)
    return [urls[name] for name in contents]


def _read_image(file: Path) -> DecodedImage:
    content = read_input(file, IMAGE_LIMIT)
    try:
        return DecodedImage(content)
    except NotAnImageError as error:
        what = f"{display_name(file)} cannot be published."
        raise DocumentError(what, why=str(error), remedy="Nothing was published.") from None


def absolute_url(url: str, context: Context) -> str:
    """A URL with a host, which GitLab's comments do without."""
    return f"{context.repository_url}{url}" if url.startswith("/") else url


def image_markdown(file: Path, url: str, title: str) -> str:
    """The Markdown that shows an image."""
    alt = escaping.text(title or ("image" if is_stream(file) else file.stem))
    quoted = escaping.clean(title).replace("\\", "\\\\").replace('"', '\\"')
    return f'![{alt}]({url} "{quoted}")' if title else f"![{alt}]({url})"
