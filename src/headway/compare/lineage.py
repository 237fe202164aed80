"""What comes from what: the stages that make a path, and everything upstream of a stage, from the lock files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.paths import PathIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.snapshot import Stage


class Lineage:
    """The pipeline as its lock files record it.

    Args:
        stages: by address.
    """

    def __init__(self, stages: Mapping[str, Stage]) -> None:
        self.stages = stages
        self._makers = {out: name for name, stage in stages.items() for out in stage.outs}
        self._outs = PathIndex(self._makers)

    def makers(self, path: str) -> list[str]:
        """The stages that make a path: as a whole, as a part of a folder, or as a folder of what they make; sorted."""
        return sorted({self._makers[out] for out in self._outs.overlapping(path)})

    def parents(self, name: str) -> list[str]:
        """The stages of which a stage reads an output, without itself."""
        return sorted({maker for dep in self.stages[name].deps for maker in self.makers(dep)} - {name})

    def upstream(self, name: str) -> list[str]:
        """A stage and every stage that it depends on, each once, the stage first; a loop of two revisions ends."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            if (stage := waiting.pop()) not in found:
                found[stage] = None
                waiting += self.parents(stage)
        return list(found)
