"""The options that several commands share, each defined once."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = TypeVar("Command", bound=Callable[..., Any])


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """A decorator that adds several options, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _folder(*, exists: bool) -> Callable[[Command], Command]:
    return click.option(
        "-C",
        "--repo",
        type=click.Path(exists=exists, file_okay=False, path_type=Path),
        default=".",
        show_default="here",
        metavar="DIR",
        help="A folder inside the repository.",
    )


folder = _folder(exists=True)
all_projects = click.option(
    "--all-projects", is_flag=True, help="Every DVC project of the git repository that changed, each by itself."
)
fetch = click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Whether git may fetch commits that the clone lacks, and DVC files that its cache lacks."
    "  [default: git in CI only, DVC always]",
)


def _with_head(command: Command) -> Command:
    """Head is the second argument or ``--head``; its folders need not be checked out, those of the workspace do."""

    @wraps(command)
    def run(*, second: str | None, head: str | None, repo: Path, **others: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        if second is not None and head is not None:
            raise click.UsageError(f"Head is named twice, as the argument {second!r} and as --head {head!r}: give one.")
        head = head if second is None else second
        if head is None and not repo.is_dir():
            raise click.BadParameter(f"There is no folder {str(repo)!r}.", param_hint="--repo")
        return command(head=head, repo=repo, **others)

    return cast("Command", run)


revisions = together(
    click.argument("base", required=False),
    click.argument("second", required=False, metavar="[HEAD]"),
    click.option("--head", metavar="REV", help="The same as HEAD, without naming BASE.  [default: the workspace]"),
    _folder(exists=False),
    click.option("--settings", metavar="FILE", help="A settings file of the project in place of headway.yaml."),
    _with_head,
)
forms = together(
    click.option("--json", "form", flag_value="json", help="Print report.json, without charts."),
    click.option("--md", "form", flag_value="md", help="Print Markdown as GitHub reads it, without charts."),
)
