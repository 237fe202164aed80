"""The contact sheet of examples that were fixed or broken: which images fit, and the words beside them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.draw.jobs import SheetGroup, SheetJob, Thumbnail
from headway.draw.sheet_grid import in_turns
from headway.draw.theme import THEMES
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from headway.draw.theme import ThemeName
    from headway.values.flips import Flip, Flips

_LONGEST_NAME = 200
"""Characters of the words below an image, most of which the sheet cuts anyway."""


class Sheet(NamedTuple):
    """A contact sheet: its alternative text, and the job that draws it in each theme."""

    alt: str
    jobs: Mapping[ThemeName, SheetJob]


class _Example(NamedTuple):
    """The image of an example, by its path, and the words below it."""

    image: str
    name: str
    before: None = None


def shown_images(flips: Flips) -> list[str]:
    """The paths of the images that one sheet has room for: the first ones of broken and of fixed examples, in turns."""
    return [example.image for example in chain.from_iterable(_chosen(flips).values())]


def with_only(flips: Flips, images: Collection[str]) -> Flips:
    """The flips without all images but these, which are named by their paths."""

    def kept(listed: Sequence[Flip]) -> tuple[Flip, ...]:
        return tuple(
            flip if flip.image is None or flip.image in images else msgspec.structs.replace(flip, image=None)
            for flip in listed
        )

    return msgspec.structs.replace(flips, fixed=kept(flips.fixed), broken=kept(flips.broken))


def lay_out(flips: Flips, images: Mapping[str, bytes]) -> Sheet | None:
    """Lay out a sheet of small PNGs, by the paths that the flips name; ``None`` if there are none."""
    chosen = _chosen(with_only(flips, images))
    if not chosen:
        return None
    totals = {"Broken": flips.broken_count, "Fixed": flips.fixed_count}
    remarks = {"Broken": "base had them right; the class, and what head says", "Fixed": "the class, and what base said"}
    groups = tuple(
        SheetGroup(
            title=f"{kind}: {totals[kind]:,}",
            remark=remarks[kind],
            thumbnails=tuple(Thumbnail(name=each.name, image=images[each.image]) for each in listed),
        )
        for kind, listed in chosen.items()
    )
    number, total = sum(map(len, chosen.values())), sum(totals.values())
    remark = f"{number:,} of {total:,} examples, the most confident mistakes first"
    words = "; ".join(f"{group.title}: {', '.join(each.name for each in group.thumbnails)}" for group in groups)
    jobs = {theme: SheetJob(groups=groups, remark=remark, theme=theme) for theme in THEMES}
    return Sheet(alt=f"Contact sheet. {remark}. {words}", jobs=jobs)


def _chosen(flips: Flips) -> dict[str, Sequence[_Example]]:
    """The examples that fit; those of a kind without any image are left out."""
    kinds = {
        "Broken": [_Example(flip.image, _name(flip, flip.head)) for flip in flips.broken if flip.image],
        "Fixed": [_Example(flip.image, _name(flip, flip.base)) for flip in flips.fixed if flip.image],
    }
    return in_turns({kind: examples for kind, examples in kinds.items() if examples})


def _name(flip: Flip, wrong: str) -> str:
    return shortened(f"{flip.actual} as {wrong}", _LONGEST_NAME)
