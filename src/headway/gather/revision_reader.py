"""One revision, opened: its snapshot, the data of its plots, and any file of it."""

from __future__ import annotations

import posixpath
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec

from headway.gather.read.declared import tracked_data
from headway.gather.read.event_names import plot_of_events
from headway.gather.read.metric_files import DEFAULT_PARAMS, DeclaredValues
from headway.gather.read.plot_definitions import PlotCollector, declared_paths
from headway.gather.unavailable import UnavailableError
from headway.paths import PathIndex, is_below, normalize
from headway.public_files import OUTSIDE
from headway.values.problem import Problem
from headway.values.revision import WORKSPACE
from headway.values.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from headway.gather.dvc.project import Project
    from headway.gather.read.plot_tables import PlotReader
    from headway.values.revision import Revision, Side
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import DataFile, PlotSource

T = TypeVar("T")
FILE_LIMIT = 64 * 1024 * 1024
TEMPLATE_LIMIT = 4 * 1024 * 1024
PLOT_LIMIT = 512 * 1024 * 1024
"""Bytes of a metrics or parameter file, of a plot template, and of a plot file that are read at the most."""


class RevisionReader:
    """One opened revision, on one side of a comparison.

    Args:
        revision, side: which revision it is, as base or head.
        folder, project: the DVC project's folder from git's root, and the project; ``None`` where there is none.
        notes: what the report says about the choice of the revision.
        lost: why the revision cannot be read, although it exists.

    Attributes:
        broken: what of this side cannot be read: the whole revision, or pipeline files.
        incomplete: whether this side may have what it seems to lack.
    """

    def __init__(  # noqa: PLR0913 - a revision has that many parts
        self,
        revision: Revision,
        side: Side,
        folder: str,
        project: Project | None,
        notes: tuple[str, ...] = (),
        *,
        lost: Problem | None = None,
    ) -> None:
        self.revision = revision
        self.side = side
        self._folder = folder
        self._choice_notes = notes
        self.project = project
        self.broken: tuple[Problem, ...] = (lost,) if lost else project.problems if project else ()
        self.incomplete = bool(lost) or (project is not None and project.incomplete)
        self._snapshot: Snapshot | None = None
        self._declared: DeclaredValues | None = None

    def snapshot(self) -> Snapshot:
        """Everything that is known about this side before a plot file is opened; collected once."""
        if self._snapshot is None:
            self._snapshot = self._collect(self.project) if self.project else self._empty()
        return self._snapshot

    def _empty(self) -> Snapshot:
        return Snapshot(revision=self.revision, notes=self._notes(), incomplete=self.incomplete, problems=self.broken)

    def snapshot_beside(self, other: RevisionReader) -> Snapshot:
        """The snapshot with the files of this side that only the other side declares; DVC compares those, too.

        Nothing is fetched for it.
        """
        own, theirs = self.snapshot(), other.snapshot()
        if self.project is None or self._declared is None or other._declared is None:
            return own
        metrics = self._declared.metrics_beside(other._declared, self.project.is_here)
        params = self._declared.params_beside(other._declared, self.project.is_here)
        drawn = PathIndex({file for plot in theirs.plots for file in plot.files})
        data = {path: out for path, out in own.data.items() if path not in theirs.metrics}
        lost = [path for path in other._declared.metric_files if path in self._declared.unreadable]
        return msgspec.structs.replace(
            own,
            metrics={**own.metrics, **metrics},
            unavailable=tuple(dict.fromkeys((*own.unavailable, *lost))),
            params={**own.params, **{file: {**own.params.get(file, {}), **params[file]} for file in params}},
            no_metrics=self._declared.no_metrics,
            unreadable=own.unreadable | self._declared.unreadable,
            data={path: out for path, out in data.items() if not drawn.overlapping(path)},
            problems=tuple(dict.fromkeys((*own.problems, *self._declared.problems))),
        )

    def borrowed(self, plot: PlotDefinition | None) -> PlotDefinition | None:
        """A plot that only the other side declares, where this side has its files; nothing is fetched."""
        if plot is None or self.project is None or plot.form == "events":  # whose files have other names on each side
            return None
        with suppress(UnavailableError):
            if all(map(self.project.is_here, plot.files)):
                return msgspec.structs.replace(plot, borrowed=True)
        return None

    def fetch(self, paths: Iterable[str], folders: Iterable[str] = (), limit: int = PLOT_LIMIT) -> None:
        """Fetch into DVC's cache what will be read; see :meth:`headway.gather.dvc.project.Project.fetch`."""
        if self.project is not None:
            self.project.fetch(paths, limit, folders)

    def read(self, path: str, limit: int) -> bytes | Problem | None:
        """A file's bytes from git, the workspace, or DVC's cache or remote, at most ``limit`` of them.

        ``None`` where this side has no such file, and a problem where it cannot be read.
        """
        return self._or_problem(path, lambda: self._certain(path, self._read(path, limit)))

    def tables(self, definition: PlotDefinition) -> tuple[PlotSource | None, tuple[Problem, ...]]:
        """The columns that one plot of this side needs, and what is wrong with them if this side declares the plot."""
        return self._plot_reader.source(definition)

    def folder(self, path: str) -> Mapping[str, str] | Problem | None:
        """Hash by path of the files of a recorded folder, empty if they cannot be compared; ``None`` for no folder."""
        out = self.snapshot().data.get(path) or self.snapshot().others.get(path)
        project = self.project
        if project is None or out is None or not out.hash.endswith(".dir"):
            return None
        return self._or_problem(path, lambda: project.comparable_listing(path))

    def hashes_outside_dvc(self, path: str, known: Collection[str] = ()) -> Mapping[str, str] | Problem:
        """Hash by path of the files at or below a path that git has, or may get from the workspace.

        The ``known`` files count even if ``.gitignore`` names them, since git tracks them.
        """
        project = self.project
        if project is None or posixpath.isabs(path) or "://" in path:
            return {}
        return self._or_problem(path, lambda: project.hashes_outside_dvc(path, PLOT_LIMIT, known))

    def may_appear(self, path: str) -> bool:
        """Whether a file that this side lacks is, or lies below, a path that a stage writes or a plot reads."""
        if self.project is None:
            return False
        stages = [stage for file in self.project.files for stage in file.stages if stage.address != file.path]
        declared = {out.path for stage in stages for out in stage.outs}
        declared.update(
            declared_paths(self.project.files), (file for plot in self.snapshot().plots for file in plot.files)
        )
        return any(is_below(normalize(path), normalize(each)) for each in declared)

    def real_path(self, path: str) -> str:
        """The path behind symbolic links; the path itself if it leads nowhere."""
        return self.project.tree.resolve(path) if self.project else path

    def files_below(self, path: str) -> tuple[str, ...]:
        """The files of a folder in git or DVC; the path itself where it is not a folder, or cannot be listed."""
        try:
            return (path,) if self.project is None else self.project.expand(path)
        except UnavailableError:
            return (path,)

    def plot_of_events(self, folder: str) -> PlotDefinition | None:
        """The plot of the event files that an output, or a folder in git, holds; ``None`` if there are none."""
        project = self.project
        names = self._or_problem(folder, lambda: project.recorded_files(folder) if project else ())
        return None if isinstance(names, Problem) else plot_of_events(folder, names)

    def fetch_data(self, paths: Iterable[str]) -> None:
        """Fetch data files that are not on this machine into DVC's cache; :meth:`data_file` reports what is missing."""
        if self.project is not None:
            self.project.fetch_data(paths)

    def data_size(self, path: str) -> int | None:
        """The size of a data file in bytes, where it is known without downloading it."""
        return None if self.project is None else self.project.data_size(path)

    def data_file(self, path: str, *, fetch: bool = False) -> DataFile | Problem | None:
        """A data file and where its content is on this machine, ``None`` where this side has no such file.

        With ``fetch``, a file that is not on this machine is downloaded into DVC's cache first.
        """
        project = self.project
        if project is None:
            return None
        return self._or_problem(path, lambda: self._certain(path, project.data_file(path, PLOT_LIMIT, fetch=fetch)))

    def pull(self, paths: Sequence[str]) -> None:
        """Pull tracked files into the workspace; see :meth:`headway.gather.dvc.project.Project.pull`."""
        if self.project is not None:
            self.project.pull(paths)

    def _read(self, path: str, limit: int) -> bytes | None:
        if posixpath.isabs(path) or posixpath.normpath(posixpath.join(self._folder, path)).startswith(".."):
            raise UnavailableError(OUTSIDE)
        return None if self.project is None else self.project.read(path, limit)

    def _certain(self, path: str, found: T | None) -> T | None:
        """The content of a file; ``None`` only where this side is certain not to have it."""
        if found is None and self.project is not None and self.project.incomplete and path != DEFAULT_PARAMS:
            raise UnavailableError("is not in git, and what DVC records of it cannot be read")
        return found

    @cached_property
    def _plot_reader(self) -> PlotReader:
        from headway.gather.read.plot_tables import PlotReader  # noqa: PLC0415 - loads polars

        return PlotReader(lambda path: self.read(path, PLOT_LIMIT), self.side)

    def _collect(self, project: Project) -> Snapshot:
        def read(path: str) -> bytes | None:
            return self._certain(path, project.read(path, FILE_LIMIT))

        self._declared = declared = DeclaredValues(project.files, read, project.expand, self.footnote)
        project.fetch(declared.files(), FILE_LIMIT, folders=declared_paths(project.files))
        metrics = declared.metrics()
        unavailable = dict.fromkeys(problem.path for problem in declared.problems if problem.path not in metrics)
        known = len(declared.problems)
        params = declared.params()
        no_params = dict.fromkeys(each.path for each in declared.problems[known:] if each.path not in params)
        collector = PlotCollector(
            project.expand, lambda path: self._read(path, TEMPLATE_LIMIT), self.footnote, self.side
        )
        plots = collector.collect(project.files)
        stages = [stage for file in project.files for stage in file.stages]
        outs = [out for stage in stages for out in stage.outs]
        plot_files = {file for plot in plots for file in plot.files}
        data = tracked_data(outs, plot_files, metrics.keys() | declared.unreadable)
        return Snapshot(
            revision=self.revision,
            metrics=metrics,
            unavailable=tuple(unavailable),
            no_metrics=declared.no_metrics,
            unreadable=frozenset(declared.unreadable),
            params=params,
            unavailable_params=tuple(no_params),
            stages={stage.address: stage.recorded for stage in stages if stage.recorded},
            unrecorded=frozenset(
                stage.address
                for file in project.files
                for stage in file.stages
                if stage.recorded is None and stage.address != file.path
            ),
            models=frozenset(model for file in project.files for model in file.models),
            data=data,
            others={out.path: out.recorded for out in outs if out.recorded and out.path not in data},
            plots=plots,
            incomplete=project.incomplete,
            notes=self._notes(),
            problems=(*project.problems, *declared.problems, *collector.problems),
        )

    def _notes(self) -> tuple[str, ...]:
        return (*self._choice_notes, *(self._emptiness_notes() if self.project or not self.incomplete else ()))

    def _emptiness_notes(self) -> tuple[str, ...]:
        news = "everything is new" if self.side == "base" else "everything is gone"
        if self.revision.sha is None:
            return (f"There is no commit to compare with, so {news}",)
        if self.project is None:
            return (f"{self._name()} has no DVC project here, so {news}",)
        if self.project.incomplete:
            unknown = "nothing that only head has is called new, and metrics may be computed on other data"
            return (f"{self._name()} cannot be read as a whole: {unknown}",)
        if not self.project.files:
            return (f"{self._name()} has no dvc.yaml and no .dvc file, so its pipeline is empty",)
        return ()

    def _or_problem(self, path: str, get: Callable[[], T]) -> T | Problem:
        try:
            return get()
        except UnavailableError as error:
            return self.footnote(path, error.what, error.remedy)

    def footnote(self, path: str, what: str, remedy: str) -> Problem:
        """A problem of a file of this side; ``what`` continues "the file"."""
        folder = self.project.tracked_folder(path) if self.project else ""
        return Problem(path=path, side=self.side, what=f"the file {what}", remedy=remedy, folder=folder)

    def _name(self) -> str:
        """The revision's name; a full SHA is shortened."""
        sha, name = self.revision.sha or "", self.revision.name
        return sha[:7] if name == sha else "The workspace" if name == WORKSPACE else name


def comparable_snapshots(
    base: RevisionReader, head: RevisionReader
) -> tuple[Snapshot, Snapshot, frozenset[tuple[str, str]]]:
    """Both snapshots with the hashes of equal content alike, and the pairs of hashes that cannot be compared.

    See :func:`headway.gather.dvc.hash_kinds.comparable`.
    """
    old, new = base.snapshot_beside(head), head.snapshot_beside(base)
    if base.project is None or head.project is None:
        return old, new, frozenset()
    from headway.gather.dvc.hash_kinds import comparable  # noqa: PLC0415 - loads DVC

    return comparable((base.project, old), (head.project, new))
