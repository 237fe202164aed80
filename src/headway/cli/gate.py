"""The command that lets a job fail: ``headway gate``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from headway.cli import options
from headway.cli.progress import show_progress

_EXAMPLES = """
\b
Examples:
  headway gate                   judge the workspace by its gates, against its base
  headway gate main              the same against main
  headway gate v1.0 v1.1
"""


@click.command(epilog=_EXAMPLES)
@options.revisions
@options.anchor
@options.fetch
@options.evidence
@options.speed
def gate(**revisions: Any) -> int:  # noqa: ANN401 - the options above
    """Judge the gates that the settings declare, and print each rule with its outcome.

    Each rule is judged against the base and, if --anchor or the settings name an anchor, against that as well. It
    passes, fails, or cannot tell. What "cannot tell" means is declared by `on_cannot_tell`: a warning by default. A
    gate that fails and that an entry of `accepted` in the settings covers does not count as failed. docs/gates.md
    explains each rule.

    Exit codes: 0 no gate failed, or the first gates are head's and judge after the merge; 1 a gate failed; 2 the
    settings declare no gate; 3 git, DVC or the disk failed.
    """
    from headway.app.comparison import Request
    from headway.app.gate import build_gates

    with show_progress("Comparing") as progress:
        report = build_gates(replace(Request(**revisions), progress=progress))
    from rich.console import Console

    from headway.report import terminal
    from headway.report.blocks import Section
    from headway.report.sections import gates, notes
    from headway.report.sections.summary import rule_alarms, whose_rules

    alarms = Section(anchor="rules", title="", blocks=(*rule_alarms(report), *whose_rules(report)))
    for section in (alarms, *gates.build(report), *notes.build(report)):
        terminal.render_section(section, Console())
    if not report.gates:
        click.echo("The gates of head judge after the merge: base's settings declare none.")
        return 0
    click.echo(f"Gates: {gates.summary(report.gates)}")
    return int(report.gates.outcome == "fail")
