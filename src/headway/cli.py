"""The command line: arguments to calls of :mod:`headway.app`, results to stdout, progress and errors to stderr."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from headway import __version__
from headway.errors import HeadwayError
from headway.progress import shown
from headway.publish.commands import post
from headway.publish.commands_documents import COMMANDS
from headway.remotes.commands import ci

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

INTERRUPTED = 130

_EPILOG = {
    "diff": """
    \b
    Examples:
      headway diff                   the workspace against its base
      headway diff main              the workspace against main
      headway diff v1.0 --head v1.1 --json
    """,
    "report": """
    \b
    Examples:
      headway report                 the workspace against its base
      headway report main --out build/report
    """,
}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="headway")
def cli() -> None:
    """How far did this change move the model? Compare two revisions of a DVC repository.

    Without BASE, the base is the pull request's when CI says so, else the merge-base with the default branch,
    and on that branch itself the commit before.

    Exit codes: 0 fine, 2 usage or settings, 3 git, DVC or disk, 4 forge, 130 interrupted.

    Example: headway diff main
    """


_base = click.argument("base", required=False)
_head = click.option("--head", metavar="REV", help="The revision to compare.  [default: the workspace]")
_repo = click.option(
    "-C",
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default="here",
    metavar="DIR",
    help="A folder inside the repository.",
)

_settings = click.option("--settings", metavar="FILE", help="A settings file of the project in place of headway.yaml.")
_fetch = click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Whether git may fetch commits that the clone lacks, and DVC files that its cache lacks."
    "  [default: git in CI only, DVC always]",
)


@cli.command(epilog=_EPILOG["diff"])
@_base
@_head
@_repo
@_settings
@_fetch
@click.option("--json", "form", flag_value="json", help="Print report.json, without charts.")
@click.option("--md", "form", flag_value="md", help="Print Markdown as GitHub reads it, without charts.")
def diff(*, form: str | None, **revisions: Any) -> None:  # noqa: ANN401 - the options above
    """Compare metrics, parameters, stages and data in the terminal."""
    from headway.app import Request, build_diff  # noqa: PLC0415 - DVC is loaded when it is needed, not for --help
    from headway.report import codec, markdown, terminal  # noqa: PLC0415 - likewise

    with shown("Comparing") as progress:
        report = build_diff(Request(environ=os.environ, progress=progress, **revisions))
    if form == "json":
        click.echo(codec.encode(report), nl=False)
    elif form == "md":
        click.echo(markdown.render(report), nl=False)
    else:
        from rich.console import Console  # noqa: PLC0415 - likewise

        terminal.render(report, Console())


@cli.command(epilog=_EPILOG["report"])
@_base
@_head
@_repo
@_settings
@_fetch
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="reports/headway",
    show_default=True,
    metavar="DIR",
    help="Where to write, relative to --repo.",
)
def report(*, out: Path, repo: Path, **revisions: Any) -> None:  # noqa: ANN401 - the options above
    """Write report.json, report.md, report.html and charts/*.png."""
    from headway.app import Request, build_report, write_report  # noqa: PLC0415 - DVC is loaded when it is needed

    with shown("Comparing and drawing") as progress:
        bundle = build_report(Request(environ=os.environ, progress=progress, repo=repo, **revisions))
        write_report(bundle, repo / out)
    click.echo(repo / out / "report.html")


for command in (post, *COMMANDS, ci):
    cli.add_command(command)


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; every error is caught here and nowhere else.

    Args:
        args: the arguments without the program's name; ``None`` takes the process's own.
    """
    try:
        code = cli.main(args, prog_name="headway", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except HeadwayError as error:
        _explain(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; nothing was changed.", err=True)
        return INTERRUPTED
    return code if isinstance(code, int) else 0


def _explain(error: HeadwayError) -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error.what}", err=True)
    for line in (error.why, error.remedy):
        if line:
            click.echo(f"  {line}", err=True)


def main() -> NoReturn:
    """The ``headway`` script."""
    # A polite kill cleans up as Ctrl-C does: the renderer's child and the staging folder go.
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run())


def _terminate(signum: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)
