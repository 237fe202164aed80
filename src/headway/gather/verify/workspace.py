"""The workspace as its verification sees it: stages, outputs with their owners, and what the paths hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.gather.verify.remote_objects import RemoteObjects
from headway.gather.verify.workspace_hashes import WorkspaceHashes, relative
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dvc.dependency import Dependency
    from dvc.output import Output

    from headway.gather.dvc.project import Project
    from headway.gather.git.files import WorkingTree
    from headway.gather.verify.workspace_hashes import Content


class Workspace:
    """An opened workspace.

    Args:
        project: the project.
        tree: what git says of its files.
        running: the stage that DVC is running now, as DVC calls it.
        remote: whether remotes may be asked.
        thorough: whether outputs are hashed however large they are.

    Attributes:
        declared: the stages as values, by address.
        stages: the same as DVC's objects.
        outs: DVC's outputs inside the project, by path.
        owners: the address of each output's stage or ``.dvc`` file.
        running: the address of the stage that is running.
        pull: what DVC must pull before it notices that a stage is stale.
        unchecked: what cannot be known here.
        remote_objects: what the remotes hold.
        hashes: what the workspace's paths hold.
    """

    def __init__(
        self, project: Project, tree: WorkingTree, running: str | None, *, remote: bool, thorough: bool
    ) -> None:
        index = project.dvc.index
        self._repo = project.dvc
        self.tree = tree
        self.declared = {stage.address: stage for file in project.files for stage in file.stages}
        self.stages = dict(zip(self.declared, index.stages, strict=True))
        self.owners = {self.path(out): address for address, stage in self.stages.items() for out in stage.outs}
        self.outs: dict[str, Output] = {self.path(out): out for out in index.outs if out.is_in_repo}
        self.running = _addressed(running, self.declared) if running else None
        self.pull: set[str] = set()
        self.unchecked: set[Problem] = set()
        self.remote_objects = RemoteObjects(project.dvc, project.remotes, ask=remote)
        self._asks = remote
        self.hashes = WorkspaceHashes(project.dvc, self.outs, self.remote_objects, thorough=thorough)

    def path(self, entry: Output | Dependency) -> str:
        """The path of an output or dependency, relative to the project's root where it lies below it."""
        return relative(self._repo, entry.fs_path or str(entry))

    def owners_of(self, path: str) -> list[str]:
        """The stages and ``.dvc`` files whose outputs a path is, lies in, or holds."""
        return [self.owners[name] for name in self.hashes.owning_outputs(path)]

    def content(self, path: str, entry: Output | Dependency) -> Content | None:
        """What a path holds, hashed as an entry of the lock was; ``None`` where it cannot be read."""
        try:
            return self.hashes.of(path, entry.hash_info.value, entry.hash_info.name)
        except OSError:
            return None

    def note(self, where: str, what: str, remedy: str = "") -> None:
        """Keep what cannot be known here."""
        self.unchecked.add(Problem(where=where, what=what, remedy=remedy))

    def note_unknown(self, path: str, folders: Iterable[str]) -> None:
        """Keep that a path cannot be told for want of what folders hold."""
        for folder in folders:
            if self.hashes.exceeds_hash_limit(folder):
                self.note(path, f"{folder} is too large to be hashed for a report", "headway verify")
            else:
                remedy = f"{'' if self._asks else 'headway verify --remote, or '}dvc pull {folder}"
                self.note(path, f"neither {folder} nor the list of its files is here", remedy)


def _addressed(running: str, addresses: Iterable[str]) -> str | None:
    """The address of a stage by DVC's name for it, whose path is relative to where ``dvc repro`` was called."""
    known = list(addresses)
    if running in known:
        return running
    name = running.rpartition(":")[2]
    same = [address for address in known if address.rpartition(":")[2] == name]
    return same[0] if len(same) == 1 else None
