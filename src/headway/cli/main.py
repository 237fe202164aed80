"""The group of all commands, and the one place where their errors become exit codes."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headway.cli.commands import Commands
from headway.cli.errors import disk_error, print_error
from headway.errors import HeadwayError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Sequence


def _print_version(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:  # noqa: FBT001 - click's order
    """Print the version, which is read only here: finding it would slow down every other command."""
    if is_wanted and not context.resilient_parsing:
        from headway._version import __version__

        click.echo(f"headway, version {__version__}")
        context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@click.option("--traceback", is_flag=True, help="Show the traceback of an unexpected error.")
def cli(*, traceback: bool) -> None:
    """Compare two revisions of a DVC repository: how far did this change move the model?

    Without BASE, Headway compares with the base of the pull request if CI names one, else with the merge-base with the
    default branch. On the default branch itself, it compares with the previous commit.

    Exit codes: 0 success; 1 a gate failed, dvc.lock is out of date, or the data breaks a rule; 2 wrong usage or
    settings; 3 git, DVC or the disk failed; 4 the forge failed; 70 unexpected error; 130 interrupted.

    Example: headway diff main
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code.

    Args:
        args: the arguments without the program's name; ``None`` takes the process's own.

    Raises:
        KeyboardInterrupt: the user interrupted it.
        Exception: an unexpected error; :mod:`headway.__main__` catches both.
    """
    try:
        code = cli.main(args, prog_name="headway", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as ended:
        if ended.code == 1:  # click's for any broken pipe, but 1 is a verdict's code
            raise BrokenPipeError(errno.EPIPE, "Broken pipe") from ended
        raise
    except Exception as error:
        found = error if isinstance(error, HeadwayError) else _environment_error(error)
        if found is None:
            raise
        print_error(found)
        return found.exit_code
    return code if isinstance(code, int) else 0


def _environment_error(error: Exception) -> HeadwayError | None:
    """The error to show for a deleted current folder, an unusable disk or a missing package; ``None`` for a bug."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return RepositoryError(
            "The current folder has been deleted.",
            why="Headway looks for the repository from there.",
            remedy='cd "$PWD" || cd ~  # the first if the folder has been created again',
        )
    if isinstance(error, ModuleNotFoundError) and not (error.name or "headway").startswith("headway"):
        return RepositoryError(
            f"This command needs the package {error.name}, which is not installed.",
            why="An environment that scripts/install-post made can only post.",
            remedy="python -m pip install dvc-headway",
        )
    return disk_error(error)
