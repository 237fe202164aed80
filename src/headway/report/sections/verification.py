"""The findings of ``headway verify``, with a remedy for each kind."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from headway.report.blocks import Command, Items, Kind, Name, Section, Text, Words, line
from headway.report.formatting import count
from headway.report.sections.notes import grouped, note_line
from headway.report.sections.stages import stage_list
from headway.report.sections.summary import verified
from headway.text import and_more, first_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import Block, Inline, Tone
    from headway.values.verification import MissingOut, ModifiedOut, Verification

_FEW = 3
"""Files of an output, or stages, that are named."""
_OUTPUTS = Kind(noun="output", terminal=100)
_FILES = Kind(noun="file", terminal=100)
_NOTES = Kind(noun="note", terminal=100)


def build_verification(found: Verification) -> Iterator[Section]:
    """The verdict, then one section per kind of finding."""
    yield Section(anchor="verdict", title="", blocks=(Text(content=_verdict(found)),))
    pull = f"dvc pull {shlex.join(found.pull)} && " if found.pull else ""
    push = f"dvc push {shlex.join(dict.fromkeys(out.owner for out in found.missing))}"
    sections = (
        ("Stale stages", (stage_list(found.stages), _to_do(Command(f"{pull}dvc repro --pull --allow-missing")))),
        ("Modified outputs", (_modified(found), _choices())),
        ("Missing in the remote", (_missing(found), _to_do(Command(push), " (where they were created)"))),
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
        " for files in git), create them again (",
        Command("dvc repro"),
        "), or record the new data (",
        Command("dvc add"),
        ").",
    )


def _verdict(found: Verification) -> Inline:
    remotes = f", and {', '.join(found.remote)} has all objects that it records" if found.remote else ""
    sentences = {
        "verified": f"dvc.lock matches the code, parameters and data{remotes}",
        "stale": "dvc.lock does not match the code, parameters and data",
        "modified": "outputs differ from what dvc.lock records",
        "missing": f"{'the remote' if found.remote else 'this clone'} lacks objects that dvc.lock records",
    }
    passed: Tone = "warning" if found.unchecked else "strong"
    word = Words(verified(found), passed) if found.status == "verified" else Words(found.status, "failed")
    return line(word, f": {sentences[found.status]}")


def _modified(found: Verification) -> Items:
    return Items(kind=_OUTPUTS, entries=tuple(_output(out, out.state) for out in found.modified))


def _missing(found: Verification) -> Items:
    entries = (
        _output(out, f"{out.remote or 'the remote'} lacks {count(out.objects, 'object')}") for out in found.missing
    )
    return Items(kind=_OUTPUTS, entries=tuple(entries))


def _output(out: ModifiedOut | MissingOut, what: str) -> Inline:
    """An output, what is wrong with it, and the first of its files."""
    files = f" ({first_names(out.files, _FEW)})" if out.files else ""
    return line(Name(out.path), ", recorded by ", Name(out.owner), f": {what}{files}")


def _not_run_cached(found: Verification) -> Iterator[Block]:
    named = [f"{stage.stage} ({first_names(stage.outs, _FEW)})" for stage in found.not_run_cached[:_FEW]]
    more = and_more(len(found.not_run_cached) - _FEW)
    yield Text(content=line(f"{', '.join(named)}{more}."), role="plain")
    yield Text(
        content=line(
            "When you return to an earlier state of the code, DVC runs these stages again instead of restoring their"
            " outputs, because its run cache stores an output with cache: false only if it is a metric or a plot."
            " To do: declare the outputs under metrics: or plots:, or let DVC cache them."
        ),
        role="small",
    )
