"""The HTML page in a real browser: it draws everything, asks for nothing, fits a phone, and works without a mouse."""

from __future__ import annotations

import os
import shutil
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import sync_playwright
from samples import PIXEL, digits_report, hostile_report, make_report

from headway.report import html
from headway.values.flips import Flip, Flips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

    from headway.values.report import Report

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium: the one that HEADWAY_CHROMIUM names, else the system's, else Playwright's own."""
    path = os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Watched:
    """An open page with everything that it asked for and complained of."""

    def __init__(self, page: Page, file: Path) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.goto(file.as_uri())
        self.wait_for_charts()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def wait_for_charts(self, theme: str = "") -> None:
        self.page.wait_for_selector(f'html[data-drawn="{theme}"]' if theme else "html[data-drawn]", timeout=20_000)

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()

    def color(self, selector: str, name: str = "background-color") -> str:
        script = "([selector, name]) => getComputedStyle(document.querySelector(selector)).getPropertyValue(name)"
        return str(self.page.evaluate(script, [selector, name]))


@pytest.fixture(scope="module")
def show(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Watched]]:
    """Opens reports, each in a page of its own: in one context, so that a page's scripts are compiled once."""
    usual = browser.new_context(offline=True)

    def opened(
        report: Report,
        replaced: tuple[str, str] = ("", ""),
        viewport: dict[str, int] = DESK,
        scheme: Literal["light", "dark"] = "light",
        context: BrowserContext = usual,
    ) -> Watched:
        file = tmp_path_factory.mktemp("page") / "report.html"
        file.write_text(html.render(report, {"charts/i.png": PIXEL}).replace(*replaced), encoding="utf-8")
        page = context.new_page()
        page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        page.emulate_media(color_scheme=scheme)
        return Watched(page, file)

    yield opened
    usual.close()


@pytest.fixture(scope="module")
def digits(show: Callable[..., Watched]) -> Watched:
    return show(digits_report())


def test_it_asks_for_nothing_but_itself_and_complains_of_nothing(digits: Watched) -> None:
    assert [url.rpartition("/")[2] for url in digits.requests] == ["report.html"]
    assert digits.complaints == []


def test_every_chart_is_drawn_and_described_in_words(digits: Watched) -> None:
    assert digits.count(".plot svg") == 6
    assert digits.count(".plot[data-failed]") == 0
    words = digits.page.locator(".plot").evaluate_all("all => all.map(plot => [plot.role, plot.ariaLabel])")
    assert words[0] == ["img", "Line chart. Validation loss ends at 0.0533, was 0.0712."]


@pytest.mark.slow
def test_vega_has_nothing_to_say_about_our_charts(browser: Browser, show: Callable[..., Watched]) -> None:
    context = browser.new_context(offline=True, bypass_csp=True)
    page = show(digits_report(), replaced=("logLevel: 1", "logLevel: 2"), context=context)
    assert page.count(".plot svg") == 6
    assert page.complaints == []
    context.close()


def test_a_chart_answers_the_pointer(digits: Watched) -> None:
    point = digits.page.locator("#chart-3 ~ .plot svg .mark-symbol path").nth(20)
    point.scroll_into_view_if_needed()
    point.hover(force=True)
    tip = digits.page.locator("#vg-tooltip-element.visible")
    assert tip.inner_text().startswith("false positive rate")
    assert digits.complaints == []


@pytest.mark.slow
def test_the_wheel_moves_the_page_and_zooms_a_chart_only_with_ctrl(show: Callable[..., Watched]) -> None:
    page = show(digits_report()).page
    plot = page.locator(".plot").first
    plot.hover()
    before, place = plot.inner_html(), page.evaluate("scrollY")
    page.mouse.wheel(0, 40)
    page.wait_for_function("place => scrollY > place", arg=place)
    assert plot.inner_html() == before
    page.keyboard.down("Control")
    page.mouse.wheel(0, 40)
    page.wait_for_function("([plot, before]) => plot.innerHTML !== before", arg=[plot.element_handle(), before])


def test_the_page_follows_the_system_until_the_reader_chooses(show: Callable[..., Watched]) -> None:
    page = show(digits_report(), scheme="dark")
    dark = page.color("body")
    assert page.page.locator('.plot[data-theme="dark"]').count() == 6
    page.page.click("#theme")
    page.wait_for_charts("light")
    assert page.color("body") != dark
    assert page.page.locator('.plot[data-theme="light"]').count() == 6
    page.page.emulate_media(color_scheme="light")
    page.page.click("#theme")
    page.wait_for_charts("dark")
    assert page.color("body") == dark
    assert page.complaints == []


@pytest.mark.slow
def test_the_filter_finds_changed_and_unchanged_metrics(show: Callable[..., Watched]) -> None:
    page = show(digits_report()).page
    visible = page.locator("tr[data-name]:visible")
    shown = visible.count()
    page.fill("#filter-metrics", "ROWS")
    assert page.locator("#metrics output").inner_text() == "1 found"
    assert visible.count() == 1
    assert page.locator("#metrics details:has-text('rows')").get_attribute("open") is not None
    page.fill("#filter-metrics", "accuracy")
    assert visible.count() == 1
    page.fill("#filter-metrics", "")
    assert page.locator("#metrics > .scroll tr[data-name]:visible").count() == shown


def test_each_section_filters_its_own_rows(show: Callable[..., Watched]) -> None:
    broken = [Flip(id=f"row {number}", actual="8", base="8", head=str(number)) for number in range(3)]
    flips = Flips(path="p.csv", rows=9, fixed_count=0, broken_count=3, broken=tuple(broken))
    page = show(make_report("acc 0.9 -> 0.8\nf1 0.8 -> 0.7", flips=(flips,))).page
    page.fill("#filter-flips", "row 2")
    assert page.locator("#flips output").inner_text() == "1 found"
    assert page.locator("#flips tr[data-name]:visible").count() == 1
    assert page.locator("#metrics tr[data-name]:visible").count() == 2


