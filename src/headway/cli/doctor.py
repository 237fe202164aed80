"""The command that says what is missing before it fails in CI: ``headway doctor``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from headway.ci.job import Overrides
from headway.ci.process import process_environment
from headway.ci.read import detect, read_context, read_job, read_workflow_job
from headway.cli import options
from headway.cli.progress import show_progress
from headway.publish.http.options import ClientOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.ci.job import Context, ForgeKind

_EXAMPLES = """
\b
Examples:
  headway doctor                 check this project, here or in a CI job
  headway doctor --offline       the same without any request
  headway doctor --json          print the checks as JSON
"""


@click.command(epilog=_EXAMPLES)
@options.project
@options.settings_file
@click.option("--offline", is_flag=True, help="Contact nobody.")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@options.forge_access
def doctor(*, folder: Path, settings: str | None, offline: bool, as_json: bool, access: options.ForgeAccess) -> int:
    """Check what a report needs before it fails in CI, and say how to mend it.

    Checked are the clone, DVC's remote, the settings, the forge with its token, and the files of CI. Nothing is
    written, fetched or posted. Without --offline, Headway asks the forge about the token if there is one, DVC's remote
    for one name, and git's remote for its branches and tags if this clone lacks those that a report needs.

    Exit code: 1 if something failed that will fail in CI, else 0.
    """
    from headway.app.doctor.catalogue import diagnose
    from headway.app.doctor.ground import DoctorRequest
    from headway.remotes.environment import read_environment

    environ = process_environment()
    request = DoctorRequest(
        folder=folder,
        settings=settings,
        offline=offline,
        job=read_job(),
        forge=access.forge or detect(environ),
        environment=read_environment(environ),
        read_context=partial(_read_context, environ, access),
        client=ClientOptions(ca_bundle=access.ca_bundle),
        workflow=read_workflow_job(environ),
    )
    with show_progress("Checking"):
        checks = diagnose(request)
    if as_json:
        options.print_json({"checks": checks})
    else:
        from rich.console import Console

        from headway.report import terminal

        terminal.render_checkup(checks, Console())
    return int(any(check.status == "failed" for check in checks))


def _read_context(
    environ: Mapping[str, str], access: options.ForgeAccess, forge: ForgeKind | None, repository: str | None
) -> Context:
    """What the job is about; the command line names the repository, else CI, else the clone's remote."""
    named = access.repository or repository
    return read_context(environ, Overrides(forge=forge, repository=named, token_variable=access.token_variable))
