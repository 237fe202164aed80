"""Update the images in the README: Chromium takes screenshots of a real report of this repository's own pipeline.

In a temporary clone, the script trains the pipeline with worse parameters on main and with those of params.yaml on a
branch, and runs Headway on the difference. This takes about a minute.

Example:
    python scripts/make_readme_images.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
IMAGES = ROOT / "docs" / "images"
WORSE = {"  shift: 1 ": "  shift: 0 ", "  channels: [16, 32] ": "  channels: [6, 12] "}
SIZE = {"width": 1120, "height": 620}


def main() -> None:
    """Commit two trainings in a clone, write a report on the difference, and save its images."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "digits"
        _run(ROOT, "git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
        _run(clone, "git", "checkout", "--quiet", "-B", "main")
        _run(clone, "dvc", "pull", "--quiet")
        _commit_run(clone, "A small network, trained without shifts", WORSE)
        _run(clone, "git", "checkout", "--quiet", "-b", "wider-network")
        _commit_run(clone, "A wider network, trained with shifts", {new: old for old, new in WORSE.items()})
        _run(clone, "headway", "report", "main", "--head", "wider-network")
        _take_screenshots(clone / "reports/headway/report.html")
        for chart in ("confusion", "learning_curve"):
            _copy_chart(clone / "reports/headway", chart)


def _commit_run(clone: Path, message: str, changes: dict[str, str]) -> None:
    params = clone / "params.yaml"
    text = params.read_text()
    for old, new in changes.items():
        if old not in text:
            sys.exit(f"params.yaml has no line with {old!r}; choose another change in {__file__}")
        text = text.replace(old, new)
    params.write_text(text)
    _run(clone, "dvc", "repro", "--quiet", "draw")
    _run(clone, "git", "commit", "--quiet", "--all", "--message", message)


def _run(folder: Path, *command: str) -> None:
    identity = {f"GIT_{who}_{what}": "Headway" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    identity |= {f"GIT_{who}_DATE": "2026-11-20T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
    tools = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, **identity, **tools})


def _take_screenshots(page: Path) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for scheme in ("light", "dark"):
            _take_screenshot(browser, page, scheme)
        browser.close()


def _copy_chart(report: Path, id_: str) -> None:
    charts = json.loads((report / "report.json").read_text())["charts"]
    chart = next(chart for chart in charts if chart["id"] == id_)
    shutil.copyfile(report / chart["image"], IMAGES / f"{id_}-light.png")
    shutil.copyfile(report / chart["image_dark"], IMAGES / f"{id_}-dark.png")


def _take_screenshot(browser: Browser, page: Path, scheme: str) -> None:
    tab = browser.new_page(viewport=SIZE, device_scale_factor=2, color_scheme=scheme)  # type: ignore[arg-type]  # one of Playwright's two literals
    tab.goto(page.as_uri())
    tab.wait_for_timeout(1500)  # until the page has drawn its charts
    tab.screenshot(path=IMAGES / f"report-{scheme}.png")
    tab.close()


if __name__ == "__main__":
    main()
