"""The command ``headway deploy``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.ci.job import TOKENS
from headway.ci.process import process_environment
from headway.ci.read import detect, read_job
from headway.cli import options
from headway.cli.errors import print_notes, print_unpublished
from headway.cli.progress import show_progress
from headway.errors import ForgeError
from headway.numbers import format_bytes

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.gather.artifacts import FetchedArtifact
    from headway.publish.http.options import ClientOptions
    from headway.values.registry.records import Promotion

_EXAMPLES = """
\b
Examples:
  headway deploy digits --in staging -- python smoke_test.py {model}
  headway deploy digits --in staging --sha "$SHA" -- python smoke_test.py {model}
  headway deploy models/de:digits --in production --sha "$SHA" --out build
  headway deploy digits --in staging --sha "$SHA" --no-record    a trial of any commit
"""


@click.command(epilog=_EXAMPLES)
@click.argument("name")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option("--in", "stage", required=True, metavar="STAGE", help="The stage, which is the deployment's environment.")
@click.option("--sha", metavar="SHA", help="The full SHA of a commit.  [default: that of the version in the stage]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="deploy",
    show_default=True,
    metavar="DIR",
    help="Where to put the artifact, under its own name.",
)
@options.project
@options.recording
@options.strict
@click.pass_context
def deploy(  # noqa: PLR0913 - the options above, one argument each
    context: click.Context,
    /,
    *,
    name: str,
    command: tuple[str, ...],
    stage: str,
    sha: str | None,
    out: Path,
    folder: Path,
    record: bool,
    strict: bool,
    **forge: Any,  # noqa: ANN401 - options.recording names them
) -> None:
    """Fetch the version of an artifact that has a stage, run a smoke test, and record a GitHub deployment.

    With --sha, the commit must be the one that has the stage, so that an event that comes late rolls out nothing old;
    with --no-record, it may be any.

    NAME is an artifact of dvc.yaml, such as digits; of a folder of a monorepo, DIR:NAME. Headway fetches its file or
    folder at the commit with DVC, checks its hash, and puts it into DIR. A file or folder of the same name there is
    replaced.

    COMMAND is the smoke test. It is run without a shell. {model} in its arguments becomes the path of the artifact.
    HEADWAY_MODEL, HEADWAY_SHA and HEADWAY_STAGE are set for it. A model may hold code, so it gets no token of a forge
    (such as GITHUB_TOKEN or CI_JOB_TOKEN), no variable that begins with ACTIONS_, and no credentials of a DVC remote
    (such as AWS_SECRET_ACCESS_KEY or GOOGLE_APPLICATION_CREDENTIALS). Other variables stay.

    In GitHub Actions with a token, the deployment and its state are recorded. If that fails, Headway prints a warning;
    use --strict to exit 4 instead.

    Exit codes: 0 deployed; 1 the smoke test failed; 2 wrong usage, or COMMAND cannot be run; 3 the artifact cannot be
    fetched.
    """
    from headway.app.deploy import DeployRequest, promotion_of
    from headway.app.deploy import deploy as deploy_artifact
    from headway.publish.rollout.recording import GitHubRecording, NoRecording
    from headway.remotes.environment import read_credentials, without_secrets

    promotion = promotion_of(name, stage, sha, folder, is_rollout=record)
    github = _read_github(record=record, **forge)
    recording = GitHubRecording(*github, promotion) if github else NoRecording()
    request = DeployRequest(
        promotion=promotion,
        folder=folder,
        out=out,
        command=command,
        environment=without_secrets(process_environment(), forge["token_variable"]),
        job=read_job(),
        credentials=read_credentials(),
        progress=partial(show_progress, f"Fetching {promotion.label}"),
        on_fetched=partial(_print_fetched, promotion, is_all=not command),
    )
    try:
        code = deploy_artifact(request, recording)
    finally:
        for failure in recording.failures:
            print_unpublished(failure, on_github=bool(github and github[0].output_file))
    if code:
        click.echo(f"The smoke test failed with exit code {code}.", err=True)
        context.exit(1)
    if strict and recording.failures:
        context.exit(ForgeError.exit_code)


def _read_github(*, record: bool, repository: str | None, **forge: Any) -> tuple[Context, ClientOptions] | None:  # noqa: ANN401 - options.recording names them
    """Where the deployment is recorded; ``None``, and a note that says why, where it is not."""
    kind = detect(process_environment()) or ("github" if repository else None)
    if not record:
        print_notes("--no-record: no deployment is recorded.")
        return None
    if kind != "github":
        print_notes("No deployment is recorded, since this is not a job of GitHub Actions, and --repo is not set.")
        return None
    context, client = options.read_forge(forge=kind, repository=repository, pull_request=None, sha=None, **forge)
    if context.token is None and not client.dry_run:
        print_notes(f"No deployment is recorded, since none of {', '.join(TOKENS[kind])} is set.")
        return None
    return context, client


def _print_fetched(promotion: Promotion, artifact: FetchedArtifact, *, is_all: bool) -> None:
    """Print what was fetched to where; its path on stdout, where the smoke test would write."""
    files = f"{artifact.files} file{'s' if artifact.files > 1 else ''}, {format_bytes(artifact.size)}"
    click.echo(f"{artifact.path} of {promotion.sha[:7]} is in {artifact.place} ({files}).", err=True)
    if is_all:
        click.echo(artifact.place)
