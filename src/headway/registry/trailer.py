"""The record of a decision as the trailer of a tag's message, which ``git interpret-trailers`` reads as well.

A message is text that people may have edited, so everything in it is checked when it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from headway.text import one_line, shortened
from headway.values.registry.names import is_full_sha, is_version
from headway.values.registry.records import Decision, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "Headway-"
_KEYS = {
    "Decision": "decision",
    "Against": "against",
    "Against-Commit": "against_sha",
    "Gates": "gates",
    "Report": "report",
    "Rule": "rule",
    "Generator": "generator",
    "Settings": "settings",
    "Approved-By": "approvers",
    "Merged-By": "merged_by",
    "Stated-By": "stated_by",
    "Run": "run",
    "Reason": "reason",
}
"""The trailer's keys, in their order, and the attributes of a record."""
_LISTS = ("Approved-By", "Stated-By")
"""Keys that may be repeated, and whose attributes are tuples."""
_WHOLE = ("Report", "Rule", "Run")
"""Keys whose values are of no use if they are cut."""
_LONGEST = 1000
"""Characters of another value; a trailer's value is one line."""
_LONGEST_KEY = 40


class DamagedRecordError(ValueError):
    """A tag's message has a trailer that cannot be read; the text is a clause that says why."""


def write_message(subject: str, body: str, record: Record | None) -> str:
    """A tag's message.

    Args:
        subject: its first line.
        body: sentences for people; may be empty.
        record: what the trailer says; ``None`` for no trailer.
    """
    lines = "\n".join(f"{_PREFIX}{key}: {value}" for key, value in _lines(record)) if record else ""
    return "\n\n".join(part for part in (one_line(subject), body.strip(), lines) if part) + "\n"


def _lines(record: Record) -> Iterator[tuple[str, str]]:
    for key, attribute in _KEYS.items():
        value = getattr(record, attribute)
        for each in value if isinstance(value, tuple) else (value,):
            if text := _value(key, each):
                yield key, text


def _value(key: str, text: str) -> str:
    """A value on one line, without what would change the reader's terminal, and not too long."""
    return one_line(text) if key in _WHOLE else shortened(one_line(text), _LONGEST)


def read_record(message: str) -> Record | None:
    """The record in a tag's message; ``None`` if there is none, as in a tag that GTO made.

    Raises:
        DamagedRecordError: there is one, but it cannot be read.
    """
    found: dict[str, list[str]] = {}
    for line in message.replace("\r\n", "\n").strip().split("\n\n")[-1].split("\n"):
        name, colon, value = line.partition(": ")
        if colon and name.startswith(_PREFIX):
            key = shortened(one_line(name.removeprefix(_PREFIX)), _LONGEST_KEY)
            found.setdefault(key, []).append(_value(key, value))
    if not found:
        return None
    repeated = [key for key, values in found.items() if len(values) > 1 and key not in _LISTS]
    if repeated:
        raise DamagedRecordError(f"{_PREFIX}{repeated[0]} is there twice")
    values = {attribute: found.get(key, [""])[0] for key, attribute in _KEYS.items() if key not in _LISTS}
    _check(values)
    lists = {_KEYS[key]: tuple(found.get(key, ())) for key in _LISTS}
    return Record(**values, **lists)  # type: ignore[arg-type]  # just checked


def _check(values: dict[str, str]) -> None:
    if values["decision"] not in get_args(Decision):
        raise DamagedRecordError(f"{_PREFIX}Decision is {shortened(values['decision'], 40)!r}")
    if values["against"] and not is_version(values["against"]) and not is_full_sha(values["against"]):
        raise DamagedRecordError(f"{_PREFIX}Against is not a version")
    if values["against_sha"] and not is_full_sha(values["against_sha"]):
        raise DamagedRecordError(f"{_PREFIX}Against-Commit is not a full SHA")
