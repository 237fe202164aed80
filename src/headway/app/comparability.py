"""Judge whether the metrics of two opened sides can be compared: the pipelines say what to read, the rows decide."""

from __future__ import annotations

import posixpath
from functools import cache, cached_property
from typing import TYPE_CHECKING

import msgspec

from headway.judge.comparability import Reading, comparability, withhold
from headway.judge.evaluation import Evaluations, Input
from headway.settings import DataRule
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headway.datasets.evaluation_inputs import InputReader
    from headway.gather import RevisionReader
    from headway.settings import PredictionsRule, Settings
    from headway.values.comparability import Comparability
    from headway.values.comparison import Comparison, Metric, PlotPair


def judge_comparability(
    comparison: Comparison, evaluations: Evaluations, views: tuple[RevisionReader, RevisionReader], settings: Settings
) -> Comparison:
    """The comparison with its metrics withheld where they cannot be called better or worse.

    Rows are read only where an input of an evaluation changed.
    """
    evidence = _Evidence(views, settings, evaluations)
    if all(map(evaluations.writer, {metric.file for metric in comparison.metrics})):
        evidence.note_unknown()
    found = comparability(evaluations, comparison.metrics, evidence.inputs, evidence.read)
    return msgspec.structs.replace(
        comparison,
        metrics=withhold(comparison.metrics, found),
        comparability=found,
        same_evaluation=evidence.shared_by(_judged_files(comparison.metrics, found)),
        plots=tuple(_judged(comparison.plots, found, evaluations)),
        problems=(*comparison.problems, *evidence.problems),
    )


def _judged_files(metrics: Sequence[Metric], found: Sequence[Comparability]) -> tuple[str, ...]:
    """The files of the changed metrics, unless some of these are withheld."""
    changed = sorted({metric.file for metric in metrics if metric.status == "changed" and metric.withheld != "machine"})
    is_held = any(one.withheld and not set(changed).isdisjoint(one.files) for one in found)
    return () if is_held else tuple(changed)


def _judged(plots: Sequence[PlotPair], found: Sequence[Comparability], evaluations: Evaluations) -> Iterator[PlotPair]:
    """The plots; what such stages write, and what is made of their scores, is withheld as well."""
    own = {one.stage for one in found if one.withheld}
    evaluating = {one.stage for one in found if one.withheld and not one.trains}
    for pair in plots:
        files = [file for side in (pair.base, pair.head) if side for file in side.files]
        is_held = any(evaluations.writer(file) in own or evaluations.shows(file, evaluating) for file in files)
        yield msgspec.structs.replace(pair, judged=not is_held)


class _Evidence:
    """What says on which rows metrics were computed: the predictions where they can be read, else the inputs."""

    def __init__(
        self, views: tuple[RevisionReader, RevisionReader], settings: Settings, evaluations: Evaluations
    ) -> None:
        self._views = views
        self._settings = settings
        self._evaluations = evaluations
        self._predictions: dict[str, Reading | None] = {}
        self._named = {posixpath.normpath(rule.path): rule for rule in settings.predictions if rule.id}
        self.problems: list[Problem] = []

    def note_unknown(self) -> None:
        """Add a problem for each table that no stage reads or writes, if all metrics belong to stages."""
        self.problems += [_unknown(path) for path in self._named if not self._evaluations.is_known(path)]

    @cached_property
    def _reader(self) -> InputReader:
        from headway.datasets.evaluation_inputs import InputReader  # noqa: PLC0415 - loads polars

        return InputReader(*self._views, self._settings.data)

    @cached_property
    def _read(self) -> Callable[[str, str], Reading | None]:
        return cache(self._reader.read)  # many stages may read the same test set

    def inputs(self, file: str) -> tuple[Input, ...]:
        """What to read in order to tell whether a metrics file is computed on the same rows."""
        if self._settings.evaluation == ():
            return ()
        for path in self._evaluations.tables(file, list(self._named)):
            if self._is_readable(path, self._named[path]):
                return (Input(path, path),)
        if self._settings.evaluation is not None:
            return tuple(Input(path, path) for path in map(posixpath.normpath, self._settings.evaluation))
        return self._evaluations.changed_inputs(file)

    def shared_by(self, files: Sequence[str]) -> tuple[str, ...]:
        """What all of some metrics files are computed on, if it is known to be the same on both sides; else empty."""
        found = [self._shared(file) for file in files]
        return tuple(sorted({path for paths in found for path in paths})) if all(found) else ()

    def _shared(self, file: str) -> tuple[str, ...]:
        """The inputs of one metrics file that hold the same rows on both sides; empty if that is unknown of any."""
        inputs = self.inputs(file)
        readings = {each.head: self._reading(each) for each in inputs}
        if any(reading and reading.state != "same" for reading in readings.values()):
            return ()
        is_named = self._settings.evaluation is not None or any(path in self._predictions for path in readings)
        if is_named:  # without a reading, it is identical or looks like a settings file
            is_same = all(reading or self._reader.is_identical(path) for path, reading in readings.items())
            return tuple(readings) if is_same else ()
        same = (path for path, reading in readings.items() if reading)  # without a reading, it is a settings file
        return (*same, *self._evaluations.unchanged_inputs(file))

    def _reading(self, each: Input) -> Reading | None:
        if each.head in self._predictions:
            return self._predictions[each.head]
        return self._read(*each) if each.base and each.head else Reading("unknown", "only one side reads it")

    def _is_readable(self, path: str, rule: PredictionsRule) -> bool:
        if path not in self._predictions:
            reading = self._reader.read_file(path, path, DataRule(id=rule.id, label=rule.actual or None))
            self._predictions[path] = reading
            if reading and reading.state == "unknown":
                self.problems.append(Problem(where=f"settings: predictions: {path}", what=reading.what))
        reading = self._predictions[path]
        return reading is None or reading.state != "unknown"

    def read(self, each: Input) -> Reading | None:
        """Compare the rows of what :meth:`inputs` names; ``None`` where nothing is to be said of them."""
        if each.head not in self._predictions:
            return self._read_input(each)
        reading = self._predictions[each.head]
        return reading if reading and reading.state == "changed" else None  # what is predicted may always differ

    def _read_input(self, each: Input) -> Reading | None:
        reading = self._read(*each)
        if not (reading and reading.is_absent and self._settings.evaluation):
            return reading
        problem = Problem(where=f"settings: evaluation: {each.head}", what=reading.what)
        self.problems += [problem] if problem not in self.problems else []
        return None


def _unknown(path: str) -> Problem:
    return Problem(
        where=f"settings: predictions: {path}", what="no stage reads or writes it, so it applies to no metric"
    )
