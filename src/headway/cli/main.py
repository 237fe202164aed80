"""The group of all commands, and the one place where their errors become exit codes."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headway._version import __version__
from headway.cli.compare import data, diff, report, verify
from headway.cli.documents import check, comment, prune, publish
from headway.cli.errors import disk_error, explain
from headway.cli.post import post
from headway.cli.remote import ci
from headway.errors import HeadwayError, RepositoryError

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="headway")
@click.option("--traceback", is_flag=True, help="Show the traceback of an unexpected error.")
def cli(*, traceback: bool) -> None:
    """How far did this change move the model? Compare two revisions of a DVC repository.

    Without BASE, the base is the pull request's when CI says so, else the merge-base with the default branch,
    and on that branch itself the commit before.

    Exit codes: 0 fine, 1 not verified or a rule of the data is broken, 2 usage or settings, 3 git, DVC or disk,
    4 forge, 70 an unexpected error, 130 interrupted.

    Example: headway diff main
    """


for command in (diff, report, data, verify, post, comment, publish, check, prune, ci):
    cli.add_command(command)


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code.

    Args:
        args: the arguments without the program's name; ``None`` takes the process's own.

    Raises:
        KeyboardInterrupt: the user interrupted it.
        Exception: an error that nobody foresaw; :mod:`headway.__main__` catches both.
    """
    try:
        code = cli.main(args, prog_name="headway", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except HeadwayError as error:
        explain(error)
        return error.exit_code
    except FileNotFoundError:
        if _has_current_folder():
            raise
        explain(_NO_FOLDER)
        return _NO_FOLDER.exit_code
    except click.Abort as error:
        raise KeyboardInterrupt from error
    except SystemExit as ended:
        if ended.code == 1:  # click's for any broken pipe, but 1 is a verdict's code
            raise BrokenPipeError(errno.EPIPE, "Broken pipe") from ended
        raise
    except Exception as error:
        found = disk_error(error)
        if found is None:
            raise
        explain(found)
        return found.exit_code
    return code if isinstance(code, int) else 0


_NO_FOLDER = RepositoryError(
    "The current folder has been deleted.",
    why="Headway looks for the repository from there.",
    remedy='cd "$PWD" || cd ~  # the first where the folder has been made anew',
)


def _has_current_folder() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True
