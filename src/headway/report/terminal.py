"""The report for a terminal: what moved and why, in tables that fit 80 columns and need no colour.

Text from a repository never reaches Rich's markup: everything is a :class:`rich.text.Text` without escape sequences.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from headway.report.escaping import SENTENCE_LIMIT, clean, shorten
from headway.report.formatting import count, short_sha
from headway.report.includes import state
from headway.report.outline import Limits, by_file, cause_line, outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from headway.report.formatting import Shown
    from headway.report.outline import CauseLine, LockLine, MetricRow, Outline
    from headway.report.words import Cells
    from headway.values.problem import Problem
    from headway.values.report import Report
    from headway.values.revision import Revision
    from headway.values.verification import MissingOut, Verification

_LIMITS = Limits(changed=200, unchanged=0, params=100, stages=50, data=50, charts=0, includes=50, lines=0, problems=50)
_NAME, _VALUE = 60, 32
"""Characters of a name and of a value that is no number."""
_FOUND, _FEW = 100, 3
"""Findings of one kind, and files of one output, that are named."""
_STYLES = {"better": "green", "worse": "red", "neutral": ""}
_MARKS = {"better": "▲ ", "worse": "▼ ", "neutral": ""}


def render(report: Report, console: Console) -> None:
    """Print a report.

    Args:
        report: what to print.
        console: where to; its width and colours are respected.
    """
    it = outline(report, _LIMITS)
    for part in _parts(it):
        console.print(part, highlight=False)


def render_verification(verification: Verification, console: Console) -> None:
    """Print what ``headway verify`` found, with what to do about each kind of finding.

    Args:
        verification: what to print.
        console: where to; its width and colours are respected.
    """
    for part in _verification_parts(verification):
        console.print(part, highlight=False)


def _verification_parts(found: Verification) -> Iterator[RenderableType]:
    yield _verdict(found)
    sections = (
        ("Stale stages", _stale(found), f"{_pull(found.pull)}dvc repro --pull --allow-missing"),
        (
            "Edited outputs",
            _edited(found),
            "bring them back (git checkout, dvc checkout), make them anew (dvc repro), or record new data (dvc add)",
        ),
        ("Missing in the remote", _missing(found), f"dvc push {_owners(found.missing)} (where they were made)"),
        ("Not committed", (_text(f"- {path}") for path in found.uncommitted[:_FOUND]), ""),
        ("Not checked", (_note(problem) for problem in found.unchecked[:_FOUND]), ""),
    )
    for title, parts, remedy in sections:
        lines = list(parts)
        if lines:
            yield from ("", _text(title, "bold"), *lines)
            if remedy:
                yield _text(f"To do: {remedy}", "dim")


def _verdict(found: Verification) -> Text:
    unchecked = f", as far as can be known here ({count(len(found.unchecked), 'part')} not checked)"
    asked = f"; {', '.join(found.remote)} holds all that it names" if found.remote else ""
    product = "the product of this code, these parameters and this data"
    return {
        "verified": _text(f"verified: dvc.lock is {product}{asked}{unchecked if found.unchecked else ''}", "green"),
        "stale": _text(f"stale: dvc.lock is not {product}", "bold red"),
        "edited": _text("edited: outputs are not what dvc.lock records", "bold red"),
        "missing": _text("missing: the remote does not hold all that dvc.lock names", "bold red"),
    }[found.status]


def _stale(found: Verification) -> Iterator[RenderableType]:
    if found.stages:
        table = _table("Stage", "Causes, from dvc.lock to here")
        for stage in found.stages[:_FOUND]:
            table.add_row(_text(stage.name, "", _NAME), _join("\n", *(_cause(cause_line(c)) for c in stage.causes)))
        yield table
    yield from _more(len(found.stages[_FOUND:]), "stage")


def _edited(found: Verification) -> Iterator[Text]:
    how = {"differs": "has other bytes", "gone": "is not here"}
    for out in found.edited[:_FOUND]:
        yield _text(f"- {out.path}, recorded by {out.owner}, {how[out.how]}{_files(out.files)}")
    yield from _more(len(found.edited[_FOUND:]), "output")


def _missing(found: Verification) -> Iterator[Text]:
    for out in found.missing[:_FOUND]:
        objects = count(out.objects, "object")
        yield _text(f"- {out.path}, recorded by {out.owner}: {objects} not in {out.remote}{_files(out.files)}")
    yield from _more(len(found.missing[_FOUND:]), "output")


def _files(files: Sequence[str]) -> str:
    rest = f" and {len(files) - _FEW:,} more" if len(files) > _FEW else ""
    return f" ({', '.join(files[:_FEW])}{rest})" if files else ""


def _pull(paths: Sequence[str]) -> str:
    return f"dvc pull {shlex.join(paths)} && " if paths else ""


def _owners(outs: Iterable[MissingOut]) -> str:
    """The stages and ``.dvc`` files of outputs, as arguments of a command."""
    return " ".join(shlex.quote(owner) for owner in dict.fromkeys(out.owner for out in outs))


def _parts(it: Outline) -> Iterator[RenderableType]:
    yield from _headline(it)
    sections = (
        ("Metrics", _metrics(it) if it.counts.metrics else ()),
        ("Parameters", _params(it)),
        ("Why it moved", _stages(it)),
        ("Data and models", _data(it)),
        ("Inside the data", _datasets(it)),
        ("Sections", _includes(it)),
        ("Notes", map(_note, it.problems.shown)),
    )
    for title, parts in sections:
        lines = list(parts)
        if lines:
            yield ""
            yield _text(title, "bold")
            yield from lines


def _headline(it: Outline) -> Iterator[Text]:
    names = (_text(side.name, "bold", _NAME) for side in (it.report.base, it.report.head))
    yield _join(" → ", *names)
    yield _join(" · ", _text(_metric_count(it)), *_movements(it), *map(_text, _other_counts(it)), *_findings(it))
    yield _text(f"Base: {_commit(it.report.base)}, {it.report.base.chosen}{_behind(it.report.base)}", "dim")
    yield _text(f"Head: {_commit(it.report.head)}, {it.report.head.chosen}", "dim")
    if it.report.project:
        yield _text(f"Project: {it.report.project}", "dim")
    if it.lock:
        yield from _lock(it.lock)
    for note in it.report.notes:
        yield _text(note, "italic")


def _lock(lock: LockLine) -> Iterator[Text]:
    unchecked = f", as far as can be known here ({count(lock.unchecked, 'part')} not checked)" if lock.unchecked else ""
    if lock.verified:
        yield _text(f"Lock: verified{unchecked}", "dim")
    if lock.stale.shown:
        causes = (f"{stage.name} ({_join('; ', *map(_cause, stage.causes)).plain})" for stage in lock.stale.shown)
        more = [count(lock.stale.left_out, "more stage")] if lock.stale.left_out else []
        after = f", and {count(lock.after, 'stage')} after" if lock.after else ""
        yield _text(f"Stale: {', '.join([*causes, *more])}{after}", "bold red")
    if lock.edited.shown:
        more = [count(lock.edited.left_out, "more output")] if lock.edited.left_out else []
        yield _text(f"Edited: {', '.join([*lock.edited.shown, *more])}", "bold red")


def _metric_count(it: Outline) -> str:
    if it.counts.datasets and not it.counts.metrics:
        return f"{count(it.counts.datasets, 'data set')} changed"
    return f"{it.counts.changed} of {count(it.counts.metrics, 'metric')} changed" if it.counts.metrics else "No metrics"


def _movements(it: Outline) -> Iterator[Text]:
    if it.counts.better:
        yield _text(f"▲ {it.counts.better} better", _STYLES["better"])
    if it.counts.worse:
        yield _text(f"▼ {it.counts.worse} worse", _STYLES["worse"])


def _findings(it: Outline) -> Iterator[Text]:
    if it.counts.failed_checks:
        yield _text(f"✗ {count(it.counts.failed_checks, 'failed data check')}", _STYLES["worse"])
    if it.counts.warnings:
        yield _text(f"⚠ {count(it.counts.warnings, 'data warning')}", _STYLES["worse"])


def _other_counts(it: Outline) -> list[str]:
    counts = it.counts
    numbers = ((counts.params, "parameter"), (counts.stages, "stage"), (counts.data, "tracked output"))
    return [count(number, noun) for number, noun in numbers if number]


def _commit(revision: Revision) -> str:
    sha = short_sha(revision.sha).text if revision.sha else "no commit"
    return f"{sha} with uncommitted changes" if revision.dirty else sha


def _behind(revision: Revision) -> str:
    return f" (its branch has {count(revision.behind, 'newer commit')})" if revision.behind else ""


def _metrics(it: Outline) -> Iterator[RenderableType]:
    if it.changed.shown:
        yield _metric_table(it)
    if it.changed.left_out:
        yield _text(f"{count(it.changed.left_out, 'more changed metric')} not shown", "dim")
    if it.unchanged.total:
        yield _text(count(it.unchanged.total, "unchanged metric"), "dim")


def _metric_table(it: Outline) -> Table:
    table = _table("Metric", "Base>", "Head>", "Change>", "Relative>")
    for group in by_file(it.changed.shown):
        if it.several_files:
            table.add_row(_text(group.file, "dim", _NAME))
        for row in group.rows:
            table.add_row(*_metric_cells(row))
    return table


def _metric_cells(row: MetricRow) -> tuple[Text, ...]:
    style = _STYLES[row.movement]
    return (
        _text(row.name, "", _NAME),
        _value(row.base),
        _value(row.head),
        _text(f"{_MARKS[row.movement]}{row.change}", style),
        _text(row.relative, style),
    )


def _params(it: Outline) -> Iterator[RenderableType]:
    if it.params.shown:
        table = _table("Parameter", "Base", "Head")
        for row in it.params.shown:
            table.add_row(_text(f"{row.param.file}:{row.param.key}", "", _NAME), _value(row.base), _value(row.head))
        yield table
    yield from _more(it.params.left_out, "parameter")


def _stages(it: Outline) -> Iterator[RenderableType]:
    if it.stages.shown:
        table = _table("Stage", "Causes")
        for stage in it.stages.shown:
            table.add_row(_text(stage.name, "", _NAME), _join("\n", *map(_cause, stage.causes)))
        yield table
    yield from _more(it.stages.left_out, "stage")


def _cause(line: CauseLine) -> Text:
    values = f"{_plain(line.base)} → {_plain(line.head)}" if line.base and line.head else ""
    return _text(" ".join(filter(None, (line.lead, shorten(line.what, _NAME), values, line.tail))))


def _data(it: Outline) -> Iterator[RenderableType]:
    if it.data.shown:
        table = _table("Path", "Base>", "Head>", "Change>")
        for row in it.data.shown:
            table.add_row(_text(row.path, "", _NAME), _text(row.base), _text(row.head), _text(row.change))
        yield table
    yield from _more(it.data.left_out, "tracked output")


def _datasets(it: Outline) -> Iterator[RenderableType]:
    for view in it.datasets.shown:
        yield _join(": ", _text(view.path, "bold", _NAME), _text(view.lead))
        for finding in view.findings:
            failed = "failed check " if finding.is_failure else ""
            yield _text(f"  {finding.mark} {failed}{finding.what}", _STYLES["worse"])
        yield from (_text(f"  {line}") for line in view.lines)
        for cells in view.tables:
            yield _cell_table(cells)
            yield from _more(cells.left_out, cells.noun)
    yield from _more(it.datasets.left_out, "data set")


def _cell_table(cells: Cells) -> Table:
    table = _table(*cells.titles)
    for row in cells.rows:
        table.add_row(*(_text(text, "", _NAME) for text in row))
    return table


def _includes(it: Outline) -> Iterator[RenderableType]:
    words = {
        "same": "the same on both sides",
        "different": "differs",
        "added": "only in head",
        "removed": "only in base",
    }
    for include in it.includes.shown:
        yield _text(f"{shorten(include.title, _NAME)}: {words[state(include)]}")


def _note(problem: Problem) -> Text:
    remedy = f" To do: {problem.remedy}." if problem.remedy else ""
    return _text(f"- {problem.where}: {problem.what}.{remedy}")


def _more(number: int, noun: str) -> Iterator[Text]:
    if number:
        yield _text(f"{count(number, f'more {noun}')} not shown", "dim")


def _table(*titles: str) -> Table:
    """A table without lines; a title that ends in ``>`` belongs to a column of numbers."""
    from rich.table import Table  # noqa: PLC0415  loaded only when something is printed

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        number = title.endswith(">")
        table.add_column(title.rstrip(">"), justify="right" if number else "left", no_wrap=number, overflow="fold")
    return table


def _value(shown: Shown) -> Text:
    return _text(_plain(shown))


def _plain(shown: Shown) -> str:
    return shorten(shown.text, _VALUE) if shown.literal else shown.text


def _text(value: str, style: str = "", limit: int = SENTENCE_LIMIT) -> Text:
    from rich.text import Text  # noqa: PLC0415  loaded only when something is printed

    return Text(shorten(clean(value), limit), style=style)


def _join(separator: str, *parts: Text) -> Text:
    from rich.text import Text  # noqa: PLC0415  loaded only when something is printed

    return Text(separator).join(parts)
