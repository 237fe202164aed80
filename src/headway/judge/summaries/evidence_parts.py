"""Parts of the evidence as files: what each part found out about its rows, and what all parts together know."""

from __future__ import annotations

import operator
import re
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headway.errors import EvidenceFileError
from headway.judge.summaries.flipped import FlippedRows
from headway.judge.summaries.sliced import SliceRows
from headway.judge.summaries.summary import Classes, Summary, add
from headway.values.evidence import Pairing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EXAMPLES = 5
_FRACTION = re.compile(r"-?\d{1,4000}(/\d{1,4000})?")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What evidence is about; only parts of the same evidence can be merged.

    Attributes:
        generator: the version of Headway that computed it.
        project: the project's folder from git's root.
        base, head: the SHA of each commit; empty if there is none.
        settings: a hash of the rules for metrics and predictions that judge.
        tables: for each table of predictions, its hash on base and on head; empty if a side has none.
    """

    generator: str
    project: str
    base: str
    head: str
    settings: str
    tables: dict[str, tuple[str, str]]


class TablePart(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one table.

    Attributes:
        pairing: how they are matched.
        example_rows: where its examples are in head's table.
        flips: the predictions that only one side has right; ``None`` if no classes are predicted, or without rows.
    """

    pairing: Pairing
    example_rows: tuple[int, ...] = ()
    flips: FlippedRows | None = None


