"""The commands that change the model registry: ``headway promote`` and ``headway rollback``."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from headway.ci.read import read_run_page
from headway.cli import options
from headway.cli.errors import print_error
from headway.cli.progress import show_progress
from headway.errors import HeadwayError
from headway.values.registry.names import is_full_sha, is_version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from headway.app.comparison import Request
    from headway.app.registry.merged_request import CarriedOut
    from headway.app.registry.opening import Registry
    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.registry.promotion import PromotionRequest
    from headway.registry.versions import Bump
    from headway.values.registry.records import Outcome
    from headway.values.report import Report

    GitHubAccess = tuple[Context, ClientOptions]

_PROMOTE = """
\b
Examples:
  headway promote digits --to staging               the highest version
  headway promote digits HEAD --to staging          a commit, which becomes the next version
  headway promote digits v1.2.0 --to production --dry-run
  headway promote digits v1.2.0 --to production --force --reason "hotfix for #12"
  headway promote digits v1.2.0 --to production --request    as a pull request
  headway promote --merged                          in the job after its merge
"""
_ROLLBACK = """
\b
Examples:
  headway rollback digits --in production                  to the version before
  headway rollback digits --in production --to v1.1.0
  headway rollback digits --in production --from v1.2.0    only if v1.2.0 is still there
