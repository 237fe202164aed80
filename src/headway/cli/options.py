"""The options that several commands share, each defined once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

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


folder = click.option(
    "-C",
    "--repo",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default="here",
    metavar="DIR",
    help="A folder inside the repository.",
)
all_projects = click.option(
    "--all-projects", is_flag=True, help="Every DVC project of the git repository that changed, each by itself."
)
fetch = click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Whether git may fetch commits that the clone lacks, and DVC files that its cache lacks."
    "  [default: git in CI only, DVC always]",
)
revisions = together(
    click.argument("base", required=False),
    click.option("--head", metavar="REV", help="The revision to compare.  [default: the workspace]"),
    folder,
    click.option("--settings", metavar="FILE", help="A settings file of the project in place of headway.yaml."),
)
forms = together(
    click.option("--json", "form", flag_value="json", help="Print report.json, without charts."),
    click.option("--md", "form", flag_value="md", help="Print Markdown as GitHub reads it, without charts."),
)
