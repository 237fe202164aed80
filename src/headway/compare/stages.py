"""Why it moved: the stages whose recorded run differs, each with its causes, from the two lock files."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from headway.compare.arithmetic import differing
from headway.compare.metrics import compare_values
from headway.paths import PathIndex
from headway.values.comparison import Cause, StageChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.values.snapshot import Snapshot, Stage


def compare_stages(base: Snapshot, head: Snapshot) -> tuple[StageChange, ...]:
    """The stages that are new, gone or ran differently, in pipeline order.

    Stages that always run, such as the one that writes the report, are left out: their runs say nothing.
    """
    stages = {**base.stages, **head.stages}
    makers, tracked = _Makers(stages), PathIndex({*base.data, *head.data})
    changes = (
        StageChange(name=name, causes=tuple(_causes(base.stages.get(name), head.stages.get(name), tracked, makers)))
        for name in _pipeline_order(stages, makers)
        if not stages[name].always_changed
    )
    return tuple(change for change in changes if change.causes)


def _pipeline_order(stages: Mapping[str, Stage], makers: _Makers) -> list[str]:
    graph = {name: {maker for dep in stage.deps if (maker := makers.of(dep))} for name, stage in stages.items()}
    sorter = TopologicalSorter({name: sorted(makers - {name}) for name, makers in sorted(graph.items())})
    try:
        return list(sorter.static_order())
    except CycleError:  # two revisions laid over each other can form a loop that neither has
        return sorted(stages)


class _Makers:
    """Which stage makes a path, itself, as part of a folder, or as a folder of what it makes; quick for many stages."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self._stages: dict[str, str] = {out: name for name, stage in stages.items() for out in stage.outs}
        self._outs = PathIndex(self._stages)

    def of(self, path: str) -> str | None:
        """The stage's name; of several that make parts of a folder, one."""
        outs = self._outs.overlapping(path)
        return self._stages[outs[0]] if outs else None


def _causes(old: Stage | None, new: Stage | None, tracked: PathIndex, makers: _Makers) -> Iterator[Cause]:
    if old is None or new is None:
        yield Cause(kind="stage", what="added" if old is None else "removed")
        return
    causes = [*_command(old, new), *_params(old, new), *_dependencies(old, new, tracked, makers)]
    yield from causes
    if not causes and old.outs != new.outs:
        yield Cause(kind="output", what=", ".join(differing(old.outs, new.outs)))


def _command(old: Stage, new: Stage) -> Iterator[Cause]:
    if old.cmd != new.cmd:
        yield Cause(kind="command", what="cmd", base=old.cmd, head=new.cmd)


def _params(old: Stage, new: Stage) -> Iterator[Cause]:
    for param in compare_values(old.params, new.params):
        if param.status != "unchanged":
            place = f"{param.file}:{param.key}"
            yield Cause(kind="parameter", what=place, base=param.base, head=param.head, types=param.types)


def _dependencies(old: Stage, new: Stage, tracked: PathIndex, makers: _Makers) -> Iterator[Cause]:
    upstream: set[str] = set()
    for path in differing(old.deps, new.deps):
        maker = makers.of(path)
        if maker is None:
            yield Cause(kind="data" if tracked.overlapping(path) else "code", what=path)
        elif maker not in upstream:
            upstream.add(maker)
            yield Cause(kind="upstream", what=maker)
