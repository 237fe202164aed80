"""The command that shows the settings' rules and suggests new ones: ``headway rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.progress import show_progress

if TYPE_CHECKING:
    from pathlib import Path

_EXAMPLES = """
\b
Examples:
  headway rules                  show which rule applies to each metric
  headway rules main             the same for main, with main's settings
  headway rules --suggest        suggest rules for the metrics that have none
  headway rules --suggest main   the same for main
"""


@click.command(epilog=_EXAMPLES)
@click.argument("revision", required=False, shell_complete=options.complete_revision)
@click.option("--suggest", is_flag=True, help="Suggest settings instead, as YAML to paste.")
@options.project
@options.settings_file
def rules(*, revision: str | None, suggest: bool, folder: Path, settings: str | None) -> int:
    """Show which rule of the settings applies to each metric of a revision, by default of the workspace.

    With --suggest, Headway proposes directions, estimators and tables of predictions from the names of metrics and the
    columns of files. Each line has its reason as a comment. What the settings have already, and what no name tells, is
    left out. Nothing takes effect before you paste it.
    """
    from headway.app.comparison import Request
    from headway.app.rules import list_rules, suggest_settings

    request = Request(folder=folder, base=None, head=revision, settings=settings)
    if suggest:
        with show_progress("Reading names and columns"):
            suggested = suggest_settings(request)
        click.echo(suggested, nl=False)
        return 0
    from rich.console import Console

    from headway.report import terminal

    terminal.render_section(list_rules(request), Console())
    return 0
