"""The outputs that are not as dvc.lock or a ``.dvc`` file records them: edited by hand, lost, or not in the remote."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from headway.gather.verify.remote_objects import is_pushed, unconfigured
from headway.sorting import by_name
from headway.values.verification import MissingOut, ModifiedOut

if TYPE_CHECKING:
    from dvc.output import Output

    from headway.gather.verify.workspace import Workspace


def modified_outputs(space: Workspace) -> list[ModifiedOut]:
    """The outputs whose bytes are not those that are recorded, by path."""
    found = (
        _modified(space, path, out)
        for path, out in sorted(space.outs.items())
        if out.hash_info and space.owners[path] != space.running
    )
    return [edit for edit in found if edit]


def _modified(space: Workspace, path: str, out: Output) -> ModifiedOut | None:
    if not space.is_here(path):
        return None if out.use_cache else _lost(space, path)
    if space.exceeds_hash_limit(path):
        space.note(path, "it is too large to be hashed for a report", "headway verify")
        return None
    content = space.content(path, out)
    if content is None:
        space.note(path, "it cannot be read")
    elif content.hash == out.hash_info.value:
        if content.absent:
            what = f"{content.absent:,} of its {out.meta.nfiles or 0:,} files are not here: removed, or not pulled"
            space.note(path, what, f"dvc pull {path}")
    elif content.unknown and _may_be_a_part(space, path, out):
        space.note_unknown(path, content.unknown)
    else:
        files = content.differing if space.is_public(path) else ()
        return ModifiedOut(path=path, owner=space.owners[path], state="modified", files=files)
    return None


def _lost(space: Workspace, path: str) -> ModifiedOut | None:
    """An output that git should have."""
    owner = space.owners[path]
    if space.tree.is_ignored(path):
        space.note(path, "it is not here, and neither git nor DVC keeps it", f"dvc repro {owner}")
        return None
    return ModifiedOut(path=path, owner=owner, state="deleted")


def _may_be_a_part(space: Workspace, path: str, out: Output) -> bool:
    """Whether fewer files are here than are recorded; as many or more cannot all be as recorded."""
    here = space.hash_present(path, out.hash_name)
    return isinstance(here, dict) and len(here) < (out.meta.nfiles or 0)


def missing_outputs(space: Workspace) -> tuple[list[MissingOut], list[str]]:
    """Ask the remotes for every object of every output that ``dvc push`` sends.

    Returns:
        What they lack, by path, and the remotes that were asked.

    Raises:
        RepositoryError: no remote is configured, or one does not answer.
    """
    groups: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(dict)
    for path, out in space.outs.items():
        if is_pushed(out):
            remote = space.remote_objects.remote_of(out)
            if remote is None:
                raise unconfigured(f"No remote is configured that could hold {path}.")
            groups[remote, out.hash_name][path] = _objects(space, path, out)
    missing: list[MissingOut] = []
    for (name, algorithm), objects in sorted(groups.items()):
        wanted = {oid for files in objects.values() for oid in files.values()}
        existing = space.remote_objects.existing(name, algorithm, wanted)
        if existing is None:
            space.note(f"remote {name}", "it keeps files under their names, by version")
            continue
        for path, files in objects.items():
            is_unlisted = space.outs[path].hash_info.isdir and space.listing(path) is None
            if is_unlisted:
                _note_unlisted(space, path, name, damaged=files[""] in existing)
            lacking = (file for file, oid in files.items() if is_unlisted or oid not in existing)
            if absent := sorted(lacking, key=by_name):
                named = tuple(filter(None, absent))
                owner = space.owners[path]
                missing.append(MissingOut(path=path, owner=owner, remote=name, objects=len(absent), files=named))
    return sorted(missing, key=lambda out: out.path), sorted({name for name, _ in groups})


def _objects(space: Workspace, path: str, out: Output) -> dict[str, str]:
    """Hash by file inside an output; the output itself, of a folder the listing, has the empty name."""
    listing = (space.listing(path) if out.hash_info.isdir else None) or {}
    return {"": str(out.hash_info.value), **listing}


def _note_unlisted(space: Workspace, path: str, remote: str, *, damaged: bool) -> None:
    """Keep that neither the cache nor the remote has a folder's listing in order: its files have no known names."""
    what = f"its list of files is {'damaged' if damaged else 'missing'} in the remote {remote!r} and not in the cache"
    first = f"delete the object {space.outs[path].hash_info.value} in the remote, then " if damaged else ""
    space.note(path, what, f"{first}dvc push {path} (where it was made)")


def unlisted_outputs(space: Workspace) -> list[MissingOut]:
    """The folders whose listings are nowhere, of those that were looked for, by path."""
    return [
        MissingOut(path=path, owner=space.owners[path], remote=remote, objects=1)
        for path, remote in sorted(space.nowhere.items())
    ]
