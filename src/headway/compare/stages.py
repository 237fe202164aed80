"""The stages whose recorded run differs, with the causes, from the lock files of both sides."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Literal

from headway.compare.arithmetic import differing
from headway.compare.lineage import Lineage
from headway.compare.metrics import compare_values
from headway.paths import PathIndex
from headway.sorting import sorted_names
from headway.values.comparison import Cause, StageChange

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping

    from headway.values.comparison import Change
    from headway.values.snapshot import Snapshot, Stage

_ONE_SIDED = ("added", "removed")


def compare_stages(
    base: Snapshot, head: Snapshot, incomparable: Collection[tuple[str, str]]
) -> tuple[StageChange, ...]:
    """The stages that were added, removed or renamed, or ran differently, in pipeline order.

    Stages that always run are left out, because a new run has no cause. Pairs of hashes in ``incomparable`` have
    different kinds, so their contents may or may not differ.
    """
    causes, former = _Causes(_Side(base), _Side(head), incomparable), _former_names(base, head)
    stages = {**_without(base.stages, former.values()), **head.stages}
    changes = (
        StageChange(name=name, causes=tuple(causes.of(former.get(name, name), name)))
        for name in _pipeline_order(stages)
        if not stages[name].always_changed
    )
    return tuple(change for change in changes if change.causes)


def _former_names(base: Snapshot, head: Snapshot) -> dict[str, str]:
    """The names in base of renamed stages: those that write the same outputs, which only one stage can."""
    gone = _without(base.stages, head.stages.keys() | head.unrecorded)
    come = _without(head.stages, base.stages.keys() | base.unrecorded)
    names = {_work(stage): name for name, stage in gone.items()}
    return {name: names[work] for name, stage in come.items() if (work := _work(stage)) in names}


def _work(stage: Stage) -> Hashable:
    """What identifies a stage apart from its name."""
    return frozenset(stage.outs) or (stage.cmd, frozenset(stage.deps.items()))


def _without(stages: Mapping[str, Stage], names: Collection[str]) -> dict[str, Stage]:
    return {name: stage for name, stage in stages.items() if name not in names}


def _pipeline_order(stages: Mapping[str, Stage]) -> list[str]:
    lineage = Lineage(stages)
    sorter = TopologicalSorter({name: lineage.parents(name) for name in sorted(stages)})
    try:
        return list(sorter.static_order())
    except CycleError:  # the stages of two revisions together can form a loop that neither has
        return sorted(stages)


class _Side:
    """The stages of one side, and the kinds of their dependencies."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.stages = snapshot.stages
        self.unrecorded = snapshot.unrecorded
        self._lineage = Lineage(snapshot.stages)
        self._tracked = PathIndex({*snapshot.data, *snapshot.others})

    def source(self, path: str) -> tuple[Literal["code", "data", "upstream"], str]:
        """The kind of a dependency, and its name: the stage that makes it, or its path."""
        if makers := self._lineage.makers(path):
            return "upstream", makers[0]
        is_outside = "://" in path or path.startswith("/")
        return ("data" if is_outside or self._tracked.overlapping(path) else "code"), path


class _Causes:
    """The reasons why stages ran differently."""

    def __init__(self, base: _Side, head: _Side, incomparable: Collection[tuple[str, str]]) -> None:
        self._base = base
        self._head = head
        self._incomparable = incomparable

    def of(self, former: str, name: str) -> Iterator[Cause]:
        """The causes of a stage, by its names in base and in head."""
        old, new = self._base.stages.get(former), self._head.stages.get(name)
        if new is None:
            is_declared = name in self._head.unrecorded
            what = "left without an entry in dvc.lock" if is_declared else "removed"
            yield Cause(kind="stage", what=what, change="removed")
        elif old is None:
            is_declared = name in self._base.unrecorded
            what = "recorded for the first time" if is_declared else "added"
            yield Cause(kind="stage", what=what, change="added")
        else:
            if name != former:
                yield Cause(kind="stage", what=f"renamed from {former}")
            inputs = [*_command(old, new), *_params(old, new), *self._dependencies(old, new)]
            yield from inputs
            yield from self._outputs(old, new, explained=bool(inputs))

    def _dependencies(self, old: Stage, new: Stage) -> Iterator[Cause]:
        """The causes for changed dependencies; each upstream stage once, as changed rather than as unknown."""
        causes = [self._dependency(path, change) for path, change in self._changes(old.deps, new.deps)]
        known = {(cause.kind, cause.what) for cause in causes if cause.change == "changed"}
        yield from dict.fromkeys(
            cause for cause in causes if cause.change != "unknown" or (cause.kind, cause.what) not in known
        )

    def _dependency(self, path: str, change: Change) -> Cause:
        kind, name = (self._base if change == "removed" else self._head).source(path)
        return Cause(kind=kind, what=path if change in _ONE_SIDED else name, change=change)

    def _outputs(self, old: Stage, new: Stage, *, explained: bool) -> Iterator[Cause]:
        changes = dict(self._changes(old.outs, new.outs))
        yield from (Cause(kind="output", what=out, change=how) for out, how in changes.items() if how in _ONE_SIDED)
        moved = [out for out, how in changes.items() if how == "changed"]
        if moved and not explained:
            yield Cause(kind="output", what=", ".join(sorted_names(moved)))

    def _changes(self, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, Change]]:
        """The paths whose hashes differ or that only one side has, sorted, with the change of each."""
        for path in differing(old, new):
            if path not in old:
                yield path, "added"
            elif path not in new:
                yield path, "removed"
            else:
                yield path, "unknown" if (old[path], new[path]) in self._incomparable else "changed"


def _command(old: Stage, new: Stage) -> Iterator[Cause]:
    if old.cmd != new.cmd:
        yield Cause(kind="command", what="cmd", base=old.cmd, head=new.cmd)


def _params(old: Stage, new: Stage) -> Iterator[Cause]:
    for param in compare_values(old.params, new.params):
        if param.status in ("changed", "added", "removed"):
            yield Cause(
                kind="parameter",
                what=f"{param.file}:{param.key}",
                base=param.base,
                head=param.head,
                types=param.types,
                change=param.status,
            )
