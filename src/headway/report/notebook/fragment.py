"""A comparison or a report as an output of a notebook: the report's blocks without a page around them.

The output is one element with styles of its own, which apply to nothing else and to which no rule of the host applies.
It has no script, no link and no address, so it does nothing and loads nothing. Its styles follow the theme of
JupyterLab, VS Code and Quarto, and elsewhere that of the system. Where a host removes styles, as JupyterLab does in a
notebook that is not trusted, plain tables and the light charts remain.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from headway._version import __version__
from headway.compare.plots import definition_changes
from headway.report.blocks import Details, Items, Kind, Name, Section, Text, line, prose
from headway.report.escaping import NAME_LIMIT, ZERO_WIDTH_SPACE, html_text
from headway.report.fitting import cut
from headway.report.formatting import count
from headway.report.html_blocks import HtmlWriter, asset
from headway.report.html_inline import join, write_span
from headway.report.html_tables import write_table
from headway.report.markdown import MarkdownReport, MarkdownWriter
from headway.report.view import view_report
from headway.values.comparison import Comparison
from headway.values.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import ReportView, Table
    from headway.values.chart import Chart
    from headway.values.comparison import PlotPair

_MOST_CHARTS = 12
"""Charts of each kind that an output holds: images are most of its size, and a notebook is a file in git."""
_FEW = 3
"""Entries of a kind that Markdown shows in any case."""
_LONG = ("chart", "image", "line")
"""The ends of the kinds that it leaves out: a place without HTML may have no room for images and files."""
_ROOT = "headway"
_NO_IMAGES = Markup('<p class="quiet">Only the report that build_report() returned holds its images. {}</p>')
_PLOTS = Kind(noun="plot", rank=18, markdown=50, page=50)
_EMPTY_LINE = re.compile(r"\n(?=[ \t]*\n)")
_FOR_PANDOC = re.compile(r"(?<=`\{)|(?<=\{\{)(?=<)|(?<=\{)(?=.*\}[ #]*$)", re.MULTILINE)
"""Where Pandoc may read attributes, which make raw HTML and TeX of code, and Quarto a shortcode."""
_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)


def to_html(value: Comparison | Report) -> str:
    """A fragment of HTML with light and dark charts inside.

    It has no empty line: nbconvert puts it into Markdown, where what follows one is Markdown, in which names and texts
    of a repository are not escaped.
    """
    view = cut(_view(value), _limit)
    writer = _Fragment(value.images if isinstance(value, Report) else {})
    parts = [
        Markup("<style>{}</style>").format(Markup(_style())),  # noqa: S704 - ours
        Markup("<h2>{}</h2>").format(join("", map(write_span, view.title))),
        writer.blocks(view.opening),
        *map(writer.section, view.sections),
        *_left_out(view),
    ]
    return _EMPTY_LINE.sub("&#10;", str(Markup('<div class="{}">\n{}\n</div>').format(_ROOT, join("\n", parts))))


def to_markdown(value: Comparison | Report) -> str:
    """The verdict and what tells the change at a glance as Markdown without HTML and without charts."""
    report = MarkdownReport(_as_report(value), MarkdownWriter(html=False))
    text = report.within(lambda kind: 0 if kind.noun.endswith(_LONG) else min(kind.markdown, max(kind.glance, _FEW)))
    return _FOR_PANDOC.sub(ZERO_WIDTH_SPACE, text)


def _view(value: Comparison | Report) -> ReportView:
    view = view_report(_as_report(value), brief=True)
    plots = _plots(value.plots) if isinstance(value, Comparison) else ()
    return replace(view, sections=(*view.sections, *plots))


def _as_report(value: Comparison | Report) -> Report:
    """A comparison as a report without charts, which lacks what only settings and the files of both sides say."""
    if isinstance(value, Report):
        return value
    shared = [name for name in Comparison.__struct_fields__ if name in Report.__struct_fields__]
    return Report(generator=__version__, project="", **{name: getattr(value, name) for name in shared})


def _limit(kind: Kind) -> int:
    return min(kind.markdown, _MOST_CHARTS) if kind.noun.endswith("chart") else kind.markdown


def _plots(pairs: tuple[PlotPair, ...]) -> Iterator[Section]:
    """The plots that differ by their definitions, and all by name; what they show is known only once they are drawn."""
    if not pairs:
        return
    number, names = count(len(pairs), "plot"), tuple(line(Name(pair.id)) for pair in pairs)
    how = Text(content=prose("`headway.build_report()` draws them, with both sides in one chart."), role="small")
    every = Items(kind=_PLOTS, entries=names), how
    changes = tuple(line(Name(pair.id), ": ", change) for pair in pairs if (change := _change(pair)))
    changed = Items(kind=_PLOTS, entries=changes), Details(summary=line(number), blocks=every)
    blocks, folds_as = (changed, "") if changes else (every, number)
    yield Section(anchor="plots", title="Plots", blocks=blocks, folds_as=folds_as)


def _change(pair: PlotPair) -> str:
    """How the definitions of a plot differ; empty if they draw the same columns."""
    if pair.base is None or pair.base.borrowed:
        return "only head declares it"
    if pair.head is None or pair.head.borrowed:
        return "only base declares it"
    return "; ".join(definition_changes(pair.base, pair.head))


def _left_out(view: ReportView) -> Iterator[Markup]:
    if view.left_out:
        left_out = ", ".join(count(number, noun) for number, noun in view.left_out)
        yield Markup('<p class="quiet">Left out here: {}.</p>').format(left_out)


class _Fragment(HtmlWriter):
    """Writes blocks as parts of an output."""

    on_dark = Markup(' class="on-dark" style="display:none"')
    complete = "the object's fields have"

    def section(self, section: Section) -> Markup:
        """A section under its heading, or folded."""
        blocks = self.blocks(section.blocks)
        if section.folds_as:
            summary = html_text(section.folds_as, NAME_LIMIT)
            return Markup("<details>\n<summary>{}</summary>\n{}\n</details>").format(summary, blocks)
        title = html_text(section.title, NAME_LIMIT)
        return Markup("<section>\n<h3>{}</h3>\n{}\n</section>").format(title, blocks)

    def table(self, table: Table) -> Markup:
        """A table, of which the last rows are folded."""
        rest = table.entries[table.unfolded :] if table.unfolded else ()
        first = replace(table, entries=table.entries[: table.unfolded]) if rest else table
        written = write_table(first, focusable=True)
        if not rest:
            return written
        more = count(sum(row.number for row in rest), f"more {table.kind.noun}")
        folded = Markup("<details>\n<summary>{}</summary>\n{}\n</details>")
        last = write_table(replace(table, entries=rest), focusable=True)
        return join("\n", (written, folded.format(more, last)))

    def no_image(self, chart: Chart) -> Markup:
        """Why there is no image, and the chart in words."""
        return _NO_IMAGES.format(html_text(chart.alt)) if chart.image else super().no_image(chart)


@cache
def _style() -> str:
    """The rules, nested in one that only the output matches; its weight is above that of any host's."""
    rules = asset("blocks.css").replace(":root", "&") + asset("notebook.css")
    return f"{f'.{_ROOT}' * 3} {{ {' '.join(_COMMENTS.sub('', rules).split())} }}"
