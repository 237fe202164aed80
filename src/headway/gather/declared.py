"""What a revision's dvc.yaml, dvc.lock and .dvc files declare, as plain values: what the DVC adapter gives the rest.

Every path is relative to the DVC project's root, with forward slashes; a path outside it stays as it is declared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.snapshot import Out, Stage


@dataclass(frozen=True)
class DeclaredOut:
    """An output of a stage, or what a ``.dvc`` file tracks.

    Attributes:
        path: the file or folder.
        recorded: its hash and size; ``None`` before the first run.
        cached: whether DVC keeps it; with ``cache: false`` git does.
        metric: whether it is declared as a metrics file.
        plot: its plot properties where it is declared as a plot; empty where it has none of its own.
    """

    path: str
    recorded: Out | None
    metric: bool
    cached: bool = True
    plot: Any = None


@dataclass(frozen=True)
class DeclaredStage:
    """A stage of dvc.yaml with its entry in dvc.lock, or a ``.dvc`` file.

    Attributes:
        address: ``"train"``, ``"sub/dvc.yaml:train"``, or the path of a ``.dvc`` file.
        recorded: its entry in dvc.lock; ``None`` where the stage never ran and for data.
        outs: the outputs.
        params: the parameter keys that it depends on, by file; no keys mean the whole file.
        variables: the values that its templates used, by file and dotted key.
    """

    address: str
    recorded: Stage | None
    outs: tuple[DeclaredOut, ...]
    params: Mapping[str, tuple[str, ...]]
    variables: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class PipelineFile:
    """One dvc.yaml or ``.dvc`` file.

    Attributes:
        path: the file.
        stages: its stages.
        metrics, params: the files that it declares at the top level.
        plots: its top-level plots, each an id or a mapping of one id to properties, paths as declared.
    """

    path: str
    stages: tuple[DeclaredStage, ...]
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    plots: tuple[Any, ...] = ()
