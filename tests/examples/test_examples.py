"""The examples: their files agree with each other, their revisions run, and a reviewer can read the report on them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
import msgspec
import numpy as np
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # as above
from PIL import Image
from playwright.sync_api import sync_playwright

from headway.cli.main import run
from headway.draw.theme import IMAGE_WIDTH, TITLE_SIZE
from headway.gather import Repository
from headway.judge.movement import verdict
from headway.settings import load_settings
from headway.values.comparison import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("imbalanced", "regression", "text_tasks")
MOST_HEIGHT = 1760
"""Pixels that a comment is tall at the most, with its details folded."""
TITLE_ROOM = 24
"""CSS pixels at the top of an image in which its title begins."""
CAPITAL = 0.69 * TITLE_SIZE
"""The height of capital letters of Liberation Sans in a title."""
EDGE = 2
"""Pixels of a screenshot that may show what lies beside an image."""
INK = 60
"""The difference in brightness from which on a pixel belongs to a letter."""
DESK, PHONE = 780, 340
"""Pixels that GitHub gives a comment."""
GITHUB = """body{margin:0;font:14px/1.5 "Segoe UI",Helvetica,Arial,sans-serif}
.c{max-width:WIDTHpx;margin:16px auto;padding:16px;border:1px solid #d1d9e0;border-radius:6px}
table{border-collapse:collapse;display:block;width:max-content;max-width:100%;overflow:auto;margin-bottom:16px}
td,th{border:1px solid #d1d9e0;padding:6px 13px} img{max-width:100%} h3{font-size:1.25em} h4{font-size:1em}
code{border-radius:6px;padding:.2em .4em;font-size:85%} pre{padding:16px;overflow:auto} pre code{background:none}"""


def test_the_examples_are_no_part_of_the_pipeline_around_them() -> None:
    with Repository.open(EXAMPLES.parent) as repository:
        snapshot = repository.open_revision(repository.resolve_head(None), "head").snapshot()
    stages = {*snapshot.stages, *snapshot.unrecorded}
    assert "train" in stages
    assert {stage for stage in stages if stage.startswith("examples/")} == set()


def test_every_example_is_tested() -> None:
    assert tuple(sorted(path.parent.name for path in EXAMPLES.glob("*/dvc.yaml"))) == NAMES


def load(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.yaml.decode(file.read_bytes())
    return content


def stages(folder: Path) -> Iterator[dict[str, Any]]:
    """The stages of dvc.yaml; those of a matrix once for each task."""
    tasks = load(folder / "params.yaml").get("tasks", [])
    for stage in load(folder / "dvc.yaml")["stages"].values():
        for task in tasks if "matrix" in stage else [""]:
            yield json.loads(json.dumps(stage).replace("${item.task}", task))


def paths(entries: list[Any]) -> set[str]:
    """The paths of outputs, with or without options."""
    return {next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries}


@pytest.mark.parametrize("name", NAMES)
def test_the_files_of_an_example_agree(name: str) -> None:
    folder = EXAMPLES / name
    written = {path for stage in stages(folder) for path in paths(stage["outs"] + stage.get("metrics", []))}
    read = {dep for stage in stages(folder) for dep in stage["deps"]}
    assert [path for path in sorted(read - written) if not (folder / path).is_file()] == []
    sections = {param.split(".")[0] for stage in stages(folder) for param in stage.get("params", [])}
    assert sections <= set(load(folder / "params.yaml"))
    settings = load_settings(lambda path: file.read_bytes() if (file := folder / path).is_file() else None, name)
    assert {rule.path for rule in settings.predictions} <= written
    assert {path for rule in settings.data.values() for path in rule.splits} <= written


@pytest.mark.parametrize("name", NAMES)
def test_the_change_applies_and_says_what_it_does(name: str, tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLES / name, tmp_path / name)
    patches = sorted((copy / "change").glob("*.patch"))
    assert len(patches) == 2
    for patch in patches:
        subprocess.run(["git", "apply", str(patch)], cwd=copy, check=True)
        subject, blank, *_ = patch.read_text().splitlines()
        assert 0 < len(subject) <= 72
        assert blank == ""


def make_revisions(name: str, out: Path, bytecode: Path) -> None:
    """Every stage imports scikit-learn; it is compiled once, also where the environment keeps no bytecode."""
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    script = [sys.executable, str(EXAMPLES / "make_revisions.py"), name, str(out)]
    subprocess.run(script, check=True, env={**environ, "PYTHONPYCACHEPREFIX": str(bytecode)})


@dataclass(frozen=True)
class Example:
    """An example with its two revisions, and the report on them.

    Attributes:
        name: its folder in ``examples/``.
        root: the repository.
        folder: the report's folder.
        report: the content of report.json.
    """

    name: str
    root: Path
    folder: Path
    report: dict[str, Any]


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture(scope="module", params=NAMES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, bytecode: Path) -> Example:
    root, out = tmp_path_factory.mktemp("example") / request.param, tmp_path_factory.mktemp("report")
    make_revisions(request.param, root, bytecode)
    assert run(["report", "main", "change", "--project", str(root), "--no-fetch", "--out", str(out)]) == 0
    return Example(request.param, root, out, json.loads((out / "report.json").read_text()))


def rows(name: str) -> list[list[str]]:
    """The table of metrics in an example's README, without its head."""
    lines = (EXAMPLES / name / "README.md").read_text().splitlines()
    return [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| `")]


def meaning(metric: dict[str, Any]) -> str:
    word = verdict(msgspec.convert(metric, Metric))
    return "" if word == "changed" else word


@pytest.mark.slow
def test_the_metrics_move_as_the_readme_says(example: Example) -> None:
    changed = [metric for metric in example.report["metrics"] if metric["status"] == "changed"]
    found = {(metric["file"], metric["key"]): (metric, meaning(metric)) for metric in changed}
    told = {(file, key): (base, head, word) for file, key, base, head, word in rows(example.name)}
    assert told.keys() == found.keys()
    for name, (base, head, word) in told.items():
        metric, meant = found[name]
        assert (float(base), float(head)) == pytest.approx((metric["base"], metric["head"]), rel=0.001)
        assert meant == word


@pytest.mark.slow
def test_the_report_has_no_footnote(example: Example) -> None:
    assert {name: example.report[name] for name in ("problems", "notes", "comparability")} == {
        "problems": [],
        "notes": [],
        "comparability": [],
    }


@pytest.mark.slow
def test_the_same_versions_give_the_same_commits(example: Example, tmp_path: Path, bytecode: Path) -> None:
    make_revisions(example.name, tmp_path / "again", bytecode)
    again, first = (
        subprocess.run(["git", "rev-parse", "main", "change"], cwd=root, check=True, capture_output=True, text=True)
        for root in (tmp_path / "again", example.root)
    )
    assert again.stdout == first.stdout


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium: the one that HEADWAY_CHROMIUM names, else the system's, else Playwright's own."""
    path = os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def comment(example: Example, browser: Browser, width: int, scheme: Literal["light", "dark"] = "light") -> Page:
    """The report as a comment on GitHub, with its details folded and all images loaded."""
    body = cmarkgfm.github_flavored_markdown_to_html(
        (example.folder / "report.md").read_text(), Options.CMARK_OPT_UNSAFE
    )
    file = example.folder / f"comment-{width}.html"  # beside the images
    style = GITHUB.replace("WIDTH", str(width))
    file.write_text(f"<meta charset=utf8><style>{style}</style><div class=c>{body}</div>")
    viewport: ViewportSize = {"width": width + 70, "height": 800}
    page = browser.new_page(viewport=viewport, device_scale_factor=2, color_scheme=scheme)
    page.goto(file.as_uri())
    page.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth)")
    return page


@pytest.mark.slow
def test_a_comment_is_read_without_much_scrolling(example: Example, browser: Browser) -> None:
    page = comment(example, browser, DESK)
    height = page.evaluate("document.documentElement.scrollHeight")
    page.close()
    sys.stdout.write(f"{example.name}: {height} px tall at {DESK} px\n")
    assert height <= MOST_HEIGHT


@pytest.mark.slow
def test_letters_have_one_size_in_all_images(example: Example, browser: Browser) -> None:
    """Headway draws two pixels a point, so an image shown at half of its pixels has letters of their natural size."""
    page = comment(example, browser, DESK)
    sizes = page.evaluate("[...document.images].map(image => [image.alt, image.width / image.naturalWidth])")
    page.close()
    assert sizes
    assert {alt: scale for alt, scale in sizes if scale != pytest.approx(0.5, rel=0.02)} == {}


def first_capital(screenshot: bytes) -> float:
    """The height in CSS pixels of the first letter in an image of two pixels a CSS pixel: its leftmost piece of ink."""
    pixels = np.asarray(Image.open(io.BytesIO(screenshot)).convert("L"), dtype=int)[EDGE : 2 * TITLE_ROOM, EDGE:-EDGE]
    ink = np.abs(pixels - np.median(pixels)) > INK
    columns = ink.any(axis=0)
    left = int(columns.argmax())
    right = left + int((~columns[left:]).argmax())
    rows = np.flatnonzero(ink[:, left:right].any(axis=1))
    return float(rows[-1] - rows[0] + 1) / 2


@pytest.mark.slow
@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_titles_have_one_size_on_the_screen(
    example: Example, browser: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    """Measured in the pixels of the comment: the height of the capital letter that begins each title."""
    page = comment(example, browser, width, scheme)
    key = "image_dark" if scheme == "dark" else "image"
    drawn = {Path(chart[key]).name: chart for chart in example.report["charts"] if chart["kind"] != "image"}
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")
    heights = {}
    for image in page.locator("img").all():
        chart = drawn.get(image.evaluate("image => decodeURI(image.currentSrc).split('/').pop()"))
        if chart and chart["title"][0].isupper():  # two images of an image chart share one title
            heights[chart["id"]] = first_capital(image.screenshot())
    page.close()
    assert heights
    sys.stdout.write(f"{example.name}: {heights}\n")
    capital = CAPITAL * min(1, width / IMAGE_WIDTH)  # a phone is narrower than an image
    assert {title: height for title, height in heights.items() if height != pytest.approx(capital, rel=0.1)} == {}


ROWS_WITHOUT_CHANGE = """table => [...table.rows].map(row => [...row.cells]).filter(cells => {
  const changes = cells.filter(cell => /[+\u2212][0-9]/.test(cell.innerText))
  const visible = cell => cell.getBoundingClientRect().right <= table.getBoundingClientRect().right
  return changes.length && !changes.some(visible)
}).map(cells => cells[0].innerText)"""
"""The rows of a table that state a signed number, but none that is seen without scrolling sideways."""


@pytest.mark.slow
def test_a_phone_shows_the_change_of_each_metric(example: Example, browser: Browser) -> None:
    page = comment(example, browser, PHONE)
    hidden = page.eval_on_selector("table", ROWS_WITHOUT_CHANGE)
    page.close()
    assert hidden == []
