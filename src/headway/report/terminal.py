"""The report for a terminal: what moved and why, in tables that fit 80 columns and need no colour.

Text from a repository never reaches Rich's markup: everything is a :class:`rich.text.Text` without escape sequences.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, TypeVar

from headway.report.escaping import SENTENCE_LIMIT, clean, shorten
from headway.report.formatting import count, first, short_sha
from headway.report.includes import state
from headway.report.limits import Limits
from headway.report.literals import EXCERPT
from headway.report.metric_rows import by_file
from headway.report.notes import grouped
from headway.report.outline import Listing, outline, stage_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from headway.report.comparability import Standing
    from headway.report.formatting import Shown
    from headway.report.metric_rows import MetricRow
    from headway.report.notes import Note
    from headway.report.outline import CauseLine, Counts, LockLine, Outline, ParamRow, StageLine
    from headway.values.report import Report
    from headway.values.revision import Revision
    from headway.values.verification import EditedOut, MissingOut, NotRunCached, Verification

    _Out = TypeVar("_Out", EditedOut, MissingOut)

_Row = TypeVar("_Row")
_LIMITS = Limits(
    changed=200,
    params=100,
    stages=50,
    causes=100,
    data=50,
    includes=50,
    same=50,
    problems=50,
    datasets=20,
    rows=8,
)
_NAME, _VALUE = 60, EXCERPT
"""Characters of a name and of a value that is no number."""
_FOUND, _FEW = 100, 3
"""Findings of one kind, and files of one output, that are named."""
_STYLES = {"better": "green", "worse": "red", "neutral": ""}
_HOW = {"differs": "has other bytes", "gone": "is not here"}
_MARKS = {"better": "▲ ", "worse": "▼ ", "neutral": ""}


def render(report: Report, console: Console) -> None:
    """Print a report; the console's width and colours are respected."""
    for part in _parts(outline(report, _LIMITS)):
        console.print(part, highlight=False)


def render_verification(verification: Verification, console: Console) -> None:
    """Print what ``headway verify`` found, with what to do about each kind of finding."""
    for part in _verification_parts(verification):
        console.print(part, highlight=False)


def _verification_parts(found: Verification) -> Iterator[RenderableType]:
    yield _verdict(found)
    pull = f"dvc pull {shlex.join(found.pull)} && " if found.pull else ""
    owners = " ".join(shlex.quote(owner) for owner in dict.fromkeys(out.owner for out in found.missing))
    yield from _sections(
        ("Stale stages", _stale(found), f"{pull}dvc repro --pull --allow-missing"),
        (
            "Edited outputs",
            _outputs(found.edited, lambda out: f", {_HOW[out.how]}"),
            "bring them back (git checkout, dvc checkout), make them anew (dvc repro), or record new data (dvc add)",
        ),
        (
            "Missing in the remote",
            _outputs(found.missing, lambda out: f": {count(out.objects, 'object')} not in {out.remote or 'a remote'}"),
            f"dvc push {owners} (where they were made)",
        ),
        ("Not committed", (_text(f"- {path}") for path in found.uncommitted[:_FOUND]), ""),
        ("Not checked", map(_note, grouped(found.unchecked)[:_FOUND]), ""),
    )
    yield from _not_run_cached(found.not_run_cached)


def _sections(*sections: tuple[str, Iterable[RenderableType], str]) -> Iterator[RenderableType]:
    """Those that have anything to say, each with its title and what to do."""
    for title, parts, remedy in sections:
        lines = list(parts)
        if lines:
            yield from ("", _text(title, "bold"), *lines)
            if remedy:
                yield _text(f"To do: {remedy}", "dim")


def _verdict(found: Verification) -> Text:
    asked = f"; {', '.join(found.remote)} holds all that it names" if found.remote else ""
    product = "the product of this code, these parameters and this data"
    words = {
        "verified": f"dvc.lock is {product}{asked}",
        "stale": f"dvc.lock is not {product}",
        "edited": "outputs are not what dvc.lock records",
        "missing": f"{'the remote does not hold' if found.remote else 'nothing here holds'} all that dvc.lock names",
    }
    known = _unchecked(len(found.unchecked)) if found.status == "verified" else ""
    style = "bold red" if found.status != "verified" else "yellow" if known else "green"
    return _text(f"{found.status}{known}: {words[found.status]}", style)


def _unchecked(number: int) -> str:
    return f" as far as can be known here ({count(number, 'part')} not checked)" if number else ""


def _not_run_cached(stages: Sequence[NotRunCached]) -> Iterator[RenderableType]:
    """One line, which is no verdict."""
    if stages:
        named = [f"{stage.stage} ({first(stage.outs, _FEW)})" for stage in stages[:_FEW]]
        yield ""
        yield _text(
            f"Not in DVC's run cache: {_listed(named, len(stages[_FEW:]), 'stage')}. Going back to code that has run "
            "runs such a stage again, because outputs with cache: false are neither metrics nor plots. To do: declare "
            "them under metrics: or plots:, or let DVC cache them.",
            "dim",
        )


