"""Update the images in the README, docs/gallery.md and docs/report-contents.md, from the gallery's reports.

It trains the digits twice and runs the examples, which takes about three minutes.

Example:
    python scripts/make_gallery_images.py
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from pathlib import Path

from gallery import EXAMPLES, ROOT, make_reports
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1120, "height": 620}
COLORS = 192
"""The colours of a screenshot: a page of text and charts has few, and the file is a third as large."""


def main() -> None:
    """Write the reports, and save the images of them."""
    (IMAGES / "gallery").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder)
        make_reports(reports)
        pages = {"report": reports / "digits", **{f"gallery/{name}": reports / name for name in EXAMPLES}}
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium"),
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
            for name, report in pages.items():
                for scheme in ("light", "dark"):
                    _take_screenshot(browser, report / "report.html", name, scheme)
            browser.close()
        for chart in ("confusion", "learning_curve"):
            _copy_chart(reports / "digits", chart)


def _take_screenshot(browser: Browser, page: Path, name: str, scheme: str) -> None:
    tab = browser.new_page(viewport=SIZE, device_scale_factor=2, color_scheme=scheme)  # type: ignore[arg-type]  # one of Playwright's two literals
    tab.goto(page.as_uri())
    tab.wait_for_timeout(1500)  # until the page has drawn its charts
    image = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    image.quantize(COLORS, dither=Image.Dither.NONE).save(IMAGES / f"{name}-{scheme}.png", optimize=True)
    tab.close()


def _copy_chart(report: Path, id_: str) -> None:
    charts = json.loads((report / "report.json").read_text())["charts"]
    chart = next(chart for chart in charts if chart["id"] == id_)
    shutil.copyfile(report / chart["image"], IMAGES / f"{id_}-light.png")
    shutil.copyfile(report / chart["image_dark"], IMAGES / f"{id_}-dark.png")


if __name__ == "__main__":
    main()
