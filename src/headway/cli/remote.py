"""The commands ``headway ci``: DVC's remote in a CI job, with the job's secrets, and what is reproduced from it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from headway.ci.process import process_environment
from headway.ci.read import read_job
from headway.cli import options
from headway.cli.errors import print_error
from headway.errors import HeadwayError, RemoteError
from headway.text import harmless, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from headway.remotes.configuration import ProjectConfig
    from headway.remotes.environment import Environment
    from headway.remotes.setup import Remote
    from headway.remotes.trust import Trust

Command = TypeVar("Command", bound="Callable[..., Any]")

_CI_EXAMPLES = """
\b
Examples:
  headway ci setup                    configure the remote of DVC_REMOTE_URL
  headway ci setup --require          fail if there is no remote
  headway ci cleanup                  remove the credentials, in a step that always runs
  headway ci run -- dvc pull          do all of this around one command
  headway ci reproduce                the same around what is stale: verify, reproduce, verify again
"""
_SETUP_EXAMPLE = "Example: headway ci setup --url s3://bucket/dvc --require"
_CLEANUP_EXAMPLE = "Example: headway ci cleanup"
_RUN_EXAMPLE = "Example: headway ci run -- dvc pull"
_REPRODUCE_EXAMPLES = """
\b
Examples:
  headway ci reproduce                reproduce what is stale
  headway ci reproduce --dry-run      say only what would run
  headway ci reproduce --all-projects
"""

_setup_options = options.combine(
    click.option("--url", metavar="URL", help="The remote's URL.  [default: $DVC_REMOTE_URL]"),
    click.option(
        "--remote", "name", metavar="NAME", help="The remote's name in DVC.  [default: the one with this URL, else ci]"
    ),
    click.option("--check/--no-check", default=True, show_default=True, help="Check that the remote responds."),
    click.option("--require", is_flag=True, help="Exit with 3 if there is no remote, or no credentials for it."),
    options.project,
)


def _all_projects(folder: Path) -> list[Path]:
    from headway.gather.monorepo import Monorepo

    with Monorepo.open(folder, None) as repository:
        return _checked_out(repository.root / project for project in repository.projects)


def _changed_projects(folder: Path) -> list[Path]:
    from headway.app.comparison import Request
    from headway.app.monorepo import changed_projects

    request = Request(folder=folder, base=None, head=None, settings=None)
    found = _checked_out(each.folder / project for project, each in changed_projects(request).items())
    if not found:
        click.echo("No DVC project that is checked out has changed.", err=True)
    return found


def _checked_out(projects: Iterable[Path]) -> list[Path]:
    """The projects that are here, not those that the change removes, of which a cache may be left."""
    return [project for project in projects if (project / ".dvc/config").is_file()]


def _for_each(find: Callable[[Path], list[Path]], which: str) -> Callable[[Command], Command]:
    """Add ``--all-projects``, with which the command runs once in each project that ``find`` lists.

    A failure in one project does not keep it from the others; the exit code is that of the first failure.
    """

    def add(command: Command) -> Command:
        @click.option("--all-projects", is_flag=True, help=f"Do this for each DVC project of the repository{which}.")
        @wraps(command)
        def run(*, all_projects: bool, folder: Path, **others: Any) -> int:  # noqa: ANN401 - as the command has it
            if not all_projects:
                return command(folder=folder, **others) or 0
            codes = [_attempt(project, partial(command, folder=project, **others)) for project in find(folder)]
            return next(filter(None, codes), 0)

        return cast("Command", run)

    return add


def _attempt(project: Path, command: Callable[[], int | None]) -> int:
    click.echo(harmless(f"{one_line(str(project))}:"), err=True)
    try:
        return command() or 0
    except HeadwayError as error:
        print_error(error)
        return error.exit_code


@click.group(epilog=_CI_EXAMPLES)
def ci() -> None:
    """Give a CI job access to DVC's remote.

    Headway changes no tracked file. DVC_REMOTE_URL sets the remote's URL. Credentials stay in the environment, where
    the storage's library reads them: AWS_*, GOOGLE_APPLICATION_CREDENTIALS (a path, or the JSON itself), AZURE_*,
    OSS_*, GDRIVE_CREDENTIALS_DATA.
    """


@ci.command(epilog=_SETUP_EXAMPLE)
@_for_each(_all_projects, "")
@_setup_options
def setup(*, check: bool, require: bool, **chosen: Any) -> None:  # noqa: ANN401 - the other options above
    """Configure DVC's remote for the later steps of this job."""
    from headway.remotes.private_files import private_folder
    from headway.remotes.running import exit_on_signal, signal_handler

    project, environment, remote = _choose_remote(**chosen)
    if remote is None:
        _explain_no_remote(project, environment, require=require)
        _write_output(environment, project.default_folder())
        return
    _remove_keys(project.root, environment, lambda: project)  # of an earlier set-up
    try:
        with signal_handler(exit_on_signal):
            _set_up(project, environment, remote, private_folder(project.root, environment.temporary), check=check)
    except BaseException:
        _remove_keys(project.root, environment, lambda: project)
        raise
    _write_output(environment, remote.name)


