"""What ``headway verify`` found, with what to do about each kind of finding."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from headway.report.blocks import Command, Items, Kind, Name, Section, Text, Words, line
from headway.report.formatting import and_more, count, first
from headway.report.sections.notes import grouped, note_line
from headway.report.sections.stages import stage_list
from headway.report.sections.summary import verified

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import Block, Inline, Tone
    from headway.values.verification import MissingOut, ModifiedOut, Verification

_FEW = 3
"""Files of one output that are named."""
_OUTPUTS = Kind(noun="output", terminal=100)
_FILES = Kind(noun="file", terminal=100)
_NOTES = Kind(noun="note", terminal=100)
_STATES = {"modified": "is modified", "deleted": "is deleted"}


def build_verification(found: Verification) -> Iterator[Section]:
    """A section for each kind of finding, the verdict first."""
    yield Section(anchor="verdict", title="", blocks=(Text(content=_verdict(found)),))
    pull = f"dvc pull {shlex.join(found.pull)} && " if found.pull else ""
    owners = " ".join(shlex.quote(owner) for owner in dict.fromkeys(out.owner for out in found.missing))
    sections = (
        ("Stale stages", (stage_list(found.stages), _to_do(Command(f"{pull}dvc repro --pull --allow-missing")))),
        ("Modified outputs", (_modified(found), _choices())),
        ("Missing in the remote", (_missing(found), _to_do(Command(f"dvc push {owners}"), " (where they were made)"))),
        ("Not committed", (Items(kind=_FILES, entries=tuple(line(Name(path)) for path in found.uncommitted)),)),
        ("Not checked", (Items(kind=_NOTES, entries=tuple(map(note_line, grouped(found.unchecked)))),)),
    )
    for title, blocks in sections:
        yield Section(anchor=title, title=title, blocks=blocks)
    if found.not_run_cached:
        yield Section(anchor="run-cache", title="Not in DVC's run cache", blocks=tuple(_not_run_cached(found)))


def _to_do(*parts: str | Command) -> Text:
    return Text(content=line("To do: ", *parts), role="small")


def _choices() -> Text:
    return _to_do(
        "restore them (",
        Command("dvc checkout"),
        ", or ",
        Command("git checkout"),
        " for files in git), make them anew (",
        Command("dvc repro"),
        "), or record new data (",
        Command("dvc add"),
        ").",
    )


def _verdict(found: Verification) -> Inline:
    asked = f"; {', '.join(found.remote)} holds all that it names" if found.remote else ""
    product = "the product of this code, these parameters and this data"
    sentences = {
        "verified": f"dvc.lock is {product}{asked}",
        "stale": f"dvc.lock is not {product}",
        "modified": "outputs differ from what dvc.lock records",
        "missing": f"{'the remote lacks' if found.remote else 'this clone lacks'} objects that dvc.lock names",
    }
    if found.status != "verified":
        return line(Words(found.status, "failed"), f": {sentences[found.status]}")
    tone: Tone = "warning" if found.unchecked else "strong"
    return line(Words(verified(found), tone), f": {sentences['verified']}")


def _modified(found: Verification) -> Items:
    return Items(kind=_OUTPUTS, entries=tuple(_output(out, _STATES[out.state]) for out in found.modified))


def _missing(found: Verification) -> Items:
    entries = (
        _output(out, f"{out.remote or 'the remote'} lacks {count(out.objects, 'object')}") for out in found.missing
    )
    return Items(kind=_OUTPUTS, entries=tuple(entries))


def _output(out: ModifiedOut | MissingOut, what: str) -> Inline:
    """An output with what is wrong with it and the first of its files."""
    files = f" ({first(out.files, _FEW)})" if out.files else ""
    return line(Name(out.path), ", recorded by ", Name(out.owner), f": {what}{files}")


def _not_run_cached(found: Verification) -> Iterator[Block]:
    """This says nothing against the lock."""
    named = [f"{stage.stage} ({first(stage.outs, _FEW)})" for stage in found.not_run_cached[:_FEW]]
    more = and_more(len(found.not_run_cached) - _FEW)
    yield Text(content=line(f"{', '.join(named)}{more}."), role="plain")
    yield Text(
        content=line(
            "When you return to code that has run before, DVC runs such a stage again, because it keeps an output with"
            " cache: false only if that is a metric or a plot. To do: declare the outputs under metrics: or plots:, or"
            " let DVC cache them."
        ),
        role="small",
    )
