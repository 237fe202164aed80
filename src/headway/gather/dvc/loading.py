"""DVC's pipeline files as the plain values of :mod:`headway.gather.read.declared`; ``dvc.repo`` is not a public API."""

from __future__ import annotations

import math
import os
import posixpath
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.dvcfile import ProjectFile, is_valid_filename, load_file
from dvc.parsing import ForeachDefinition, MatrixDefinition
from dvc.repo.index import Index
from dvc.schema import PLOT_PROPS
from dvc.stage import PipelineStage
from dvc.utils.serialize import ParseError
from dvc.utils.strictyaml import YAMLSyntaxError, YAMLValidationError

from headway.gather.dvc.bounded_reading import UnreadableFileError, check_file
from headway.gather.dvc.invalid_files import flaw_of, invalid_file, unavailable_file
from headway.gather.dvc.objects import MD5, MD5_KINDS
from headway.gather.read.declared import (
    DeclaredOut,
    DeclaredStage,
    PipelineFile,
    in_folder,
    recorded_stage,
)
from headway.gather.read.parsing import UnreadableError
from headway.values.count import LARGEST_COUNT
from headway.values.snapshot import Out

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from dvc.output import Output
    from dvc.repo import Repo
    from dvc.stage import Stage

    from headway.values.problem import Problem

MOST_STAGES = 10_000
"""The most stages of one dvc.yaml; DVC expands foreach and matrix to some hundred of them per second."""


def workspace_sources(repo: Repo, outs: Container[str]) -> Iterator[str]:
    """The pipeline files of a workspace: not below outputs, not ignored by git, not in another git repository.

    ``outs`` are the outputs known so far, by path from the project's root; each file that is loaded adds to them.
    """
    root = f"{repo.root_dir}{os.sep}"
    for folder, folders, files in repo.dvcignore.walk(repo.fs, repo.root_dir, followlinks=False):
        paths = (f"{folder}{os.sep}{name}" for name in sorted(files) if is_valid_filename(name))
        yield from (path for path in paths if not repo.scm.is_ignored(path))
        below = {name: f"{folder}{os.sep}{name}" for name in sorted(folders)}
        folders[:] = [
            name
            for name, path in below.items()
            if path.removeprefix(root).replace(os.sep, "/") not in outs
            and not repo.scm.is_ignored(f"{path}{os.sep}")
            and not Path(path, ".git").exists()
        ]


def commit_sources(repo: Repo, paths: Sequence[str]) -> Iterator[str]:
    """The pipeline files among a commit's paths from git's root; DVC takes a second to walk 50,000 files for them."""
    full = [f"/{path}" for path in paths]
    marker = f"/{repo.DVC_DIR}/config"
    own, *others = sorted(
        {repo.root_dir.rstrip("/"), *(path.removesuffix(marker) for path in full if path.endswith(marker))}
    )
    elsewhere = (f"{own}/{repo.DVC_DIR}/", *(f"{other}/" for other in others))
    for path in full:
        if is_valid_filename(path) and not path.startswith(elsewhere) and not repo.dvcignore.is_ignored_file(path):
            yield path


