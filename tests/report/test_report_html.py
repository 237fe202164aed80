"""The HTML page as a file: complete, escaped, the same each time. What a browser makes of it is in test_report_page."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from generated import rather_costly, reports
from hypothesis import given
from rendered import Rendered, tables_in
from samples import HOSTILE, PIXEL, digits_charts, digits_report, hostile_report, make_report, metric

from headway.draw.specification import vega_lite
from headway.draw.theme import THEMES, ThemeName
from headway.report import html
from headway.report.blocks import Bar, Column, Kind, ReportView, Row, Table, line
from headway.report.escaping import clean, shorten
from headway.values.chart import ImageChart, Points, ScatterChart, Series, VegaChart
from headway.values.problem import Problem
from headway.values.report import Include

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.values.chart import Chart
    from headway.values.report import Report


def no_program(_: Chart, theme: ThemeName, *, interactive: bool) -> dict[str, Any]:
    """Stands in for the draw station where the charts are not the point."""
    return {
        "title": "t",
        "datasets": {"d": [{"x": 1}]},
        "background": THEMES[theme].background,
        "interactive": interactive,
    }


def as_given(chart: Chart, _: str, *, interactive: bool) -> dict[str, Any]:
    """As above, but a team's template is taken as it is."""
    return chart.spec if isinstance(chart, VegaChart) else {"title": chart.title, "interactive": interactive}


def page(report: Report, assets: dict[str, bytes] | None = None, specify: Callable[..., Any] = no_program) -> str:
    with patch("headway.draw.specification.vega_lite", specify):
        return html.render(report, assets or {})


def programs(text: str) -> list[dict[str, Any]]:
    return [json.loads(found) for found in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text)]


class TestMetrics:
    def test_rows_read_back(self) -> None:
        (table,) = Rendered(page(make_report("acc 0.98 -> 0.99 higher\nold 1 -> -"))).tables
        assert table == [
            ["Metric", "Change", "Base → Head", "", ""],
            ["acc", "+0.01 as wanted", "0.98 → 0.99", "+1%", ""],
            ["old", "removed", "1 → –", "", ""],  # noqa: RUF001  the dash for no value
        ]

    def test_rows_have_headers(self) -> None:
        read = Rendered(page(make_report("acc 0.98 -> 0.99 higher")))
        assert [cell["scope"] for cell in read.elements("th")] == ["col"] * 3 + ["row"]

    def test_bars_point_the_way_of_the_change(self) -> None:
        read = Rendered(page(make_report("up 1 -> 1.5 higher\ndown 1 -> 0.75 higher")))
        bars = [bar for bar in read.elements("rect") if "class" not in bar]
        assert [(bar["x"], bar["width"]) for bar in bars] == [("50.0%", "48.0%"), ("25.0%", "25.0%")]

    def test_a_bar_that_is_cut_off_has_a_gap_and_says_so(self) -> None:
        bars = [Bar(-1, clipped=True), Bar(-1)]
        table = Table(
            kind=Kind(noun="row"),
            columns=(Column("Name"), Column("", "bars")),
            entries=tuple(Row((line("name"), bar)) for bar in bars),
        )
        view = ReportView(title=(), opening=(table,), sections=(), generator="")
        with patch.object(html, "view_report", return_value=view):
            read = Rendered(page(make_report()))
        assert [row[1] for row in read.tables[0][1:]] == ["more than the bar can show", ""]
        assert {"x": "10%"} in read.elements("svg")

    @rather_costly
    @given(reports)
    def test_any_names_make_a_whole_page(self, report: Report) -> None:
        read = Rendered(page(report))
        assert not read.unclosed
        assert not read.elements("a") or all(str(link["href"]).startswith("#") for link in read.elements("a"))
        rows = [row for row in read.elements("tr") if "data-name" in row]
        assert len(rows) == sum(len(table.entries) for table in tables_in(report) if table.searchable)
        assert all(len(row) == len(table[0]) or len(row) == 1 for table in read.tables[:1] for row in table)


