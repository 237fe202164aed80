"""The commands for your own documents and images (``comment``, ``check``, ``upload``), and ``prune``."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli import options
from headway.cli.errors import print_notes, print_unpublished
from headway.cli.progress import show_uploads
from headway.errors import DocumentError, ForgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.ci.job import Context
    from headway.publish.comment.sticky import Posted
    from headway.publish.documents.delivery import Destination
    from headway.publish.documents.document import Document
    from headway.publish.forges.forge import State
    from headway.publish.http.options import ClientOptions
    from headway.settings import ImageSettings

_COMMENT_EXAMPLES = """
\b
Examples:
  headway comment report.md                        on the pull request, else on the commit
  headway comment report.md --target issue/12 --label nightly
  headway comment report.md --watch & python train.py
  python summary.py | headway comment - --label nightly
"""
_CHECK_EXAMPLES = """
\b
Example:
  headway check report.md --conclusion success --title "Smoke test"
"""
_UPLOAD_EXAMPLES = """
\b
Examples:
  headway upload plot.png                          prints the image's URL
  headway upload plot.png --md >> report.md        appends Markdown that shows the image
  cat plot.png | headway upload -                  reads the image from standard input
"""
_PRUNE_EXAMPLES = """
\b
Examples:
  headway prune                                    removes images last used more than 90 days ago
  headway prune --older-than 30 --closed           also removes images of closed pull requests
"""

_document = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.command(epilog=_COMMENT_EXAMPLES)
@_document
@click.option(
    "--target", default="auto", show_default=True, metavar="WHAT", help="auto, pr, pr/N, commit, commit/SHA or issue/N."
)
@options.label
@click.option(
    "--watch", "watching", is_flag=True, help="Update the comment when FILE changes, until the calling process ends."
)
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: the minimum time between two updates.",
)
@options.strict
@options.images
@options.forge
@click.pass_context
def comment(  # noqa: PLR0913 - the options above, one argument each
    command: click.Context,
    /,
    *,
    file: Path,
    target: str,
    label: str,
    watching: bool,
    every: float,
    strict: bool,
    images: ImageSettings,
    **forge: Any,  # noqa: ANN401 - options.forge names them
) -> None:
    """Create or update a comment from a Markdown file.

    FILE can be - for standard input; paths of images are then relative to the current folder. Each label has one
    comment. The default label is the file's name, or stdin.

    Headway uploads the local images and the data URLs that FILE shows with ![](...) or <img src>, and replaces their
    addresses with URLs. It does not change the rest of the text. A missing image is an error. Headway does not upload
    images in reference style (![][name]) or in srcset.
    """
    from headway.publish.documents import delivery, document

    spec = delivery.parse_target(target)
    if watching and document.is_stream(file):
        raise click.UsageError("--watch needs a file: standard input can be read only once.")
    read = partial(document.read_document, file) if watching else _read_once(file)
    forge["pull_request"] = (spec.number if spec.kind == "pr" else None) or forge["pull_request"]
    forge["sha"] = spec.sha or forge["sha"]
    context, client = _read_forge(**forge)
    label = label or document.short_name(file)
    resolve = partial(delivery.resolve_destinations, spec, context, label=label, images=images)
    with _reporting_failures(command, context, read, client, strict=strict):
        if watching:
            posted = _watch(file, resolve, client, every)
        else:
            with show_uploads(client) as shown:
                posted = [delivery.post_comment(read(), each) for each in resolve(shown)]
    for each in posted:
        click.echo(f"{each.outcome} {each.url}".rstrip())
        print_notes(each.why)
    with suppress(DocumentError):  # a watched file that no longer exists
        print_notes(*document.unpublished_images(read()))


def _read_once(file: Path) -> Callable[[], Document]:
    """Read a document before any request is sent, and only once, as standard input requires."""
    from headway.publish.documents.document import read_document

    read = cache(partial(read_document, file))
    read()
    return read


def _read_forge(**forge: Any) -> tuple[Context, ClientOptions]:  # noqa: ANN401 - options.forge names them
    context, client = options.read_forge(**forge)
    print_notes(*context.notes)
    return context, client


def _watch(
    file: Path, resolve: Callable[[ClientOptions], list[Destination]], client: ClientOptions, every: float
) -> list[Posted]:
    from headway.publish.documents.delivery import watch_and_update
    from headway.publish.documents.watching import ParentOrSignal, is_orphan

    stop = ParentOrSignal(orphan=is_orphan())
    interruptible = replace(client, sleep=stop.wait)
    with stop.on_signals():
        return watch_and_update(file, partial(resolve, interruptible), interruptible, stop, every)


@contextmanager
def _reporting_failures(
    command: click.Context, context: Context, read: Callable[[], Document], client: ClientOptions, *, strict: bool
) -> Iterator[None]:
    """Report what was not published in the log, on the run's page, and with the text in the job summary."""
    try:
        yield
    except ForgeError as failure:
        summary_file = None if client.dry_run else context.summary_file
        print_unpublished(failure, on_github=summary_file is not None)
        if summary_file is not None:
            _write_summary(failure, read, summary_file)
        command.exit(ForgeError.exit_code if strict else 0)


