"""The commands for documents and pictures of the user's own, and the one that takes old pictures away again."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli.post import (
    branch_option,
    image_options,
    label_option,
    note,
    place_options,
    read_image_settings,
    read_place,
    settings_option,
    tell_failure,
)
from headway.errors import DocumentError, ForgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.ci.job import Context
    from headway.publish.comment.sticky import Posted
    from headway.publish.documents.delivery import Place, Wanted
    from headway.publish.documents.document import Document
    from headway.publish.forges.forge import State
    from headway.publish.http.options import ClientOptions
    from headway.settings import ImageSettings

_EPILOG = {
    "comment": """
\b
Examples:
  headway comment report.md                        on the pull request, else on the commit
  headway comment report.md --target issue/12 --label nightly
  headway comment report.md --watch & python train.py
  python summary.py | headway comment - --label nightly
""",
    "publish": """
\b
Examples:
  headway publish plot.png                         prints its address
  headway publish plot.png --md >> report.md       prints the Markdown that shows it
  cat plot.png | headway publish -                 a picture from standard input
""",
    "check": """
\b
Example:
  headway check report.md --conclusion success --title "Smoke test"
""",
    "prune": """
\b
Examples:
  headway prune                                    what was last used 90 days ago
  headway prune --older-than 30 --closed           and what belongs to closed pull requests
""",
}

_document = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_strict = click.option("--strict", is_flag=True, help="Exit with 4 when the forge refuses or cannot be reached.")


@click.command(epilog=_EPILOG["comment"])
@_document
@click.option(
    "--target", default="auto", show_default=True, metavar="WHAT", help="auto, pr, pr/N, commit, commit/SHA or issue/N."
)
@label_option
@click.option("--watch", "watching", is_flag=True, help="Keep it up to date until the parent or a signal ends it.")
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: the shortest time between two updates.",
)
@_strict
@image_options
@place_options
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
    **place: Any,  # noqa: ANN401 - place_options names them
) -> None:
    """Write FILE, in Markdown, as a comment, or bring the comment of its label up to date.

    FILE may be - for standard input, beside whose pictures you are then. Without --label that is the comment of
    this file's name, or of stdin. Local pictures and data: pictures in FILE are published
    and their addresses replaced; everything else stays as it is, byte for byte. A missing picture is an error. Only
    ![](...) and <img src> are published, not srcset and not reference style (![][name]).
    """
    from headway.publish.documents import delivery, document  # noqa: PLC0415 - likewise

    wanted = delivery.parse_target(target)
    if watching and document.is_stream(file):
        raise click.UsageError("--watch needs a file: standard input can be read only once.")
    read = partial(document.read_document, file) if watching else _read_once(file)
    context, transport = _read(**_with_target(place, wanted))
    find = partial(delivery.find_places, wanted, context, label=label or document.name_of(file), images=images)
    with _failures_told(command, context, read, transport, strict=strict):
        if watching:
            posted = _watched(file, find, transport, every)
        else:
            posted = [delivery.comment(read(), place) for place in find(transport)]
    for each in posted:
        click.echo(f"{each.outcome} {each.url}".rstrip())
        note(each.why)
    with suppress(DocumentError):  # a watched file that is gone by now
        note(*document.left_alone(read()))


def _read_once(file: Path) -> Callable[[], Document]:
    """Gives a document that is read now, before any request: standard input has it only once."""
    from headway.publish.documents.document import read_document  # noqa: PLC0415 - likewise

    read = cache(partial(read_document, file))
    read()
    return read


def _read(**place: Any) -> tuple[Context, ClientOptions]:  # noqa: ANN401 - place_options names them
    context, transport = read_place(**place)
    note(*context.notes)
    return context, transport


def _with_target(place: dict[str, Any], wanted: Wanted) -> dict[str, Any]:
    """The place's options with what --target names."""
    number = wanted.number if wanted.kind == "pr" else None
    return {**place, "pull_request": number or place["pull_request"], "sha": wanted.sha or place["sha"]}


def _watched(
    file: Path, find: Callable[[ClientOptions], list[Place]], transport: ClientOptions, every: float
) -> list[Posted]:
    from headway.publish.documents.delivery import keep_up  # noqa: PLC0415 - likewise
    from headway.publish.documents.watching import EndOfParent, is_orphan  # noqa: PLC0415 - likewise

    end = EndOfParent(orphan=is_orphan())
    patient = replace(transport, sleep=end.wait)  # nothing is waited for once the end has come
    with end.on_signals():
        return keep_up(file, partial(find, patient), patient, end, every)