class PipelineLoader:
    """Loads the pipeline files of one revision.

    Args:
        side: the side in words for errors, such as ``"head, main"``.
        strict: whether a file that is not valid is an error; otherwise it is left out.

    Attributes:
        files: what the files declare.
        outs: DVC's own output objects by path relative to the project's root; they know where the cache is.
        problems: the files that are not valid.
    """

    def __init__(self, repo: Repo, side: str, *, strict: bool = True) -> None:
        self._repo = repo
        self._side = side
        self._strict = strict
        self.files: tuple[PipelineFile, ...] = ()
        self.outs: dict[str, Output] = {}
        self.problems: list[Problem] = []

    def load(self, sources: Iterable[str]) -> None:
        """Load the files one by one, so that a walk for more of them knows the outputs already.

        Raises:
            RepositoryError: a file is not valid; names the side, the file, and the line and key where known.
        """
        loaded = [self._load(source) for source in sources]
        # DVC would read every file a second time for its own index.
        self._repo.index = Index.from_indexes(self._repo, (index for index, _ in loaded))
        self.files = tuple(file for _, file in loaded)

    def _load(self, source: str) -> tuple[Index, PipelineFile]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # ruamel writes about reused anchors to stderr
                return self._load_valid(source)
        except Exception as error:
            path = self._culprit(source, error)
            data = self._data(path)
            flaw, text = flaw_of(error, path, data), data.decode(errors="replace")
            if self._strict:
                raise invalid_file(self._relative(path), flaw, self._side, text) from error
            self.problems.append(unavailable_file(self._relative(path), flaw, self._relative(source), text))
        return Index(self._repo), PipelineFile(self._relative(source), ())

    def _load_valid(self, source: str) -> tuple[Index, PipelineFile]:
        file = load_file(self._repo, source)
        check_file(self._repo.fs, source)
        if isinstance(file, ProjectFile):
            check_file(self._repo.fs, _lock_of(source))
            _check_stages(file)
        stages = list(file.stages.values())
        for stage in stages:
            _check_hashes(stage, _lock_of(source) if isinstance(stage, PipelineStage) else source)
        lock = file.lockfile_contents.get("stages", {}) if isinstance(file, ProjectFile) else {}
        index = Index(
            self._repo,
            stages=stages,
            metrics={source: file.metrics},
            plots={source: file.plots},
            params={source: file.params},
        )
        path = self._relative(source)
        folder = posixpath.dirname(path)
        return index, PipelineFile(
            path=path,
            stages=tuple(self._stage(path, stage, lock) for stage in stages),
            metrics=tuple(in_folder(folder, metric) for metric in file.metrics),
            params=tuple(in_folder(folder, params) for params in file.params),
            plots=tuple(file.plots),
            models=(*_models(folder, file.artifacts.values()), *map(self._relative, _model_outs(stages))),
            artifacts={name: in_folder(folder, each["path"]) for name, each in file.artifacts.items() if each},
        )

    def _stage(self, path: str, stage: Stage, lock: dict[str, Any]) -> DeclaredStage:
        named = isinstance(stage, PipelineStage)
        entry = lock.get(stage.name) if named else None
        variables = stage.tracked_vars if named else {}
        folder, always = self._relative(stage.wdir), bool(stage.always_changed)
        return DeclaredStage(
            address=_address(path, stage.name) if named else path,
            recorded=None if entry is None else recorded_stage(folder, entry, always_changed=always),
            outs=tuple(self._out(out) for out in stage.outs),
            params={self._relative(dep.fs_path): tuple(dep.params) for dep in stage.params},
            variables={self._relative(self._repo.fs.abspath(file)): values for file, values in variables.items()},
        )

    def _out(self, out: Output) -> DeclaredOut:
        path = self._relative(out.fs_path) if out.is_in_repo else str(out.def_path)
        self.outs[path] = out
        recorded = out if out.hash_info or not out.stage.is_import else out.stage.deps[0]
        return DeclaredOut(
            path=path,
            recorded=_recorded(recorded),
            metric=bool(out.metric),
            cached=bool(out.use_cache),
            plot=_plot_properties(out.plot),
        )

    def _relative(self, path: str) -> str:
        return str(self._repo.fs.relpath(path, self._repo.root_dir)).replace(os.sep, "/")

    def _culprit(self, source: str, error: Exception) -> str:
        """The file that is not valid: dvc.yaml, its lock, or a file of variables that it loads."""
        named = str(getattr(error, "path", ""))
        if named.endswith(".lock") or isinstance(error, UnreadableError):  # of parameters that the lock records
            return _lock_of(source)
        if type(error) in (YAMLSyntaxError, YAMLValidationError) or not isinstance(error, ParseError):
            return source
        path = str(self._repo.fs.abspath(named))  # DVC names it as seen from the working directory
        return path if self._repo.fs.exists(path) else source

    def _data(self, path: str) -> bytes:
        try:
            check_file(self._repo.fs, path)
            with self._repo.fs.open(path, "rb") as file:
                return bytes(file.read())
        except (OSError, UnreadableFileError):
            return b""


def _check_hashes(stage: Stage, path: str) -> None:
    """Raise an error unless every recorded hash is one: as a path, ``../../secret`` would lead out of DVC's cache."""
    for entry in (*stage.outs, *stage.deps):
        info = entry.hash_info
        named = [info.value] if info and info.name in MD5_KINDS else []
        for value in (*named, *(file["md5"] for file in entry.files or () if "md5" in file)):
            if not MD5.fullmatch(value):
                raise UnreadableFileError(path, f"records {value!r} for {entry.def_path!r}, which is not an MD5 hash")


def _check_stages(file: ProjectFile) -> None:
    """Count what foreach and matrix expand to, before DVC does it."""
    count = sum(map(_count_stages, file.resolver.definitions.values()))
    if count > MOST_STAGES:
        raise UnreadableFileError(file.path, f"declares {count:,} stages, more than the limit of {MOST_STAGES:,}")


def _count_stages(definition: object) -> int:
    if isinstance(definition, MatrixDefinition):
        return math.prod(map(len, definition.resolved_iterable.values()))
    return len(definition.resolved_iterable) if isinstance(definition, ForeachDefinition) else 1


def _lock_of(source: str) -> str:
    return f"{posixpath.splitext(source)[0]}.lock"


def _address(path: str, name: str) -> str:
    return name if path == "dvc.yaml" else f"{path}:{name}"


def _recorded(out: Output) -> Out | None:
    """What is recorded; of an import that was never downloaded, its source's commit, version or tag."""
    info = out.hash_info
    commit = (getattr(out, "def_repo", None) or {}).get("rev_lock")
    version = commit or out.meta.version_id or out.meta.etag
    if not info and not version:
        return None
    content = f"{info.name}:{info.value}" if info else f"version:{version}"
    return Out(hash=content, size=_count(out.meta.size), files=_count(out.meta.nfiles))


def _models(folder: str, artifacts: Iterable[dict[str, Any] | None]) -> Iterator[str]:
    """The paths of the artifacts that are models; DVC takes an artifact's path from the file that declares it."""
    return (in_folder(folder, each["path"]) for each in artifacts if each and each.get("type") == "model")


def _model_outs(stages: Iterable[Stage]) -> Iterator[str]:
    return (out.fs_path for stage in stages for out in stage.outs if out.annot.type == "model")


def _count(recorded: int | None) -> int | None:
    """A recorded size or number of files; ``None`` for one that no file or folder can have."""
    return recorded if recorded is not None and 0 <= recorded <= LARGEST_COUNT else None


def _plot_properties(plot: object) -> Any:  # noqa: ANN401 - a mapping, or what DVC does not draw either
    if isinstance(plot, dict):
        return {name: plot[name] for name in map(str, PLOT_PROPS) if name in plot}
    return ({} if plot is True else plot) if plot else None