@ci.command(epilog=_CLEANUP_EXAMPLE)
@_for_each(_all_projects, "")
@options.project
def cleanup(*, folder: Path) -> None:
    """Remove the credentials that `headway ci setup` wrote.

    The remote's URL stays in .dvc/config.local, which git ignores.
    """
    from headway.remotes.configuration import ProjectConfig, project_root
    from headway.remotes.environment import read_environment

    environment = read_environment(process_environment())
    removed = _remove_keys(project_root(folder), environment, partial(ProjectConfig, folder))
    click.echo("The credentials were removed." if removed else "There were no credentials to remove.")


@ci.command(epilog=_RUN_EXAMPLE)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@_setup_options
@click.pass_context
def run(context: click.Context, /, *, command: tuple[str, ...], check: bool, require: bool, **chosen: Any) -> None:  # noqa: ANN401 - likewise
    """Run a command with DVC's remote configured.

    Headway then restores the configuration. Without a remote and credentials, the command runs unchanged. The exit code
    is the command's.
    """
    from headway.remotes.environment import command_environment
    from headway.remotes.private_files import private_folder
    from headway.remotes.running import exit_on_signal, run_command, signal_handler, temporary_remote

    project, environment, remote = _choose_remote(**chosen)
    if remote is None:
        _explain_no_remote(project, environment, require=require)
        context.exit(run_command(command, command_environment(process_environment(), None)))
    private = private_folder(project.root, environment.temporary)
    apply = partial(_set_up, project, environment, remote, private, check=check)
    with signal_handler(exit_on_signal), temporary_remote(project, private, apply) as key:
        code = run_command(command, command_environment(process_environment(), key))
    context.exit(code)


