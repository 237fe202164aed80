"""Draw the pictures of the README: a real report of this repository's own pipeline, photographed in Chromium.

In a temporary clone the pipeline is trained with worse parameters, then, as a pull request on top, with those of
params.yaml; Headway reports on the difference. Takes about a minute.

Example:
    python scripts/make_pictures.py
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
PICTURES = ROOT / "docs" / "images"
WORSE = {"  shift: 1 ": "  shift: 0 ", "  channels: [16, 32] ": "  channels: [6, 12] "}
SIZE = {"width": 1120, "height": 620}


def main() -> None:
    """Make a pull request in a clone, report on it, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "digits"
        _run(ROOT, "git", "clone", "--quiet", "--no-local", str(ROOT), str(clone))
        _run(clone, "git", "checkout", "--quiet", "-B", "main")
        _run(clone, "dvc", "pull", "--quiet")
        _commit_run(clone, "A small network, trained without shifts", WORSE)
        _run(clone, "git", "checkout", "--quiet", "-b", "wider-network")
        _commit_run(clone, "A wider network, trained with shifts", {new: old for old, new in WORSE.items()})
        _run(clone, "headway", "report", "main", "--head", "wider-network")
        _photograph(clone / "reports/headway/report.html")
        _copy_chart(clone / "reports/headway", "confusion")


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
    tools = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DVC_NO_ANALYTICS": "1"}
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, **identity, **tools})


def _photograph(page: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for scheme in ("light", "dark"):
            _shoot(browser, page, scheme)
        browser.close()


def _copy_chart(report: Path, id_: str) -> None:
    charts = json.loads((report / "report.json").read_text())["charts"]
    chart = next(chart for chart in charts if chart["id"] == id_)
    shutil.copyfile(report / chart["image"], PICTURES / f"{id_}-light.png")
    shutil.copyfile(report / chart["image_dark"], PICTURES / f"{id_}-dark.png")


def _shoot(browser: Browser, page: Path, scheme: str) -> None:
    tab = browser.new_page(viewport=SIZE, device_scale_factor=2, color_scheme=scheme)  # type: ignore[arg-type]  # one of Playwright's two literals
    tab.goto(page.as_uri())
    tab.wait_for_timeout(1500)  # the charts draw themselves
    tab.screenshot(path=PICTURES / f"report-{scheme}.png")
    tab.close()


if __name__ == "__main__":
    main()
