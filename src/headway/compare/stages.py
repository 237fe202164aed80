"""Why it moved: the stages whose recorded run differs, each with its causes, from the two lock files."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from headway.compare.arithmetic import json_value, same
from headway.values.comparison import Cause, StageChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.values.snapshot import Snapshot, Stage


def compare_stages(base: Snapshot, head: Snapshot) -> tuple[StageChange, ...]:
    """The stages that are new, gone or ran differently, in pipeline order.

    Stages that always run, such as the one that writes the report, are left out: their runs say nothing.
    """
    stages = {**base.stages, **head.stages}
    changes = (
        StageChange(name=name, causes=tuple(_causes(name, base, head)))
        for name in _pipeline_order(stages)
        if not stages[name].always_changed
    )
    return tuple(change for change in changes if change.causes)


def _pipeline_order(stages: Mapping[str, Stage]) -> list[str]:
    graph = {name: {maker for dep in stage.deps if (maker := _maker(dep, stages))} for name, stage in stages.items()}
    sorter = TopologicalSorter({name: sorted(makers - {name}) for name, makers in sorted(graph.items())})
    try:
        return list(sorter.static_order())
    except CycleError:  # two revisions laid over each other can form a loop that neither has
        return sorted(stages)


def _maker(path: str, stages: Mapping[str, Stage]) -> str | None:
    """The stage that makes a path, itself or as part of a folder."""
    return next((name for name, stage in stages.items() if _covered(path, stage.outs)), None)


def _covered(path: str, tracked: Mapping[str, object]) -> bool:
    return path in tracked or any(path.startswith(f"{folder}/") or folder.startswith(f"{path}/") for folder in tracked)


def _causes(name: str, base: Snapshot, head: Snapshot) -> Iterator[Cause]:
    old, new = base.stages.get(name), head.stages.get(name)
    if old is None or new is None:
        yield Cause(kind="stage", what="added" if old is None else "removed")
        return
    causes = [*_command(old, new), *_params(old, new), *_dependencies(old, new, base, head)]
    yield from causes
    if not causes and old.outs != new.outs:
        yield Cause(kind="output", what=", ".join(_differing(old.outs, new.outs)))


def _command(old: Stage, new: Stage) -> Iterator[Cause]:
    if old.cmd != new.cmd:
        yield Cause(kind="command", what="cmd", base=old.cmd, head=new.cmd)


def _params(old: Stage, new: Stage) -> Iterator[Cause]:
    for file in sorted({*old.params, *new.params}):
        before, after = old.params.get(file, {}), new.params.get(file, {})
        for key in sorted({*before, *after}):
            if key not in before or key not in after or not same(before[key], after[key]):
                yield Cause(
                    kind="parameter",
                    what=f"{file}:{key}",
                    base=json_value(before.get(key)),
                    head=json_value(after.get(key)),
                )


def _dependencies(old: Stage, new: Stage, base: Snapshot, head: Snapshot) -> Iterator[Cause]:
    stages = {**base.stages, **head.stages}
    tracked = {**base.data, **head.data}
    upstream: set[str] = set()
    for path in _differing(old.deps, new.deps):
        maker = _maker(path, stages)
        if maker is None:
            yield Cause(kind="data" if _covered(path, tracked) else "code", what=path)
        elif maker not in upstream:
            upstream.add(maker)
            yield Cause(kind="upstream", what=maker)


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    return sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
