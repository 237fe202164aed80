"""Plot definitions: from what dvc.yaml declares to one :class:`PlotDefinition` a chart, no data read.

The rules are DVC's own: a folder gives one plot a file, the most specific of two definitions wins, and an id is
prefixed with its dvc.yaml where two of them use it.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from headway.gather.read.built_in_templates import BUILT_IN, recognise
from headway.gather.read.declared import in_folder
from headway.gather.read.event_names import is_event_file, plot_of_events
from headway.gather.read.parsing import UnreadableError, parse
from headway.gather.unavailable import UnavailableError
from headway.paths import PathIndex
from headway.sorting import by_name
from headway.values.problem import Problem
from headway.values.snapshot import Axis, PlotDefinition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from headway.gather.read.declared import DeclaredOut, PipelineFile
    from headway.values.revision import Side

IMAGES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
TABLES = frozenset({".csv", ".json", ".toml", ".tsv", ".yaml", ".yml"})
TEMPLATES = ".dvc/plots"

Template = tuple[str, Mapping[str, Any] | None]
"""A template's name, and its program where it is the team's own."""
Declared = dict[str, dict[str, Mapping[str, Any]]]
"""Properties by plot id by the dvc.yaml that declares them; "" for the outputs of stages."""


class _BadPlotError(ValueError):
    """A definition that cannot be drawn; the message completes "the plot ..."."""


def declared_paths(files: Iterable[PipelineFile]) -> tuple[str, ...]:
    """Every file and folder that is declared as a plot by its own name."""
    files = tuple(files)
    outs = (out.path for file in files for stage in file.stages for out in stage.outs if out.plot is not None)
    top_level = (
        in_folder(posixpath.dirname(file.path), id_)
        for file in files
        for element in file.plots
        for id_, properties in _entries(element)
        if _names_a_file(properties)
    )
    return (*outs, *top_level)


@dataclass
class PlotCollector:
    """Collects the plots of one revision and what is wrong with them.

    The functions are as for :class:`~headway.gather.read.metric_files.DeclaredValues`.
    """

    expand: Callable[[str], Sequence[str]]
    read: Callable[[str], bytes | None]
    footnote: Callable[[str, str, str], Problem]
    side: Side
    problems: list[Problem] = field(default_factory=list)
    _templates: dict[str, Template] = field(default_factory=dict)
    _events: dict[str, dict[str, None]] = field(default_factory=dict)
    """The event files of TensorBoard by the folder that is one plot of them."""

    def collect(self, files: Iterable[PipelineFile]) -> tuple[PlotDefinition, ...]:
        """Every plot that the pipeline files declare, in DVC's order."""
        files = tuple(files)
        outs = [out for file in files for stage in file.stages for out in stage.outs if out.plot is not None]
        declared: Declared = {file.path: self._top_level(file) for file in files if file.plots}
        declared[""] = self._stage_level(outs)
        headless = {out.path for out in outs if isinstance(out.plot, Mapping) and out.plot.get("header") is False}
        definitions = []
        for plot_id, (source, data_id, properties) in _numbered(declared).items():
            try:
                definitions.append(self._define(plot_id, data_id, source, properties, headless))
            except _BadPlotError as error:
                self._report(plot_id, f"the plot {error}")
        return tuple(definitions)

    def _report(self, where: str, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(path=where, side=self.side, what=what, remedy=remedy))

    def _top_level(self, file: PipelineFile) -> dict[str, Mapping[str, Any]]:
        entries = dict(entry for element in file.plots for entry in _entries(element))
        folder = posixpath.dirname(file.path)
        paths = PathIndex(in_folder(folder, id_) for id_, properties in entries.items() if _names_a_file(properties))
        found: dict[str, Mapping[str, Any]] = {}
        for id_, properties in entries.items():
            if not _names_a_file(properties):
                found[id_] = properties
                continue
            path = in_folder(folder, id_)
            own = [file for file in self._data_files(path) if (paths.holder(file) or ".") == path]
            for plot_id in self._plot_ids(path, own):
                found[plot_id] = {**found.get(plot_id, {}), **properties}
        return found

    def _stage_level(self, outs: Iterable[DeclaredOut]) -> dict[str, Mapping[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for out in outs:
            if not isinstance(out.plot, Mapping):
                self._report(out.path, "several plots of one output are declared, which DVC does not draw either")
                continue
            for plot_id in self._plot_ids(out.path, self._data_files(out.path)):
                found[plot_id] = {**found.get(plot_id, {}), **out.plot}
        return found

    def _plot_ids(self, path: str, files: Sequence[str]) -> tuple[str, ...]:
        """The plots of a declared path: each file is one, but all of its event files together are the folder's."""
        events = dict.fromkeys(filter(is_event_file, files))
        if not events:
            return tuple(files)
        folder = (posixpath.dirname(path) or ".") if path in events else path
        self._events.setdefault(folder, {}).update(events)
        return folder, *(file for file in files if file not in events)

    def _data_files(self, path: str) -> Sequence[str]:
        """The plot's file, or those files of a folder that can be plots, ``step_2.png`` before ``step_10.png``."""
        try:
            files = self.expand(path)
        except UnavailableError as error:
            self.problems.append(self.footnote(path, error.what, error.remedy))
            return ()
        if files == (path,):
            return files
        return sorted(filter(_is_drawn, files), key=by_name)

    def _define(
        self, id_: str, data_id: str, source: str, properties: Mapping[str, Any], headless: set[str]
    ) -> PlotDefinition:
        named = _names_a_file(properties)
        if named and _suffix(data_id) in IMAGES:
            title = _text("title", properties)
            return PlotDefinition(id=id_, source=source, form="image", files=(data_id,), title=title)
        folder = posixpath.dirname(source)
        y = _axes("y", data_id, folder, properties.get("y"))
        events = plot_of_events(data_id, self._events.get(data_id, ())) if named else None
        if events is not None:
            if properties.get("x") not in (None, "step"):
                self._report(id_, "its x is left out, because event files are drawn over their steps")
            return replace(events, id=id_, source=source, y=y, **self._appearance(properties))
        if not (named or y):
            raise _BadPlotError("names no column for y")
        x = _x_axes(data_id, folder, properties.get("x"), y)
        first = (data_id,) if named else ()
        files = tuple(dict.fromkeys((*first, *(axis.file for axis in (*y, *x)))))
        for file in files:
            if _suffix(file) not in TABLES:
                raise self._no_table(file)
        return PlotDefinition(
            id=id_,
            source=source,
            form="table",
            files=files,
            x=x,
            y=y,
            header=headless.isdisjoint(files),
            **self._appearance(properties),
        )

    def _no_table(self, file: str) -> _BadPlotError:
        with suppress(UnavailableError):
            if any(map(is_event_file, self.expand(file))):
                return _BadPlotError(f"reads event files: make {file} a plot of its own, with tags as y")
        return _BadPlotError(f"reads {file}, which is not a CSV, TSV, JSON, YAML, TOML or event file")

    def _appearance(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that say how data is drawn, not which."""
        name = _text("template", properties) or "linear"
        if name not in self._templates:
            self._templates[name] = self._usable_template(name)
        template, custom = self._templates[name]
        texts = {text: _text(text, properties) for text in ("title", "x_label", "y_label")}
        return {"template": template, "custom": custom, **texts}

    def _usable_template(self, name: str) -> Template:
        """The template's name and program; "simple", and one footnote, where the team's own cannot be used."""
        try:
            custom = self._load_template(name)
        except (UnavailableError, UnreadableError) as error:
            self._report(f"template {name}", f"the template {error}, so its plots are drawn as simple lines")
            return "simple", None
        if custom is None and name not in BUILT_IN:
            what = "there is no such template, so its plots are drawn as simple lines"
            self._report(f"template {name}", what, f"add {TEMPLATES}/{name}.json")
            return "simple", None
        copied = None if custom is None else recognise(custom)
        return (copied, None) if copied else (name, custom)

    def _load_template(self, name: str) -> Mapping[str, Any] | None:
        elsewhere = () if name in BUILT_IN else (f"{TEMPLATES}/{name}", name)
        for path in (f"{TEMPLATES}/{name}.json", *elsewhere):
            data = self.read(path)
            if data is not None:
                program = parse("template.json", data)
                if not isinstance(program, dict):
                    raise UnreadableError("is not a JSON object")
                return program
        return None


def _entries(element: object) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if isinstance(element, Mapping):
        return [(str(id_), properties or {}) for id_, properties in element.items()]
    return [(str(element), {})]


def _names_a_file(properties: Mapping[str, Any]) -> bool:
    """Whether the id is the data file: it is unless y names files of its own."""
    return not isinstance(properties.get("y"), Mapping)


def _numbered(declared: Declared) -> dict[str, tuple[str, str, Mapping[str, Any]]]:
    """dvc.yaml, id and properties by the id that is unique in the revision, in DVC's order."""
    groups: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for file, plots in declared.items():
        for plot_id, properties in plots.items():
            groups[plot_id][file] = properties
    return {
        f"{file}::{plot_id}" if file and len(group) > 1 else plot_id: (file, plot_id, properties)
        for plot_id, group in groups.items()
        for file, properties in group.items()
    }


def _axes(axis: str, data_id: str, folder: str, declared: object) -> tuple[Axis, ...]:
    """The columns of the plot's own file, or of each file that the declaration names."""
    if declared is None:
        return ()
    by_file = [(data_id, declared)]
    if isinstance(declared, Mapping):
        by_file = [(in_folder(folder, str(file)), names) for file, names in declared.items()]
    fields = [(file, name) for file, names in by_file for name in (names if isinstance(names, list) else [names])]
    if not all(isinstance(name, (str, int, float)) for _, name in fields):
        raise _BadPlotError(f"declares {axis} in a form that DVC does not know: name a column, or files with columns")
    return tuple(Axis(file, str(name)) for file, name in fields)


def _x_axes(data_id: str, folder: str, x: object, y: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """One axis that serves every y, or one for each y."""
    axes = _axes("x", data_id, folder, x)
    if isinstance(x, Mapping):
        if len(axes) not in (0, 1, len(y)):
            raise _BadPlotError(f"names {len(axes)} x columns for {len(y)} y columns")
        return axes
    if isinstance(x, list):
        raise _BadPlotError("declares x as a list of columns, which DVC does not draw: name one column")
    axes = tuple(Axis(own.file, one.field) for one in axes for own in y) or axes
    return axes[:1] if len(set(axes)) == 1 else axes


def _text(name: str, properties: Mapping[str, Any]) -> str | None:
    value = properties.get(name)
    return None if value is None else str(value)


def _is_drawn(path: str) -> bool:
    return _suffix(path) in IMAGES | TABLES or is_event_file(path)


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1].lower()
