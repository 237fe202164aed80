"""What a notebook gets of a comparison and a report: one element that does nothing but show, and small Markdown."""

from __future__ import annotations

import copy
import re
from typing import Any

import msgspec
import pytest
from rendered import Rendered, github
from samples import HOSTILE, PIXEL, digits_report, hostile_report, make_report, metric

from headway.report import codec
from headway.values.comparison import Comparison, PlotPair
from headway.values.report import IMAGE_ROLES, Include, Report
from headway.values.snapshot import Axis, PlotDefinition

HARMLESS = {"alt", "align", "aria-hidden", "aria-label", "class", "colspan", "d", "data-name", "height", "open", "role"}
HARMLESS |= {"scope", "src", "style", "tabindex", "width", "x", "y"}
"""No handler of an event, no address but an image's, no id that another output may have as well."""


def with_all_images(report: Report) -> Report:
    paths = (getattr(chart, role, None) for chart in report.charts for role in IMAGE_ROLES)
    return report.with_images({path: PIXEL for path in paths if path})


def comparison_of(report: Report, **more: Any) -> Comparison:
    shared = [name for name in Comparison.__struct_fields__ if name in Report.__struct_fields__]
    return Comparison(**{"plots": (), **{name: getattr(report, name) for name in shared}, **more})


def plot(id_: str, column: str = "loss", *, borrowed: bool = False) -> PlotDefinition:
    return PlotDefinition(id=id_, form="table", files=(id_,), y=(Axis(id_, column),), borrowed=borrowed)


@pytest.mark.parametrize("value", [with_all_images(hostile_report()), comparison_of(hostile_report())])
def test_hostile_names_are_only_text(value: Report | Comparison) -> None:
    read = Rendered(value._repr_html_())
    assert not read.unclosed
    assert not {"script", "a", "iframe", "link", "form", "input", "object"} & {name for name, _ in read.tags}
    assert {name for _, attributes in read.tags for name in attributes} <= HARMLESS
    assert {attributes.get("style") for _, attributes in read.tags} <= {None, "display:none"}
    assert all(str(image["src"]).startswith("data:image/") for image in read.elements("img"))
    assert HOSTILE[:20] in read.text


def test_its_styles_apply_to_nothing_else_and_load_nothing() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", digits_report()._repr_html_(), re.DOTALL)
    assert style.startswith(".headway.headway.headway { ")
    assert not re.search(r"url\(|@import|@font-face|:root|<", style)
    depths = [0]
    for brace in re.findall(r"[{}]", style):
        depths.append(depths[-1] + (1 if brace == "{" else -1))
    assert min(depths[1:-1]) > 0, "every rule is nested in the output's own"
    assert depths[-1] == 0


def test_a_report_shows_each_chart_for_light_and_dark_pages() -> None:
    report = with_all_images(digits_report())
    images = Rendered(report._repr_html_()).elements("img")
    light, dark = ([each for each in images if each["class"] == f"on-{theme}"] for theme in ("light", "dark"))
    assert len(light) == len(dark) == 6
    assert {each.get("style") for each in dark} == {"display:none"}
    assert all(each["alt"] for each in images)


def test_a_report_holds_its_images_beside_its_fields() -> None:
    report = digits_report()
    drawn = with_all_images(report)
    assert drawn.images
    assert (drawn, codec.encode(drawn), msgspec.json.encode(drawn)) == (
        report,
        codec.encode(report),
        msgspec.json.encode(report),
    )
    for other in (report, copy.copy(drawn), codec.decode(codec.encode(drawn))):
        assert not other.images
        shown = Rendered(other._repr_html_())
        assert not shown.elements("img")
        assert "Validation loss ends at 0.0533" in shown.text


def test_long_tables_are_folded_and_large_reports_are_cut() -> None:
    metrics = "\n".join(f"m{number:03} 1 -> {number + 2} higher" for number in range(600))
    html = make_report(metrics)._repr_html_()
    read = Rendered(html)
    assert [len(table) - 1 for table in read.tables] == [12, 488]
    assert "488 more changed metrics" in read.text
    assert "Left out here: 100 changed metrics." in read.text


def test_a_comparison_shows_what_its_report_shows_and_names_its_plots() -> None:
    pairs = (
        PlotPair(id="same.csv", base=plot("same.csv"), head=plot("same.csv")),
        PlotPair(id="new.csv", base=plot("new.csv", borrowed=True), head=plot("new.csv")),
        PlotPair(id="old.csv", base=plot("old.csv"), head=None),
        PlotPair(id="moved.csv", base=plot("moved.csv"), head=plot("moved.csv", "acc")),
    )
    report = make_report("acc 0.9 -> 0.95 higher")
    compared = Rendered(comparison_of(report, plots=pairs)._repr_html_())
    assert compared.tables == Rendered(report._repr_html_()).tables
    assert compared.text.count("same.csv") == 1
    assert "new.csv: only head declares it" in compared.text
    assert "old.csv: only base declares it" in compared.text
    assert "moved.csv: y was 'loss', is 'acc'" in compared.text
    assert "4 plots" in compared.text


def test_no_text_becomes_markdown_where_an_export_puts_the_output_into_markdown() -> None:
    text = "a\n\n![x](https://stranger.example/x.png)\n \n[y](https://stranger.example)"
    include = Include(path="a.txt", title="A", form="text", base=None, head=text)
    html = make_report("acc 1 -> 2", includes=(include,))._repr_html_()
    assert "![x](https://stranger.example/x.png)" in Rendered(html).text
    read = github(f"Before\n\n{html}\n\nAfter")
    assert not read.elements("img")
    assert not read.elements("a")


def test_markdown_has_no_attributes_of_pandoc_and_no_shortcodes_of_quarto() -> None:
    text = "`<script>`{=html} `x`{=latex} {{< env HOME >}} {.x}"
    report = make_report((metric(text, 1, 2, file="{{< env HOME >}}"),), notes=(text,))
    markdown = report._repr_markdown_()
    assert markdown.count("env HOME") > 1
    assert not re.search(r"`\{[^\u200b]|\{\{<|\{[^\u200b\n]*\}[ #]*$", markdown, re.MULTILINE)


@pytest.mark.parametrize("report", [digits_report(), hostile_report()], ids=["digits", "hostile"])
def test_markdown_is_small_and_has_neither_html_nor_images(report: Report) -> None:
    text = report._repr_markdown_()
    read = github(text)
    assert not read.unclosed
    assert not {"img", "details", "script", "div", "sub"} & {name for name, _ in read.tags}
    assert len(text) < len(report._repr_html_()) / 3
