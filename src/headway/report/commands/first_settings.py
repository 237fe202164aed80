"""The first headway.yaml of a project: what names and files suggest, with the reason of each line as a comment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from headway.report.commands.suggested_settings import comment, metric_lines, reason_comment, scalar, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.judge.suggestions import Suggestion
    from headway.report.commands.suggested_settings import SuggestedSettings

_HEADLINE = 3
_MOST_UNKNOWN = 20
"""Metrics without a suggestion that the file lists."""


@dataclass(frozen=True, kw_only=True)
class FirstSettings:
    """What a project's first settings say.

    Attributes:
        suggested: the rules for metrics and the tables of predictions.
        evaluation: the files that metrics are computed on, by metrics file.
        stages: the stage that writes each of those metrics files.
        schema: the line that tells an editor the schema; empty without one.
    """

    suggested: SuggestedSettings
    evaluation: Mapping[str, tuple[str, ...]]
    stages: Mapping[str, str]
    schema: str = ""


def write_first_settings(first: FirstSettings) -> str:
    """The text of the file."""
    parts = [_top(first), _headline(first), _metrics(first), _predictions(first), _evaluation(first)]
    return "\n\n".join("\n".join(lines) for each in parts if (lines := list(each))) + "\n"


def _top(first: FirstSettings) -> Iterator[str]:
    if first.schema:
        yield first.schema
    yield "# How Headway judges changes. Proposed by `headway init` from names of metrics and columns of files."
    yield "# Confirm each line, then delete its comment: a wrong direction makes every verdict wrong."
    yield "# `headway rules` shows which rule applies to each metric."


def _headline(first: FirstSettings) -> Iterator[str]:
    names = headline_of(first.suggested.metrics.rules)
    if not names:
        return
    is_evident = any(rule.rule.estimator for pattern, rule in first.suggested.metrics.rules.items() if pattern in names)
    why = "the first that predictions are evidence for" if is_evident else "the first whose names say what is better"
    yield "# The metrics in the first line of each report, the most important one first."
    yield f"headline: [{', '.join(map(scalar, names))}]{reason_comment(why)}"


def headline_of(rules: Mapping[str, Suggestion]) -> list[str]:
    """Patterns for the first line of a report: those with evidence, else those whose direction is known.

    Where one file has a rule of its own for a key, as the total over several tasks has, that file's metric is named.
    """
    known = {name: each.rule for name, each in rules.items() if each.rule.direction and not each.rule.machine}
    single = {name: rule for name, rule in known.items() if "*" not in name} or known
    evident = [name for name, rule in single.items() if rule.estimator]
    totals = {name.rpartition(":")[2]: name for name in reversed(single) if ":" in name}
    return list(islice((totals.get(name, name) for name in evident or single if ":" not in name), _HEADLINE))


def _metrics(first: FirstSettings) -> Iterator[str]:
    rules, unknown = list(metric_lines(first.suggested.metrics)), first.suggested.metrics.unknown
    if not rules and not unknown:
        yield "# No metrics were found. Once dvc.yaml declares some and a run has written them,"
        yield "# run `headway rules --suggest` for their rules."
        return
    yield "# Which direction is better, and how predictions give each metric."
    yield "metrics:" if rules else "metrics: {}"
    yield from rules
    for key, why in islice(unknown.items(), _MOST_UNKNOWN):
        text = why or "its name does not say which direction is better"
        yield f"  # {scalar(key)}: {{direction: higher}}  # or lower? {comment(text).removeprefix('# ')}"
    if len(unknown) > _MOST_UNKNOWN:
        yield f"  # and {len(unknown) - _MOST_UNKNOWN} more metrics whose names do not say it"


def _predictions(first: FirstSettings) -> Iterator[str]:
    entries = list(table_lines(first.suggested.predictions))
    if entries:
        yield "# One row for each evaluated example: the evidence on whether a movement is more than chance."
        yield "predictions:"
        yield from entries
    yield from map(comment, first.suggested.notes)


def _evaluation(first: FirstSettings) -> Iterator[str]:
    found = {inputs for inputs in first.evaluation.values() if inputs}
    if len(found) == 1 and all(first.evaluation.values()):
        (inputs,) = found
        stages = ", ".join(dict.fromkeys(first.stages.values()))
        yield "# What metrics are computed on. If it changes, they are not comparable."
        yield f"evaluation: [{', '.join(map(scalar, inputs))}]{reason_comment(f'read by {stages}, and by no training')}"
    elif found:
        yield "# What metrics are computed on differs between metrics files, so Headway finds it in the pipeline:"
        yield from (comment(f"{file}: {', '.join(inputs)}") for file, inputs in first.evaluation.items() if inputs)
    else:
        yield "# The pipeline does not show what metrics are computed on; name it, or no changed test set is noticed:"
        yield "# evaluation: [data/test.csv]"