class MetricPart(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows say about one metric.

    Attributes:
        file, key: the metric.
        summary: what its test needs; ``None`` if there is a problem.
        problem: why there is no summary, as a clause.
        about: what the problem is about: the metric, its table, or that the metric cannot be computed in parts.
    """

    file: str
    key: str
    summary: Summary | None = None
    problem: str = ""
    about: Literal["metric", "table", "parts"] = "metric"


class SlicesPart(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows say about metrics on the slices of one column.

    Attributes:
        column: the column.
        paths: the tables that the metrics are computed from.
        metrics: the file and key of each metric; all of them have the same sums.
        classes: what the rows can be.
        slices: the rows of each value, in any order.
        problem: why there are no slices, as a clause.
    """

    column: str
    paths: tuple[str, ...]
    metrics: tuple[tuple[str, str], ...]
    classes: Classes
    slices: tuple[SliceRows, ...] = ()
    problem: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What parts about the same slices have in common."""
        return self.column, self.paths, self.metrics, self.classes

    def __add__(self, other: SlicesPart) -> SlicesPart:
        """The rows of both."""
        found = {each.value: each for each in self.slices}
        for each in other.slices:
            found[each.value] = found[each.value] + each if each.value in found else each
        slices, problem = tuple(found.values()), self.problem or other.problem
        return msgspec.structs.replace(self, slices=slices, problem=problem)


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the comparison with one revision.

    Attributes:
        identity: what it is about.
        tables, metrics, slices: what is known of each.
    """

    identity: Identity
    tables: tuple[TablePart, ...]
    metrics: tuple[MetricPart, ...]
    slices: tuple[SlicesPart, ...] = ()

    def __post_init__(self) -> None:
        """Refuse slices that are not of all rows of their tables, as a file may contain anything."""
        rows = {table.pairing.path: table.pairing.common for table in self.tables}
        for part in self.slices:
            values = {each.value for each in part.slices}
            is_whole = sum(each.rows for each in part.slices) == sum(rows.get(path, 0) for path in part.paths)
            if not part.problem and not (is_whole and len(values) == len(part.slices)):
                raise ValueError("Expected slices of all rows")


class EvidenceParts(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the evidence, or several parts together.

    Attributes:
        schema: the version of the format.
        count: the number of parts that the rows are divided into.
        places: the parts that this is, from 1.
        base: the comparison with base.
        anchor: the comparison with the anchor, if there is one that can be read and is not base.
    """

    schema: Literal[2] = 2
    count: int
    places: tuple[int, ...]
    base: Reference
    anchor: Reference | None = None


def encode(parts: EvidenceParts) -> bytes:
    """The content of a file."""
    return msgspec.json.encode(parts, enc_hook=str, order="deterministic") + b"\n"


def decode(content: bytes) -> EvidenceParts:
    """What a file contains; raises ``msgspec.DecodeError`` if it is no evidence of this schema."""
    return msgspec.json.decode(content, type=EvidenceParts, dec_hook=_fraction)


def _fraction(_: type, text: Any) -> Fraction:  # noqa: ANN401 - whatever a file contains
    if not isinstance(text, str) or not _FRACTION.fullmatch(text):
        raise ValueError("Expected a fraction")
    return Fraction(text)


def check_same(found: Identity, expected: Identity, which: str, other: str) -> None:
    """Refuse evidence of something else; ``which`` and ``other`` name both in the message."""
    for name in Identity.__struct_fields__:
        one, two = getattr(found, name), getattr(expected, name)
        if one != two:
            raise EvidenceFileError(
                f"{which} is not about the same as {other}.", why=_difference(name, one, two), remedy=_SAME
            )


_SAME = "Compute every part with the same Headway, on the same base, head, settings and tables."


def _difference(name: str, one: Any, two: Any) -> str:  # noqa: ANN401 - any field's values
    if isinstance(one, dict):
        path = min(path for path in {*one, *two} if one.get(path) != two.get(path))
        return f"The content of {path} differs."
    if name == "settings":
        return "The rules for metrics and predictions differ."
    return f"The {name} is {one or 'unknown'} instead of {two or 'unknown'}."


def merge(parts: Sequence[EvidenceParts]) -> EvidenceParts:
    """All parts together, whatever their order.

    Raises:
        EvidenceFileError: a part is missing, is given twice, or is about something else.
    """
    ordered = sorted(parts, key=lambda part: part.places)
    first = ordered[0]
    for part in ordered[1:]:
        which, other = (f"Part {each.places[0]} of {each.count}" for each in (part, first))
        if part.count != first.count:
            raise EvidenceFileError(f"{which} and part {first.places[0]} of {first.count} divide the rows differently.")
        other = other[0].lower() + other[1:]
        check_same(part.base.identity, first.base.identity, which, other)
        if part.anchor and first.anchor:
            check_same(part.anchor.identity, first.anchor.identity, which, other)
    places = [place for part in ordered for place in part.places]
    _check_places(places, first)
    anchors = [part.anchor for part in ordered if part.anchor]
    return EvidenceParts(
        count=first.count,
        places=tuple(places),
        base=_merge_references([part.base for part in ordered], places),
        anchor=_merge_references(anchors, places) if len(anchors) == len(ordered) else None,
    )


def _merge_references(parts: Sequence[Reference], places: Sequence[int]) -> Reference:
    tables, metrics = (
        zip(*each, strict=True) for each in zip(*((part.tables, part.metrics) for part in parts), strict=True)
    )
    return Reference(
        identity=parts[0].identity,
        tables=tuple(_merge_tables(each, places) for each in tables),
        metrics=tuple(_merge_metrics(each, places) for each in metrics),
        slices=tuple(_merge_slices(parts)),
    )


def _merge_slices(parts: Sequence[Reference]) -> Iterator[SlicesPart]:
    """The slices that all parts know; some are unknown where a part cannot read a table, which then has none."""
    known = [{each.key: each for each in part.slices} for part in parts]
    broken = {table.pairing.path for part in parts for table in part.tables if table.pairing.problem}
    for key, first in known[0].items():
        if broken.isdisjoint(first.paths) and all(key in each for each in known):
            yield reduce(operator.add, (each[key] for each in known))


def _check_places(places: Sequence[int], first: EvidenceParts) -> None:
    count = first.count
    for place in range(1, count + 1):
        if places.count(place) > 1:
            raise EvidenceFileError(f"Part {place} of {count} is given twice.", remedy="Name each file once.")
        if place not in places:
            remedy = f"headway evidence {first.base.identity.base} --part {place}/{count}"
            raise EvidenceFileError(f"Part {place} of {count} is missing.", remedy=remedy)


def _merge_tables(tables: Sequence[TablePart], places: Sequence[int]) -> TablePart:
    pairings = [table.pairing for table in tables]
    examples = sorted(
        (row, id_) for table in tables for row, id_ in zip(table.example_rows, table.pairing.examples, strict=True)
    )[:_EXAMPLES]
    common, added, removed, relabelled = (
        sum(getattr(pairing, name) for pairing in pairings) for name in ("common", "added", "removed", "relabelled")
    )
    broken = [place for place, pairing in enumerate(pairings) if pairing.problem]
    if broken:
        return TablePart(
            pairing=Pairing(
                path=pairings[0].path,
                problem=_in_part([pairing.problem for pairing in pairings], places),
                side=pairings[broken[0]].side,
            )
        )
    return TablePart(
        pairing=Pairing(
            path=pairings[0].path,
            common=common,
            added=added,
            removed=removed,
            relabelled=relabelled,
            examples=tuple(id_ for _, id_ in examples),
            overlap=common / max(common + added + removed, 1),
        ),
        example_rows=tuple(row for row, _ in examples),
        flips=reduce(_add_flips, (table.flips for table in tables)),
    )


def _add_flips(first: FlippedRows | None, second: FlippedRows | None) -> FlippedRows | None:
    return first + second if first and second else first or second


def _merge_metrics(metrics: Sequence[MetricPart], places: Sequence[int]) -> MetricPart:
    broken = [metric for metric in metrics if metric.summary is None]
    if broken:
        problem = _in_part([metric.problem for metric in metrics], places)
        return msgspec.structs.replace(broken[0], problem=problem)
    summaries = [metric.summary for metric in metrics if metric.summary is not None]
    return msgspec.structs.replace(metrics[0], summary=reduce(add, summaries))


def _in_part(problems: Sequence[str], places: Sequence[int]) -> str:
    """The first problem, with the part that it was found in unless all parts found the same."""
    first = next(filter(None, problems))
    if len(set(problems)) == 1:
        return first
    return f"{first} (in part {places[problems.index(first)]} of {len(places)})"
