"""The commands ``headway ci``: a remote for a job of CI, with the job's secrets."""

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

_EPILOG = """
\b
Examples:
  headway ci setup                    the remote of DVC_REMOTE_URL, with the job's credentials
  headway ci setup --require          an error where there is none
  headway ci cleanup                  afterwards, in a step that always runs
  headway ci run -- dvc pull          all of it around one command
"""
_NOTHING = "No remote is set up: DVC_REMOTE_URL is not set and {missing}. What git tracks can still be compared."

_options = options.together(
    click.option("--url", metavar="URL", help="The remote's address.  [default: $DVC_REMOTE_URL]"),
    click.option("--remote", "name", metavar="NAME", help="Its name in DVC.  [default: the address's own, or ci]"),
    click.option("--check/--no-check", default=True, show_default=True, help="Ask the remote whether it serves."),
    click.option("--require", is_flag=True, help="Exit with 3 where there is no remote and no credentials."),
    options.folder,
)


@click.group(epilog=_EPILOG)
def ci() -> None:
    """Reach DVC's remote from CI with the job's secrets, without touching a tracked file.

    The remote's address comes from DVC_REMOTE_URL. Credentials stay in the environment, where the storage's library
    reads them: AWS_*, GOOGLE_APPLICATION_CREDENTIALS (a path, or the JSON itself), AZURE_*, OSS_*,
    GDRIVE_CREDENTIALS_DATA.
    """


@ci.command()
@_options
def setup(*, url: str | None, name: str | None, check: bool, require: bool, repo: Path) -> None:
    """Point DVC at the remote, for all later steps of this job."""
    from headway.remotes.private_files import folder_of, remove  # noqa: PLC0415 - DVC is loaded when it is needed

    project, environment, remote = _meant(url, name, repo)
    if remote is None:
        _say_nothing_is_set_up(project, environment, require=require)
        _tell_github(environment, project.default_folder())
        return
    folder = folder_of(project.root, environment.temporary)
    try:
        _apply(project, environment, remote, folder, check=check)
    except BaseException:
        remove(folder)
        project.forget_keys(folder)
        raise
    _tell_github(environment, remote.name)


@ci.command()
@options.folder
def cleanup(*, repo: Path) -> None:
    """Remove what ``headway ci setup`` wrote that is secret.

    The remote's address stays in .dvc/config.local, which git ignores.
    """
    from headway.remotes.configuration import Project  # noqa: PLC0415 - likewise
    from headway.remotes.environment import read_environment  # noqa: PLC0415 - likewise
    from headway.remotes.private_files import folders_left, remove  # noqa: PLC0415 - likewise

    project = Project(repo)
    left = folders_left(project.root, read_environment(process_environment()).temporary)
    for folder in left:
        project.forget_keys(folder)
        remove(folder)
    click.echo("The credentials were removed." if left else "No credentials had been written.")


@ci.command()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@_options
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
    repo: Path,
) -> None:
    """Run one command with the remote set up, then put everything back.

    Where there is no remote and no credentials, the command runs as it is. The exit code is the command's.
    """
    from headway.remotes.environment import for_command  # noqa: PLC0415 - likewise
    from headway.remotes.running import borrowing, handling, leave, run_command  # noqa: PLC0415 - likewise

    project, environment, remote = _meant(url, name, repo)
    if remote is None:
        _say_nothing_is_set_up(project, environment, require=require)
        context.exit(run_command(command, for_command(process_environment(), None)))

    def apply(folder: Path) -> Path | None:
        return _apply(project, environment, remote, folder, check=check)

    with handling(leave), borrowing(project, environment.temporary, apply) as key:
        code = run_command(command, for_command(process_environment(), key))
    context.exit(code)


def _meant(url: str | None, name: str | None, repo: Path) -> tuple[Project, Environment, Remote | None]:
    from headway.remotes.configuration import Project  # noqa: PLC0415 - likewise
    from headway.remotes.environment import read_environment  # noqa: PLC0415 - likewise
    from headway.remotes.setup import choose  # noqa: PLC0415 - likewise

    project = Project(repo)
    environment = read_environment(process_environment(), url)
    return project, environment, choose(project, environment, name)


def _apply(project: Project, environment: Environment, remote: Remote, folder: Path, *, check: bool) -> Path | None:
    from headway.remotes import setup as steps  # noqa: PLC0415 - likewise
    from headway.remotes.storage_errors import shown  # noqa: PLC0415 - likewise

    def mask(secret: str) -> None:
        if environment.masks:
            click.echo(f"::add-mask::{secret}")

    key = steps.set_up(project, remote, environment, folder, mask, trust=_trust(project))
    if check:
        steps.check(project, remote, environment.given)
    used = f", with {' and '.join(remote.used)}" if remote.used else ""
    state = "it answers" if check else "configured, not asked"
    click.echo(f"DVC's remote {remote.name!r} is {shown(remote.url)}{used}; {state}.", err=True)
    return key


def _trust(project: Project) -> Trust:
    from headway.gather.checkout_trust import checkout_trust  # noqa: PLC0415 - likewise
    from headway.gather.git.fetching import open_history  # noqa: PLC0415 - likewise
    from headway.gather.network import Network  # noqa: PLC0415 - likewise

    return checkout_trust(project.root, lambda: open_history(project.root, Network(history=True)), read_job().base)


def _say_nothing_is_set_up(project: Project, environment: Environment, *, require: bool) -> None:
    """Say why there is no remote; credentials that are there all the same must not go to a stranger either."""
    from headway.remotes.setup import missing  # noqa: PLC0415 - likewise

    text = _NOTHING.format(missing=missing(project, environment))
    if require:
        raise RemoteError(text)
    if environment.given:
        _trust(project).check(project.config)
    click.echo(text, err=True)


def _tell_github(environment: Environment, remote: str) -> None:
    """Give the step an output that later steps can ask for: the remote that serves; empty where none is known to."""
    if environment.output_file is not None:
        with environment.output_file.open("a") as file:
            file.write(f"remote={remote}\n")
