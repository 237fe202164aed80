"""The command ``headway post``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli import options
from headway.cli.errors import print_notes, print_unpublished
from headway.cli.progress import show_uploads
from headway.errors import ForgeError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headway.ci.job import Context
    from headway.publish.post import Delivery
    from headway.settings import ImageSettings

_EXAMPLES = """
\b
Examples:
  headway post                                     in CI: post reports/headway to the pull request
  headway post --label nightly                     keep a second comment, for another pipeline
  headway post --preview                           write the comment to a page, without posting it
  headway post --dry-run                           print each write request instead of sending it
  headway post --all reports/headway --one-comment one comment for all projects of a monorepo
  headway post --from-run                          in a workflow_run job: post a fork's report
  headway post --forge github --repo octo/digits --pr 7 --token-env MY_TOKEN
"""

_PREVIEW = "preview.html"


def _check_page_name(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    if name and not name.endswith((".html", ".htm")):
        raise click.BadParameter(f"{name!r} does not end in .html. Name the page, or write DIR before --preview.")
    return name


@click.command(epilog=_EXAMPLES)
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(file_okay=False, path_type=Path))
@click.option("--all", "find_all", is_flag=True, help="Post every report below DIR, as --all-projects writes them.")
@click.option("--one-comment", is_flag=True, help="Post several reports as one comment instead of one comment each.")
@options.label
@options.images
@click.option("--page-url", metavar="URL", default="", help="Link the comment to report.html, such as a CI artifact.")
@click.option("--from-run", is_flag=True, help="Download and post the report of the run that triggered this job.")
@click.option(
    "--preview",
    is_flag=False,
    flag_value="",
    callback=_check_page_name,
    metavar="[FILE.html]",
    help="Post nothing: write a page that shows the comment, without a token or the network.  [default: "
    "DIR/preview.html]",
)
@options.strict
@options.fail_on
@options.forge
@click.pass_context
def post(  # noqa: PLR0913 - the options above, one argument each
    command: click.Context,
    /,
    *,
    folders: tuple[Path, ...],
    find_all: bool,
    one_comment: bool,
    label: str,
    images: ImageSettings,
    page_url: str,
    from_run: bool,
    preview: str | None,
    strict: bool,
    fail_on: str,
    **forge: Any,  # noqa: ANN401 - options.forge names them
) -> None:
    """Post the report in DIR to the pull request.

    DIR is reports/headway by default; you can give several. Headway creates a comment and updates it on later runs. It
    also sets a status on the commit; on GitHub, it writes a job summary and step outputs.

    If publishing fails, Headway prints a warning and still exits 0, so an outage at the forge does not fail the job.
    Use --strict to exit 4 instead.

    A failed gate is shown as a failed status. Use --fail-on gate to exit 1 as well.

    With --preview, the page shows the comment as the forge would, with its images, its size and the status. Without a
    job or --forge, the address of the git remote says which forge.
    """
    strict = strict or fail_on == "publish"
    folders = folders or (Path("reports/headway"),)
    if from_run and (find_all or one_comment or len(folders) > 1):
        raise click.UsageError("--from-run posts exactly one report: omit --all, --one-comment and further DIRs.")
    if preview is not None:
        if from_run:
            raise click.UsageError("--preview shows reports on disk: omit --from-run.")
        context = replace(_context_of_preview(folders[0], **forge), page_url=page_url)
        found = _find(folders, find_all=find_all)
        page = Path(preview or folders[0] / _PREVIEW)
        _write_preview(page, found, context, images, label=label, combined=one_comment)
        return
    context, client = options.read_forge(**forge)
    context = replace(context, page_url=page_url)
    if from_run:
        from headway.publish.fork.sanitize import fetch_and_sanitize

        try:
            context = fetch_and_sanitize(folders[0], context, client)
        except ForgeError as failure:
            print_unpublished(failure, on_github=False)
            command.exit(ForgeError.exit_code if strict else 0)
    from headway.publish.post import post as post_reports

    found = _find(folders, find_all=find_all)
    if not found and not one_comment:
        print_notes("No DVC project changed: there is nothing to publish.")
    with show_uploads(client) as shown:
        deliveries = post_reports(found, context, shown, label=label, images=images, combined=one_comment)
    _print_deliveries(deliveries, on_github=context.output_file is not None)
    if fail_on == "gate" and any(delivery.state == "failure" for delivery in deliveries):
        click.echo("A gate failed, and --fail-on gate asks for exit code 1.", err=True)
        command.exit(1)
    if strict and any(delivery.failures for delivery in deliveries):
        command.exit(ForgeError.exit_code)


def _find(folders: Sequence[Path], *, find_all: bool) -> list[Path]:
    from headway.publish.post import find_reports

    return [each for folder in folders for each in find_reports(folder)] if find_all else list(folders)


def _context_of_preview(folder: Path, **forge: Any) -> Context:  # noqa: ANN401 - options.forge names them
    """Where the comment would be: as the options and the job say, else the remote of the report's clone or this one."""
    from headway.ci.process import process_environment
    from headway.ci.read import detect
    from headway.publish.preview.place import UNKNOWN, guess_place

    if detect(process_environment()) is None:
        places = (place for place in map(guess_place, (folder, Path())) if place != UNKNOWN)
        kind, repository = next(places, UNKNOWN)
        is_other = forge["forge"] not in {None, kind}
        forge["repository"] = forge["repository"] or (UNKNOWN[1] if is_other else repository)
        forge["forge"] = forge["forge"] or kind
    return options.read_forge(**forge)[0]


def _write_preview(
    page: Path,
    folders: Sequence[Path],
    context: Context,
    images: ImageSettings,
    **comments: Any,  # noqa: ANN401 - the label, and whether there is one comment
) -> None:
    from headway.publish.http.options import ClientOptions
    from headway.publish.post import read_reports
    from headway.publish.preview.comment import preview_comment
    from headway.publish.preview.page import render_page
    from headway.writing import write_files

    client = ClientOptions(log=lambda line: click.echo(line, err=True))
    reports = read_reports(folders, context, **comments)
    previews = [preview_comment(report, context, client, images) for report in reports]
    if not previews:
        print_notes("No DVC project changed: there is nothing to publish.")
        return
    try:
        write_files(page.parent, {}, {page.name: render_page(previews).encode()}, set())
    except WriteError as error:
        remedy = "Name another file: --preview FILE.html."
        raise WriteError(f"The preview could not be written to {page}.", why=error.why, remedy=remedy) from error
    click.echo(page)


def _print_deliveries(deliveries: Iterable[Delivery], *, on_github: bool) -> None:
    for delivery in deliveries:
        print_notes(*delivery.notes)
        for error in delivery.failures:
            print_unpublished(error, on_github=on_github)
        if delivery.comment is not None:
            click.echo(f"{delivery.comment.outcome} {delivery.comment.url}".rstrip())
