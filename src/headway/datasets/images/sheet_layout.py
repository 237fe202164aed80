"""What the contact sheet shows: a fair choice of the new images, class by class."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from headway.datasets.images.image_files import by_place, place_by_folders
from headway.datasets.images.reading import thumbnail
from headway.draw.decoding import RefusedError
from headway.draw.jobs import THUMBNAIL_SIDE, SheetGroup, SheetJob, Thumbnail
from headway.draw.sheet_grid import in_turns
from headway.draw.theme import THEMES
from headway.sorting import by_name
from headway.values.imagery import ContactSheet

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from headway.datasets.images.image_files import Changes, ImageFile, ImageGroup
    from headway.draw.theme import ThemeName

_PLACES = 6
"""Classes that a sheet has room for, with a new image of each."""


class Shown(NamedTuple):
    """A new image of head, and the one it replaced, if any."""

    file: ImageFile
    before: ImageFile | None


def choose_images(changes: Changes, contents: Collection[str]) -> dict[ImageGroup, list[Shown]]:
    """Choose among the contents that can be shown: of the places with most new images, in turns, by hash."""
    replaced = {file.path: changes.base[file.path] for file in changes.changed}
    fresh: dict[str, Shown] = {}
    for file in sorted(changes.new, key=lambda file: (file.hash, file.path)):
        if file.hash in contents:
            fresh.setdefault(file.hash, Shown(file, replaced.get(file.path)))
    grouped: defaultdict[ImageGroup, list[Shown]] = defaultdict(list)
    for shown in fresh.values():
        grouped[place_by_folders(shown.file.path)].append(shown)
    fullest = sorted(grouped, key=lambda where: (-len(grouped[where]), where))[:_PLACES]
    waiting = {where: grouped[where] for where in sorted(fullest, key=by_place)}
    return {
        where: sorted(listed, key=lambda one: by_name(one.file.path)) for where, listed in in_turns(waiting).items()
    }


def contact_sheet(changes: Changes, contents: Collection[str]) -> tuple[ContactSheet | None, dict[ThemeName, SheetJob]]:
    """The sheet in words, and the job that draws it in each theme; nothing where no image is left to show."""
    groups = tuple(_groups(changes, contents))
    if not groups:
        return None, {}
    shown = sum(len(group.thumbnails) for group in groups)
    places = len({place_by_folders(file.path) for file in changes.new})
    of = f", from {len(groups)} of {places:,} folders" if places > len(groups) else ""
    remark = f"{shown} of {len(changes.new):,} added and changed images{of}"
    words = "; ".join(f"{group.title}: {group.remark}" for group in groups)
    jobs = {theme: SheetJob(groups=groups, remark=remark, theme=theme) for theme in THEMES}
    return ContactSheet(alt=f"Contact sheet. {remark}. {words}", shown=shown), jobs


def _groups(changes: Changes, contents: Collection[str]) -> Iterator[SheetGroup]:
    sides = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    totals = {name: Counter(place_by_folders(file.path) for file in files) for name, files in sides.items()}
    for where, listed in choose_images(changes, contents).items():
        counts = [f"{count[where]:,} {name}" for name, count in totals.items() if count[where]]
        if thumbnails := tuple(small for small in map(_thumbnail, listed) if small is not None):
            yield SheetGroup(title=_encodable(str(where)), remark=" · ".join(counts), thumbnails=thumbnails)


def _thumbnail(shown: Shown) -> Thumbnail | None:
    image = _reduced(shown.file)
    if image is None:
        return None
    before = _reduced(shown.before) if shown.before else None
    name = _encodable(shown.file.path.rpartition("/")[2])
    return Thumbnail(name=name, image=image, before=before, changed=shown.before is not None)


def _reduced(file: ImageFile) -> bytes | None:
    try:
        return thumbnail(file, THUMBNAIL_SIDE)
    except RefusedError:
        return None


def _encodable(name: str) -> str:
    """A file's name may hold bytes that are no characters; a message to the child process may not."""
    return name.encode("utf-8", "replace").decode()
