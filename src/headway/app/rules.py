"""``headway rules``: which rule applies to each metric of a revision, and which rules its names and files suggest."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from headway.app.comparison import open_sides
from headway.app.evidence.finding import estimator_of, table_paths
from headway.app.side_settings.declared_names import unknown_names
from headway.compare.metrics import compare_metrics, expected_in_files, rule_of, unmatched_patterns
from headway.datasets.file_kinds import is_table
from headway.datasets.first_rows import read_first_rows
from headway.gather.read.parsing import UnreadableError
from headway.judge.evaluation import Evaluations
from headway.judge.prediction_columns import is_named_like_predictions, recognize
from headway.judge.suggestions import generalized, suggest, suggest_rules
from headway.paths import is_below
from headway.report.commands.applied_rules import AppliedRule, build_rules
from headway.report.commands.suggested_settings import SuggestedSettings, write_settings
from headway.settings import MetricRule
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headway.app.comparison import Request, Sides
    from headway.gather import RevisionReader
    from headway.judge.prediction_columns import PredictionColumns
    from headway.report.blocks import Section
    from headway.settings import PredictionsRule, Settings
    from headway.values.comparison import Metric
    from headway.values.snapshot import Out, Snapshot

_MOST_FILES = 1000
"""Files of a folder in which tables of predictions are looked for."""
_FOUND = {"path", "task"}
"""What an entry of the settings need not add: its own path, and what is found from its columns."""
_PART = re.compile(r"(part[-_.]?)?\d[\w-]*", re.IGNORECASE)
"""The name of a part of a table, without its suffix."""


def list_rules(request: Request) -> Section:
    """The rule that applies to each metric of the request's head, and the rules that match no metric."""
    with open_sides(request, has_base=False) as sides:
        snapshot, settings = sides.head.snapshot(), sides.settings
        metrics = compare_metrics(snapshot, snapshot, settings.metrics)
        evaluations = evaluations_of(sides.head)
        applied = [_applied(metric.file, metric.key, settings, evaluations) for metric in metrics]
        return build_rules(applied, (*snapshot.problems, *_unmatched(sides, metrics)))


def _unmatched(sides: Sides, metrics: Sequence[Metric]) -> Iterator[Problem]:
    """What the settings name and head lacks; a comparison ends with an error about most of it."""
    snapshot, view = sides.head.snapshot(), sides.head
    unknown = list(unknown_names(sides.settings, (snapshot, snapshot, ()), (view, view)))
    file, lines = sides.locate([each.path for each in unknown]) if unknown else ("", [])
    for each, line in zip(unknown, lines, strict=True):
        what = f"{'.'.join(each.path)} {each.what}; unless base has it, comparisons end with this error"
        hint = f"did you mean {each.nearest!r}?" if each.nearest else "correct the name or remove the rule"
        yield Problem(where=f"{file}, line {line}" if line else file, what=what, remedy=hint)
    told = {each.path for each in unknown}
    patterns = expected_in_files(sides.settings.metrics, metrics)
    yield from unmatched_patterns([each for each in patterns if ("metrics", each) not in told], metrics)


def _applied(file: str, key: str, settings: Settings, evaluations: Evaluations) -> AppliedRule:
    place, rule = rule_of(file, key, settings.metrics)
    paths = [posixpath.normpath(table.path) for table in settings.predictions]
    pattern = "" if place is None else list(settings.metrics)[place]
    applied = replace(rule, estimator=estimator_of(rule, pattern, file, key))
    return AppliedRule(file, key, pattern, applied, tuple(table_paths(file, rule, paths, evaluations)))


def evaluations_of(view: RevisionReader) -> Evaluations:
    """The pipeline of one revision."""
    return Evaluations(view.snapshot(), view.snapshot(), view.files_below, view.files_below)


def suggest_settings(request: Request) -> str:
    """Settings for the request's head that the names of its metrics and the columns of its files suggest, as YAML.

    Names that the settings have already are left out. Of tables, only the first rows are read, and nothing is fetched.
    """
    with open_sides(request, has_base=False) as sides:
        return write_settings(find_suggestions(sides))


def find_suggestions(sides: Sides) -> SuggestedSettings:
    """What the names of head's metrics and the columns of its files suggest beyond its settings."""
    view, settings = sides.head, sides.settings
    tables, notes = _find_tables(view, settings)
    evaluations = evaluations_of(view)

    @cache
    def tables_of(file: str) -> tuple[PredictionColumns, ...]:
        return tuple(table for table in tables if evaluations.reads(file, table.rule.path))

    declared = {posixpath.normpath(rule.path): rule for rule in settings.predictions}
    ruled = {name: rule_of(*name, settings.metrics)[0] for name in _names(view.snapshot())}
    return SuggestedSettings(
        metrics=suggest_rules([name for name, place in ruled.items() if place is None], tables_of),
        predictions=[table for table in tables if table.rule.path not in declared],
        additions={**_metric_additions(ruled, settings, tables_of), **_table_additions(tables, declared)},
        notes=notes,
        taken=[key for key in ("metrics", "predictions") if getattr(settings, key)],
    )


