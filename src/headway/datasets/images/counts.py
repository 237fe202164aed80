"""How many pictures there are: by class, by format, by size, and how many went from one place to another."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headway.datasets.images.files import by_place, format_by_suffix
from headway.values.imagery import FormatCount, ImageClass, MoveCount, PixelSizes, SizeCount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headway.datasets.images.changes import Changes
    from headway.datasets.images.files import Place
    from headway.datasets.images.reading import Look


def count_classes(changes: Changes, place: Callable[[str], Place], most: int) -> tuple[tuple[ImageClass, ...], int]:
    """Count each place's pictures; of more places than ``most``, those that changed most.

    Returns:
        The counts in the order of names, and how many places are left out.
    """
    base, head = (Counter(map(place, side)) for side in (changes.base, changes.head))
    by_change = sorted(base | head, key=lambda where: (-abs(head[where] - base[where]), by_place(where)))
    counts = tuple(
        ImageClass(split=where.split, label=where.label, base=base[where], head=head[where])
        for where in sorted(by_change[:most], key=by_place)
    )
    return counts, len(by_change) - len(counts)


def count_moves(changes: Changes, place: Callable[[str], Place], most: int) -> tuple[MoveCount, ...]:
    """Count the files that went to another place, the most frequent ways first."""
    ways = Counter((str(place(old.path)), str(place(new.path))) for old, new in changes.moved)
    ranked = sorted(((way, count) for way, count in ways.items() if len({*way}) > 1), key=lambda item: (-item[1], item))
    return tuple(MoveCount(base=base, head=head, count=count) for (base, head), count in ranked[:most])


def count_formats(changes: Changes, looks: Mapping[str, Look]) -> tuple[FormatCount, ...]:
    """Count formats: what an opened picture is, what the name of another says."""
    base = Counter(filter(None, map(format_by_suffix, changes.base)))
    head = Counter(
        looks[file.hash].format if file.hash in looks else str(format_by_suffix(path))
        for path, file in changes.head.items()
    )
    return tuple(FormatCount(format=name, base=base[name], head=head[name]) for name in sorted(base | head))


def measure(looks: Iterable[Look], most: int) -> PixelSizes | None:
    """Tell how large pictures are; ``None`` where there are none."""
    counted = Counter((look.width, look.height) for look in looks)
    sizes = [SizeCount(width=width, height=height, count=count) for (width, height), count in counted.items()]
    by_area = sorted(sizes, key=lambda size: (size.width * size.height, size.width))
    if not by_area:
        return None
    common = sorted(by_area, key=lambda size: -size.count)
    return PixelSizes(common=tuple(common[:most]), distinct=len(sizes), smallest=by_area[0], largest=by_area[-1])