def _write_summary(failure: ForgeError, read: Callable[[], Document], summary_file: Path) -> None:
    from headway.publish.comment import summary

    text = summary.failures_section([failure])
    with suppress(DocumentError):  # a watched file that was never written
        text += read().text
    if len(text.encode()) < summary.remaining_bytes(summary_file):
        summary.append(summary_file, f"{text}\n")


@click.command(epilog=_CHECK_EXAMPLES)
@_document
@click.option(
    "--conclusion",
    type=click.Choice(("neutral", "success", "failure", "pending")),
    default="neutral",
    show_default=True,
    help="The conclusion of the check.",
)
@click.option("--title", default="", metavar="TEXT", help="The title.  [default: the first heading in FILE]")
@options.label
@options.strict
@options.images
@options.forge
@click.pass_context
def check(  # noqa: PLR0913 - the options above, one argument each
    command: click.Context,
    /,
    *,
    file: Path,
    conclusion: State,
    title: str,
    label: str,
    strict: bool,
    images: ImageSettings,
    **forge: Any,  # noqa: ANN401 - options.forge names them
) -> None:
    """Create a check run or commit status from a Markdown file.

    FILE can be - for standard input. GitHub gets a check run, GitLab a commit status that shows only the title, and
    Bitbucket a Code Insights report.
    """
    from headway.publish.documents import delivery, document

    read = _read_once(file)
    context, client = _read_forge(**forge)
    with _reporting_failures(command, context, read, client, strict=strict):
        spec, label = delivery.TargetSpec("commit"), label or document.short_name(file)
        with show_uploads(client) as shown:
            (destination,) = delivery.resolve_destinations(spec, context, shown, label=label, images=images)
            url = delivery.set_status(read(), destination, conclusion, title)
    click.echo(url or "done")
    print_notes(*document.unpublished_images(read()))


@click.command(epilog=_UPLOAD_EXAMPLES)
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--md", is_flag=True, help="Print Markdown that shows each image instead of its URL.")
@click.option("--title", default="", metavar="TEXT", help="With --md: the title of the images.")
@options.images
@options.forge
def upload(*, files: tuple[Path, ...], md: bool, title: str, images: ImageSettings, **forge: Any) -> None:  # noqa: ANN401 - options.forge names them
    """Upload images and print one URL per line, in the order given.

    One of FILES can be - for standard input.
    """
    from headway.publish.documents import delivery

    context, client = _read_forge(**forge)
    with show_uploads(client) as shown:
        urls = delivery.publish_files(files, images, context, shown)
    for file, url in zip(files, urls, strict=True):
        click.echo(delivery.image_markdown(file, url, title) if md else delivery.absolute_url(url, context))


@click.command(epilog=_PRUNE_EXAMPLES)
@click.option(
    "--older-than",
    type=click.IntRange(min=1),
    default=90,
    show_default=True,
    metavar="DAYS",
    help="Remove images last used more than DAYS days ago, except the newest of each open pull request.",
)
@click.option("--closed", is_flag=True, help="Also remove the images of closed pull requests, whatever their age.")
@options.images_branch
@options.image_settings_file
@options.forge
def prune(*, older_than: int, closed: bool, images_branch: str | None, settings: str | None, **forge: Any) -> None:  # noqa: ANN401 - options.forge names them
    """Remove old images from the images branch (GitHub).

    Headway also deletes the branch's history, to free the space. The URLs of the images that remain stay valid. Run
    this command on a schedule, or when a pull request is closed.
    """
    from headway.publish.images.prune import prune_branch

    context, client = _read_forge(**forge)
    branch = options.read_image_settings(settings, branch=images_branch or None).branch
    pruned = prune_branch(context, client, branch, older_than, closed=closed)
    total = len(pruned.removed) + len(pruned.kept)
    click.echo(f"{len(pruned.removed)} of {total} versions removed from the branch {branch}.")
