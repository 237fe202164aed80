"""What is not committed beside the results of a workspace, but belongs to them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from headway.gather.dvc.project import Project
    from headway.gather.git.files import GitStatus


class UncommittedFiles(NamedTuple):
    """Files with uncommitted changes, sorted, as paths from the project.

    Attributes:
        inputs: dvc.yaml files, parameter files and dependencies that git tracks, without what a stage writes. A file
            that git does not track may come from anywhere, such as a submodule or a step of the job.
        ignore_files: the .gitignore files into which DVC writes the outputs that it stores.
    """

    inputs: tuple[str, ...] = ()
    ignore_files: tuple[str, ...] = ()


def uncommitted_files(project: Project, tree: GitStatus) -> UncommittedFiles:
    """What else is not committed in an opened workspace."""
    index, root = project.dvc.index, project.dvc.root_dir
    stages = [stage for stage in index.stages if stage.cmd]
    deps = (dep for stage in stages for dep in stage.deps if dep.protocol == "local")
    read = {dep.fs_path for dep in deps if dep.fs_path} - {out.fs_path for out in index.outs}
    inside = {posixpath.relpath(path, root) for path in (*read, *(stage.path for stage in stages))}
    stored = (posixpath.relpath(out.fs_path, root) for out in index.outs if out.use_scm_ignore)
    ignoring = {posixpath.join(posixpath.dirname(path), ".gitignore") for path in stored}
    return UncommittedFiles(
        inputs=tuple(sorted(filter(tree.is_edited, inside))),
        ignore_files=tuple(sorted(filter(tree.is_uncommitted, ignoring))),
    )
