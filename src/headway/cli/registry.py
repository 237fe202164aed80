"""The commands of the model registry: ``headway stages``, ``headway promote``, ``headway rollback``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli import options
from headway.cli.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.app.comparison import Request
    from headway.app.registry.stages import ArtifactEntry, StageEntry
    from headway.registry.versions import Bump
    from headway.values.registry import Outcome
    from headway.values.report import Report

_STAGES = """
\b
Examples:
  headway stages                            every artifact: who has which stage
  headway stages digits --history           all promotions and rollbacks of one
  headway stages --verify                   check signatures, and compute the evidence again
  headway stages models/de:digits --json    an artifact of a monorepo, as JSON
"""
_PROMOTE = """
\b
Examples:
  headway promote digits --to staging               the highest version
  headway promote digits HEAD --to staging          a commit, which becomes the next version
  headway promote digits v1.2.0 --to production --dry-run
  headway promote digits v1.2.0 --to production --force --reason "hotfix for #12"
"""
_ROLLBACK = """
\b
Examples:
  headway rollback digits --in production                  to the version before
  headway rollback digits --in production --to v1.1.0
  headway rollback digits --in production --from v1.2.0    only if v1.2.0 is still there
"""
_SHORT = 7

_shared = options.combine(
    options.project,
    click.option(
        "--remote", metavar="NAME", help="The git remote whose tags count.  [default: origin, or the only one]"
    ),
)
_change = options.combine(
    _shared,
    click.option("--reason", default="", metavar="TEXT", help="Why; it is recorded in the tag."),
    click.option(
        "--approver", "approvers", multiple=True, metavar="NAME", help="Who approved; may be given repeatedly."
    ),
    click.option(
        "--sign", is_flag=True, help="Sign the tag, as `git tag --sign` does.  [default: as git's tag.gpgSign]"
    ),
    click.option("--dry-run", is_flag=True, help="Decide, print the result, and change nothing."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
)


@click.command(epilog=_STAGES)
@click.argument("name", default="")
@click.option("--in", "stage", default="", metavar="STAGE", help="One stage.  [default: all]")
@click.option("--history", is_flag=True, help="List all versions that had the stage, the newest first.")
@click.option("--verify", is_flag=True, help="Check the signature of each tag, and compute its evidence again.")
@click.option("--fetch", is_flag=True, help="Read the tags of the remote, and fetch those that the clone lacks.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@_shared
def stages(  # noqa: PLR0913 - the options above, one argument each
    *, name: str, stage: str, history: bool, verify: bool, fetch: bool, as_json: bool, folder: Path, remote: str | None
) -> int:
    """Show which version of each model is in which stage.

    The registry consists of git tags in GTO's format. NAME is an artifact as dvc.yaml declares it; in a monorepo, its
    folder stands before it: models/de:digits. Tags are put in order by the counters in their names. If `gto show` or
    `dvc artifacts get`, which go by the clock, give another answer, a note says so.

    Exit codes: 0 success; 1 a signature or the evidence is wrong (--verify); 3 git failed, or there are no tags.
    """
    from headway.app.registry.opening import open_registry
    from headway.app.registry.stages import overview, read_registry

    registry = open_registry(folder, remote)
    entries = overview(read_registry(registry, fetch=fetch), name, stage, history=history)
    if verify:
        from headway.app.registry.verifying import Verifier

        with show_progress("Verifying") as progress:
            verifier = Verifier(registry, lambda artifact: _request(registry.folder(artifact), None, None, progress))
            entries = tuple(verifier.verified(entry) for entry in entries)
    if as_json:
        _print_json(entries)
    else:
        _print_entries(entries)
    if not verify:
        return 0
    from headway.app.registry.verifying import is_bad

    return int(any(is_bad(each) for entry in entries for each in entry.stages))


@click.command(epilog=_PROMOTE)
@click.argument("name")
@click.argument("version", default="")
@click.option("--to", "stage", required=True, metavar="STAGE", help="The stage, such as staging or production.")
@click.option(
    "--bump",
    type=click.Choice(("major", "minor", "patch")),
    default="patch",
    show_default=True,
    help="Which number rises if a commit becomes a version.",
)
@click.option("--force", is_flag=True, help="Promote although the comparison is against it; needs --reason.")
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
    report_file: Path | None,
    settings: str | None,
    fetch: bool | None,
    folder: Path,
    remote: str | None,
    as_json: bool,
    **details: Any,  # noqa: ANN401 - the fields of Change
) -> int:
    """Give a version of a model a stage, if it is good enough for it.

    VERSION is a version such as v1.2.0, or a commit by any name, which becomes the next version. By default, it is the
    version in the stage that the settings want before this one, else the highest.

    The version is compared with the one that has the stage, on the data of both. It must be better, or with `margins`
    under `stages` in the settings, not worse by more than these; and no gate may fail. The tag records the verdict,
    the hash of the report, who approved, and the CI run. If somebody else changes the stage at the same moment,
    Headway reads the tags again and decides anew.

    Exit codes: 0 promoted, or it has the stage already; 1 the comparison is against it; 2 wrong usage or settings; 3
    git failed, or the registry is in a state that somebody must resolve first.
    """
    if force and not details["reason"].strip():
        raise click.UsageError("--force needs --reason, which is recorded in the tag.")
    from headway.app.registry.opening import open_registry
    from headway.app.registry.promoting import promote_version
    from headway.ci.read import read_run_page
    from headway.registry.promotion import Promotion

    registry = open_registry(folder, remote)
    with show_progress("Comparing") as progress:
        request = _request(registry.folder(name), settings, fetch, progress)
        wanted = Promotion(
            artifact=name, stage=stage, version=version, bump=bump, force=force, run=read_run_page(), **details
        )
        outcome, report = promote_version(registry, request, wanted)
    if report_file and report:
        _write_report(report_file, report)
    _print_outcome(outcome, as_json=as_json)
    registry.journal.forget()
    return int(outcome.action == "refused")


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
    as_json: bool,
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
    from headway.ci.read import read_run_page
    from headway.registry.rollback import Rollback

    registry = open_registry(folder, remote)
    wanted = Rollback(artifact=name, stage=stage, to=to, leaving=leaving, run=read_run_page(), **details)
    outcome = roll_back_stage(registry, wanted)
    _print_outcome(outcome, as_json=as_json)
    registry.journal.forget()
    return 0


def _request(folder: Path, settings: str | None, fetch: bool | None, progress: Any) -> Request:  # noqa: ANN401, FBT001 - a Progress; three values
    from headway.app.comparison import Request

    return Request(folder=folder, base=None, head=None, settings=settings, fetch=fetch, progress=progress)


def _write_report(path: Path, report: Report) -> None:
    from headway.report import codec
    from headway.writing import write_files

    write_files(path.parent, {}, {path.name: codec.encode(report)}, set())


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _print_outcome(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        _print_json(outcome)
        return
    for line in _outcome_lines(outcome):
        click.echo(line)


def _outcome_lines(outcome: Outcome) -> Iterable[str]:
    what = f"{outcome.artifact} {outcome.version}"
    was = f" (was {outcome.replaced})" if outcome.replaced else ""
    yield {
        "promoted": f"Promoted {what} to {outcome.stage}{was}.",
        "rolled_back": f"Rolled {outcome.artifact} back to {outcome.version} in {outcome.stage}{was}.",
        "unchanged": f"{what} has {outcome.stage} already.",
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
        yield "To promote it all the same, add --force --reason TEXT, which the tag records."


def _print_entries(entries: Iterable[ArtifactEntry]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("artifact", "stage", "version", "since", "by", "evidence"):
        table.add_column(column, no_wrap=column in {"stage", "version", "since"}, overflow="fold")
    notes: list[str] = []
    for entry in entries:
        if not entry.stages:
            latest = f"{entry.latest} is the highest version" if entry.latest else "no version is registered"
            table.add_row(entry.artifact, "none", "", "", "", latest)
        for each in entry.stages:
            table.add_row(*_cells(each))
            notes.extend(f"{each.artifact} in {each.stage}: {note}" for note in each.notes)
        if entry.deprecated:
            notes.append(f"{entry.artifact} is deprecated.")
    if not table.row_count:
        click.echo("The registry has no versions yet.")
        return
    Console(soft_wrap=False).print(table)
    for note in notes:
        click.echo(note)


def _cells(entry: StageEntry) -> tuple[str, ...]:
    from rich.markup import escape

    by = entry.by.partition(" <")[0]
    since = entry.since.replace("T", " ").removesuffix(":00Z").removesuffix("Z")
    cells = entry.artifact, entry.stage, entry.version[:20], since, by, "; ".join(_evidence(entry))
    return tuple(escape(cell) for cell in cells)


def _evidence(entry: StageEntry) -> Iterable[str]:
    record = entry.record
    if not entry.current:
        yield "earlier"
    if record is None:
        yield "assigned without Headway"
    else:
        against = f" {record.against}" if record.against else ""
        yield {
            "improved": f"better than{against}",
            "within_margin": f"not worse than{against}, within the margin",
            "first": "the first version here",
            "forced": f"forced{against and ' against'}{against}",
            "rolled_back": f"rolled back from{against}",
            "restored": f"given back by{against}",
        }[record.decision]
        if record.approvers:
            yield f"approved by {', '.join(record.approvers)}"
        if record.reason:
            yield record.reason
    yield from (each for each in (entry.signature, entry.evidence) if each)
