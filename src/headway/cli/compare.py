"""The commands that compare and verify: ``headway diff``, ``report``, ``data`` and ``verify``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli import options
from headway.cli.errors import print_error
from headway.cli.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.comparison import Request
    from headway.app.monorepo import Outcome
    from headway.values.report import Report

_DIFF_EXAMPLES = """
\b
Examples:
  headway diff                   compare the workspace with its base
  headway diff main              compare the workspace with main
  headway diff v1.0 v1.1 --json
  headway diff main my-exp       compare a DVC experiment with main
  headway diff main --all-projects
"""
_REPORT_EXAMPLES = """
\b
Examples:
  headway report                 compare the workspace with its base
  headway report main --out build/report
  headway report --open          open the page in the browser
  headway report main my-exp     compare a DVC experiment with main
  headway report --all-projects  report each changed DVC project of this git repository
"""
_DATA_EXAMPLES = """
\b
Examples:
  headway data                   show what changed inside the data since the base
  headway data main my-exp       compare a DVC experiment with main
  headway data main --fetch      download the changed data if it is missing
  headway data main --out build/data
  headway data --describe        describe the tracked data of the workspace by itself
  headway data --describe data/train.csv data/images
  headway data --describe --head v1.0 --md
"""
_VERIFY_EXAMPLES = """
\b
Examples:
  headway verify                 list stale stages and modified outputs
  headway verify --remote        also list files that were never pushed
\b
In CI, reproduce only what is stale and pull only what that needs:
  headway ci reproduce
