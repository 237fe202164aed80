"""How much of a report is shown where there is little room: the first entries of each listing, the rest as a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from headway.report.blocks import (
    Definition,
    Definitions,
    Details,
    Kind,
    Lines,
    Listing,
    Parts,
    ReportView,
    Row,
    Text,
    line,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block, Section

Limit: TypeAlias = Callable[[Kind], int]
"""How many entries of a kind are shown at the most, such as ``attrgetter("page")``."""

L = TypeVar("L", bound=Listing)


def cut(view: ReportView, limit: Limit, *, folds: bool = True) -> ReportView:
    """The report with at most so many entries in each listing; sections of which nothing is left are gone.

    The opening is never cut: what it lists is short by itself.

    Args:
        view: the whole report.
        limit: the most entries of a kind.
        folds: whether the place can fold details; where it cannot, optional ones are only named.
    """
    left_out: Counter[str] = Counter()
    sections: list[Section] = []
    shown: Counter[Kind] = Counter()
    for section in view.sections:
        if section.kind and shown[section.kind] >= limit(section.kind):
            left_out[section.kind.noun] += 1
            continue
        blocks = _cut_blocks(section.blocks, limit, left_out)
        if any(map(_holds_listing, blocks)) or not any(map(_holds_listing, section.blocks)):
            shown.update([section.kind] if section.kind else [])
            blocks = blocks if folds else tuple(chain.from_iterable(_unfolded(block, left_out) for block in blocks))
            sections.append(replace(section, blocks=blocks))
    counted = tuple((number, noun) for noun, number in left_out.items() if number)
    return replace(view, sections=tuple(sections), left_out=counted)


def _holds_listing(block: Block) -> bool:
    return isinstance(block, Listing) or (isinstance(block, Details) and any(map(_holds_listing, block.blocks)))


def _cut_blocks(blocks: Sequence[Block], limit: Limit, left_out: Counter[str]) -> tuple[Block, ...]:
    return tuple(chain.from_iterable(_cut_block(block, limit, left_out) for block in blocks))


def _cut_block(block: Block, limit: Limit, left_out: Counter[str]) -> Iterator[Block]:
    """The block with fewer entries; nothing where none is left."""
    if isinstance(block, Details):
        inside = _cut_blocks(block.blocks, limit, left_out)
        if inside:
            yield replace(block, blocks=inside)
        return
    if not isinstance(block, Listing):
        yield block
        return
    short = shortened(block, limit(block.kind))
    left_out[block.kind.noun] += short.left_out
    if isinstance(short, Parts):
        short = replace(short, entries=tuple(_cut_blocks(part, limit, left_out) for part in short.entries))
    if isinstance(short, Definitions):
        short = replace(short, entries=tuple(_cut_definition(each, limit, left_out) for each in short.entries))
    if short.entries:
        yield short


def _unfolded(block: Block, left_out: Counter[str]) -> Iterator[Block]:
    """A block without optional details, which would drown the others where nothing folds."""
    if isinstance(block, Parts):
        parts = (tuple(chain.from_iterable(_unfolded(each, left_out) for each in part)) for part in block.entries)
        yield replace(block, entries=tuple(parts))
    elif isinstance(block, Details) and block.optional:
        for each in block.blocks:
            if isinstance(each, Listing) and not isinstance(each, Lines):
                left_out[each.kind.noun] += sum(map(_number, each.entries))
        yield Text(content=line(block.summary, " not shown."))
    else:
        yield block


def _cut_definition(definition: Definition, limit: Limit, left_out: Counter[str]) -> Definition:
    details = shortened(definition.details, limit(definition.details.kind))
    left_out[details.kind.noun] += details.left_out
    return replace(definition, details=details)


def shortened(listing: L, most: int) -> L:
    """A listing with its first entries alone."""
    rest = listing.entries[most:]
    more = listing.left_out + sum(map(_number, rest))
    return replace(listing, entries=listing.entries[:most], left_out=more) if rest else listing


def _number(entry: object) -> int:
    """The things that an entry stands for."""
    return entry.number if isinstance(entry, Definition | Row) else 1


def ladder(view: ReportView) -> tuple[Limit, ...]:
    """Limits from the opening alone to all that Markdown shows, each with one entry more than the one before.

    First comes what tells the change at a glance, then the rest of each kind by its rank.
    """
    lengths = _lengths(view)
    kinds = sorted(lengths, key=lambda kind: kind.rank)
    rungs = [{kind: kind.least for kind in kinds}]
    for goals in ({kind: kind.glance for kind in kinds}, {kind: kind.markdown for kind in kinds}):
        for kind in kinds:
            for number in range(rungs[-1][kind] + 1, min(goals[kind], lengths[kind]) + 1):
                rungs.append({**rungs[-1], kind: number})
    return (*(rung.__getitem__ for rung in rungs[:-1]), attrgetter("markdown"))


def _lengths(view: ReportView) -> dict[Kind, int]:
    """The kinds of a report, each with the length of its longest listing."""
    found: dict[Kind, int] = {}
    for section in view.sections:
        if section.kind:
            found[section.kind] = found.get(section.kind, 0) + 1
        for kind, length in _listings(section.blocks):
            found[kind] = max(found.get(kind, 0), length)
    return found


def _listings(blocks: Sequence[Block]) -> Iterator[tuple[Kind, int]]:
    for block in blocks:
        if isinstance(block, Details):
            yield from _listings(block.blocks)
        if isinstance(block, Listing):
            yield block.kind, len(block.entries)
        if isinstance(block, Parts):
            yield from _listings([each for part in block.entries for each in part])
        if isinstance(block, Definitions):
            yield from _listings([each.details for each in block.entries])