@pytest.mark.parametrize("report", [digits_report(), hostile_report()], ids=["digits", "hostile"])
def test_nothing_crosses_an_edge_but_in_a_box_that_the_keyboard_scrolls(
    show: Callable[..., Watched], report: Report
) -> None:
    page = show(report, viewport=PHONE).page
    page.evaluate(OPEN)
    for width in (320, 340, 390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(CUT_OFF) == []
        page.wait_for_function(ALL_REACHED, timeout=2_000)


def test_as_many_charts_to_a_row_as_fit(digits: Watched) -> None:
    page, columns = digits.page, {}
    for width in (390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        columns[width] = page.evaluate(
            "getComputedStyle(document.querySelector('.grid')).gridTemplateColumns.split(' ').length"
        )
    assert columns == {390: 1, 820: 2, 1280: 3}


def test_the_keyboard_reaches_everything_and_shows_where_it_is(digits: Watched) -> None:
    places = []
    for _ in range(digits.count(":is(a, button, input, summary, [tabindex='0']):visible")):
        digits.page.keyboard.press("Tab")
        places.append(digits.page.evaluate(FOCUSED))
    assert len({place for place, _ in places}) == len(places)
    assert {outline for _, outline in places} == {"solid"}
    fold = digits.page.locator("#metrics details").first
    fold.locator("summary").press("Enter")
    assert fold.get_attribute("open") is not None


def test_a_hostile_report_runs_nothing_and_fetches_nothing(show: Callable[..., Watched]) -> None:
    page = show(hostile_report())
    page.page.wait_for_load_state("networkidle")
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []
    assert page.complaints == []
    assert page.count(".vega-actions") == 0


def test_the_policy_stops_a_foreign_script(show: Callable[..., Watched]) -> None:
    page = show(make_report("acc 0.9 -> 0.92")).page
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    assert page.evaluate("window.ran") is None


@pytest.mark.slow
def test_a_broken_template_costs_only_its_own_chart(show: Callable[..., Watched]) -> None:
    report = hostile_report()
    broken = type(report.charts[2])(id="b", title="Broken", alt="words", spec={"mark": "no such mark", "data": {}})  # type: ignore[call-arg]  # a VegaChart
    page = show(make_report(charts=(broken, *digits_report().charts)))
    assert page.page.locator(".plot[data-failed]").inner_text().startswith("This chart could not be drawn")
    assert page.count(".plot svg") == 6


@pytest.mark.slow
def test_it_can_be_read_without_its_script(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html.render(digits_report(), {}), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#metrics tr[data-name]:visible").count() == 10
    assert page.locator("#theme").is_visible() is False
    assert "Validation loss ends at 0.0533" in page.locator(".plot").first.inner_text()
    context.close()


@pytest.mark.slow
def test_on_paper_everything_is_open_and_light_and_as_before_afterwards(show: Callable[..., Watched]) -> None:
    watched = show(digits_report(), scheme="dark")
    page = watched.page
    folded = page.locator("details:not([open])").count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator('.plot[data-theme="light"]').count() == 6, "drawn before the browser takes its image"
    page.emulate_media(media="print")
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(31, 35, 40)"
    assert page.locator(".filter").is_visible() is False
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    watched.wait_for_charts("dark")
    assert page.locator("details:not([open])").count() == folded > 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_serious(show: Callable[..., Watched], size: dict[str, int], scheme: str) -> None:
    page = show(digits_report(), viewport=size, scheme=scheme).page
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    for _ in ("folded", "open"):
        page.wait_for_function(ALL_REACHED)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(each["id"], each["help"]) for each in found if each["impact"] in {"serious", "critical"}] == []
        page.evaluate(OPEN)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_words_stand_out_from_their_ground(digits: Watched, scheme: Literal["dark", "light"]) -> None:
    digits.page.emulate_media(color_scheme=scheme)
    digits.wait_for_charts(scheme)
    contrasts = digits.page.evaluate(CONTRASTS)
    assert contrasts
    assert {text: ratio for text, ratio in contrasts if ratio < 4.5} == {}


OPEN = "() => { for (const fold of document.querySelectorAll('details')) fold.open = true; }"

CUT_OFF = """() => [...document.querySelectorAll("body *:not(script, svg *, .spoken)")]
  .filter((element) => !element.parentElement.closest(".scroll, .plot, .prose, pre, .sides, .movements"))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
  .map((element) => element.outerHTML.slice(0, 80))"""
"""What crosses the right edge of the screen, but in boxes that scroll and in the top bar, which shortens its words."""

ALL_REACHED = """() => [...document.querySelectorAll(".scroll, .plot, .prose, pre")]
  .every((box) => !box.checkVisibility() || box.scrollWidth <= box.clientWidth || box.tabIndex === 0)"""

FOCUSED = """() => {
  const focused = document.activeElement;
  return [[...document.querySelectorAll("*")].indexOf(focused), getComputedStyle(focused).outlineStyle];
}"""

CONTRASTS = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (color) => channels(color)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (/^rgb\\(/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const words = [...document.querySelectorAll("main *:not(svg, svg *, script)")].filter(own);
  return words.map((element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
    return [element.textContent.trim().slice(0, 40), (a + 0.05) / (b + 0.05)];
  });
}"""
"""Every element with words of its own, and its contrast by the formula of WCAG 2.2, where AA asks for 4.5."""
