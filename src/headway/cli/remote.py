"""The commands ``headway ci``: DVC's remote in a CI job, with the job's secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.ci.process import process_environment
from headway.ci.read import read_job
from headway.cli import options
from headway.errors import RemoteError

if TYPE_CHECKING:
    from pathlib import Path

    from headway.remotes.configuration import Project
    from headway.remotes.environment import Environment
    from headway.remotes.setup import Remote
    from headway.remotes.trust import Trust

_CI_EXAMPLES = """
\b
Examples:
  headway ci setup                    configure the remote of DVC_REMOTE_URL
  headway ci setup --require          fail if there is no remote
  headway ci cleanup                  remove the credentials, in a step that always runs
  headway ci run -- dvc pull          do all of this around one command
"""
_SETUP_EXAMPLE = "Example: headway ci setup --url s3://bucket/dvc --require"
_CLEANUP_EXAMPLE = "Example: headway ci cleanup"
_RUN_EXAMPLE = "Example: headway ci run -- dvc pull"
_NO_REMOTE = "No remote is set up: DVC_REMOTE_URL is not set and {missing}. What git tracks can still be compared."

_setup_options = options.combine(
    click.option("--url", metavar="URL", help="The remote's URL.  [default: $DVC_REMOTE_URL]"),
    click.option(
        "--remote", "name", metavar="NAME", help="The remote's name in DVC.  [default: the one with this URL, else ci]"
    ),
    click.option("--check/--no-check", default=True, show_default=True, help="Check that the remote responds."),
    click.option("--require", is_flag=True, help="Exit with 3 if there is no remote, or no credentials for it."),
    options.project,
)


@click.group(epilog=_CI_EXAMPLES)
def ci() -> None:
    """Give a CI job access to DVC's remote, without changing a tracked file.

    DVC_REMOTE_URL sets the remote's URL. Credentials stay in the environment, where the storage's library reads them:
    AWS_*, GOOGLE_APPLICATION_CREDENTIALS (a path, or the JSON itself), AZURE_*, OSS_*, GDRIVE_CREDENTIALS_DATA.
    """


@ci.command(epilog=_SETUP_EXAMPLE)
@_setup_options
def setup(*, url: str | None, name: str | None, check: bool, require: bool, folder: Path) -> None:
    """Configure DVC's remote for the later steps of this job."""
    from headway.remotes.private_files import folder_of, remove

    project, environment, remote = _choose_remote(url, name, folder)
    if remote is None:
        _explain_no_remote(project, environment, require=require)
        _write_output(environment, project.default_folder())
        return
    private = folder_of(project.root, environment.temporary)
    try:
        _set_up(project, environment, remote, private, check=check)
    except BaseException:
        remove(private)
        project.forget_keys(private)
        raise
    _write_output(environment, remote.name)


@ci.command(epilog=_CLEANUP_EXAMPLE)
@options.project
def cleanup(*, folder: Path) -> None:
    """Remove the credentials that `headway ci setup` wrote.

    The remote's URL stays in .dvc/config.local, which git ignores.
    """
    from headway.remotes.configuration import Project
    from headway.remotes.environment import read_environment
    from headway.remotes.private_files import folders_left, remove

    project = Project(folder)
    left = folders_left(project.root, read_environment(process_environment()).temporary)
    for private in left:
        project.forget_keys(private)
        remove(private)
    click.echo("The credentials were removed." if left else "No credentials had been written.")


@ci.command(epilog=_RUN_EXAMPLE)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@_setup_options
@click.pass_context
def run(  # noqa: PLR0913 - the options above, one argument each
    context: click.Context,
    /,
    *,
    command: tuple[str, ...],
    url: str | None,
    name: str | None,
    check: bool,
    require: bool,
    folder: Path,
) -> None:
    """Run a command with DVC's remote configured, then restore the configuration.

    Without a remote and credentials, the command runs unchanged. The exit code is the command's.
    """
    from headway.remotes.environment import for_command
    from headway.remotes.running import borrowing, handling, leave, run_command

    project, environment, remote = _choose_remote(url, name, folder)
    if remote is None:
        _explain_no_remote(project, environment, require=require)
        context.exit(run_command(command, for_command(process_environment(), None)))

    def apply(private: Path) -> Path | None:
        return _set_up(project, environment, remote, private, check=check)

    with handling(leave), borrowing(project, environment.temporary, apply) as key:
        code = run_command(command, for_command(process_environment(), key))
    context.exit(code)


def _choose_remote(url: str | None, name: str | None, folder: Path) -> tuple[Project, Environment, Remote | None]:
    from headway.remotes.configuration import Project
    from headway.remotes.environment import read_environment
    from headway.remotes.setup import choose

    project = Project(folder)
    environment = read_environment(process_environment(), url)
    return project, environment, choose(project, environment, name)


def _set_up(project: Project, environment: Environment, remote: Remote, private: Path, *, check: bool) -> Path | None:
    from headway.remotes import setup as steps
    from headway.remotes.storage_errors import shown

    def mask(secret: str) -> None:
        if environment.masks:
            click.echo(f"::add-mask::{secret}")

    key = steps.set_up(project, remote, environment, private, mask, trust=_trust(project))
    if check:
        steps.check(project, remote, environment.given)
    used = f", with {' and '.join(remote.used)}" if remote.used else ""
    state = "it answers" if check else "configured, not asked"
    click.echo(f"DVC's remote {remote.name!r} is {shown(remote.url)}{used}; {state}.", err=True)
    return key


def _trust(project: Project) -> Trust:
    from headway.gather.git.fetching import open_history
    from headway.gather.network import Network
    from headway.gather.trusted import trust_of

    return trust_of(project.root, lambda: open_history(project.root, Network(history=True)), read_job().base)


def _explain_no_remote(project: Project, environment: Environment, *, require: bool) -> None:
    """Say why there is no remote. Credentials that are set must not reach an untrusted remote either."""
    from headway.remotes.setup import missing

    text = _NO_REMOTE.format(missing=missing(project, environment))
    if require:
        raise RemoteError(text)
    if environment.given:
        _trust(project).check(project.config)
    click.echo(text, err=True)


def _write_output(environment: Environment, remote: str) -> None:
    """Set the step's output ``remote`` on GitHub: the remote to use, or empty if none is known to work."""
    if environment.output_file is not None:
        with environment.output_file.open("a") as file:
            file.write(f"remote={remote}\n")
