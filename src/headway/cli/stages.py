"""The command ``headway stages``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.errors import print_notes
from headway.cli.progress import show_progress

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from headway.app.registry.stages import ArtifactEntry, StageEntry

_EXAMPLES = """
\b
Examples:
  headway stages                            every artifact: who has which stage
  headway stages digits --history           all promotions and rollbacks of one
  headway stages --verify                   check signatures, and compute the evidence again
  headway stages models/de:digits --json    an artifact of a monorepo, as JSON
"""


@click.command(epilog=_EXAMPLES)
@click.argument("name", default="")
@click.option("--in", "stage", default="", metavar="STAGE", help="One stage.  [default: all]")
@click.option("--history", is_flag=True, help="List all versions that had the stage, the newest first.")
@click.option("--verify", is_flag=True, help="Check the signature of each tag, and compute its evidence again.")
@click.option("--fetch", is_flag=True, help="Read the tags of the remote, and fetch those that the clone lacks.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@options.registry
def stages(  # noqa: PLR0913 - the options above, one argument each
    *, name: str, stage: str, history: bool, verify: bool, fetch: bool, as_json: bool, folder: Path, remote: str | None
) -> int:
    """Show which version of each model is in which stage.

    The registry consists of git tags in GTO's format. NAME is an artifact as dvc.yaml declares it; in a monorepo, its
    folder stands before it: models/de:digits. Tags are put in order by the counters in their names. If `gto show` or
    `dvc artifacts get`, which go by the clock, give another answer, a note says so.

    A tag object that is published again under another name does not count, and a note says so.

    Exit codes: 0 success; 1 a signature or the evidence is wrong, or a tag is a copy (--verify); 3 git failed, or there
    are no tags.
    """
    from headway.app.registry.opening import open_registry
    from headway.app.registry.stages import copied_tags, overview, read_registry

    registry = open_registry(folder, remote, needs_remote=fetch)
    artifacts = read_registry(registry, fetch=fetch)
    copied = copied_tags(registry, name, stage)
    print_notes(*copied)
    entries = overview(artifacts, name, stage, history=history)
    if verify:
        from headway.app.registry.opening import comparison_of
        from headway.app.registry.verifying import Verifier

        with show_progress("Verifying") as progress:
            verifier = Verifier(registry, partial(comparison_of, registry, progress=progress))
            entries = tuple(verifier.verified(entry) for entry in entries)
    if as_json:
        options.print_json(entries)
    else:
        _print_entries(entries)
    if not verify:
        return 0
    from headway.app.registry.verifying import is_bad

    return int(bool(copied) or any(is_bad(entry) for entry in entries))


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
        }[record.decision]
        if record.approvers:
            yield f"approved by {', '.join(record.approvers)}"
        if record.merged_by:
            yield f"merged by {record.merged_by}"
        if record.stated_by:
            yield f"said to be approved by {', '.join(record.stated_by)}"
        if record.reason:
            yield record.reason
    yield from (each for each in (entry.signature, entry.evidence) if each)