class TestSafety:
    TEXT = page(hostile_report(), {"charts/i.png": PIXEL}, specify=as_given)

    def test_nothing_of_the_repository_becomes_an_element(self) -> None:
        read = Rendered(self.TEXT)
        assert not read.unclosed
        assert {tag for tag, _ in read.tags}.isdisjoint({"iframe", "object", "embed", "base", "form", "link"})
        assert not [
            name for _, attributes in read.tags for name in attributes if name.startswith("on") or name == "style"
        ]
        assert all(str(image["src"]).startswith("data:image/png;base64,") for image in read.elements("img"))
        assert "onerror=alert(1)" in read.text

    def test_only_the_pages_own_scripts_are_scripts(self) -> None:
        scripts = [attributes.get("type") for attributes in Rendered(self.TEXT).elements("script")]
        assert [kind for kind in scripts if kind != "application/json"] == [None, None]
        assert self.TEXT.count("</script>") == len(scripts)

    def test_no_invisible_character_is_left(self) -> None:
        outside = re.sub(r"<script.*?</script>", "", self.TEXT, flags=re.DOTALL)
        assert not {"\u202e", "\x1b", "\x07", "\u200b"} & set(outside)

    def test_the_policy_names_exactly_what_runs(self) -> None:
        (meta,) = [tag for tag in Rendered(self.TEXT).elements("meta") if tag.get("http-equiv")]
        policy = str(meta["content"])
        assert policy.startswith("default-src 'none'; img-src data:;")
        assert "unsafe" not in policy
        for body in re.findall(r"<(?:script|style)>(.*?)</(?:script|style)>", self.TEXT, re.DOTALL):
            assert f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" in policy

    def test_a_template_hands_vega_embed_no_options(self) -> None:
        program = next(found for found in programs(self.TEXT) if "mark" in found["shared"])
        assert "usermeta" not in json.dumps(program)

    def test_a_value_is_not_cut_where_a_reader_filters_it(self) -> None:
        read = Rendered(page(make_report(metrics=(metric(HOSTILE, 1, 2),))))
        (row,) = [row for row in read.elements("tr") if "data-name" in row]
        assert row["data-name"] == shorten(clean(HOSTILE), 600).lower()


