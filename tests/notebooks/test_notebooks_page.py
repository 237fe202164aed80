"""docs/notebooks.md: its code as a notebook in a real kernel, and what comes out of it in a real browser.

With HEADWAY_UPDATE_GOLDEN, the pictures of the page are written anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import chdir
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import sync_playwright
from repos import Project

import headway
from headway.report.notebook.frame import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/notebooks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
Scheme = Literal["light", "dark"]
SETTINGS = "metrics:\n  accuracy: {direction: higher}\n  f1: {direction: higher}\n  log_loss: {direction: lower}\n"
PLOTS = """\
metrics: [metrics.json]
plots:
  - Loss: {x: epoch, y: {loss.csv: loss}}
  - Confusion: {template: confusion, x: actual, y: {predictions.csv: predicted}}
"""
HOSTILE = "<script>document.title='ran'</script><img src=x onerror=alert(1)>"
MAIN = {"accuracy": 0.941, "f1": 0.9382, "log_loss": 0.2134, "epochs": 20, HOSTILE: 1}
GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}
THEMES: dict[str, tuple[str, Scheme, Scheme]] = {
    "JupyterLab light": ('data-jp-theme-light="true"', "dark", "light"),
    "JupyterLab dark": ('data-jp-theme-light="false"', "light", "dark"),
    "VS Code dark": ('class="vscode-dark"', "light", "dark"),
    "system dark": ("", "dark", "dark"),
}
"""The body of a page, the system's theme, and the theme that the outputs should have."""
HOST = """\
.jp { color: #111; font-family: serif; }
.jp table { table-layout: fixed; margin: auto; font-size: 9px; }
.jp td, .jp th, .jp tr { text-align: right; vertical-align: middle; padding: 0.5em; border: none; max-width: none; }
.jp tbody tr:nth-child(odd) { background: yellow; }
.jp ul { list-style: square; padding-left: 2em; }
.jp :not(pre) > code { background: yellow; padding: 1px 5px; }
.jp dt { float: left; width: 20%; font-weight: bold; }
.jp img { height: auto; max-width: 100%; }
"""
"""Rules like those of JupyterLab, by which the outputs must not be changed."""


