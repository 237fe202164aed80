"""Finds what metrics are computed on: the evaluation inputs of each stage that writes metrics, from the lock files.

The *evaluation inputs* of a stage are its dependencies without code, settings files and the *model side*. The model
side is every output of a stage that writes a model, and everything made from those. If no model is known, the model
side is what is made by a stage that depends on the stage behind another dependency, as ``train`` depends on
``prepare``. If a stage reads predictions, the other inputs of the stages that made them count, too: all of them if the
stage reads nothing else, otherwise those that no model is trained on.
"""

from __future__ import annotations

import shlex
from difflib import SequenceMatcher
from functools import cached_property
from itertools import chain, starmap, zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from headway.compare.arithmetic import differing
from headway.compare.lineage import Lineage
from headway.judge.naming import decides_splits, has_model_name, is_code, is_settings, sizes_split
from headway.paths import PathIndex, is_below
from headway.values.typed import same

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from headway.values.snapshot import Snapshot, Stage

    FilesBelow = Callable[[str], Sequence[str]]


class Input(NamedTuple):
    """A file or folder that metrics are computed on, by its name on each side; empty if the side does not read it."""

    base: str
    head: str


class Evaluations:
    """The evaluations of two revisions.

    ``below_base`` and ``below_head`` return the files of a folder in git; ``incomparable`` are pairs of hashes of
    different kinds, whose contents may or may not differ. ``excluded`` are tables of predictions that must not judge
    some metrics files, by the file.
    """

    def __init__(  # noqa: PLR0913 - two sides with two parts each
        self,
        base: Snapshot,
        head: Snapshot,
        below_base: FilesBelow,
        below_head: FilesBelow,
        incomparable: Collection[tuple[str, str]] = frozenset(),
        *,
        excluded: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self._incomparable = incomparable
        self._excluded = excluded
        self._base = _Side(base, below_base)
        self._head = _Side(head, below_head)

    def stages(self, files: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The metrics files by the stage of head that writes them; files that no stage writes are left out."""
        found: dict[str, list[str]] = {}
        for file in sorted(files):
            if self._base.writer(file) and (stage := self._head.writer(file)):
                found.setdefault(stage, []).append(file)
        return {stage: tuple(written) for stage, written in found.items()}

    def writer(self, file: str) -> str | None:
        """The stage of head that writes a file."""
        return self._head.writer(file)

    def trains(self, file: str) -> bool:
        """Whether the stage that writes a metrics file also writes a model."""
        return self.writer(file) in self._head.model_stages

    def changed_inputs(self, file: str) -> tuple[Input, ...]:
        """The evaluation inputs of a metrics file whose recorded content differs, or that only one side reads.

        Inputs that only one side reads are paired in the order of their paths. A new name alone is not a change.
        """
        old, new = self._base.inputs(file), self._head.inputs(file)
        gone, come = (sorted(set(one) - set(other)) for one, other in ((old, new), (new, old)))
        renamed = {old[path] for path in gone} & {new[path] for path in come}
        left = [path for path in gone if old[path] not in renamed]
        right = [path for path in come if new[path] not in renamed]
        stayed = (path for path in differing(old, new) if path in old and path in new)
        return (*(Input(path, path) for path in stayed), *starmap(Input, zip_longest(left, right, fillvalue="")))

    def unchanged_inputs(self, file: str) -> tuple[str, ...]:
        """The evaluation inputs of a metrics file whose recorded content is the same on both sides, sorted."""
        old, new = self._base.inputs(file), self._head.inputs(file)
        return tuple(sorted(path for path in old if old[path] and old[path] == new.get(path)))

    def reads(self, file: str, path: str) -> bool:
        """Whether a table of predictions belongs to a metrics file.

        It does if the file's stage, or one upstream of it, reads or writes the table, or if the table is made from the
        output of the file's stage, which scores a model.
        """
        return self._head.touches(self._head.upstream(file), path) or (
            self._head.scores(file) and self._head.writer(file) in self._head.before(path)
        )

    def tables(self, file: str, paths: Sequence[str]) -> list[str]:
        """The tables of predictions that a metrics file is computed from: those of its own stage, else all it has."""
        allowed = self.allowed(file, paths)
        own = [path for path in allowed if self._head.touches(filter(None, [self.writer(file)]), path)]
        return own or [path for path in allowed if self.reads(file, path)]

    def allowed(self, file: str, paths: Sequence[str]) -> list[str]:
        """The tables of predictions that may judge a metrics file."""
        excluded = self._excluded.get(file, ())
        return [path for path in paths if path not in excluded]

    def shows(self, file: str, stages: Collection[str]) -> bool:
        """Whether a file is made from the output of one of some stages."""
        return not set(stages).isdisjoint(self._head.before(file))

    def is_known(self, path: str) -> bool:
        """Whether a stage of head reads or writes a path."""
        return self._head.touches(self._head.stages, path)

    def cause(self, each: Input) -> str:
        """Why an input that differs and cannot be read contains other rows, as a clause; empty if there is no evidence.

        Evidence is a changed source, a changed parameter or command that splits rows, or the name of another file.
        """
        if each.base != each.head and self._head.has(each.base):
            return f"`{each.base}` still exists"
        old, new = self._base.sources(each.base), self._head.sources(each.head)
        if not self._base.makers(each.base) and not self._head.makers(each.head):
            is_known = (old.get(each.base), new.get(each.head)) not in self._incomparable
            return "no stage writes it" if is_known else ""
        if self._base.is_from_outside(each.base) and self._head.is_from_outside(each.head):
            return "it comes from outside the pipeline"
        sources = (path for path in differing(old, new) if (old.get(path), new.get(path)) not in self._incomparable)
        if (source := next(sources, None)) is not None:
            return f"`{source}` changed upstream"
        if name := next(_differing_values(self._base.splitting(each.base), self._head.splitting(each.head)), None):
            return f"parameter `{name}` changed upstream"
        stage = next((stage for stage in self._head.off_model_side(each.head) if self._resplits(stage)), None)
        return f"the command of `{stage}` changed upstream" if stage else ""

    def _resplits(self, stage: str) -> bool:
        old, new = (side.stages.get(stage) for side in (self._base, self._head))
        return bool(old and new and any(map(decides_splits, _differing_words(old.cmd, new.cmd))))

    def resized(self, file: str) -> tuple[str, ...]:
        """The changed parameters by which the stage that writes a metrics file splits rows itself."""
        return tuple(_differing_values(self._base.own_splitting(file), self._head.own_splitting(file)))

    def is_rerun(self, file: str) -> bool:
        """Whether the lock files record no change in what a metrics file depends on."""
        names = [side.upstream(file) for side in (self._base, self._head)]
        return (
            self._head.declares_causes(file)
            and set(names[0]) == set(names[1])
            and all(_has_equal_causes(self._base, self._head, stage) for stage in names[1])
        )


def _differing_values(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    return (name for name in sorted({*old, *new}) if not same(old.get(name), new.get(name)))


def _has_equal_causes(base: _Side, head: _Side, name: str) -> bool:
    old, new = base.stages[name], head.stages[name]
    return (
        old.cmd == new.cmd
        and same({**old.params}, {**new.params})
        and base.sources_of(name) == head.sources_of(name)
        and old.deps.keys() == new.deps.keys()
    )


class _Side:
    """The pipeline of one revision as its lock files record it."""

    def __init__(self, snapshot: Snapshot, files_below: FilesBelow) -> None:
        self.stages: Mapping[str, Stage] = snapshot.stages
        self._lineage = Lineage(snapshot.stages)
        self.makers = self._lineage.makers
        self._tracked = PathIndex(snapshot.data)
        self._models = snapshot.models
        self._files_below = files_below

    def writer(self, file: str) -> str | None:
        """The stage whose output is a file or contains it."""
        return next(iter(self._lineage.makers(file)), None)

    def upstream(self, file: str) -> list[str]:
        """The stage that writes a file, and those before it."""
        writer = self.writer(file)
        return self._lineage.upstream(writer) if writer else []

    def has(self, path: str) -> bool:
        """Whether a stage writes a path, or DVC tracks it."""
        return bool(self.makers(path) or self._tracked.overlapping(path))

    def declares_causes(self, file: str) -> bool:
        """Whether the stage that writes a file names anything that it depends on."""
        writer = self.writer(file)
        return bool(writer and (self.stages[writer].deps or self.stages[writer].params))

    def before(self, path: str) -> list[str]:
        """The stages that make a path, and all stages upstream of them."""
        return list(dict.fromkeys(chain.from_iterable(map(self._lineage.upstream, self.makers(path)))))

    def off_model_side(self, path: str) -> list[str]:
        """Those of :meth:`before` that are not on the model side."""
        return [name for name in self.before(path) if name not in self._model_side]

    def scores(self, file: str) -> bool:
        """Whether the stage that writes a file is downstream of a model and writes none."""
        return self.writer(file) in self._model_side - self.model_stages

    def touches(self, stages: Iterable[str], path: str) -> bool:
        paths = (each for name in stages for each in (*self.stages[name].outs, *self.stages[name].deps))
        return any(is_below(path, each) or is_below(each, path) for each in paths)

    def sources_of(self, name: str) -> dict[str, str]:
        """The dependencies of a stage from outside the pipeline: hash by path."""
        return {path: hash_ for path, hash_ in self.stages[name].deps.items() if self.is_from_outside(path)}

    def is_from_outside(self, path: str) -> bool:
        """Whether no stage writes a path, or only a stage that reads nothing or always runs, such as a download."""
        makers = [self.stages[name] for name in self.makers(path)]
        return all(stage.always_changed or not stage.deps for stage in makers)

    def sources(self, path: str) -> dict[str, str]:
        """The data from outside upstream of a path: hash by path; the path itself if no stage writes it."""
        if not self.makers(path):
            found = [stage.deps[path] for stage in self.stages.values() if path in stage.deps]
            return {path: found[0]} if found else {}
        deps = (item for name in self.before(path) for item in self.sources_of(name).items())
        return {dep: hash_ for dep, hash_ in deps if self._is_data(dep)}

    def splitting(self, path: str) -> dict[str, object]:
        """The parameters upstream of a path, off the model side, that determine splits: value by name."""
        return {
            f"{file}:{key}": value
            for name in self.off_model_side(path)
            for file, values in self.stages[name].params.items()
            for key, value in values.items()
            if decides_splits(key)
        }

    def own_splitting(self, file: str) -> dict[str, object]:
        """The parameters by which the stage that writes a metrics file splits rows itself: value by name."""
        writer = self.writer(file)
        params = self.stages[writer].params.items() if writer else ()
        return {f"{path}:{key}": value for path, values in params for key, value in values.items() if sizes_split(key)}

    def inputs(self, file: str) -> dict[str, str]:
        """The evaluation inputs of a metrics file: hash by path."""
        writer = self.writer(file)
        return {} if writer is None else self._inputs_of(writer)

    def _inputs_of(self, name: str, after: frozenset[str] = frozenset()) -> dict[str, str]:
        data = {path: hash_ for path, hash_ in self.stages[name].deps.items() if self._is_data(path)}
        if not self._knows_model(name, data):
            return {path: hash_ for path, hash_ in data.items() if not self._comes_after_another(path, data)}
        own = {path: hash_ for path, hash_ in data.items() if not self._is_on_model_side(path)}
        seen = after | {name}
        makers = {maker for path in data if path not in own for maker in self.makers(path)} - self.model_stages - seen
        before = {path: hash_ for maker in sorted(makers) for path, hash_ in self._inputs_of(maker, seen).items()}
        return {path: hash_ for path, hash_ in before.items() if not own or path not in self._trained_on} | own

    def _knows_model(self, name: str, data: Iterable[str]) -> bool:
        return any(map(self._is_model, data)) or not self.model_stages.isdisjoint(self._lineage.upstream(name))

    def _comes_after_another(self, path: str, paths: Iterable[str]) -> bool:
        """Whether a dependency is made by a stage downstream of the one behind another dependency."""
        makers = self.makers(path)
        before = {name for maker in makers for name in self._lineage.upstream(maker)} - set(makers)
        return any(maker in before for other in paths if other != path for maker in self.makers(other))

    @cached_property
    def model_stages(self) -> frozenset[str]:
        """The stages that write a model."""
        return frozenset(name for name, stage in self.stages.items() if any(map(self._is_model, stage.outs)))

    @cached_property
    def _trained_on(self) -> frozenset[str]:
        return frozenset(path for name in self.model_stages for path in self.stages[name].deps)

    @cached_property
    def _model_side(self) -> frozenset[str]:
        return frozenset(name for name in self.stages if not self.model_stages.isdisjoint(self._lineage.upstream(name)))

    def _is_on_model_side(self, path: str) -> bool:
        makers = self.makers(path)
        return self._is_model(path) or bool(makers and self._model_side.issuperset(makers))

    def _is_model(self, path: str) -> bool:
        return has_model_name(path) or any(is_below(model, path) or is_below(path, model) for model in self._models)

    def _is_data(self, path: str) -> bool:
        """Whether a dependency is neither code nor settings, by its name or the names in its folder."""
        if is_code(path) or is_settings(path):
            return False
        if self.makers(path) or self._tracked.overlapping(path):
            return True
        below = [file for file in self._files_below(path) if file != path]
        code = sum(map(is_code, below))
        return not below or sum(not (is_code(file) or is_settings(file)) for file in below) > code


def _differing_words(old: str, new: str) -> Iterator[str]:
    """The words of a command line that differ, and the option before each."""
    before, after = map(_split, (old, new))
    for tag, *place in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from before[max(place[0] - 1, 0) : place[1]]
            yield from after[max(place[2] - 1, 0) : place[3]]


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # quotes that do not close
        return command.split()