class TestCharts:
    def test_data_is_stored_once_and_each_theme_has_its_own_part(self) -> None:
        first, *_ = programs(page(digits_report()))
        assert first["shared"] == {"title": "t", "datasets": {"d": [{"x": 1}]}, "interactive": True}
        assert (first["light"], first["dark"]) == ({"background": "#ffffff"}, {"background": "#0d1117"})

    def test_every_chart_has_its_place_and_its_words(self) -> None:
        read = Rendered(page(digits_report()))
        plots = [div for div in read.elements("div") if div.get("role") == "img"]
        assert [plot["aria-label"] for plot in plots][:2] == [
            "Line chart. Validation loss ends at 0.0533, was 0.0712.",
            "Confusion matrix of 10 classes. 353 of 358 right, was 351.",
        ]
        assert [plot["data-program"] for plot in plots] == [f"chart-{number}" for number in range(1, 7)]

    def test_an_image_chart_is_inside_the_page_at_its_own_width(self) -> None:
        files: dict[str, Any] = {"image": "a.png", "image_dark": "b.png", "base": None, "head": "h.png"}
        chart = ImageChart(id="i", title="I", alt="words", width=376, **files)
        read = Rendered(page(make_report(charts=(chart,)), {"a.png": PIXEL, "b.png": PIXEL + b" "}))
        images = read.elements("img")
        assert [(image["class"], image["alt"]) for image in images] == [("on-light", "words"), ("on-dark", "words")]
        assert {image["width"] for image in images} == {"376"}
        assert images[0]["src"] == f"data:image/png;base64,{b64encode(PIXEL).decode()}"

    @pytest.mark.parametrize(("roles", "kind"), [("", None), ("before", "pair"), ("before difference", "wide")])
    def test_the_images_of_a_chart_get_as_much_room_as_they_need(self, roles: str, kind: str | None) -> None:
        shown: dict[str, Any] = dict.fromkeys(("image", *roles.split()), "a.png")
        chart = ImageChart(id="i", title="I", alt="words", base=None, head="h.png", **shown)
        figures = Rendered(page(make_report(charts=(chart,)), {"a.png": PIXEL})).elements("figure")
        assert [figure.get("class") for figure in figures] == [kind]

    def test_tooltips_name_columns(self) -> None:
        points = Points((1.0, 2.0), (3.0, 4.0))
        series = (Series(name="", base=points, head=points),)
        scatter = ScatterChart(id="s", title="S", alt="s", series=series, x_label="actual", y_label="predicted")
        written = programs(page(make_report(charts=(*digits_charts(), scatter)), specify=vega_lite))
        tips = [tip for program in written for tip in _tooltips(program)]
        assert {"epoch", "actual", "predicted", "class", "base", "head"} <= set(tips)
        assert not {"x", "y", "text", "label"} & set(tips)

    def test_a_missing_picture_says_so(self) -> None:
        chart = ImageChart(id="i", title="I", alt="words", image="a.png", base=None, head="h.png")
        read = Rendered(page(make_report(charts=(chart,))))
        assert not read.elements("img")
        assert "There is no image" in read.text

    @pytest.mark.parametrize("path", ["notes.txt", "page.html", "noending"])
    def test_only_pictures_become_pictures(self, path: str) -> None:
        include = Include(path="p", title="t", form="image", base=None, head="h.png", image=path)
        read = Rendered(page(make_report(includes=(include,)), {path: b"<script>"}))
        assert not read.elements("img")
        assert "There is no image" in read.text

    def test_an_image_of_the_teams_own_is_shown_once_for_both_sides(self) -> None:
        sides: dict[str, Any] = {"base": "b.png", "head": "h.png", "image": "both.png", "image_dark": "dark.png"}
        include = Include(path="p.png", title="Ours", form="image", **sides)
        read = Rendered(page(make_report(includes=(include,)), dict.fromkeys(sides.values(), b"\x89PNG")))
        assert [image["class"] for image in read.elements("img")] == ["on-light", "on-dark"]


def _tooltips(part: Any) -> Iterator[str]:
    """What the tooltips of a program call their fields."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if isinstance(part, dict):
        tips = part.get("tooltip")
        yield from (tip.get("title", tip["field"]) for tip in (tips if isinstance(tips, list) else ()))
        for inner in part.values():
            yield from _tooltips(inner)


class TestSections:
    def test_a_section_that_a_comment_folds_is_open(self) -> None:
        problems = tuple(Problem(path=f"{what}.csv", side="head", what=what) for what in ("one", "two", "six", "ten"))
        assert "<h2>Notes</h2>\n<ol>" in page(make_report(problems=problems))

    def test_names_break_at_their_seams(self) -> None:
        text = page(make_report("train/rows_per_second.txt:val.f1 1 -> 2\nb.json:a 1 -> 2"))
        assert "<code>train/<wbr>rows_<wbr>per_<wbr>second<wbr>.txt</code>" in text
        assert "<code>val<wbr>.f1</code>" in text

    def test_a_changed_text_shows_base_to_head(self) -> None:
        include = Include(path="out.txt", title="Ours", form="text", base="a\nb", head="a\nc")
        read = Rendered(page(make_report(includes=(include,))))
        assert [span["class"] for span in read.elements("span") if span.get("class") in {"added", "removed"}] == [
            "removed",
            "added",
        ]
        assert "Ours" in read.text

    def test_contents_link_to_sections_that_exist(self) -> None:
        read = Rendered(page(digits_report()))
        targets = {f"#{attributes['id']}" for _, attributes in read.tags if attributes.get("id")}
        links = {str(link["href"]) for link in read.elements("a")}
        assert len(links) == 9
        assert links <= targets


def test_the_same_report_gives_the_same_page() -> None:
    assert page(hostile_report()) == page(hostile_report())


def test_a_page_stays_small() -> None:
    assert len(page(digits_report()).encode()) < 1_000_000


def test_a_report_about_nothing_is_a_page() -> None:
    read = Rendered(page(make_report()))
    assert read.tables == []
    assert "Metrics" not in read.text