@contextmanager
def _failures_told(
    command: click.Context, context: Context, read: Callable[[], Document], transport: ClientOptions, *, strict: bool
) -> Iterator[None]:
    """Say what was not published, where people look: the log, the run's page, and the job summary with the text."""
    try:
        yield
    except ForgeError as failure:
        summary_file = None if transport.dry_run else context.summary_file
        tell_failure(failure, on_github=summary_file is not None)
        if summary_file is not None:
            _summarise(failure, read, summary_file)
        command.exit(ForgeError.exit_code if strict else 0)


def _summarise(failure: ForgeError, read: Callable[[], Document], summary_file: Path) -> None:
    from headway.publish.comment import summary  # noqa: PLC0415 - likewise

    text = summary.failures_section([failure])
    with suppress(DocumentError):  # a watched file that never came
        text += read().text
    if len(text.encode()) < summary.remaining_bytes(summary_file):
        summary.append(summary_file, f"{text}\n")


@click.command(epilog=_EPILOG["check"])
@_document
@click.option(
    "--conclusion",
    type=click.Choice(("neutral", "success", "failure", "pending")),
    default="neutral",
    show_default=True,
    help="The verdict.",
)
@click.option("--title", default="", metavar="TEXT", help="The headline.  [default: the first heading in FILE]")
@label_option
@_strict
@image_options
@place_options
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
    **place: Any,  # noqa: ANN401 - place_options names them
) -> None:
    """Set FILE, in Markdown, or - for standard input, as a verdict on the commit.

    That is a check run on GitHub, a commit status on GitLab (its title alone), a Code Insights report on Bitbucket.
    """
    from headway.publish.documents import delivery, document  # noqa: PLC0415 - likewise

    read = _read_once(file)
    context, transport = _read(**place)
    with _failures_told(command, context, read, transport, strict=strict):
        wanted, label = delivery.Wanted("commit"), label or document.name_of(file)
        (found,) = delivery.find_places(wanted, context, transport, label=label, images=images)
        url = delivery.check(read(), found, conclusion, title)
    click.echo(url or "done")
    note(*document.left_alone(read()))


@click.command(epilog=_EPILOG["publish"])
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--md", is_flag=True, help="Print the Markdown that shows each picture, instead of its address.")
@click.option("--title", default="", metavar="TEXT", help="With --md: the picture's title.")
@image_options
@place_options
def publish(*, files: tuple[Path, ...], md: bool, title: str, images: ImageSettings, **place: Any) -> None:  # noqa: ANN401 - place_options names them
    """Publish pictures and print an address a line, in the order of FILES; - is standard input."""
    from headway.publish.documents.upload import in_markdown, publish_files  # noqa: PLC0415 - likewise

    context, transport = _read(**place)
    for file, address in zip(files, publish_files(files, images, context, transport), strict=True):
        click.echo(in_markdown(file, address, title) if md else address.whole)


@click.command(epilog=_EPILOG["prune"])
@click.option(
    "--older-than",
    type=click.IntRange(min=1),
    default=90,
    show_default=True,
    metavar="DAYS",
    help="Remove what was last used before that many days; the newest of an open pull request stays.",
)
@click.option("--closed", is_flag=True, help="Remove what belongs to closed pull requests, however new.")
@branch_option
@settings_option
@place_options
def prune(
    *,
    older_than: int,
    closed: bool,
    images_branch: str | None,
    settings: str | None,
    **place: Any,  # noqa: ANN401 - place_options names them
) -> None:
    """Remove old pictures from the branch of pictures, and drop its history (GitHub).

    What stays keeps its address. Run it on a schedule, or when a pull request is closed.
    """
    from headway.publish.documents.upload import prune_branch  # noqa: PLC0415 - likewise

    context, transport = _read(**place)
    branch = read_image_settings(branch=images_branch, settings=settings).branch
    pruned = prune_branch(context, transport, branch, older_than, closed=closed)
    every = len(pruned.removed) + len(pruned.kept)
    click.echo(f"{len(pruned.removed)} of {every} versions removed from the branch {branch}.")
