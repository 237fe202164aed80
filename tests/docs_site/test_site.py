"""The documentation site: its pages, its links, and how it looks and behaves in a browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
import make_site
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # as above
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Request

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))
NAVIGATION = [
    page
    for entry in make_site.configuration()["nav"]
    for title, below in entry.items()
    for _, page in make_site.pages_below(title, below)
]
WIDTHS = (1280, 780, 390)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
KNOWN = {("404.html", "region")}
"""What axe-core finds that is not ours: two switches of the theme on the page for a missing page."""


def test_each_page_is_in_the_navigation_once() -> None:
    assert sorted(NAVIGATION) == sorted([*PAGES, *make_site.PAGES.values()])


def test_the_first_page_leads_to_each_other_page() -> None:
    text = (ROOT / "docs/index.md").read_text()
    linked = {make_site.PAGES.get(target.removeprefix("../"), target) for target in re.findall(r"\]\(([^)#]+)", text)}
    assert {page for page in NAVIGATION if page not in linked} == {"index.md"}


@pytest.mark.parametrize(
    ("origin", "written", "shown"),
    [
        ("docs/a.md", "[b](b.md#c)", "[b](b.md#c)"),
        ("docs/ci/README.md", "[b](../b.md)", "[b](../b.md)"),
        ("docs/a.md", "[c](../CHANGELOG.md)", "[c](changes.md)"),
        ("docs/ci/README.md", "[c](../../CHANGELOG.md#1)", "[c](../changes.md#1)"),
        ("CHANGELOG.md", "[b](docs/b.md)", "[b](b.md)"),
        ("docs/a.md", "[s](../src/headway/api.py#L3)", "[s](REPOSITORY/blob/main/src/headway/api.py#L3)"),
        ("docs/a.md", "[s](../examples)", "[s](REPOSITORY/tree/main/examples)"),
        ("docs/a.md", "[w](https://dvc.org/doc)", "[w](https://dvc.org/doc)"),
        ("docs/a.md", "[h](#heading)", "[h](#heading)"),
        ("docs/a.md", "[g](SITEgallery/digits/report.html)", "[g](gallery/digits/report.html)"),
        ("docs/ci/README.md", "[g](SITEgallery/x.html)", "[g](../gallery/x.html)"),
        ("docs/a.md", '<img src="images/x.png">', '<img src="images/x.png">'),
        ("docs/a.md", "`[b](../README.md)`", "`[b](../README.md)`"),
        ("docs/a.md", "[s](<../LICENSE>)", "[s](<REPOSITORY/blob/main/LICENSE>)"),
        ("docs/a.md", '[s](../LICENSE "Title")', '[s](REPOSITORY/blob/main/LICENSE "Title")'),
        ("docs/a.md", "[s]: ../LICENSE", "[s]: REPOSITORY/blob/main/LICENSE"),
        ("docs/a.md", "<a href='../LICENSE'>", "<a href='REPOSITORY/blob/main/LICENSE'>"),
        ("docs/a.md", "`a\nb` [s](../LICENSE) `c`", "`a\nb` [s](REPOSITORY/blob/main/LICENSE) `c`"),
        ("docs/a.md", "``a ` b`` [s](../LICENSE) `c`", "``a ` b`` [s](REPOSITORY/blob/main/LICENSE) `c`"),
        ("docs/a.md", "[`s`](../LICENSE)", "[`s`](REPOSITORY/blob/main/LICENSE)"),
        ("docs/a.md", "| `a \\| b` | c \\| d |", "| `a | b` | c \\| d |"),
        ("docs/a.md", "`a \\| b`", "`a \\| b`"),
        ("docs/a.md", "<details><summary>A</summary>", '<details markdown="1"><summary>A</summary>'),
        *(
            ("docs/a.md", code, code)
            for code in (
                "```\n[b](../README.md)\n```",
                "- a\n\n    ```\n    [b](../README.md)\n    ```",
                "````\n```\n[b](../README.md)\n```\n[b](../README.md)\n````",
                "~~~\n[b](../README.md)\n~~~",
            )
        ),
    ],
)
def test_links_of_a_page_lead_to_the_site_or_to_the_repository(origin: str, written: str, shown: str) -> None:
    page = make_site.site_page(written.replace("SITE", make_site.address()), origin)
    assert page == shown.replace("REPOSITORY", make_site.repository())


def test_without_the_gallery_its_links_lead_to_the_published_site() -> None:
    link = f"[g]({make_site.address()}gallery/digits/report.html)"
    assert make_site.site_page(link, "docs/a.md", has_gallery=False) == link


def test_an_image_in_two_versions_follows_the_theme_of_the_site() -> None:
    picture = (
        '<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="d.png">\n  <img alt="A" src="l.png">\n'
        "</picture>"
    )
    assert make_site.site_page(picture, "docs/a.md") == (
        '<img class="only-light" alt="A" src="l.png"><img class="only-dark" alt="A" src="d.png">'
    )


@pytest.mark.parametrize("page", [*(f"docs/{page}" for page in PAGES), *make_site.PAGES])
def test_lists_and_blocks_inside_a_list_are_indented_by_four_spaces(page: str) -> None:
    """The forge reads fewer spaces as inside the list, the site as outside of it."""
    text = re.sub(r"^( *)(```+).*?^\1\2$", r"\1\2", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^ {1,3}(?:[-*+] |\d+\. |```|~~~|\|).*", text, re.MULTILINE) == []


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, str(ROOT / "scripts/make_site.py"), "--without-gallery", "--out", str(folder)], check=True
    )
    return folder / "site"


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    """The site on the loopback interface, in the folder in which Pages serves it."""
    (site.parent / "headway").symlink_to(site)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/headway/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium: the one that HEADWAY_CHROMIUM names, else the system's, else Playwright's own."""
    path = os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        yield chromium
        chromium.close()


