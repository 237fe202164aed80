"""The outputs that differ from their records in dvc.lock or a ``.dvc`` file: modified, lost, or not in the remote."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from headway.gather.verify.remote_objects import is_pushed, unconfigured
from headway.sorting import by_name
from headway.values.verification import MissingOut, ModifiedOut

if TYPE_CHECKING:
    from dvc.output import Output

    from headway.gather.verify.workspace import Workspace


def modified_outputs(workspace: Workspace) -> list[ModifiedOut]:
    """The outputs whose content is not the recorded one, by path."""
    found = (
        _modified(workspace, path, out)
        for path, out in sorted(workspace.outs.items())
        if out.hash_info and workspace.owners[path] != workspace.running
    )
    return [edit for edit in found if edit]


def _modified(workspace: Workspace, path: str, out: Output) -> ModifiedOut | None:
    if not workspace.is_here(path):
        return None if out.use_cache else _lost(workspace, path)
    if workspace.exceeds_hash_limit(path):
        workspace.note(path, "it is too large to be hashed for a report", "headway verify")
        return None
    content = workspace.content(path, out)
    if content is None:
        workspace.note(path, "it cannot be read")
    elif content.hash == out.hash_info.value:
        if content.absent:
            what = f"{content.absent:,} of its {out.meta.nfiles or 0:,} files are missing: removed, or not pulled"
            workspace.note(path, what, f"dvc pull {path}")
    elif content.unknown and _may_be_a_part(workspace, path, out):
        workspace.note_unknown(path, content.unknown)
    else:
        files = content.differing if workspace.is_public(path) else ()
        return ModifiedOut(path=path, owner=workspace.owners[path], state="modified", files=files)
    return None


def _lost(workspace: Workspace, path: str) -> ModifiedOut | None:
    """An output that git should have, and that is not here."""
    owner = workspace.owners[path]
    if workspace.tree.is_ignored(path):
        workspace.note(path, "it does not exist, and neither git nor DVC tracks it", f"dvc repro {owner}")
        return None
    return ModifiedOut(path=path, owner=owner, state="deleted")


def _may_be_a_part(workspace: Workspace, path: str, out: Output) -> bool:
    """Whether fewer files are here than recorded; as many or more cannot all be the recorded ones."""
    here = workspace.hash_present(path, out.hash_name)
    return isinstance(here, dict) and len(here) < (out.meta.nfiles or 0)


def missing_outputs(workspace: Workspace) -> tuple[list[MissingOut], list[str]]:
    """What the remotes lack of the outputs that ``dvc push`` sends, by path, and the names of these remotes.

    Raises:
        RepositoryError: no remote is configured, or one does not answer.
    """
    groups: dict[tuple[str, str], dict[str, dict[str, str]]] = defaultdict(dict)
    for path, out in workspace.outs.items():
        if is_pushed(out):
            remote = workspace.remote_objects.remote_of(out)
            if remote is None:
                raise unconfigured(f"No remote is configured that could hold {path}.")
            groups[remote, out.hash_name][path] = _objects(workspace, path, out)
    missing: list[MissingOut] = []
    for (name, algorithm), objects in sorted(groups.items()):
        wanted = {oid for files in objects.values() for oid in files.values()}
        existing = workspace.remote_objects.existing(name, algorithm, wanted)
        if existing is None:
            workspace.note(f"remote {name}", "it stores files by name and version, which Headway cannot check")
            continue
        for path, files in objects.items():
            is_unlisted = workspace.outs[path].hash_info.isdir and workspace.listing(path) is None
            if is_unlisted:
                _note_unlisted(workspace, path, name, damaged=files[""] in existing)
            lacking = (file for file, oid in files.items() if is_unlisted or oid not in existing)
            if absent := sorted(lacking, key=by_name):
                named = tuple(filter(None, absent))
                owner = workspace.owners[path]
                missing.append(MissingOut(path=path, owner=owner, remote=name, objects=len(absent), files=named))
    return sorted(missing, key=lambda out: out.path), sorted({name for name, _ in groups})


def _objects(workspace: Workspace, path: str, out: Output) -> dict[str, str]:
    """Hash by file inside an output; "" is the output itself: the file, or the listing of the folder."""
    listing = (workspace.listing(path) if out.hash_info.isdir else None) or {}
    return {"": str(out.hash_info.value), **listing}


def _note_unlisted(workspace: Workspace, path: str, remote: str, *, damaged: bool) -> None:
    """Record that a folder's files are unknown, because neither the cache nor the remote has its listing."""
    what = f"its list of files is {'damaged' if damaged else 'missing'} in the remote {remote!r} and not in the cache"
    first = f"delete the object {workspace.outs[path].hash_info.value} in the remote, then " if damaged else ""
    workspace.note(path, what, f"{first}dvc push {path} (where it was made)")


def unlisted_outputs(workspace: Workspace) -> list[MissingOut]:
    """The folders whose listings neither the cache nor the remote has, of those that were looked for, by path."""
    return [
        MissingOut(path=path, owner=workspace.owners[path], remote=remote, objects=1)
        for path, remote in sorted(workspace.unlisted.items())
    ]
