"""``headway evidence``: compute a part of the evidence, and merge all parts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headway.app.anchor import untested_since
from headway.app.comparison import compare_untested, open_sides, require_declared
from headway.app.evidence import ask, rules_by_path, table_paths
from headway.app.evidence_merged import identify, read_evidence
from headway.app.evidence_tables import join_samples
from headway.errors import SettingsError
from headway.gather.read.parsing import UnreadableError
from headway.judge.summaries.evidence_parts import EvidenceParts, MetricPart, Reference, TablePart, merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.comparison import Request, Sides
    from headway.app.evidence_search import Asked, Views
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.datasets.predictions.parts import Part
    from headway.gather import RevisionReader
    from headway.judge.evaluation import Evaluations
    from headway.settings import PredictionsRule, Settings
    from headway.values.comparison import Metric


def compute_part(request: Request, place: int, count: int) -> EvidenceParts:
    """What a part of the rows says about each metric that predictions give.

    Args:
        request: what to compare.
        place, count: which part, from 1, and the number of parts.

    Raises:
        SettingsError: the settings declare no such metric, or name something that neither side has.
        RepositoryError: a revision cannot be read.
    """
    from headway.datasets.predictions.parts import Part  # noqa: PLC0415 - loads polars

    with open_sides(request, needs_base=True) as sides, TemporaryDirectory(prefix="headway-") as folder:
        part = Part(place, count, Path(folder), _columns(sides.judging))
        untested = compare_untested(sides)
        require_declared(sides, untested)
        base = _summarize(sides, sides.base, untested.comparison.metrics, untested.evaluations, part)
        if not base.metrics:
            raise SettingsError(
                "The settings declare no metric with an estimator and a table of predictions, so there is no evidence.",
                remedy="headway rules --suggest",
            )
        anchor = sides.open_anchor()
        since = None
        if anchor and anchor.view:
            found = untested_since(anchor.view, sides.head, untested.comparison, sides.judging, untested.excluded)
            since = _summarize(sides, anchor.view, found[0].metrics, found[1], part)
        return EvidenceParts(count=count, places=(place,), base=base, anchor=since)


def _columns(settings: Settings) -> set[str]:
    """The columns that estimators name."""
    return {rule.estimating.column for rule in settings.metrics.values() if rule.estimating}


def _summarize(
    sides: Sides, reference: RevisionReader, metrics: Sequence[Metric], evaluations: Evaluations, part: Part
) -> Reference:
    """What a part of the rows says about the changes of metrics since one revision."""
    views, rules = (reference, sides.head), rules_by_path(sides.judging)
    asked = [each for each in ask(metrics, sides.judging) if each.estimator]
    paths = {each.key: table_paths(each.metric.file, each.rule, list(rules), evaluations) for each in asked}
    tables = _PartTables(rules, views, part)
    found = tuple(tables.summarize(each, paths[each.key]) for each in asked if paths[each.key])
    return Reference(identity=identify(sides.project, views, sides.judging), tables=tables.known(), metrics=found)


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