@pytest.mark.slow
def test_every_page_is_built_and_every_link_of_a_page_leads_to_a_file(site: Path) -> None:
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert built == {*map(make_site.html_name, NAVIGATION), "404.html"}
    for page in sorted(built - {"404.html"}):
        for target in re.findall(r"<[^<>]* (?:href|src)=\"?([^\"#?>\s]+)", (site / page).read_text()):
            if not re.match(r"[a-z]+:", target):
                assert (site / page).parent.joinpath(target).resolve().exists(), f"{page} links {target}"


@pytest.mark.slow
def test_the_site_has_the_structure_that_the_forge_shows(site: Path) -> None:
    """As many headings, lists, tables, cells and pieces of code: neither takes for text what the other one marks up."""
    elements = re.compile(r"<(h[1-6]|ul|ol|li|tr|td|th|pre|code|strong|em|del|blockquote|details|br)\b")
    different = []
    for page, origin in [(page, f"docs/{page}") for page in PAGES] + [
        (page, name) for name, page in make_site.PAGES.items()
    ]:
        text = (ROOT / origin).read_text()
        forge = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
        (article,) = re.findall(r"<article.*?</article>", (site / make_site.html_name(page)).read_text(), re.DOTALL)
        counts = [Counter(elements.findall(html)) for html in (forge, article)]
        if counts[0] != counts[1]:
            different.append((page, counts[0] - counts[1], counts[1] - counts[0]))
    assert different == []


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
def test_every_page_in_a_browser(url: str, site: Path, browser: Browser, theme: Literal["light", "dark"]) -> None:
    """No request leaves the site, none fails, nothing is wider than the window, and axe-core finds nothing."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = browser.new_page(color_scheme=theme)
    wrong: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((url, "data:")):
            wrong.append(f"a request to {request.url}")

    page.on("request", watch)
    page.on(
        "response", lambda answer: wrong.append(f"{answer.status} for {answer.url}") if answer.status > 399 else None
    )
    page.on("pageerror", lambda error: wrong.append(f"an error in {page.url}: {error}"))
    for name in sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html")):
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.goto(url + name)
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        wrong += [f"{name}: {each['help']}" for each in found if (name, each["id"]) not in KNOWN]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wrong.append(f"{name} is wider than {width} pixels")
    page.close()
    assert wrong == []


@pytest.mark.slow
def test_the_search_finds_a_setting(url: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url, wait_until="networkidle")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").fill("max_regression")
    page.get_by_role("option", name=re.compile("gate", re.IGNORECASE)).first.wait_for()
    page.close()