def _stale(found: Verification) -> Iterator[RenderableType]:
    stages = stage_lines(found.stages, _FOUND, _FOUND)
    return _rows(("Stage", "Causes, from dvc.lock to here"), stages, _stage_cells, "stage")


def _outputs(outs: Sequence[_Out], what: Callable[[_Out], str]) -> Iterator[Text]:
    """The first outputs, with what is wrong with each and the first of its files."""
    for out in outs[:_FOUND]:
        files = f" ({first(out.files, _FEW)})" if out.files else ""
        yield _text(f"- {out.path}, recorded by {out.owner}{what(out)}{files}")
    yield from _more(len(outs[_FOUND:]), "output")


def _parts(it: Outline) -> Iterator[RenderableType]:
    yield from _headline(it)
    yield from _sections(
        ("Metrics", _metrics(it) if it.counts.metrics else (), ""),
        ("Parameters", _rows(("Parameter", "Base", "Head"), it.params, _param_cells, "parameter"), ""),
        ("Why it moved", _rows(("Stage", "Causes"), it.stages, _stage_cells, "stage"), ""),
        ("Data and models", _rows(("Path", "Base>", "Head>", "Change>"), it.data, _names, "tracked output"), ""),
        ("Inside the data", _datasets(it), ""),
        ("Sections", _includes(it), ""),
        ("Notes", map(_note, it.problems.shown), ""),
    )


def _headline(it: Outline) -> Iterator[Text]:
    base, head = it.report.base, it.report.head
    yield _join(" → ", *(_text(side.name, "bold", _NAME) for side in (base, head)))
    yield _join(" · ", *_counts(it.counts, it.standing))
    behind = f" (its branch has {count(base.behind, 'newer commit')})" if base.behind else ""
    yield _text(f"Base: {_commit(base)}, {base.chosen}{behind}", "dim")
    yield _text(f"Head: {_commit(head)}, {head.chosen}", "dim")
    if it.report.project:
        yield _text(f"Project: {it.report.project}", "dim")
    if it.lock:
        yield from _lock(it.lock)
    yield from map(_note, it.unavailable.shown)
    yield from _more(it.unavailable.left_out, "reason")
    for note in (*it.further_reasons, *it.report.notes):
        yield _text(note, "italic")


def _lock(lock: LockLine) -> Iterator[Text]:
    if lock.verified:
        yield _text(f"Lock: verified{_unchecked(lock.unchecked)}", "dim")
    if lock.stale.shown:
        causes = [f"{stage.name} ({_stale_causes(stage)})" for stage in lock.stale.shown]
        after = f", and {count(lock.after, 'stage')} after" if lock.after else ""
        yield _text(f"Stale: {_listed(causes, lock.stale.left_out, 'stage')}{after}", "bold red")
    if lock.edited.shown:
        yield _text(f"Edited: {_listed(lock.edited.shown, lock.edited.left_out, 'output')}", "bold red")
    if lock.missing.shown:
        yield _text(f"Missing: {_listed(lock.missing.shown, lock.missing.left_out, 'output')}", "bold red")


def _stale_causes(stage: StageLine) -> str:
    items = f"{count(stage.stages, 'stage')}: " if stage.stages > 1 else ""
    return items + _join("; ", *map(_cause, stage.causes)).plain


def _listed(names: Iterable[str], left_out: int, noun: str) -> str:
    return ", ".join([*names, *([count(left_out, f"more {noun}")] if left_out else [])])


def _counts(counts: Counts, standing: Standing | None) -> Iterator[Text]:
    if counts.datasets and not counts.metrics:
        yield _text(f"{count(counts.datasets, 'data set')} changed")
    else:
        changed = f"{counts.changed} of {count(counts.metrics, 'metric')} changed"
        yield _text(changed if counts.metrics else "No metrics")
    if counts.unavailable:
        yield _text(f"{count(counts.unavailable, 'metrics file')} unavailable", "bold")
    if counts.better:
        yield _text(f"▲ {counts.better} better", _STYLES["better"])
    if counts.worse:
        yield _text(f"▼ {counts.worse} worse", _STYLES["worse"])
    if standing:
        of_them = f"{standing.number:,} " if standing.number else ""
        yield _text(f"{of_them}{standing.verdict}: {standing.why}", "bold")
    for number, noun in ((counts.params, "parameter"), (counts.stages, "stage"), (counts.data, "tracked output")):
        if number:
            yield _text(count(number, noun))
    if counts.failed_checks:
        yield _text(f"✗ {count(counts.failed_checks, 'failed data check')}", _STYLES["worse"])
    if counts.warnings:
        yield _text(f"⚠ {count(counts.warnings, 'data warning')}", _STYLES["worse"])


