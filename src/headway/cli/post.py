"""The command ``headway post``, and the options that every command has which talks to a forge."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.ci.job import FORGES, Context, Overrides
from headway.ci.process import process_environment
from headway.cli.options import together
from headway.errors import ForgeError, HeadwayError
from headway.publish.http.options import ClientOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.post import Delivery
    from headway.settings import ImageSettings

LABEL_LIMIT = 100
IMAGES = ("auto", "branch", "upload", "bucket", "none")
"""The places of :mod:`headway.settings`, which --help need not load."""

_EPILOG = """
\b
Examples:
  headway post                                     in CI, for the pull request it runs for
  headway post --label nightly                     beside the comment of another pipeline
  headway post --dry-run                           print every request instead of writing
  headway post --all reports/headway --one-comment a monorepo: one comment for all projects that changed
  headway post --from-run                          in a workflow_run job, for a fork's pull request
  headway post --forge github --repo octo/digits --pr 7 --token-env MY_TOKEN
"""


branch_option = click.option(
    "--images-branch", metavar="NAME", help="The branch of pictures.  [default: the settings', else headway-images]"
)
settings_option = click.option(
    "--settings", metavar="FILE", help="A settings file in place of headway.yaml; only its key `images` counts here."
)
place_options = together(
    click.option("--forge", type=click.Choice(FORGES), help="Which forge.  [default: the one whose CI this is]"),
    click.option("--repo", "repository", metavar="OWNER/NAME", help="The repository.  [default: CI's own]"),
    click.option("--pr", "pull_request", type=click.IntRange(min=1), metavar="N", help="The pull request."),
    click.option("--sha", metavar="SHA", help="The commit that the result belongs to."),
    click.option("--token-env", "token_variable", metavar="NAME", help="The environment variable with the token."),
    click.option("--ca-bundle", type=click.Path(exists=True, dir_okay=False), help="Certificates to trust."),
    click.option("--dry-run", is_flag=True, help="Read, but print every write instead of sending it."),
)
_image_options = together(
    click.option(
        "--images",
        type=click.Choice(IMAGES),
        help="Where pictures go: a branch (GitHub), the forge's uploads, a bucket, or nowhere.  "
        "[default: the settings', else auto]",
    ),
    branch_option,
    click.option("--bucket", metavar="URL", help="The bucket, as in s3://bucket/folder.  [default: the settings']"),
    click.option("--bucket-url", metavar="URL", help="Where everybody can read the bucket.  [default: the settings']"),
    settings_option,
)


def _checked_label(_: click.Context, __: click.Parameter, label: str) -> str:
    if len(label) > LABEL_LIMIT:
        raise click.BadParameter(f"at most {LABEL_LIMIT} characters")
    return label.encode(errors="replace").decode()  # bytes that are no UTF-8 reach a program as lone surrogates


label_option = click.option(
    "--label",
    default="",
    metavar="TEXT",
    callback=_checked_label,
    help="Tells several reports of one project apart.",
)


def image_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where pictures go; the command gets them as one value, ``images``."""

    @wraps(command)
    def collected(*args: Any, images: Any, images_branch: Any, bucket: Any, bucket_url: Any, **rest: Any) -> Any:  # noqa: ANN401 - as the command has it
        given = {"store": images, "branch": images_branch, "bucket": bucket, "bucket_url": bucket_url}
        return command(*args, images=read_image_settings(settings=rest.pop("settings"), **given), **rest)

    return _image_options(collected)


def read_image_settings(settings: str | None, *, branch: str | None, **given: str | None) -> ImageSettings:
    """Where images go, by the options that were given and by the settings of the working directory.

    Raises:
        SettingsError: the settings cannot be used.
    """
    from headway.publish.images.settings import resolve_image_settings  # noqa: PLC0415 - loads msgspec when needed

    return resolve_image_settings(Path.cwd(), process_environment(), settings, branch=branch or None, **given)


def read_place(*, ca_bundle: str | None, dry_run: bool, **named: Any) -> tuple[Context, ClientOptions]:  # noqa: ANN401 - the fields of Overrides
    """What :func:`place_options` collected, as the two values that every publishing function takes.

    Raises:
        ContextError: the place cannot be told.
    """
    from headway.ci.read import read_context  # noqa: PLC0415 - msgspec is loaded when it is needed

    transport = ClientOptions(ca_bundle=ca_bundle, dry_run=dry_run, log=lambda line: click.echo(line, err=not dry_run))
    return read_context(process_environment(), Overrides(**named)), transport


@click.command(epilog=_EPILOG)
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--all", "walk", is_flag=True, help="Every report below DIR, as headway report --all-projects writes them."
)
@click.option("--one-comment", is_flag=True, help="Several reports in one comment instead of one each.")
@label_option
@image_options
@click.option("--from-run", is_flag=True, help="Fetch the report of the run that started this job (workflow_run).")
@click.option("--strict", is_flag=True, help="Exit with 4 when anything could not be published.")
@place_options
@click.pass_context
def post(  # noqa: PLR0913 - the options above, one argument each
    command: click.Context,
    /,
    *,
    folders: tuple[Path, ...],
    walk: bool,
    one_comment: bool,
    label: str,
    images: ImageSettings,
    from_run: bool,
    strict: bool,
    **place: Any,  # noqa: ANN401 - place_options names them
) -> None:
    """Publish the report in DIR (default: reports/headway), or in several, where the pull request is reviewed.

    One comment is kept up to date; the commit gets a status, GitHub a job summary and the step's outputs. What cannot
    be published is told and left out of the exit code, so that a forge's bad day turns no job red.
    """
    folders = folders or (Path("reports/headway"),)
    if from_run and (walk or one_comment or len(folders) > 1):
        raise click.UsageError("--from-run takes the one report of one run.")
    context, transport = read_place(**place)
    if from_run:
        from headway.publish.fork.sanitize import fetch_and_sanitize  # noqa: PLC0415 - likewise

        try:
            context = fetch_and_sanitize(folders[0], context, transport)
        except ForgeError as failure:
            tell_failure(failure, on_github=False)
            command.exit(ForgeError.exit_code if strict else 0)
    from headway.publish.post import find_reports  # noqa: PLC0415 - requests and the templates, not for --help
    from headway.publish.post import post as deliver  # noqa: PLC0415 - likewise

    found = [each for folder in folders for each in find_reports(folder)] if walk else folders
    if not found and not one_comment:
        note("No DVC project changed: there is nothing to publish.")
    deliveries = deliver(found, context, transport, label=label, images=images, combined=one_comment)
    for delivery in deliveries:
        _tell(delivery, on_github=context.output_file is not None)
    if strict and any(delivery.failures for delivery in deliveries):
        command.exit(ForgeError.exit_code)


def _tell(delivery: Delivery, *, on_github: bool) -> None:
    note(*delivery.notes)
    for failure in delivery.failures:
        tell_failure(failure, on_github=on_github)
    if delivery.comment is not None:
        click.echo(f"{delivery.comment.outcome} {delivery.comment.url}".rstrip())


def note(*notes: str) -> None:
    """Say what a person should know, a line each."""
    for each in filter(None, notes):
        click.echo(f"note: {each}", err=True)


def tell_failure(failure: HeadwayError, *, on_github: bool) -> None:
    """Say what was not published in the log, and on GitHub on the run's page, too."""
    from headway.publish.comment.summary import warning  # noqa: PLC0415 - likewise

    click.echo(f"{click.style('not published:', fg='yellow', bold=True)} {failure}", err=True)
    if on_github:
        click.echo(warning(failure), err=True)
