"""The command for data beyond one machine: ``headway evidence``."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.cli import options
from headway.cli.progress import show_progress

if TYPE_CHECKING:
    from headway.judge.summaries.evidence_parts import EvidenceParts

_MOST_PARTS = 64
_EXAMPLES = """
\b
Examples:
  headway evidence main --part 1/4       in the first of four jobs; writes evidence-1-of-4.json
  headway evidence merge evidence-*.json     writes evidence.json
  headway report main --evidence evidence.json
"""


def _place(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """Read ``I/N``: part I of N."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})", text)
    place, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= place <= count <= _MOST_PARTS:
        raise click.BadParameter(f"{text!r} is no part I/N such as 1/4; there are at most {_MOST_PARTS} parts.")
    return place, count


@click.command(epilog=_EXAMPLES)
@options.revisions_or_merge
@click.option("--part", callback=_place, metavar="I/N", help="Which part of the rows to read: part I of N, at most 64.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The file to write, relative to --project.  [default: evidence-I-of-N.json, or evidence.json]",
)
@options.anchor
@options.fetch
def evidence(
    *,
    files: tuple[str, ...],
    part: tuple[int, int] | None,
    out: Path | None,
    folder: Path,
    **revisions: Any,  # noqa: ANN401 - the options above
) -> int:
    """Compute the evidence for changes of metrics in parts, for predictions that one machine cannot hold.

    Each part reads the rows whose ids fall to it, on both sides, and writes what tests need of them: counts and sums.
    `merge` adds all parts. Then `headway report`, `headway gate` and `headway diff` take the result with --evidence
    and say the same as without it, to the byte. docs/scale.md shows the jobs, and says which metrics are left out.

    Exit codes: 0 success; 2 wrong usage or settings, or parts that do not belong together; 3 git, DVC or the disk
    failed.
    """
    from headway.app.comparison import Request
    from headway.app.evidence_parts import compute_part, merge_files

    if files:
        return _write(merge_files([Path(file) for file in files]), folder / (out or "evidence.json"))
    if part is None:
        raise click.UsageError("Name the part to compute with --part, or the files of all parts after `merge`.")
    place, count = part
    with show_progress("Comparing") as progress:
        found = compute_part(replace(Request(folder=folder, **revisions), progress=progress), place, count)
    return _write(found, folder / (out or f"evidence-{place}-of-{count}.json"))


def _write(found: EvidenceParts, path: Path) -> int:
    from headway.judge.summaries.evidence_parts import encode
    from headway.writing import write_files

    write_files(path.parent, {}, {path.name: encode(found)}, set())
    click.echo(path)
    return 0