def make(project: Project, lr: float, metrics: dict[str, Any]) -> str:
    losses = "".join(f"{epoch},{0.2 + (1 - lr) ** epoch:.4f}\n" for epoch in range(1, 21))
    wrong = round((1 - metrics["accuracy"]) * 200)
    pairs = "".join(f"{n % 4},{(n + (n < wrong)) % 4}\n" for n in range(200))
    project.json("metrics.json", metrics).write("params.yaml", f"train:\n  lr: {lr}\n").write("headway.yaml", SETTINGS)
    project.write("loss.csv", f"epoch,loss\n{losses}").write("predictions.csv", f"actual,predicted\n{pairs}")
    return project.write("dvc.yaml", f"{PLOTS}params: [params.yaml]\n").commit(f"Learning rate {lr}")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Branches main, wider and deeper; the last is checked out."""
    project = Project(tmp_path_factory.mktemp("notebooks") / "project")
    make(project, 0.1, MAIN)
    for name, lr in (("wider", 0.2), ("deeper", 0.3)):
        project.checkout("main").branch(name)
        make(
            project,
            lr,
            {**MAIN, "accuracy": 0.941 + lr / 10, "log_loss": 0.2134 - lr / 4},
        )
    return project


def test_every_name_in_the_code_of_the_page_exists(project: Project) -> None:
    """The first and the fourth block in this process; the others draw."""
    compare, _, _, frame, *_ = BLOCKS
    names: dict[str, Any] = {}
    with chdir(project.root):
        exec(compare, names)  # noqa: S102 - the page's own
        exec(frame, names)  # noqa: S102 - likewise
    assert isinstance(names["comparison"], headway.Comparison)
    assert names["frame"].height == len(MAIN)
    documented = re.findall(r"^\| (`.*?) \|", TEXT, re.MULTILINE)
    assert [name for cell in documented for name in re.findall(r"`(\w+)`", cell)] == list(SCHEMA)


@pytest.fixture(scope="module")
def outputs(project: Project) -> list[list[dict[str, str]]]:
    """The page's code as a notebook, run by the page's command: the data of each block's outputs."""
    project.json("metrics.json", {**MAIN, "accuracy": 0.9685, "f1": 0.961, "log_loss": 0.1584})
    empty: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**empty, "id": f"cell-{number}", "source": block} for number, block in enumerate(BLOCKS)]
    project.json("analysis.ipynb", {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (command,) = re.findall(r"```bash\n(jupyter .*?)\n```", TEXT)
    project.paste(command)
    run = json.loads((project.root / "analysis.ipynb").read_text(encoding="utf-8"))["cells"]
    return [
        [{kind: "".join(lines) for kind, lines in output["data"].items()} for output in cell["outputs"]] for cell in run
    ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def opened(page: Page, outputs: list[list[dict[str, str]]], tmp_path: Path, body: str) -> list[str]:
    """Open a page that a notebook might be exported to, with the outputs of the comparison and of the report.

    What the page asks for and says comes into the list, but for images inside it.
    """
    shown = "\n".join(f'<div class="jp">{data["text/html"]}</div>' for cell in outputs[:2] for data in cell[-1:])
    file = tmp_path / "export.html"
    file.write_text(
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>export</title><style>{HOST}</style></head>"
        f"<body {body}><main><h1>Analysis</h1>{shown}</main></body></html>",
        encoding="utf-8",
    )
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url) if not request.url.startswith("data:") else None)
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.goto(file.as_uri())
    return heard


@pytest.mark.slow  # a kernel, charts and a browser
def test_each_block_of_the_page_shows_something(outputs: list[list[dict[str, str]]]) -> None:
    compare, report, chart, *frames = outputs
    for progress, shown in (compare, report):
        assert progress == {"text/plain": ""}, "the progress has disappeared"
        assert {"text/html", "text/markdown"} <= shown.keys()
    assert "image/png" in chart[-1]
    assert all("text/html" in cell[-1] for cell in frames)
    assert [
        line.split()[1] for line in frames[-1][-1]["text/plain"].splitlines() if "wider" in line or "deeper" in line
    ]
    assert compare[1]["text/html"].count("<img") == 0
    assert report[1]["text/html"].count("<img") == 4


@pytest.mark.slow  # as above
@pytest.mark.parametrize("theme", THEMES)
def test_the_outputs_are_readable_in_each_theme(
    browser: Browser, outputs: list[list[dict[str, str]]], tmp_path: Path, theme: str
) -> None:
    body, scheme, wanted = THEMES[theme]
    page = browser.new_context(offline=True, color_scheme=scheme).new_page()
    heard = opened(page, outputs, tmp_path, body)
    assert page.title() == "export", "no script ran"
    colors = page.evaluate("[...document.querySelectorAll('.headway')].map((e) => getComputedStyle(e).backgroundColor)")
    assert colors == [GROUNDS[wanted]] * 2
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert page.evaluate(DECODED) == [f"on-{wanted}"] * 2
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    for width in (780, 340):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".headway table:visible").count() >= 2
        assert page.evaluate(HOSTED) == []
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert len(heard) == 1, "the page itself"
    if os.environ.get("HEADWAY_UPDATE_GOLDEN") and theme.startswith("JupyterLab"):
        take_picture(page, wanted)


@pytest.mark.slow  # as above
def test_each_host_chooses_the_theme(browser: Browser, outputs: list[list[dict[str, str]]], tmp_path: Path) -> None:
    page = browser.new_page()
    opened(page, outputs, tmp_path, "")
    output = "getComputedStyle(document.querySelector('.headway'))"
    ground = f"(host) => {{ document.body.className = host; return {output}.backgroundColor; }}"
    cases: tuple[tuple[Scheme, str, Scheme], ...] = (
        ("dark", "vscode-light", "light"),
        ("light", "vscode-high-contrast", "dark"),
        ("dark", "vscode-high-contrast vscode-high-contrast-light", "light"),
        ("light", "quarto-dark", "dark"),
        ("dark", "quarto-light", "light"),
        ("light", "", "light"),
    )
    for scheme, host, wanted in cases:
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(ground, host) == GROUNDS[wanted], host


def take_picture(page: Page, theme: str) -> None:
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = false")
    page.set_viewport_size({"width": 860, "height": 900})
    page.locator(".headway").nth(1).screenshot(path=ROOT / f"docs/images/notebook-{theme}.png")


DECODED = """() => [...document.querySelectorAll(".headway img")]
  .filter((image) => image.checkVisibility() && image.complete && image.naturalWidth > 300)
  .map((image) => image.className)"""
"""The images that a reader sees."""

HOSTED = """() => [...document.querySelectorAll(".headway :is(tr, code, li, dt)")].filter((element) => {
  const style = getComputedStyle(element);
  return style.backgroundColor === "rgb(255, 255, 0)" || style.float !== "none" || style.listStyleType === "square";
}).map((element) => element.outerHTML.slice(0, 80))"""
"""What rules of the host still reach."""
