"""The graph of the pipeline: which stages make a path, and which are upstream of a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.paths import PathIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.snapshot import Stage


class Lineage:
    """The pipeline as its lock files record it, with stages by address."""

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self.stages = stages
        self._makers = {out: name for name, stage in stages.items() for out in stage.outs}
        self._outs = PathIndex(self._makers)

    def makers(self, path: str) -> list[str]:
        """The stages that make a path, the folder that contains it, or a file inside it; sorted."""
        return sorted({self._makers[out] for out in self._outs.overlapping(path)})

    def parents(self, name: str) -> list[str]:
        """The other stages whose outputs a stage reads."""
        return sorted({maker for dep in self.stages[name].deps for maker in self.makers(dep)} - {name})

    def upstream(self, name: str) -> list[str]:
        """A stage and all stages that it depends on, the stage first; safe if two revisions form a loop."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            if (stage := waiting.pop()) not in found:
                found[stage] = None
                waiting += self.parents(stage)
        return list(found)
