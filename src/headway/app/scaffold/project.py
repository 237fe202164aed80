"""What a DVC project contains, read for its first settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.app.comparison import Request, open_sides
from headway.app.rules import evaluations_of, find_suggestions
from headway.app.scaffold.repository import DataRemote, read_remote
from headway.report.commands.first_settings import FirstSettings
from headway.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from headway.gather import Progress, RevisionReader


@dataclass(frozen=True, kw_only=True)
class ProjectFacts:
    """What a project contains.

    Attributes:
        folder: its folder from git's root; "" at the root.
        remote: its default DVC remote, as git has it.
        has_stages: whether it has a pipeline that can be reproduced.
        metrics: its metrics files.
        first: what its first settings say, or would say.
        has_settings: whether it has settings already.
    """

    folder: str
    remote: DataRemote
    has_stages: bool
    metrics: tuple[str, ...]
    first: FirstSettings
    has_settings: bool


def read_project(root: Path, folder: str, progress: Progress, schema: str) -> ProjectFacts:
    """Read a project in the working tree. Nothing is fetched, and of tables only the first rows are read.

    Raises:
        RepositoryError: a pipeline file of it is not valid.
        SettingsError: its settings are not valid.
    """
    request = Request(folder=root / folder, base=None, head=None, settings=None, fetch=False, progress=progress)
    with open_sides(request, has_base=False) as sides:
        snapshot = sides.head.snapshot()
        evaluation = _evaluation(sides.head)
        first = FirstSettings(
            suggested=find_suggestions(sides),
            evaluation={file: inputs for file, (_, inputs) in evaluation.items()},
            stages={file: stage for file, (stage, _) in evaluation.items()},
            schema=schema,
        )
        return ProjectFacts(
            folder=folder,
            remote=read_remote(root, folder),
            has_stages=bool(snapshot.stages or snapshot.unrecorded),
            metrics=tuple(sorted(snapshot.metrics)),
            first=first,
            has_settings=sides.settings != Settings(),
        )


def _evaluation(view: RevisionReader) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The stage that writes each metrics file, and what it is computed on; files that no stage writes are left out."""
    evaluations = evaluations_of(view)
    writers = {file: evaluations.writer(file) for file in sorted(view.snapshot().metrics)}
    return {file: (stage, evaluations.unchanged_inputs(file)) for file, stage in writers.items() if stage}
