"""Judge whether the metrics of two opened sides can be compared: the pipelines say what to read, the rows decide."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from headway.judge.comparability import Reading, comparability, withhold
from headway.settings import DataRule
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.datasets.evaluation import InputReader
    from headway.gather import View
    from headway.judge.evaluation import Evaluations
    from headway.settings import PredictionsRule, Settings
    from headway.values.comparability import Comparability
    from headway.values.comparison import Comparison, PlotPair


def judge_comparability(
    comparison: Comparison, evaluations: Evaluations, views: tuple[View, View], settings: Settings
) -> Comparison:
    """The comparison with its metrics withheld where they cannot be called better or worse.

    Rows are read only where an input of an evaluation changed.
    """
    evidence = _Evidence(views, settings, evaluations)
    found = comparability(evaluations, comparison.metrics, evidence.paths, evidence.read)
    return msgspec.structs.replace(
        comparison,
        metrics=withhold(comparison.metrics, found),
        comparability=found,
        plots=tuple(_judged(comparison.plots, found, evaluations)),
        problems=(*comparison.problems, *evidence.problems),
    )


def _judged(plots: Sequence[PlotPair], found: Sequence[Comparability], evaluations: Evaluations) -> Iterator[PlotPair]:
    """The plots, with those that the same stages write withheld as well."""
    withheld = {one.stage for one in found if one.withheld}
    for pair in plots:
        files = (file for side in (pair.base, pair.head) if side for file in side.files)
        stages = {evaluations.writer(file) for file in files}
        yield msgspec.structs.replace(pair, judged=withheld.isdisjoint(stages))


class _Evidence:
    """What says on which rows metrics were computed: the predictions where they can be read, else the inputs."""

    def __init__(self, views: tuple[View, View], settings: Settings, evaluations: Evaluations) -> None:
        self._views = views
        self._settings = settings
        self._evaluations = evaluations
        self._predictions: dict[str, Reading | None] = {}
        self.problems: list[Problem] = []

    @cached_property
    def _reader(self) -> InputReader:
        from headway.datasets.evaluation import InputReader  # noqa: PLC0415 - loads polars

        return InputReader(*self._views, self._settings.data)

    def paths(self, file: str) -> tuple[str, ...]:
        """What to read in order to tell whether a metrics file is computed on the same rows."""
        if self._settings.evaluation == ():
            return ()
        for rule in self._settings.predictions:
            if self._evaluations.reads(file, rule.path) and self._is_readable(rule):
                return (rule.path,)
        if self._settings.evaluation is not None:
            return self._settings.evaluation
        return self._evaluations.changed_inputs(file)

    def _is_readable(self, rule: PredictionsRule) -> bool:
        if rule.path not in self._predictions:
            reading = self._reader.read_file(rule.path, DataRule(id=rule.id, label=rule.actual))
            self._predictions[rule.path] = reading
            if reading and reading.state == "unknown":
                self.problems.append(Problem(where=f"settings: predictions: {rule.path}", what=reading.what))
        reading = self._predictions[rule.path]
        return reading is None or reading.state != "unknown"

    def read(self, path: str) -> Reading | None:
        """Compare the rows of what :meth:`paths` names; ``None`` where nothing is to be said of them."""
        if path not in self._predictions:
            return self._reader.read(path)
        reading = self._predictions[path]
        return reading if reading and reading.state == "changed" else None  # what is predicted may always differ
