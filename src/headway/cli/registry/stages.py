"""The command ``headway stages``."""

from __future__ import annotations

from functools import partial
from shutil import get_terminal_size
from textwrap import wrap
from typing import TYPE_CHECKING

import click

from headway.ci.process import process_environment
from headway.cli import options
from headway.cli.errors import print_notes
from headway.cli.progress import show_progress
from headway.text import first_names, shortened
from headway.values.registry.names import short_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from headway.app.registry.stages import ArtifactEntry, StageEntry
    from headway.values.registry.records import Record

_EXAMPLES = """
\b
Examples:
  headway stages                            every artifact: who has which stage
  headway stages digits --history           all promotions and rollbacks of one
  headway stages --verify                   check signatures, and compute the evidence again
  headway stages models/de:digits --json    an artifact of a monorepo, as JSON
"""
_WIDEST = 120
"""Columns that are used of a wide terminal: longer lines are hard to read."""
_NARROWEST = 30
_LONGEST_NAME = 40
_VERSIONS = 10
_INDENT = _GAP = "  "
_PLAIN: Mapping[str, bool] = {}
_BOLD: Mapping[str, bool] = {"bold": True}
_DIM: Mapping[str, bool] = {"dim": True}


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

    Exit codes: 0 success; 1 a signature, a record or the evidence is wrong, a tag is a copy, or nobody can tell which
    version has a stage (--verify); 3 git failed, or there are no tags.
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
        _print_entries(entries, stage, with_versions=bool(name))
    if not verify:
        return 0
    from headway.app.registry.verifying import is_bad

    return int(bool(copied) or any(is_bad(entry) for entry in entries))


def _print_entries(entries: Sequence[ArtifactEntry], stage: str, *, with_versions: bool) -> None:
    if not entries:
        click.echo("The registry has no versions yet.")
        return
    width = min(get_terminal_size().columns, _WIDEST)
    aligned = _column_widths(entries, width)
    blocks = ("\n".join(_block(entry, stage, width, aligned, with_versions=with_versions)) for entry in entries)
    click.echo("\n\n".join(blocks), color=False if process_environment().get("NO_COLOR") else None)


def _column_widths(entries: Iterable[ArtifactEntry], width: int) -> tuple[int, ...]:
    """How wide each column is, the last of which is not filled up; nothing if a row would not fit."""
    rows = [_cells(each) for entry in entries for each in entry.stages]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    fits = len(_INDENT) + sum(widths) + len(_GAP) * (len(widths) - 1) <= width
    return (*widths[:-1], 0) if fits else (0,) * len(widths)


def _block(
    entry: ArtifactEntry, stage: str, width: int, aligned: tuple[int, ...], *, with_versions: bool
) -> Iterator[str]:
    """The lines about an artifact."""
    about = "deprecated, " if entry.deprecated else ""
    about += f"highest version {entry.latest}" if entry.latest else "no version is registered"
    yield from _flowing([(entry.artifact, _BOLD), (f"({about})", _DIM)], width, "")
    if with_versions and entry.versions:
        yield from _wrapped(f"versions: {first_names(entry.versions, _VERSIONS)}", width, _INDENT)
    for fault in entry.faults:
        what, _, remedy = fault.partition("\n")
        yield from (_styled(line, _BOLD) for line in _wrapped(f"wrong: {what}", width, _INDENT))
        yield f"{_INDENT * 2}{remedy}"
    if not entry.stages and not entry.faults:
        yield f"{_INDENT}no version is in {stage}" if stage else f"{_INDENT}no version has a stage"
    for each in entry.stages:
        yield from _row(each, width, aligned)


def _row(entry: StageEntry, width: int, aligned: tuple[int, ...]) -> Iterator[str]:
    """The lines about a version in a stage: which, since when and by whom; below, why, and what is odd about it."""
    styles = (_PLAIN, _BOLD, _DIM, _DIM) if entry.current else (_DIM,) * len(aligned)
    padded = [cell.ljust(size) for cell, size in zip(_cells(entry), aligned, strict=True)]
    yield from _flowing(zip(padded, styles, strict=True), width, _INDENT)
    checks = "; ".join(filter(None, (entry.signature, entry.evidence)))
    style = _PLAIN if entry.current else _DIM
    below = [
        ("; ".join(_evidence(entry)), style),
        (f"check: {checks}" if checks else "", style),
        *((f"wrong: {fault}", _BOLD) for fault in entry.faults),
        *((f"note: {note}", style) for note in entry.notes),
    ]
    for text, each in below:
        yield from (_styled(line, each) for line in _wrapped(text, width, _INDENT * 2) if text)


def _flowing(cells: Iterable[tuple[str, Mapping[str, bool]]], width: int, indent: str) -> Iterator[str]:
    """Styled cells on as few lines as hold them whole; the second line and those after it are indented once more."""
    line, used = "", 0
    for cell, style in cells:
        gap = _GAP if used else indent
        if used and used + len(gap) + len(cell.rstrip()) > width:
            yield line
            line, used, gap = "", 0, indent + _INDENT
        line += gap + _styled(cell, style)
        used += len(gap) + len(cell)
    yield line


def _styled(text: str, style: Mapping[str, bool]) -> str:
    return click.style(text, **style) if style else text


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """A text on indented lines. No word is cut, since it may be a version or an address."""
    if len(indent) + len(text) <= width:
        return [indent + text]
    return wrap(
        text,
        max(width, _NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cells(entry: StageEntry) -> tuple[str, ...]:
    by = shortened(entry.by.partition(" <")[0], _LONGEST_NAME)
    since = f"{entry.since[:10]} {entry.since[11:16]} UTC"
    when = f"{'since' if entry.current else 'from'} {since}" if entry.since else "unknown time"
    return entry.stage, short_version(entry.version), when, f"by {by}" if by else "unknown author"


def _evidence(entry: StageEntry) -> Iterable[str]:
    record = entry.record
    if not entry.current:
        yield "earlier"
    if record is None:
        yield "damaged record" if entry.faults else "assigned without Headway"
    else:
        yield _decision(entry, record)
        if record.settings:
            yield f"with the settings of {record.settings}"
        if record.approvers:
            yield f"approved by {', '.join(record.approvers)}"
        if record.merged_by:
            yield f"merged by {record.merged_by}"
        if record.stated_by:
            yield f"said to be approved by {', '.join(record.stated_by)}"
        if record.reason:
            yield record.reason


def _decision(entry: StageEntry, record: Record) -> str:
    if record.decision == "rolled_back" and record.against_sha == entry.commit:
        return "assigned again"
    against = f" {short_version(record.against)}" if record.against else ""
    return {
        "improved": f"better than{against}",
        "within_margin": f"not worse than{against}, within the margin",
        "first": "the first version here",
        "forced": f"forced{against and ' against'}{against}",
        "rolled_back": f"rolled back{against and ' from'}{against}",
    }[record.decision]
