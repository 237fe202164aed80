"""What a revision's dvc.yaml, dvc.lock and .dvc files declare and record, as plain values that know nothing of DVC.

Every path is relative to the DVC project's root, with forward slashes; a path outside it stays as it is declared.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from headway.gather.read.flatten import flatten_params
from headway.paths import paths_below
from headway.values.snapshot import ParamValue, Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from headway.values.snapshot import Out

_HASHES = ("md5", "etag", "checksum")


@dataclass(frozen=True)
class DeclaredOut:
    """An output of a stage, or what a ``.dvc`` file tracks.

    Attributes:
        recorded: its hash and size; ``None`` before the first run.
        cached: whether DVC keeps it; with ``cache: false`` git does.
        plot: its plot properties, which may be empty; ``None`` where it is not declared as a plot.
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
        metrics, params: the files that it declares at the top level.
        plots: its top-level plots, each an id or a mapping of one id to properties, paths as declared.
        models: the paths that it declares to be models.
        artifacts: the path of each artifact that it declares, by name.
    """

    path: str
    stages: tuple[DeclaredStage, ...]
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    plots: tuple[Any, ...] = ()
    models: tuple[str, ...] = ()
    artifacts: Mapping[str, str] = field(default_factory=dict)


def recorded_stage(folder: str, entry: Mapping[str, Any], *, always_changed: bool) -> Stage:
    """A stage as its entry in dvc.lock records it; the paths are relative to ``folder``, its working directory."""
    items = (*(entry.get("deps") or ()), *(entry.get("outs") or ()))
    return Stage(
        cmd=command_line(entry.get("cmd")),
        deps=_hashes(folder, entry.get("deps")),
        params={in_folder(folder, file): _values(keys) for file, keys in (entry.get("params") or {}).items()},
        outs=_hashes(folder, entry.get("outs")),
        sizes={in_folder(folder, item["path"]): item["size"] for item in items if item.get("size") is not None},
        always_changed=always_changed,
    )


def command_line(command: str | Iterable[object] | None) -> str:
    """A stage's command, or its commands, in one line."""
    return command if isinstance(command, str) else " && ".join(map(str, command or ()))


def _hashes(folder: str, entries: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    return {in_folder(folder, entry["path"]): _hash(entry) for entry in entries or ()}


def _hash(entry: Mapping[str, Any]) -> str:
    """The hash of one entry; of what identifies it where it has none, such as a dataset or a cloud-versioned folder."""
    for name in _HASHES:
        if name in entry:
            of_dvc_2 = name == "md5" and "hash" not in entry
            return f"{'md5-dos2unix' if of_dvc_2 else name}:{entry[name]}"
    identity = {key: value for key, value in entry.items() if key != "path"}
    return json.dumps(identity, sort_keys=True, default=str) if identity else ""


def named_hash(algorithm: str, value: str) -> str:
    """A content hash with its algorithm; an MD5 of text with its line ends made LF is an MD5."""
    return f"{'md5' if algorithm == 'md5-dos2unix' else algorithm}:{value}"


def _values(keys: Mapping[str, Any]) -> dict[str, ParamValue]:
    """A tracked key may name a whole section, so the values below it get their own keys."""
    return {key: value for name, section in keys.items() for key, value in flatten_params(section, name).items()}


def tracked_data(
    outs: Iterable[DeclaredOut], plot_files: Collection[str], metric_files: Collection[str]
) -> dict[str, Out]:
    """Data and models by path: what DVC keeps and that is no metrics file, no plot, and no folder of plots.

    An output with ``cache: false`` is in git, whose own diff shows it.
    """
    plots = sorted(plot_files)
    return {
        out.path: out.recorded
        for out in outs
        if out.recorded and out.cached and not out.metric and out.plot is None
        if not (out.path in metric_files or out.path in plot_files or any(paths_below(plots, out.path)))
    }


def in_folder(folder: str, path: str) -> str:
    """A declared path relative to the project's root; URLs and absolute paths stay as they are."""
    if "://" in path or path.startswith("/"):
        return path
    return posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