def _commit(revision: Revision) -> str:
    sha = short_sha(revision.sha).text if revision.sha else "no commit"
    return f"{sha} with uncommitted changes" if revision.dirty else sha


def _metrics(it: Outline) -> Iterator[RenderableType]:
    if it.changed.shown:
        table = _table("Metric", "Base>", "Head>", "Change>", "Relative>")
        for group in by_file(it.changed.shown):
            if it.several_files:
                table.add_row(_text(group.file, "dim", _NAME))
            for row in group.rows:
                table.add_row(*_metric_cells(row))
        yield table
    yield from _more(it.changed.left_out, "changed metric")
    if it.unchanged.total:
        yield _text(count(it.unchanged.total, "unchanged metric"), "dim")
    if it.counts.machines:
        yield _text("Not compared: what depends on the machine, unless both sides are measured in one job.", "dim")


def _metric_cells(row: MetricRow) -> tuple[Text, ...]:
    style = _STYLES[row.movement]
    return (
        _text(row.name, "", _NAME),
        _text(_plain(row.base)),
        _text(_plain(row.head)),
        _text(f"{_MARKS[row.movement]}{row.change}", style),
        _text(row.relative, style),
    )


def _param_cells(row: ParamRow) -> tuple[Text, ...]:
    return _text(f"{row.param.file}:{row.param.key}", "", _NAME), _text(_plain(row.base)), _text(_plain(row.head))


def _stage_cells(stage: StageLine) -> tuple[Text, ...]:
    items = f" ({count(stage.stages, 'stage')})" if stage.stages > 1 else ""
    return _join("", _text(stage.name, "", _NAME), _text(items)), _join("\n", *map(_cause, stage.causes))


def _cause(line: CauseLine) -> Text:
    values = f"{_plain(line.base)} → {_plain(line.head)}" if line.base and line.head else ""
    return _text(" ".join(filter(None, (line.lead, shorten(line.what, _NAME), values, line.tail))))


def _datasets(it: Outline) -> Iterator[RenderableType]:
    for view in it.datasets.shown:
        yield _join(": ", _text(view.path, "bold", _NAME), _text(view.lead))
        for finding in view.findings:
            failed = "failed check " if finding.is_failure else ""
            yield _text(f"  {finding.mark} {failed}{finding.what}", _STYLES["worse"])
        yield from (_text(f"  {line}") for line in view.lines)
        for cells in view.tables:
            yield from _rows(cells.titles, Listing(cells.rows, cells.left_out), _names, cells.noun)
    yield from _more(it.datasets.left_out, "data set")


def _names(row: Sequence[str]) -> Iterator[Text]:
    return (_text(text, "", _NAME) for text in row)


def _includes(it: Outline) -> Iterator[Text]:
    words = {
        "same": "the same on both sides",
        "different": "differs",
        "added": "only in head",
        "removed": "only in base",
    }
    return (_text(f"{shorten(one.title, _NAME)}: {words[state(one)]}") for one in it.includes.shown)


def _note(note: Note) -> Text:
    remedy = f" To do: {note.remedy}." if note.remedy else ""
    places = " ".join(filter(None, (", ".join(note.places), note.rest)))
    return _join("", _text(f"- {places}: {note.what}."), _text(remedy))


def _more(number: int, noun: str) -> Iterator[Text]:
    if number:
        yield _text(f"{count(number, f'more {noun}')} not shown", "dim")


def _rows(
    titles: Sequence[str], rows: Listing[_Row], cells: Callable[[_Row], Iterable[Text]], noun: str
) -> Iterator[RenderableType]:
    """A table of the rows that are shown, and how many are not."""
    if rows.shown:
        table = _table(*titles)
        for row in rows.shown:
            table.add_row(*cells(row))
        yield table
    yield from _more(rows.left_out, noun)


def _table(*titles: str) -> Table:
    """A table without lines; a title that ends in ``>`` belongs to a column of numbers."""
    from rich.table import Table  # noqa: PLC0415  loaded only when something is printed

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        number = title.endswith(">")
        # What is too wide is folded, never cut: a digit less is another number.
        table.add_column(title.rstrip(">"), justify="right" if number else "left", overflow="fold")
    return table


def _plain(shown: Shown) -> str:
    return shorten(shown.within(_VALUE), _VALUE) if shown.literal else shown.text


def _text(value: str, style: str = "", limit: int = SENTENCE_LIMIT) -> Text:
    from rich.text import Text  # noqa: PLC0415  loaded only when something is printed

    return Text(shorten(clean(value), limit), style=style)


def _join(separator: str, *parts: Text) -> Text:
    from rich.text import Text  # noqa: PLC0415  loaded only when something is printed

    return Text(separator).join(parts)