"""


@click.command(epilog=_DIFF_EXAMPLES)
@options.revisions
@options.all_projects
@options.anchor
@options.fetch
@options.evidence
@options.speed
@options.output_format
def diff(*, output_format: str | None, all_projects: bool, **revisions: Any) -> int:  # noqa: ANN401 - the options above
    """Compare metrics, parameters, stages and data in the terminal."""
    from headway.app.comparison import Request, build_diff

    request = Request(**revisions)
    if all_projects:
        return _diff_all(request, output_format)
    with show_progress("Comparing") as progress:
        report = build_diff(replace(request, progress=progress))
    print_report(report, output_format)
    return 0


def print_report(report: Report, output_format: str | None) -> None:
    """Print a report for a terminal, or as ``json`` or ``md``."""
    from headway.report import codec, markdown, terminal

    if output_format == "json":
        click.echo(codec.encode(report), nl=False)
    elif output_format == "md":
        click.echo(markdown.render(report), nl=False)
    else:
        from rich.console import Console

        terminal.render(report, Console())


def _diff_all(request: Request, output_format: str | None) -> int:
    from headway.app.monorepo import diff_all, render_markdown
    from headway.report import codec

    with show_progress("Comparing") as progress:
        outcomes = diff_all(replace(request, progress=progress))
    reports = [outcome.report for outcome in outcomes if outcome.report]
    if output_format == "md":
        click.echo(render_markdown(outcomes), nl=False)
    elif output_format == "json":
        click.echo(b"[\n" + b",\n".join(codec.encode(report).rstrip() for report in reports) + b"\n]")
    else:
        for report in reports:
            print_report(report, output_format)
    return _print_failures(outcomes)


@click.command(epilog=_REPORT_EXAMPLES)
@options.revisions
@options.all_projects
@options.anchor
@options.fetch
@options.evidence
@options.speed
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="reports/headway",
    show_default=True,
    metavar="DIR",
    help="The folder to write to, relative to --project.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def report(*, out: Path, folder: Path, all_projects: bool, open_page: bool, **revisions: Any) -> int:  # noqa: ANN401 - the options above
    """Write report.json, report.md, report.html and charts/*.png, and print the verdict and the page's path.

    With --all-projects, Headway writes each project's report to its own folder below --out, and an index.md.
    """
    from headway.app.comparison import Request

    request = Request(folder=folder, **revisions)
    is_new = not (folder / out).exists()
    write = _report_all if all_projects else _report_one
    exit_code = write(request, folder / out, open_page=open_page)
    if is_new and not request.job.in_ci:  # said once, where someone can do it
        from headway.app.ignore_hint import ignore_hint

        if hint := ignore_hint(folder, folder / out):
            click.echo(hint, err=True)
    return exit_code


def _report_one(request: Request, out: Path, *, open_page: bool) -> int:
    from headway.app.report import build_report

    with show_progress("Comparing and drawing") as progress:
        bundle = build_report(replace(request, progress=progress), out)
        from headway.app.report_files import write_report  # its modules load while the images are drawn

        write_report(bundle, out)
    _print_page(bundle.report, out / "report.html", open_page=open_page)
    return 0


def _print_page(report: Report, page: Path, *, open_page: bool) -> None:
    """Print the verdict and where the page is."""
    from headway.report.escaping import clean
    from headway.report.sections.headline import headline

    click.echo(clean(headline(report).sentence))
    click.echo(page)
    if open_page and click.launch(page.resolve().as_uri()):
        click.echo("The page cannot be opened: no browser was found.", err=True)


def _report_all(request: Request, out: Path, *, open_page: bool) -> int:
    from headway.app.monorepo import report_all

    with show_progress("Comparing and drawing") as progress:
        outcomes = report_all(replace(request, progress=progress), out)
    for outcome in outcomes:
        if outcome.report:
            _print_page(outcome.report, out / outcome.report.project / "report.html", open_page=open_page)
    return _print_failures(outcomes)


def _print_failures(outcomes: Sequence[Outcome]) -> int:
    """Print why projects have no report, and give the exit code of the first failure."""
    if not outcomes:
        click.echo("No DVC project of this repository changed.", err=True)
    failures = [(outcome.project, outcome.failure) for outcome in outcomes if outcome.failure]
    for name, failure in failures:
        click.echo(f"{name} could not be compared:", err=True)
        print_error(failure)
    return failures[0][1].exit_code if failures else 0


@click.command(epilog=_DATA_EXAMPLES)
@options.revisions_or_paths
@options.output_format
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Also write the report and its charts to DIR, relative to --project.",
)
@click.option(
    "--fetch/--no-fetch",
    default=None,
    help="Allow or forbid downloads of missing git commits and changed data.  [default: commits in CI only, no data]",
)
def data(
    *,
    describe: bool,
    paths: Sequence[str],
    output_format: str | None,
    out: Path | None,
    folder: Path,
    **revisions: Any,  # noqa: ANN401 - the options above
) -> int:
    """Compare the data itself: files, rows, columns, drift and leakage.

    With --describe, Headway describes the data of one revision instead: all that DVC tracks, or the files and folders
    that you name. It needs no base.

    Exits with 1 if HEAD breaks a rule that headway.yaml declares under `data:`.
    """
    from headway.app.comparison import Request
    from headway.app.data import build_data, describe_data
    from headway.datasets.changed_data import failed_checks

    request = Request(folder=folder, **revisions)
    with show_progress("Reading the data" if describe else "Comparing the data") as progress:
        request = replace(request, progress=progress)
        draw = out is not None
        bundle = describe_data(request, paths, draw=draw) if describe else build_data(request, draw=draw)
        if out is not None:
            from headway.app.report_files import write_report

            write_report(bundle, folder / out)
    print_report(bundle.report, output_format)
    return int(failed_checks(bundle.report.datasets) > 0)


@click.command(epilog=_VERIFY_EXAMPLES)
@options.project
@click.option("--remote", is_flag=True, help="Also check that the remotes have every file that DVC has recorded.")
@click.option("--pull", is_flag=True, help="Pull only the files that `dvc repro` needs to detect stale stages.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON, in the format of report.json.")
def verify(*, folder: Path, remote: bool, pull: bool, as_json: bool) -> int:
    """Check that dvc.lock matches the code, parameters and data.

    For files that are missing locally, Headway uses the recorded hashes. Without --pull, it writes nothing.

    Exit codes: 0 verified; 1 a stage is stale, an output was modified, or the remote lacks a file; 3 git, DVC or the
    remote failed.
    """
    from headway.app.verify import verify_workspace
    from headway.ci.read import read_job
    from headway.remotes.environment import read_credentials
    from headway.report import codec, terminal

    with show_progress("Verifying"):
        found = verify_workspace(folder, read_job(), read_credentials(), remote=remote, pull=pull)
    if as_json:
        click.echo(codec.encode(found), nl=False)
    else:
        from rich.console import Console

        terminal.render_verification(found, Console())
    return int(found.status != "verified")
