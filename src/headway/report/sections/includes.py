"""Your own sections: a file from the repository, and its changes."""

from __future__ import annotations

from collections import Counter
from difflib import unified_diff
from typing import TYPE_CHECKING

from headway.report.blocks import Charts, Details, Kind, Lines, Name, Section, Text, line
from headway.report.escaping import clean_block
from headway.values.chart import ImageChart
from headway.values.report import IMAGE_ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from headway.report.blocks import Block
    from headway.values.report import Include, Report

DIFFERENT = Kind(noun="section", rank=8, glance=1, markdown=50, page=100, terminal=50)
SAME = Kind(noun="unchanged section", rank=22, markdown=50, page=100, terminal=0)
IMAGE = Kind(noun="image", rank=8, least=1, markdown=1, page=1, terminal=1)
LINES = Kind(noun="line", rank=9, least=10, markdown=200, page=2000, terminal=20)
_CONTEXT_LINES = 3
_LONGEST_DIFFED = 20_000
"""Lines of both sides; the time to compare them can grow with the square of their number."""
_WIDEST = 500
"""Characters of a line that are shown."""


def build(report: Report) -> Iterator[Section]:
    """One section per file, changed files first."""
    kinds: Counter[Kind] = Counter()
    for include in sorted(report.includes, key=lambda each: each.base == each.head):
        kind = SAME if include.base == include.head else DIFFERENT
        kinds[kind] += 1
        # Sections that no place shows are only counted.
        blocks = tuple(_blocks(include)) if kinds[kind] <= kind.most else ()
        yield Section(
            anchor=f"section-{kinds.total()}", title=include.title, blocks=blocks, kind=kind, folds_as=include.title
        )


def _blocks(include: Include) -> Iterator[Block]:
    path = Name(include.path)
    if include.base == include.head:
        content = _content(include, include.head)
        yield Details(summary=line(path, " (unchanged)"), blocks=(content,), optional=True, opened=True)
    elif include.head is None:
        yield Details(summary=line(path, " (only in base)"), blocks=(_content(include, include.base),), opened=True)
    elif include.base is None:
        if include.path:  # a text that Headway has made of both sides is no file
            yield Text(content=line(path, " (only in head)"))
        yield _content(include, include.head)
    elif include.form == "image":
        yield Text(content=line(path, " (base and head)"))
        yield _content(include, include.head)
    else:
        diff = _difference(include)
        if diff.entries:
            yield Text(content=line(path, " (from base to head)"))
            yield diff
        yield Details(
            summary=line(path, " (head)"),
            blocks=(_content(include, include.head),),
            optional=bool(diff.entries),
            opened=include.form == "markdown",
        )


def _content(include: Include, side: str | None) -> Block:
    if include.form == "image":
        images = {role: getattr(include, role) for role in IMAGE_ROLES}
        chart = ImageChart(id=include.path, title=include.title, alt=include.title, width=include.width, **images)
        return Charts(kind=IMAGE, entries=(chart,))
    return _lines(side or "", include.form)


def _difference(include: Include) -> Lines:
    """Base and head as a unified diff without its header; empty if no visible line differs or there are too many."""
    before, after = (clean_block(side or "").splitlines() for side in (include.base, include.head))
    if len(before) + len(after) > _LONGEST_DIFFED:
        return Lines(kind=LINES, entries=(), form="diff")
    lines = list(unified_diff(before, after, n=_CONTEXT_LINES, lineterm=""))[2:]
    return _lines("\n".join(lines), "diff") if lines else Lines(kind=LINES, entries=(), form="diff")


def _lines(text: str, form: Literal["text", "markdown", "diff"]) -> Lines:
    """The lines of a text, as many and as much of each as any rendering shows."""
    every = clean_block(text).rstrip("\n").split("\n")
    kept = tuple(each if len(each) <= _WIDEST else f"{each[:_WIDEST]}…" for each in every[: LINES.page])
    return Lines(kind=LINES, entries=kept, left_out=len(every) - len(kept), form=form)