def _names(snapshot: Snapshot) -> list[tuple[str, str]]:
    return [(file, key) for file in sorted(snapshot.metrics) for key in snapshot.metrics[file]]


def _metric_additions(
    ruled: Mapping[tuple[str, str], int | None],
    settings: Settings,
    tables_of: Callable[[str], Sequence[PredictionColumns]],
) -> dict[str, MetricRule]:
    """What each rule of the settings lacks, if that is the same for all of its metrics."""
    found: dict[str, set[MetricRule]] = {}
    patterns = list(settings.metrics)
    for (file, key), place in ruled.items():
        if place is not None:
            rule = settings.metrics[patterns[place]]
            suggested = generalized(suggest(key, tables_of(file)).rule)
            found.setdefault(patterns[place], set()).add(_lacking(rule, suggested))
    single = {pattern: next(iter(rules)) for pattern, rules in found.items() if len(rules) == 1}
    return {pattern: rule for pattern, rule in single.items() if rule != MetricRule()}


def _lacking(rule: MetricRule, suggested: MetricRule) -> MetricRule:
    if rule.machine or rule.direction not in (None, suggested.direction):
        return MetricRule()
    return MetricRule(
        direction=None if rule.direction else suggested.direction,
        estimator=None if rule.estimator else suggested.estimator,
    )


def _table_additions(
    tables: Sequence[PredictionColumns], declared: Mapping[str, PredictionsRule]
) -> dict[str, dict[str, object]]:
    """The columns of each declared table that its entry does not name."""
    found = {table.rule.path: msgspec.structs.asdict(table.rule) for table in tables if table.rule.path in declared}
    lacking = {
        path: {
            key: value for key, value in columns.items() if key not in _FOUND and value != getattr(declared[path], key)
        }
        for path, columns in found.items()
    }
    return {path: columns for path, columns in lacking.items() if columns}


def _find_tables(view: RevisionReader, settings: Settings) -> tuple[list[PredictionColumns], list[str]]:
    """The tables of predictions that are declared or recognized, sorted by path, and why others were left out."""
    declared = {(path := posixpath.normpath(rule.path)): replace(rule, path=path) for rule in settings.predictions}
    tables: list[PredictionColumns] = []
    notes: list[str] = []
    for path in sorted({*declared, *_candidates(view)}):
        try:
            table = recognize(path, _first_rows(view, path), declared.get(path))
        except UnreadableError as error:
            notes.append(f"{path}: left out; it {error}")
            continue
        if table:
            tables.append(table)
        else:
            notes.append(f"{path}: left out; no column is known to hold an id, or what was predicted")
    return tables, notes


def _candidates(view: RevisionReader) -> set[str]:
    """The outputs and plot files that are named like tables of predictions: files, and folders of parts."""
    snapshot = view.snapshot()
    outs = {path for stage in snapshot.stages.values() for path in stage.outs}
    folders = {path for path, out in (*snapshot.data.items(), *snapshot.others.items()) if _is_small_folder(out)}
    drawn = {file for plot in snapshot.plots for file in plot.files}
    files = {file for folder in folders for file in view.files_below(folder)} | outs | drawn
    parted = {folder for folder in folders if is_named_like_predictions(folder) and _parts(view, folder)}
    return parted | {
        file
        for file in files
        if is_table(file) and is_named_like_predictions(file) and not any(is_below(file, each) for each in parted)
    }


def _is_small_folder(out: Out) -> bool:
    return out.files is not None and out.files <= _MOST_FILES


def _parts(view: RevisionReader, folder: str) -> list[str]:
    """The parts of one table, if that is all that a folder holds."""
    files = sorted(view.files_below(folder))
    are_parts = all(is_table(file) and _PART.fullmatch(PurePosixPath(file).stem) for file in files)
    return files if are_parts and len({PurePosixPath(file).suffix for file in files}) == 1 else []


def _first_rows(view: RevisionReader, path: str) -> dict[str, list[Any]]:
    file = view.data_file((_parts(view, path) or [path])[0])
    if isinstance(file, Problem):
        raise UnreadableError(file.what.removeprefix("the file "))
    if file is None:
        raise UnreadableError("does not exist")
    return read_first_rows(file)
