"""The commands ``headway ci``: a remote for a job of CI, with the job's secrets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from headway.ci.process import process_environment
from headway.ci.read import read_job
from headway.cli import options
from headway.errors import RemoteError

if TYPE_CHECKING:
    from pathlib import Path

    from headway.remotes.configuration import ProjectConfig
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
    from headway.remotes.private_files import private_folder  # noqa: PLC0415 - DVC is loaded when it is needed

    project, environment, remote = _read(url, name, repo)
    if remote is None:
        _say_nothing_is_set_up(project, environment, require=require)
        _write_output(environment, project.default_folder())
        return
    _remove_keys(project, environment)  # of an earlier set-up
    try:
        _apply(project, environment, remote, private_folder(project.root, environment.temporary), check=check)
    except BaseException:
        _remove_keys(project, environment)
        raise
    _write_output(environment, remote.name)


@ci.command()
@options.folder
def cleanup(*, repo: Path) -> None:
    """Remove what ``headway ci setup`` wrote that is secret.

    The remote's address stays in .dvc/config.local, which git ignores.
    """
    from headway.remotes.configuration import ProjectConfig  # noqa: PLC0415 - likewise
    from headway.remotes.environment import read_environment  # noqa: PLC0415 - likewise

    removed = _remove_keys(ProjectConfig(repo), read_environment(process_environment()))
    click.echo("The credentials were removed." if removed else "No credentials had been written.")


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
    from headway.remotes.environment import command_environment  # noqa: PLC0415 - likewise
    from headway.remotes.private_files import private_folder  # noqa: PLC0415 - likewise
    from headway.remotes.running import exit_on_signal, run_command, signal_handler, temporary_remote  # noqa: PLC0415 - likewise

    project, environment, remote = _read(url, name, repo)
    if remote is None:
        _say_nothing_is_set_up(project, environment, require=require)
        context.exit(run_command(command, command_environment(process_environment(), None)))
    folder = private_folder(project.root, environment.temporary)
    apply = partial(_apply, project, environment, remote, folder, check=check)
    with signal_handler(exit_on_signal), temporary_remote(project, folder, apply) as key:
        code = run_command(command, command_environment(process_environment(), key))
    context.exit(code)


def _read(url: str | None, name: str | None, repo: Path) -> tuple[ProjectConfig, Environment, Remote | None]:
    from headway.remotes.configuration import ProjectConfig  # noqa: PLC0415 - likewise
    from headway.remotes.environment import read_environment  # noqa: PLC0415 - likewise
    from headway.remotes.setup import choose_remote  # noqa: PLC0415 - likewise

    project = ProjectConfig(repo)
    environment = read_environment(process_environment(), url)
    return project, environment, choose_remote(project, environment, name)


def _remove_keys(project: ProjectConfig, environment: Environment) -> bool:
    """Remove the private files of earlier set-ups and killed commands; whether there were any."""
    from headway.remotes.private_files import folders_left, remove  # noqa: PLC0415 - likewise

    folders = folders_left(project.root, environment.temporary)
    for folder in folders:
        project.forget_keys(folder)
        remove(folder)
    return bool(folders)


def _apply(
    project: ProjectConfig, environment: Environment, remote: Remote, folder: Path, *, check: bool
) -> Path | None:
    from headway.remotes import setup as steps  # noqa: PLC0415 - likewise
    from headway.remotes.storage_errors import shown  # noqa: PLC0415 - likewise

    def mask(secret: str) -> None:
        if environment.masks:
            click.echo(f"::add-mask::{secret}")

    key = steps.set_up(project, remote, environment, folder, mask, trust=_trust(project))
    if check:
        steps.check(project, remote, environment.credentials)
    used = f", with {' and '.join(remote.used)}" if remote.used else ""
    state = "it answers" if check else "configured, not asked"
    click.echo(f"DVC's remote {remote.name!r} is {shown(remote.url)}{used}; {state}.", err=True)
    return key


def _trust(project: ProjectConfig) -> Trust:
    from headway.gather.checkout_trust import checkout_trust  # noqa: PLC0415 - likewise
    from headway.gather.git.fetching import open_history  # noqa: PLC0415 - likewise
    from headway.gather.network import Network  # noqa: PLC0415 - likewise

    return checkout_trust(project.root, lambda: open_history(project.root, Network(history=True)), read_job().base)


def _say_nothing_is_set_up(project: ProjectConfig, environment: Environment, *, require: bool) -> None:
    """Say why there is no remote; credentials that are there all the same must not go to a stranger either."""
    from headway.remotes.setup import why_no_remote  # noqa: PLC0415 - likewise

    text = why_no_remote(project, environment)
    if require:
        raise RemoteError(text)
    if environment.credentials:
        _trust(project).check(project.config)
    click.echo(text, err=True)


def _write_output(environment: Environment, remote: str) -> None:
    """Give the step an output that later steps can ask for: the remote that serves; empty where none is known to."""
    if environment.output_file is not None:
        with environment.output_file.open("a") as file:
            file.write(f"remote={remote}\n")