@ci.command(epilog=_REPRODUCE_EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Say which stages would be reproduced, without pulling or running them.")
@_for_each(_changed_projects, " that has changed")
@_setup_options
def reproduce(*, dry_run: bool, check: bool, require: bool, **chosen: Any) -> int:  # noqa: ANN401 - likewise
    """Reproduce stale stages, and pull only the data that they need.

    Headway verifies dvc.lock as `headway verify --remote --pull` does. If it is up to date, nothing runs. Otherwise
    Headway runs `dvc repro --pull --allow-missing` and verifies again. The remote is set up for as long as this takes,
    as by `headway ci run`, unless `headway ci setup` has set it up before.

    Without a remote and credentials, as in a fork's pull request, Headway only names the stale stages and exits with 0.

    Exit codes: 0 up to date, or reproduced; 1 dvc.lock is still not up to date; 2 wrong usage; 3 git, DVC or the remote
    failed before anything ran; that of `dvc repro` if it fails.
    """
    from headway.remotes.running import exit_on_signal, signal_handler

    with signal_handler(exit_on_signal), ExitStack() as stack:
        folder, has_remote, key = _remote_for_now(stack, check=check, require=require, **chosen)
        return _reproduce(folder, key, has_remote=has_remote, dry_run=dry_run)


def _remote_for_now(
    stack: ExitStack,
    *,
    check: bool,
    require: bool,
    **chosen: Any,  # noqa: ANN401 - the other options of the set-up
) -> tuple[Path, bool, Path | None]:
    """The project's root, whether it has a remote to pull from, and the private file of one that is now set up."""
    from headway.remotes.private_files import private_folder
    from headway.remotes.running import temporary_remote

    project, environment, remote = _choose_remote(**chosen)
    is_ready = project.is_set_up() and not (environment.url or chosen["name"])
    if remote and not is_ready:
        private = private_folder(project.root, environment.temporary)
        apply = partial(_set_up, project, environment, remote, private, check=check)
        return project.root, True, stack.enter_context(temporary_remote(project, private, apply))
    if is_ready or project.default_folder():
        if environment.credentials:
            _trust(project).check(project.config)
        return project.root, True, None
    _explain_no_remote(project, environment, require=require)
    return project.root, False, None


def _reproduce(folder: Path, key: Path | None, *, has_remote: bool, dry_run: bool) -> int:
    from rich.console import Console

    from headway.app.reproduce import Reproduction, reproduce_stale
    from headway.remotes.environment import command_environment, read_credentials
    from headway.report.terminal import render_verification

    wanted = Reproduction(
        root=folder,
        job=read_job(),
        credentials=read_credentials(),
        environment=command_environment(process_environment(), key),
        has_remote=has_remote,
        dry_run=dry_run,
        show=lambda found: render_verification(found, Console()),
        log=lambda line: click.echo(harmless(one_line(line)), err=True),
    )
    return reproduce_stale(wanted)


def _choose_remote(
    *, url: str | None, name: str | None, folder: Path
) -> tuple[ProjectConfig, Environment, Remote | None]:
    from headway.remotes.configuration import ProjectConfig
    from headway.remotes.environment import read_environment
    from headway.remotes.setup import choose_remote

    project = ProjectConfig(folder)
    environment = read_environment(process_environment(), url)
    return project, environment, choose_remote(project, environment, name)


def _remove_keys(root: Path, environment: Environment, open_config: Callable[[], ProjectConfig]) -> bool:
    """Remove the private files of earlier set-ups and killed commands; whether there were any.

    The files go first, because a stage may have left a configuration that cannot be read.
    """
    from headway.remotes.private_files import folders_left, remove

    folders = folders_left(root, environment.temporary)
    for folder in folders:
        remove(folder)
    for folder in folders:
        open_config().forget_keys(folder)
    return bool(folders)


def _set_up(
    project: ProjectConfig, environment: Environment, remote: Remote, folder: Path, *, check: bool
) -> Path | None:
    from headway.remotes import setup as steps
    from headway.remotes.storage_errors import shown

    def mask(secret: str) -> None:
        if environment.masks:
            click.echo(f"::add-mask::{secret}")

    key = steps.set_up(project, remote, environment, folder, mask, trust=_trust(project))
    if check:
        steps.check(project, remote, environment.credentials)
    used = f", with {' and '.join(remote.used)}" if remote.used else ""
    state = "it responds" if check else "not checked"
    click.echo(f"DVC's remote {remote.name!r} is {shown(remote.url)}{used}; {state}.", err=True)
    return key


def _trust(project: ProjectConfig) -> Trust:
    from headway.gather.checkout_trust import checkout_trust
    from headway.gather.git.fetching import open_history
    from headway.gather.network import Network

    return checkout_trust(project.root, lambda: open_history(project.root, Network(history=True)), read_job().base)


def _explain_no_remote(project: ProjectConfig, environment: Environment, *, require: bool) -> None:
    """Say why there is no remote. Credentials that are set must not reach an untrusted remote either."""
    from headway.remotes.setup import why_no_remote

    text = why_no_remote(project, environment)
    if require:
        raise RemoteError(text, remedy="Set DVC_REMOTE_URL and the credentials, or omit --require.")
    if environment.credentials:
        _trust(project).check(project.config)
    click.echo(text, err=True)


def _write_output(environment: Environment, remote: str) -> None:
    """Set the step's output ``remote`` on GitHub: the remote to use, or empty if none is known to work."""
    if environment.output_file is not None:
        with environment.output_file.open("a") as file:
            file.write(f"remote={remote}\n")
