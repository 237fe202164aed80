"""The predictions that a change fixed or broke: how many, which classes are confused, and the examples themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.report.blocks import (
    Charts,
    Column,
    Details,
    Kind,
    Name,
    Row,
    Section,
    Table,
    Text,
    Value,
    Version,
    Words,
    joined,
    line,
)
from headway.report.escaping import clean
from headway.report.formatting import count
from headway.text import WordComparison, and_more

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block, Inline
    from headway.text import Part
    from headway.values.flips import Calibration, ClassFlips, ConfusionChange, ExampleText, Flip, Flips
    from headway.values.report import Report
    from headway.values.revision import Side

BROKEN = Kind(noun="broken prediction", rank=8, markdown=10, page=50, terminal=5)
FIXED = Kind(noun="fixed prediction", rank=17, markdown=10, page=50, terminal=5)
CLASSES = Kind(noun="class", rank=17, markdown=20, page=200, terminal=0)
SHEETS = Kind(noun="contact sheet", rank=5, markdown=2, page=20, terminal=0)
_TITLE = "Fixed and broken predictions"
_MOST = 3
"""Confusions that a sentence names."""
_PERCENT = 100
_PAIRS = 200_000
"""Pairs of words that one report compares: a stranger may have written its texts."""
_CLASS_COLUMNS = (
    Column("Class"),
    Column("Recall, base → head", "numbers"),
    Column("Head, shrunk", "numbers", minor=True),
    Column("Fixed", "numbers"),
    Column("Broken", "numbers"),
    Column("Rows", "numbers", minor=True),
)
_DESCRIBED = "These numbers describe the test rows; the verdicts on metrics say what is more than chance."


def build(report: Report) -> Iterator[Section]:
    """The section on the predictions that only one side has right; folded unless it has images."""
    flipped = [flips for flips in report.flips if flips.fixed_count or flips.broken_count]
    if flipped:
        comparison = WordComparison(_PAIRS)
        blocks = tuple(block for flips in flipped for block in _blocks(report, flips, comparison))
        folds_as = "" if any(flips.sheet for flips in flipped) else _TITLE
        yield Section(anchor="flips", title=_TITLE, blocks=blocks, folds_as=folds_as)


def _blocks(report: Report, flips: Flips, comparison: WordComparison) -> Iterator[Block]:
    where = line(Name(flips.path), ": ") if len(report.flips) > 1 else line()
    counts = f"{flips.fixed_count:,} fixed, {flips.broken_count:,} broken of {count(flips.rows, 'row')}"
    yield Text(content=line(where, Words(counts, "strong"), _confused(flips.confusions)))
    if flips.calibration_base and flips.calibration_head:
        yield Text(content=line(_calibration(flips.calibration_base, flips.calibration_head)), role="small")
    if charts := tuple(chart for chart in report.charts if chart.id == flips.sheet):
        yield Charts(kind=SHEETS, entries=charts)
    if flips.broken:
        yield _examples(BROKEN, flips.broken, flips.broken_count, comparison)
    if flips.fixed:
        yield _examples(FIXED, flips.fixed, flips.fixed_count, comparison)
    if changed := [each for each in flips.classes if each.fixed or each.broken]:
        blocks = (_classes(changed), Text(content=line(_DESCRIBED), role="small"))
        summary = line(f"{count(len(changed), 'class')} with changed predictions")
        yield Details(summary=summary, blocks=blocks, optional=True)


def _calibration(base: Calibration, head: Calibration) -> str:
    """How sure each side is, beside how often it is right."""
    says = f"Head is {_share(head.confidence)} sure on average and right in {_share(head.accuracy)}"
    said = f"base {_share(base.confidence)} and {_share(base.accuracy)}"
    error = f"expected calibration error {base.error:.3f} → {head.error:.3f}"
    return f"{says}; {said}; {error}, which with few rows is too large even for a calibrated model."


def _confused(confusions: Sequence[ConfusionChange]) -> Inline:
    """What is read as another class more or less often than before: ``8 is more often read as 1 (0 → 5)``."""
    if not confusions:
        return line(".")
    listed = joined(", ", map(_confusion, confusions[:_MOST]))
    return line(". ", listed, and_more(len(confusions) - _MOST), ".")


def _confusion(each: ConfusionChange) -> Inline:
    often = "more" if each.head > each.base else "less"
    numbers = f" ({each.base:,} → {each.head:,})"
    return line(Name(each.actual), f" is {often} often read as ", Name(each.predicted), numbers)


def _examples(kind: Kind, flips: Sequence[Flip], total: int, comparison: WordComparison) -> Details:
    texts = list(dict.fromkeys(text.column for flip in flips for text in flip.texts))
    is_sure = any(flip.confidence is not None for flip in flips)
    columns = (
        Column("Row"),
        Column("Class"),
        Column("Base → head"),
        *([Column("Confidence", "numbers", minor=True)] if is_sure else []),
        *map(Column, texts),
    )
    rows = tuple(_row(flip, texts, comparison, is_sure=is_sure) for flip in flips[: kind.most])
    table = Table(kind=kind, columns=columns, entries=rows, left_out=total - len(rows), searchable=True)
    return Details(summary=line(f"{count(total, kind.noun)}{_first(is_sure)}"), blocks=(table,), optional=True)


def _first(is_sure: bool) -> str:  # noqa: FBT001 - whether there are probabilities
    return ", the most confident mistakes first" if is_sure else ""


def _row(flip: Flip, texts: Sequence[str], comparison: WordComparison, *, is_sure: bool) -> Row:
    by_column = {text.column: text for text in flip.texts}
    sure = [line("" if flip.confidence is None else f"{flip.confidence * _PERCENT:.0f}%")] if is_sure else []
    cells = (
        line(Name(flip.id)),
        line(Name(flip.actual)),
        line(Name(flip.base), " → ", Name(flip.head)),
        *sure,
        *(_text(by_column.get(column), comparison) for column in texts),
    )
    return Row(cells, keywords=f"{flip.actual} {flip.base} {flip.head}")


def _text(text: ExampleText | None, comparison: WordComparison) -> Inline:
    """The text of an example, or those of both sides where the model wrote them, with the words that differ marked."""
    if text is None:
        return line()
    if text.base == text.head:
        return line(Value(text.head)) if text.head else line()
    base, head = comparison.changed_words(clean(text.base), clean(text.head))
    if not any(part.is_changed for part in (*base, *head)):  # but for spaces
        return line(Value(text.base), " → ", Value(text.head))
    return line(_version(base, "base"), " → ", _version(head, "head"))


def _version(parts: Sequence[Part], side: Side) -> Version | Words:
    return Version(tuple(parts), side) if parts else Words("(empty)", "quiet")


def _classes(classes: Sequence[ClassFlips]) -> Table:
    return Table(
        kind=CLASSES,
        columns=_CLASS_COLUMNS,
        entries=tuple(map(_class_row, classes[: CLASSES.most])),
        left_out=len(classes[CLASSES.most :]),
        searchable=True,
    )


def _class_row(each: ClassFlips) -> Row:
    shrunk = "" if each.shrunk is None or each.bound is None else f"{_share(each.shrunk)} (≥ {_share(each.bound)})"
    rows = each.rows or 1  # only a decoded report is checked
    numbers = (f"{_share(each.base / rows)} → {_share(each.head / rows)}", shrunk)
    counts = (each.fixed, each.broken, each.rows)
    return Row((line(Name(each.name)), *map(line, numbers), *(line(f"{number:,}") for number in counts)))


def _share(value: float) -> str:
    return f"{value * _PERCENT:.1f}%"