"""
_SHORT = 7
"""Characters of a SHA that people are shown."""
_NOT_MERGED = ("bump", "force", "environment", "report_file", "reason", "stated_by")
"""Parameters of a promotion that somebody asks for by name."""
_change = options.combine(
    options.registry,
    click.option("--reason", default="", metavar="TEXT", help="Why; the tag records it."),
    click.option(
        "--approver",
        "stated_by",
        multiple=True,
        metavar="NAME",
        help="Who approved, as you say: the tag records it apart from what a forge says; may be repeated.",
    ),
    click.option("--sign", is_flag=True, help="Sign the tag, as `git tag --sign` does.  [default: git's tag.gpgSign]"),
    click.option("--dispatch", is_flag=True, help="Then start the roll-out: send GitHub the event headway-promotion."),
    click.option("--dry-run", is_flag=True, help="Decide, print the result, and change nothing."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    options.forge_access,
)


@click.command(epilog=_PROMOTE)
@click.argument("name", default="")
@click.argument("version", default="")
@click.option("--to", "stage", default="", metavar="STAGE", help="The stage, such as staging or production.")
@click.option(
    "--bump",
    type=click.Choice(("major", "minor", "patch")),
    default="patch",
    show_default=True,
    help="Which number rises if a commit becomes a version.",
)
@click.option("--force", is_flag=True, help="Promote although the comparison is against it; needs --reason.")
@click.option(
    "--require-approval",
    "environment",
    metavar="ENVIRONMENT",
    help="Refuse unless a reviewer of this GitHub environment approved the run; the tag records who did.",
)
@click.option("--request", "as_request", is_flag=True, help="Open a pull request for the promotion instead of a tag.")
@click.option("--merged", is_flag=True, help="Carry out what a merge changed in registry.yaml; without NAME.")
@click.option(
    "--since",
    default="",
    metavar="REV",
    help="The commit before that merge, or before the first of several.  [default: the one before the last change of "
    "registry.yaml]",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the report.json of the comparison, whose hash the tag records.",
)
@options.settings_file
@options.fetch
@_change
def promote(  # noqa: PLR0913 - the options above, one argument each
    *,
    name: str,
    version: str,
    stage: str,
    bump: Bump,
    force: bool,
    environment: str | None,
    as_request: bool,
    merged: bool,
    since: str,
    report_file: Path | None,
    settings: str | None,
    fetch: bool | None,
    folder: Path,
    remote: str | None,
    dispatch: bool,
    as_json: bool,
    access: options.ForgeAccess,
    **details: Any,  # noqa: ANN401 - the fields of Change
) -> int:
    """Give a version of a model a stage, if it is good enough for it.

    VERSION is a version such as v1.2.0, or a commit by any name, which becomes the next version. By default, it is the
    version in the stage that the settings want before this one, else the highest.

    The version is compared with the one that has the stage, on the data of both. It must be better, or with `margins`
    under `stages` in the settings, not worse by more than these; and no gate may fail. The tag records the verdict,
    the hash of the report, who approved, and the CI run. If somebody else changes the stage at the same moment,
    Headway reads the tags again and decides anew. docs/registry.md explains the whole way.

    With --request, it opens a pull request that changes one line of registry.yaml. With --merged, the job that runs
    after the merge makes the tags.

    Exit codes: 0 promoted, or it has the stage already; 1 the comparison is against it; 2 wrong usage or settings; 3
    git failed, or the registry is in a state that somebody must resolve first; 4 the forge failed.
    """
    _check_usage(name, stage, merged=merged, as_request=as_request)
    if as_request and force:
        raise click.UsageError("--request excludes --force: the job after the merge compares again, without --force.")
    if environment is not None and not merged and not (is_version(version) or is_full_sha(version)):
        raise click.UsageError(
            "--require-approval needs a version or a commit's full SHA: the reviewers approved that, and a branch may "
            "have moved since."
        )
    if force and not details["reason"].strip():
        raise click.UsageError("--force needs --reason, which the tag records.")
    from headway.app.registry.opening import comparison_of, open_registry

    registry = open_registry(folder, remote, token_variable=access.token_variable)
    roll_out = _roll_out(access, is_wanted=dispatch and not details["dry_run"])
    if environment is not None:
        details["approvers"] = _approvers(access, environment)
    errors: list[HeadwayError] = []
    with show_progress("Comparing") as progress:
        compare = partial(comparison_of, registry, settings=settings, fetch=fetch, progress=progress)
        if merged:
            outcomes, errors = _carry_out(registry, compare, access, since, details)
        else:
            from headway.registry.promotion import PromotionRequest

            wanted = PromotionRequest(
                artifact=name, stage=stage, version=version, bump=bump, force=force, run=read_run_page(), **details
            )
            outcomes = _promote(registry, compare(name), wanted, access if as_request else None, report_file)
    return _finish(registry, (outcomes, errors), roll_out, as_json=as_json, as_list=merged)


@click.command(epilog=_ROLLBACK)
@click.argument("name")
@click.option("--in", "stage", required=True, metavar="STAGE", help="The stage, such as production.")
@click.option("--to", default="", metavar="VERSION", help="The version that gets the stage.  [default: the one before]")
@click.option("--from", "leaving", default="", metavar="VERSION", help="Do nothing if another version has the stage.")
@_change
def rollback(  # noqa: PLR0913 - the options above, one argument each
    *,
    name: str,
    stage: str,
    to: str,
    leaving: str,
    folder: Path,
    remote: str | None,
    dispatch: bool,
    as_json: bool,
    access: options.ForgeAccess,
    **details: Any,  # noqa: ANN401 - the fields of Change
) -> int:
    """Give a stage back to the version that had it before.

    A new tag assigns the older version again, because GTO and DVC read that alike; a rollback is not judged. After
    several rollbacks, versions that were left are not returned to. Two people who roll back at once go back one
    version, and a run that was killed and started again goes back one version as well.

    Exit codes: 0 rolled back, or done already; 2 wrong usage; 3 git failed, or there is no version to go back to.
    """
    from headway.app.registry.opening import open_registry
    from headway.app.registry.rolling_back import roll_back_stage
    from headway.registry.rollback import RollbackRequest

    registry = open_registry(folder, remote, token_variable=access.token_variable)
    roll_out = _roll_out(access, is_wanted=dispatch and not details["dry_run"])
    wanted = RollbackRequest(artifact=name, stage=stage, to=to, leaving=leaving, run=read_run_page(), **details)
    outcome = roll_back_stage(registry, wanted)
    return _finish(registry, ([outcome], []), roll_out, as_json=as_json)


def _check_usage(name: str, stage: str, *, merged: bool, as_request: bool) -> None:
    if merged and (name or stage or as_request):
        raise click.UsageError("--merged takes what to promote from registry.yaml: omit NAME, --to and --request.")
    if merged:
        _refuse_options(_NOT_MERGED, "--merged takes what to promote, who approved and why from the merged request")
    if not merged and not name:
        raise click.UsageError("Missing argument 'NAME'.")
    if not merged and not stage:
        raise click.UsageError("Missing option '--to'.")


def _refuse_options(names: Collection[str], why: str) -> None:
    """Raise an error for an option that the user gives, and that would be ignored."""
    context = click.get_current_context()
    given = [each for each in context.command.params if each.name in names and _is_given(context, each.name)]
    if given:
        raise click.UsageError(f"{why}: omit {', '.join(each.opts[0] for each in given)}.")


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is not ParameterSource.DEFAULT


def _promote(
    registry: Registry,
    compare: Request,
    wanted: PromotionRequest,
    request_on: options.ForgeAccess | None,
    report_file: Path | None,
) -> list[Outcome]:
    """Promote, or ask for the promotion on a forge."""
    if request_on:
        from headway.app.registry.requesting import request_promotion

        return [request_promotion(registry, compare, wanted, *request_on.connect())]
    from headway.app.registry.promoting import promote_version

    outcome, report = promote_version(registry, compare, wanted)
    if report_file and report:
        _write_report(report_file, report)
    return [outcome]


def _carry_out(
    registry: Registry,
    compare: Callable[[str], Request],
    access: options.ForgeAccess,
    since: str,
    details: Any,  # noqa: ANN401 - the fields of Change
) -> CarriedOut:
    from headway.app.registry.merged_request import Merge, carry_out

    merge = Merge(since=since, run=read_run_page(), sign=details["sign"], dry_run=details["dry_run"])
    return carry_out(registry, compare, merge, *access.connect())


def _approvers(access: options.ForgeAccess, environment: str) -> tuple[str, ...]:
    from headway.publish.rollout.approvals import approvers

    return approvers(*access.read(), environment)


def _finish(
    registry: Registry,
    done: tuple[Sequence[Outcome], list[HeadwayError]],
    roll_out: GitHubAccess | None,
    *,
    as_json: bool,
    as_list: bool = False,
) -> int:
    """Print what was done, start the roll-out, print what failed, and give the highest exit code."""
    outcomes, errors = done
    if as_json:
        options.print_json(outcomes if as_list else outcomes[0])
    elif not outcomes and not errors:
        click.echo("The merge changed nothing in registry.yaml.")
    else:
        for line in (line for outcome in outcomes for line in _outcome_lines(outcome)):
            click.echo(line)
    for outcome in outcomes:
        if roll_out and outcome.tag and outcome.action in {"promoted", "rolled_back", "unchanged"}:
            try:
                _dispatch(roll_out, outcome)
            except HeadwayError as error:
                errors.append(error)
    sys.stdout.flush()
    for different in {str(each): each for each in errors}.values():
        print_error(different)
    if not errors:  # else the next run needs to know what this one has done
        registry.journal.forget()
    refused = any(outcome.action == "refused" for outcome in outcomes)
    return max([int(refused), *(each.exit_code for each in errors)])


def _roll_out(access: options.ForgeAccess, *, is_wanted: bool) -> GitHubAccess | None:
    """Where the roll-out is started, looked up before anything is changed; ``None`` if it is not to be started.

    Raises:
        ContextError: the environment does not name a repository on GitHub, or there is no token.
    """
    if not is_wanted:
        return None
    from headway.publish.forges.connect import connect_github

    found = access.read()
    connect_github(*found, "start the workflows of a promotion")
    return found


def _dispatch(github: GitHubAccess, outcome: Outcome) -> None:
    """Start the roll-out; if that fails, running the command again sends the event, because the tag exists."""
    from headway.publish.rollout.dispatch import dispatch_promotion
    from headway.values.registry.records import Promotion

    version = outcome.version if is_version(outcome.version) else ""
    promotion = Promotion(
        name=outcome.artifact, version=version, stage=outcome.stage, sha=outcome.commit, tag=outcome.tag
    )
    dispatch_promotion(*github, promotion)
    click.echo(f"  started the roll-out of {promotion.label} to {outcome.stage}", err=True)


def _write_report(path: Path, report: Report) -> None:
    from headway.report import codec
    from headway.writing import write_files

    write_files(path.parent, {}, {path.name: codec.encode(report)}, set())


def _outcome_lines(outcome: Outcome) -> Iterator[str]:
    what = f"{outcome.artifact} {outcome.version}"
    was = f" (was {outcome.replaced})" if outcome.replaced else ""
    yield {
        "promoted": f"Promoted {what} to {outcome.stage}{was}.",
        "rolled_back": f"Rolled {outcome.artifact} back to {outcome.version} in {outcome.stage}{was}.",
        "unchanged": f"{what} has {outcome.stage} already."
        if outcome.tag
        else f"{outcome.stage} of {outcome.artifact} was not changed.",
        "requested": f"Asked for {what} in {outcome.stage}{was}: {outcome.url}",
        "refused": f"{what} was not promoted to {outcome.stage}{was.replace('was', 'now')}.",
        "would_promote": f"Would promote {what} to {outcome.stage}{was}.",
        "would_roll_back": f"Would roll {outcome.artifact} back to {outcome.version} in {outcome.stage}{was}.",
    }[outcome.action]
    judgement = outcome.judgement
    if judgement and judgement.summary:
        yield f"  {judgement.summary}"
    for reason in judgement.reasons if judgement else ():
        yield f"  refused: {reason}" if outcome.action == "refused" else f"  forced, although {reason}"
    if outcome.note:
        yield f"  {outcome.note}"
    if outcome.registered:
        yield f"  registered by the tag {outcome.registered}"
    if outcome.tag:
        yield f"  tag {outcome.tag} on {outcome.commit[:_SHORT]}"
    if outcome.action == "refused":
        yield f"To promote it all the same: {_forced(outcome)}  # the tag records why"


def _forced(outcome: Outcome) -> str:
    words = ("headway", "promote", outcome.artifact, outcome.version, "--to", outcome.stage)
    return f"{shlex.join(words)} --force --reason TEXT"
