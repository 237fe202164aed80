"""``headway init``: the settings and the CI workflow of a repository that has neither."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any, cast

import click

from headway.ci.job import FORGES
from headway.cli import options
from headway.cli.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headway.app.scaffold.files import PlannedFile
    from headway.app.scaffold.plan import Choices, Plan
    from headway.app.scaffold.repository import RepositoryFacts
    from headway.ci.job import ForgeKind

_EXAMPLES = """
\b
Examples:
  headway init                   look at this repository, and write what it lacks
  headway init --dry-run         show the files without writing them
  headway init --forge gitlab    where the git remote does not name the forge
  headway init --forks           pull requests from forks, too (GitHub)
"""
_NONE = "none"
_WORDS = {
    "create": "created",
    "extend": "extended",
    "unchanged": "unchanged",
    "differs": "kept",
    "by hand": "for you to add",
}
_FORGE_NAMES = {"github": "GitHub", "gitlab": "GitLab", "bitbucket": "Bitbucket"}


@click.command(epilog=_EXAMPLES)
@options.project
@click.option(
    "--forge",
    type=click.Choice((*FORGES, _NONE)),
    help="The forge to write a CI workflow for.  [default: the one of the git remote]",
)
@click.option("--forks/--no-forks", default=None, help="Whether pull requests come from forks, too.  [default: no]")
@click.option(
    "--source",
    metavar="URL@COMMIT",
    help="The git repository and commit from which CI jobs install Headway.  [default: what is installed here]",
)
@click.option("--pre-commit", "hook", is_flag=True, help="Also add a pre-commit hook that runs `headway verify`.")
@click.option("--stage", is_flag=True, help="Also add a stage to dvc.yaml that writes the report.")
@click.option("--dry-run", is_flag=True, help="Print the changes and write nothing.")
@click.option("--force", is_flag=True, help="Replace workflows that differ. Settings are never replaced.")
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults.")
def init(*, folder: Path, dry_run: bool, force: bool, yes: bool, **chosen: Any) -> None:  # noqa: ANN401 - the options above
    """Write the settings and the CI workflow that a DVC repository lacks.

    Headway looks at the metrics, tables of predictions, DVC remotes, requirements and the git remote, and proposes
    headway.yaml with a reason for each line, the workflow for GitHub, GitLab or Bitbucket, and the line in .gitignore.
    In the folder of one project of several, it writes for that project; elsewhere for all of them.

    A file that exists is kept and the difference shown, so you can run this again. Nothing is sent or fetched.
    """
    from headway.app.scaffold.files import write_planned
    from headway.app.scaffold.plan import plan
    from headway.app.scaffold.repository import read_repository

    repository = read_repository(folder)
    choices = _choose(repository, asks=not yes and sys.stdin.isatty() and sys.stdout.isatty(), **chosen)
    with show_progress("Looking at the repository") as progress:
        planned = plan(repository, choices, progress)
    _print_found(planned, choices.forge)
    for path in planned.kept:
        click.echo(f"  {path}: kept; `headway rules --suggest` proposes what it lacks")
    for file in planned.files:
        if not dry_run:
            write_planned(repository.root, [file], force=force)
        _print_file(file, dry_run=dry_run, force=force)
    if planned.present:
        click.echo(f"  {planned.present} runs Headway already, so no other workflow is needed.")
    _print_next(planned, choices.forge)


def _choose(repository: RepositoryFacts, *, asks: bool, source: str | None, **chosen: Any) -> Choices:  # noqa: ANN401 - likewise
    """The options, and the answers to what they leave open."""
    from headway.app.scaffold.plan import Choices
    from headway.app.scaffold.source import installed_source, read_source

    if asks and hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)  # noqa: FBT003 - polars has Ctrl-C restart what waits for an answer
    forge = _choose_forge(repository, chosen.pop("forge"), asks=asks)
    forks = _choose_forks(forge, chosen.pop("forks"), asks=asks)
    return Choices(forge=forge, forks=forks, source=read_source(source) if source else installed_source(), **chosen)


def _choose_forge(repository: RepositoryFacts, named: str | None, *, asks: bool) -> ForgeKind | None:
    forge = named or repository.forge
    if forge is None and asks:
        forge = click.prompt("Where are pull requests reviewed?", type=click.Choice((*FORGES, _NONE)))
    return None if forge in (None, _NONE) else cast("ForgeKind", forge)


def _choose_forks(forge: ForgeKind | None, named: bool | None, *, asks: bool) -> bool:  # noqa: FBT001 - the option
    if named is None and forge == "github" and asks:
        return click.confirm("Do pull requests come from forks, too?", default=False)
    return bool(named)


def _print_found(planned: Plan, forge: ForgeKind | None) -> None:
    from headway.remotes.storage_errors import shown
    from headway.report.formatting import count

    jobs = planned.jobs
    metrics = sum(len(project.metrics) for project in jobs.projects)
    tables = sum(len(project.first.suggested.predictions) for project in jobs.projects if not project.has_settings)
    remotes = sorted({shown(project.remote.url) for project in jobs.projects} - {""})
    found = [
        count(len(jobs.projects), "DVC project"),
        count(metrics, "metrics file"),
        *([f"{count(tables, 'table')} of predictions"] if tables else []),
        f"remote {', '.join(remotes)}" if remotes else "no DVC remote",
        _FORGE_NAMES[forge] if forge else "no forge",
    ]
    click.echo(f"Found: {'; '.join(found)}.")


def _print_file(file: PlannedFile, *, dry_run: bool, force: bool) -> None:
    outcome = "extend" if file.outcome == "differs" and force else file.outcome
    word = "replaced" if file.outcome == "differs" and force else _WORDS[outcome]
    would = "would be " if dry_run and outcome in ("create", "extend") else ""
    why = ": it differs from what Headway would write; --force replaces it" if outcome == "differs" else ""
    click.echo(f"  {file.path}: {would}{word}{why}")
    if file.outcome != "unchanged" and not file.is_generated and (dry_run or file.outcome != "create"):
        click.echo("".join(f"    {line}\n" for line in _colored(file.diff.splitlines())), nl=False)


def _colored(lines: Iterable[str]) -> Iterable[str]:
    colors = {"+": "green", "-": "red", "@": "cyan"}
    return (click.style(line, fg=colors.get(line[:1])) for line in lines)


def _print_next(planned: Plan, forge: ForgeKind | None) -> None:
    from headway.app.scaffold.next_steps import next_steps

    click.echo("Next:")
    for number, step in enumerate(next_steps(planned, forge), start=1):
        click.echo(f"  {number}. {step}")
