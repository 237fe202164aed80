"""The gallery of charts: every kind of chart is in it, its images exist, and its script writes it again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from dvc_render.vega_templates import TEMPLATES
from PIL import Image, ImageChops, ImageStat

from headway.values.chart import Chart, CurveKind

ROOT = Path(__file__).parents[2]
DOCS, FOLDER, SOURCES = ROOT / "docs", "images/charts", ROOT / "scripts/charts_page"
PAGE = (DOCS / "charts.md").read_text()
SECTIONS = {text.split("\n")[0]: text for text in re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]}
LARGEST = 2_500_000
"""Bytes of all images."""


@pytest.mark.parametrize("kind", [kind.__name__ for kind in get_args(Chart)])
def test_every_kind_of_chart_has_a_section(kind: str) -> None:
    assert any(
        f"report-schema.md#{kind.lower()}" in section and "<picture>" in section for section in SECTIONS.values()
    )


@pytest.mark.parametrize("curve", sorted({*get_args(CurveKind)} - {"", "rates"}))
def test_every_curve_that_headway_recognizes_has_a_section(curve: str) -> None:
    assert [heading for heading in SECTIONS if curve in heading.lower()]


@pytest.mark.parametrize("template", [template.DEFAULT_NAME for template in TEMPLATES])
def test_every_template_of_dvc_is_named_beside_its_chart(template: str) -> None:
    lists = [section.split("\n")[2] for section in SECTIONS.values() if section.count("\n") > 2]
    assert any(f"`{template}`" in line and line.startswith("Template") for line in lists)


def test_every_image_of_the_page_exists_in_both_themes_and_no_other_file_does() -> None:
    pictures = re.findall(
        r'<picture><source media="\(prefers-color-scheme: dark\)" srcset="(.+?)"><img .*?src="(.+?)"', PAGE
    )
    assert pictures
    assert [dark.replace("-dark.png", "-light.png") for dark, _ in pictures] == [light for _, light in pictures]
    named = set(re.findall(r'(?:src|srcset)="(.+?)"', PAGE))
    assert named == {path.relative_to(DOCS).as_posix() for path in (DOCS / FOLDER).iterdir()}
    assert len(named) == len(re.findall(r'(?:src|srcset)="', PAGE))


def test_headways_column_has_a_light_and_a_dark_image_where_dvcs_has_one() -> None:
    for heading, section in SECTIONS.items():
        assert ("DVC&#39;s default" in section) == bool(re.search(r'<img [^>]*src="[^"]*-dvc[-.]', section)), heading
        assert not section.count("DVC&#39;s default") or "<picture>" in section, heading


def test_the_images_are_small() -> None:
    assert sum(path.stat().st_size for path in (DOCS / FOLDER).iterdir()) <= LARGEST


def test_the_page_has_the_text_of_its_source() -> None:
    lines = (SOURCES / "page.md").read_text().splitlines()
    assert [line for line in lines if not line.startswith("{{") and line not in PAGE.splitlines()] == []


@pytest.mark.slow
def test_the_script_writes_the_page_again(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "scripts/make_charts_page.py"), "--out", str(tmp_path)]
    subprocess.run(script, check=True)
    assert (tmp_path / "charts.md").read_text() == PAGE, "run: make charts"
    images = {path.name: path for path in (tmp_path / FOLDER).iterdir()}
    assert images.keys() == {path.name for path in (DOCS / FOLDER).iterdir()}
    changed = {name for name, path in images.items() if difference(path, DOCS / FOLDER / name) > 0.5}
    assert not changed, "run: make charts"


def difference(one: Path, other: Path) -> float:
    """The mean difference of two images, in levels of 256; infinite if they have different sizes."""
    first, second = (Image.open(path).convert("RGB") for path in (one, other))
    if first.size != second.size:
        return float("inf")
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)
