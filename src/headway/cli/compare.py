"""The commands that compare and verify: ``headway diff``, ``report``, ``data`` and ``verify``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli import options
from headway.cli.errors import explain
from headway.cli.progress import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.comparison import Request
    from headway.app.monorepo import Outcome
    from headway.values.report import Report

_EPILOG = {
    "diff": """
    \b
    Examples:
      headway diff                   the workspace against its base
      headway diff main              the workspace against main
      headway diff v1.0 v1.1 --json
      headway diff main my-exp       one of DVC's experiments against main
      headway diff main --all-projects
    """,
    "report": """
    \b
    Examples:
      headway report                 the workspace against its base
      headway report main --out build/report
      headway report main my-exp     one of DVC's experiments against main
      headway report --all-projects  each changed DVC project of this git repository
    """,
    "verify": """
    \b
    Examples:
      headway verify                 names the stale stages and edited outputs
      headway verify --remote        and what was never pushed
    \b
    In CI, to reproduce only what is stale and to pull only what that needs; docs/ci tells 1 from 3:
      headway verify --remote --pull || dvc repro --pull --allow-missing
    """,
    "data": """
    \b
    Examples:
      headway data                   what changed inside the data since the base
      headway data main my-exp       one of DVC's experiments against main
      headway data main --fetch      with data that is not on this machine yet
      headway data main --out build/data
    """,
}


@click.command(epilog=_EPILOG["diff"])
@options.revisions
@options.all_projects
@options.fetch
@options.forms
def diff(*, form: str | None, all_projects: bool, **revisions: Any) -> int:  # noqa: ANN401 - the options above
    """Compare metrics, parameters, stages and data in the terminal."""
    from headway.app.comparison import Request, build_diff  # noqa: PLC0415 - DVC is loaded when it is needed, not for --help

    request = Request(**revisions)
    if all_projects:
        return _diff_all(request, form)
    with shown("Comparing") as progress:
        report = build_diff(replace(request, progress=progress))
    _print(report, form)
    return 0


def _print(report: Report, form: str | None) -> None:
    from headway.report import codec, markdown, terminal  # noqa: PLC0415 - likewise

    if form == "json":
        click.echo(codec.encode(report), nl=False)
    elif form == "md":
        click.echo(markdown.render(report), nl=False)
    else:
        from rich.console import Console  # noqa: PLC0415 - likewise

        terminal.render(report, Console())


def _diff_all(request: Request, form: str | None) -> int:
    from headway.app.monorepo import diff_all, together  # noqa: PLC0415 - likewise
    from headway.report import codec  # noqa: PLC0415 - likewise

    with shown("Comparing") as progress:
        outcomes = diff_all(replace(request, progress=progress))
    reports = [outcome.report for outcome in outcomes if outcome.report]
    if form == "md":
        click.echo(together(outcomes), nl=False)
    elif form == "json":
        click.echo(b"[\n" + b",\n".join(codec.encode(report).rstrip() for report in reports) + b"\n]")
    else:
        for report in reports:
            _print(report, form)
    return _tell_of_projects(outcomes)


@click.command(epilog=_EPILOG["report"])
@options.revisions
@options.all_projects
@options.fetch
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="reports/headway",
    show_default=True,
    metavar="DIR",
    help="Where to write, relative to --repo.",
)
def report(*, out: Path, repo: Path, all_projects: bool, **revisions: Any) -> int:  # noqa: ANN401 - the options above
    """Write report.json, report.md, report.html and charts/*.png.

    With --all-projects, each project's report goes to a folder of its own below --out, beside an index.md.
    """
    from headway.app.bundle import write_report  # noqa: PLC0415 - DVC is loaded when it is needed
    from headway.app.comparison import Request  # noqa: PLC0415 - likewise
    from headway.app.report import build_report  # noqa: PLC0415 - likewise

    request = Request(repo=repo, **revisions)
    if all_projects:
        return _report_all(request, repo / out)
    with shown("Comparing and drawing") as progress:
        bundle = build_report(replace(request, progress=progress))
        write_report(bundle, repo / out)
    click.echo(repo / out / "report.html")
    return 0


def _report_all(request: Request, out: Path) -> int:
    from headway.app.monorepo import report_all  # noqa: PLC0415 - likewise

    with shown("Comparing and drawing") as progress:
        outcomes = report_all(replace(request, progress=progress), out)
    for outcome in outcomes:
        if outcome.report:
            click.echo(out / outcome.report.project / "report.html")
    return _tell_of_projects(outcomes)


def _tell_of_projects(outcomes: Sequence[Outcome]) -> int:
    """Say on stderr what no report says, and give the exit code of the first failure."""
    if not outcomes:
        click.echo("No DVC project of this repository changed.", err=True)
    code = 0
    for outcome in outcomes:
        if outcome.failure:
            click.echo(f"{outcome.project} could not be compared:", err=True)
            explain(outcome.failure)
            code = code or outcome.failure.exit_code
    return code


@click.command(epilog=_EPILOG["data"])
@options.revisions
@options.forms
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also write report.json, report.md, report.html and charts/*.png there, relative to --repo.",
)
@click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Whether the changed data that DVC's cache lacks is downloaded, and git may fetch commits that the clone"
    " lacks.  [default: git in CI only]",
)
def data(*, form: str | None, out: Path | None, repo: Path, **revisions: Any) -> int:  # noqa: ANN401 - the options above
    """Compare the data itself: files, rows, columns, drift, leakage.

    Exits 1 where head breaks a rule that headway.yaml declares under `data:`.
    """
    from headway.app.bundle import write_report  # noqa: PLC0415 - DVC is loaded when it is needed
    from headway.app.comparison import Request  # noqa: PLC0415 - likewise
    from headway.app.data import build_data  # noqa: PLC0415 - likewise
    from headway.datasets.changed_data import failed_checks  # noqa: PLC0415 - likewise

    request = Request(repo=repo, **revisions)
    with shown("Comparing the data") as progress:
        bundle = build_data(replace(request, progress=progress), draw=out is not None)
        if out is not None:
            write_report(bundle, repo / out)
    _print(bundle.report, form)
    return int(failed_checks(bundle.report.datasets) > 0)


@click.command(epilog=_EPILOG["verify"])
@options.folder
@click.option("--remote", is_flag=True, help="Ask the remotes for everything that dvc.lock and the .dvc files name.")
@click.option("--pull", is_flag=True, help="Pull the files without which dvc repro does not see that a stage is stale.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON, as report.json holds them.")
def verify(*, repo: Path, remote: bool, pull: bool, as_json: bool) -> int:
    """Is dvc.lock the product of this code, these parameters and this data?

    Without --pull nothing is written: what is not here is compared by the recorded hashes. Exit codes: 0 verified;
    1 a stage is stale, an output was edited, or the remote lacks one; 3 git, DVC or the remote failed.
    """
    from headway.app.verify import verify_workspace  # noqa: PLC0415 - DVC is loaded when it is needed, not for --help
    from headway.ci.read import read_job  # noqa: PLC0415 - likewise
    from headway.remotes.environment import read_credentials  # noqa: PLC0415 - likewise
    from headway.report import codec, terminal  # noqa: PLC0415 - likewise

    with shown("Verifying"):
        found = verify_workspace(repo, read_job(), read_credentials(), remote=remote, pull=pull)
    if as_json:
        click.echo(codec.encode(found), nl=False)
    else:
        from rich.console import Console  # noqa: PLC0415 - likewise

        terminal.render_verification(found, Console())
    return int(found.status != "verified")
