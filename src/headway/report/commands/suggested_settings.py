"""Suggested settings as YAML to paste, with the reason of each line as a comment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from headway.text import one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from headway.judge.prediction_columns import PredictionColumns
    from headway.judge.suggestions import Suggested
    from headway.settings import MetricRule

_PLAIN = re.compile(r"[A-Za-z_][\w./-]*", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""What YAML does not read as text."""


@dataclass(frozen=True)
class SuggestedSettings:
    """What names and files suggest beyond the settings that a project has.

    Attributes:
        metrics: the rules for metrics without one.
        predictions: the tables that are not declared.
        additions: what rules and entries that exist could say as well, by pattern or path.
        notes: what was left out.
        taken: the keys of the settings that exist already.
    """

    metrics: Suggested
    predictions: Sequence[PredictionColumns]
    additions: Mapping[str, MetricRule | Mapping[str, object]]
    notes: Sequence[str]
    taken: Collection[str]


def write_settings(suggested: SuggestedSettings) -> str:
    """Suggestions as a file of settings."""
    return "\n".join(_lines(suggested)) + "\n"


def _lines(suggested: SuggestedSettings) -> Iterator[str]:
    yield "# Suggested by `headway rules --suggest` from the names of metrics and the columns of files."
    yield "# Check each line before you paste it: a wrong direction makes every verdict wrong."
    sections = {
        "metrics": list(metric_lines(suggested.metrics)),
        "predictions": list(table_lines(suggested.predictions)),
    }
    for name, entries in sections.items():
        if not entries:
            yield f"# There is nothing to add to `{name}`."
            continue
        if name in suggested.taken:
            yield f"# Your settings have `{name}` already: add the lines below it to yours."
        yield from (f"{name}:", *entries)
    for name, rule in suggested.additions.items():
        yield comment(f"{name}: your settings could add {_flow(rule)}")
    for key, why in suggested.metrics.unknown.items():
        yield comment(f"{key}: left out; {why or 'its name does not say which direction is better'}")
    yield from map(comment, suggested.notes)


def metric_lines(suggested: Suggested) -> Iterator[str]:
    """The entries of ``metrics``."""
    for pattern, suggestion in suggested.rules.items():
        yield f"  {scalar(pattern)}: {_flow(suggestion.rule)}{reason_comment(suggestion.reason)}"


def table_lines(tables: Iterable[PredictionColumns]) -> Iterator[str]:
    """The entries of ``predictions``."""
    for table in tables:
        given = _given(table.rule)
        for place, (key, value) in enumerate(given.items()):
            yield f"  {'-' if place == 0 else ' '} {key}: {_flow(value)}{reason_comment(table.reasons.get(key, ''))}"


def _given(rule: msgspec.Struct) -> dict[str, object]:
    """The keys of a rule that differ from their defaults."""
    fields = {field.encode_name: (getattr(rule, field.name), field.default) for field in msgspec.structs.fields(rule)}
    return {key: value for key, (value, default) in fields.items() if value != default}


def _flow(value: object) -> str:
    """A value in YAML's flow style; an estimator of which only the name is given is that name."""
    if isinstance(value, msgspec.Struct):
        given = _given(value)
        return _flow(given["name"] if list(given) == ["name"] else given)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value) if isinstance(value, str) else msgspec.json.encode(value).decode()


def scalar(text: str) -> str:
    """A text as YAML reads it back."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def reason_comment(text: str) -> str:
    """A reason as the end of a line; empty without one."""
    return f"  {comment(text)}" if text else ""


def comment(text: str) -> str:
    """A text as one line of comment."""
    return f"# {one_line(text)}"
