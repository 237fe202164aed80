"""``headway evidence``: compute a part of the evidence, and merge all parts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headway.app.comparison import compare_untested, open_sides
from headway.app.evidence import ask, rules_by_path, table_paths
from headway.app.evidence_merged import identify, read_evidence
from headway.app.evidence_tables import join_samples
from headway.errors import SettingsError
from headway.gather.read.parsing import UnreadableError
from headway.judge.summaries.evidence_parts import EvidenceParts, MetricPart, TablePart, merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.comparison import Request
    from headway.app.evidence_search import Asked, Views
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.datasets.predictions.parts import Part
    from headway.settings import PredictionsRule


def compute_part(request: Request, place: int, count: int) -> EvidenceParts:
    """What a part of the rows says about each metric that predictions give.

    Args:
        request: what to compare.
        place, count: which part, from 1, and the number of parts.

    Raises:
        SettingsError: the settings declare no such metric.
        RepositoryError: a revision cannot be read.
    """
    from headway.datasets.predictions.parts import Part  # noqa: PLC0415 - loads polars

    with open_sides(request, needs_base=True) as sides:
        untested = compare_untested(sides)
        rules = rules_by_path(sides.judging)
        asked = [each for each in ask(untested.comparison.metrics, sides.judging) if each.estimator]
        tables_of = {
            each.key: table_paths(each.metric.file, each.rule, list(rules), untested.evaluations) for each in asked
        }
        asked = [each for each in asked if tables_of[each.key]]
        if not asked:
            raise SettingsError(
                "The settings declare no metric with an estimator and a table of predictions, so there is no evidence.",
                remedy="headway rules --suggest",
            )
        columns = {each.estimator.column for each in asked if each.estimator}
        views = sides.base, sides.head
        identity = identify(sides.project, views, sides.judging)
        with TemporaryDirectory(prefix="headway-") as folder:
            tables = _PartTables(rules, views, Part(place, count, Path(folder), columns))
            metrics = tuple(tables.summarize(each, tables_of[each.key]) for each in asked)
            known = tables.known()
        return EvidenceParts(identity=identity, count=count, places=(place,), tables=known, metrics=metrics)


class _PartTables:
    """A part of the rows of each table."""

    def __init__(self, rules: dict[str, PredictionsRule], views: Views, part: Part) -> None:
        self._rules = rules
        self._views = views
        self._part = part
        self._pairs: dict[str, PairedPredictions] = {}

    def known(self) -> tuple[TablePart, ...]:
        """What there is to know about each table that was read, whatever the metric."""
        from headway.datasets.predictions.flips import count_flips  # noqa: PLC0415 - loads polars

        return tuple(
            TablePart(pairing=pair.pairing, example_rows=pair.example_rows, flips=count_flips(pair))
            for pair in self._pairs.values()
        )

    def summarize(self, asked: Asked, paths: Sequence[str]) -> MetricPart:
        """What a metric's test needs of the rows, or why that is not known."""
        from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError  # noqa: PLC0415 - numpy
        from headway.judge.summaries.summary import summarize, why_not  # noqa: PLC0415 - scipy

        metric = MetricPart(file=asked.metric.file, key=asked.metric.key)
        pairs = [self._pair(path) for path in paths]
        if asked.estimator is None or any(pair.pairing.problem for pair in pairs):
            return replace(metric, problem="has no rows")
        samples = join_samples(pairs)
        if why := why_not(asked.estimator, samples.compared[1]):
            return replace(metric, problem=f"cannot be computed in parts: {why}")
        try:
            return replace(metric, summary=summarize(asked.estimator, *samples))
        except (MissingColumnError, UnreadableError) as error:
            return replace(metric, problem=str(error), about="table")
        except (CannotEstimateError, OverflowError) as error:
            return replace(metric, problem=str(error))

    def _pair(self, path: str) -> PairedPredictions:
        from headway.datasets.predictions.pairing import read_pair  # noqa: PLC0415 - loads polars

        if path not in self._pairs:
            self._pairs[path] = read_pair(self._rules[path], *self._views, part=self._part)
        return self._pairs[path]


def merge_files(paths: Sequence[Path]) -> EvidenceParts:
    """All parts together; raises ``EvidenceFileError`` if files are no parts, or not all of the same evidence."""
    return merge([read_evidence(path) for path in paths])
