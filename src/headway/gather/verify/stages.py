"""The stages whose entry in dvc.lock is not what a run would record now, and why.

The model is DVC's ``stage.changed(allow_missing=True)``, which takes locks that a running stage holds, and gives no
causes. docs/verify.md lists the differences.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from dvc.dependency import DatasetDependency, DbDependency, ParamsDependency, RepoDependency

from headway.gather.dvc.bounded_reading import UnreadableFileError
from headway.gather.read.declared import command_line
from headway.gather.read.flatten import flatten_params
from headway.gather.read.metric_files import MISSING, lookup
from headway.public_files import REMEDY, PrivateFileError
from headway.values.comparison import Cause, StageChange
from headway.values.typed import ABSENT, json_sides, same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dvc.dependency import Dependency
    from dvc.stage import Stage

    from headway.gather.verify.workspace import Workspace
    from headway.values.comparison import Change

_ORDER = ("stage", "command", "parameter", "code", "data", "upstream", "output")


def stale_stages(workspace: Workspace) -> list[StageChange]:
    """The stages whose entry in the lock is not what a run would record now, in pipeline order."""
    found: dict[str, StageChange] = {}
    for address in _in_order(workspace):
        causes = {(_ORDER.index(cause.kind), cause.what): cause for cause in _causes(workspace, address, found)}
        if causes:
            found[address] = StageChange(name=address, causes=tuple(causes[place] for place in sorted(causes)))
    return list(found.values())


def _in_order(workspace: Workspace) -> list[str]:
    graph = {
        address: sorted({maker for dep in stage.deps for maker in _owners_of(workspace, dep)} - {address})
        for address, stage in workspace.stages.items()
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:  # DVC refuses to run it; each stage can still be checked
        return list(workspace.stages)


def _owners_of(workspace: Workspace, dep: Dependency) -> list[str]:
    if isinstance(dep, ParamsDependency):  # a stage may write the file, but values are compared
        return []
    return workspace.owners_of(workspace.path(dep))


def _causes(workspace: Workspace, address: str, stale: Mapping[str, StageChange]) -> Iterator[Cause]:
    stage, declared = workspace.stages[address], workspace.declared[address]
    if stage.cmd is None or stage.always_changed or stage.is_callback:
        return  # data has no run, and a stage that runs every time is never out of date
    if address == workspace.running:
        workspace.note(address, "DVC is running it now, so its entry is not written yet")
    elif declared.recorded is None:
        made = any(workspace.is_here(out.path) for out in declared.outs)
        yield Cause(kind="stage", what="never recorded in dvc.lock" if made else "never run")
    else:
        yield from _differences(workspace, stage, declared.recorded.cmd)
        if stage.frozen:
            workspace.note(address, "it is frozen, so what it depends on is not compared")
        else:
            yield from _inputs(workspace, stage, stale)


def _differences(workspace: Workspace, stage: Stage, recorded: str) -> Iterator[Cause]:
    if stage.cmd_changed:
        yield Cause(kind="command", what="cmd", base=recorded, head=command_line(stage.cmd))
    for out in stage.outs:
        if not out.hash_info:
            yield Cause(kind="output", what=workspace.path(out), change="added")


def _inputs(workspace: Workspace, stage: Stage, stale: Mapping[str, StageChange]) -> Iterator[Cause]:
    for dep in stage.deps:
        if isinstance(dep, ParamsDependency):
            yield from _params(workspace, dep)
        else:
            yield from (Cause(kind="upstream", what=name) for name in _owners_of(workspace, dep) if name in stale)
            yield from _dependency(workspace, dep)


def _params(workspace: Workspace, dep: ParamsDependency) -> Iterator[Cause]:
    file = workspace.path(dep)
    recorded = dep.hash_info.value or {}
    try:
        tree = workspace.parameters(dep.fs_path)
    except PrivateFileError:
        workspace.note(file, "a report must not show its contents, so it is not compared", REMEDY)
        return
    except (OSError, UnreadableFileError):
        yield Cause(kind="stage", what=f"run with {file}, which cannot be read now")
        return
    current = {name: value for name in dep.params if (value := lookup(tree, name)) is not MISSING}
    for name in sorted(dep.params or {*recorded, *tree}):
        yield from _value_changes(workspace, file, name, recorded, current if dep.params else tree)


def _dependency(workspace: Workspace, dep: Dependency) -> Iterator[Cause]:
    path = workspace.path(dep)
    if isinstance(dep, DatasetDependency):
        yield from (Cause(kind="data", what=str(dep)) for _ in dep.status())
    elif isinstance(dep, (DbDependency, RepoDependency)) or dep.protocol != "local":
        workspace.note(str(dep), "it is not on this machine, so Headway cannot tell whether it changed")
    elif not dep.hash_info:
        yield _added(workspace, path)
    else:
        yield from _compared(workspace, path, dep)


def _compared(workspace: Workspace, path: str, dep: Dependency) -> Iterator[Cause]:
    content = workspace.content(path, dep)
    if content is None:
        yield Cause(kind="stage", what=f"run with {path}, which cannot be read now")
    elif content.unknown and content.hash != dep.hash_info.value:
        workspace.note_unknown(path, content.unknown)
    elif content.hash is None and not workspace.owning_outputs(path):
        yield from _gone(workspace, path)
    elif content.hash != dep.hash_info.value:
        if not workspace.is_here(path) and path not in workspace.outs:
            workspace.pull.add(path)
        yield _changed(workspace, path)


def _gone(workspace: Workspace, path: str) -> Iterator[Cause]:
    if workspace.tree.is_ignored(path):
        workspace.note(path, "it does not exist, and neither git nor DVC tracks it")
    else:
        yield Cause(kind="stage", what=f"run with {path}, which does not exist")


def _changed(workspace: Workspace, path: str) -> Cause:
    owners = workspace.owners_of(path)
    makers = _makers(workspace, owners)
    if len(makers) == 1 == len(owners):
        return Cause(kind="upstream", what=makers[0])
    return Cause(kind="data" if owners else "code", what=path)


def _added(workspace: Workspace, path: str) -> Cause:
    owners = workspace.owners_of(path)
    if _makers(workspace, owners):
        return Cause(kind="upstream", what=path, change="added")
    return Cause(kind="data" if owners else "code", what=path, change="added")


def _makers(workspace: Workspace, owners: list[str]) -> list[str]:
    """Those of the owners that are stages."""
    return [owner for owner in owners if workspace.stages[owner].cmd is not None]


def _value_changes(
    workspace: Workspace, file: str, name: str, recorded: Mapping[str, Any], current: Mapping[str, Any]
) -> Iterator[Cause]:
    """What differs in one tracked key; a section has a key for each value in it."""
    before, after = (flatten_params(side[name], name) if name in side else {} for side in (recorded, current))
    nowhere = set() if name in recorded or name in current else {name}
    for key in sorted({*before, *after, *nowhere}):
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        if old is ABSENT or (old != new and not same(old, new)):
            yield Cause(
                kind="parameter", what=f"{file}:{key}", change=_change(key, before, after), **json_sides(old, new)
            )
        elif not same(old, new):
            what = "dvc.lock records another type (DVC takes true for 1), so `dvc repro` does not run the stage again"
            workspace.note(f"{file}:{key}", what, "`dvc repro --force`, if your code tells them apart")


def _change(key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    """What became of a value; one that is nowhere is neither new nor gone."""
    if (key in before) is (key in after):
        return "changed"
    return "added" if key in after else "removed"
