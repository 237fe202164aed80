"""What the stages of a workspace read that is not committed, so that nobody else can reproduce their results."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.gather.dvc.project import Project
    from headway.gather.git.files import GitStatus


def uncommitted_inputs(project: Project, tree: GitStatus) -> list[str]:
    """The dvc.yaml files, parameter files and dependencies that git tracks, with uncommitted changes, sorted.

    What a stage writes is none of them. A file that git does not track may come
    from anywhere, such as a submodule or a step of the job.
    """
    root = project.dvc.root_dir
    stages = [stage for stage in project.dvc.index.stages if stage.cmd]
    written = {out.fs_path for out in project.dvc.index.outs}
    deps = (dep for stage in stages for dep in stage.deps if dep.protocol == "local")
    read = {dep.fs_path for dep in deps if dep.fs_path} - written
    inside = {posixpath.relpath(path, root) for path in (*read, *(stage.path for stage in stages))}
    return sorted(path for path in inside if tree.is_edited(path))
