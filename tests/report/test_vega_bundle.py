"""The JavaScript in the page is what the installed vl-convert makes, and says where it comes from."""

from __future__ import annotations

import re
import runpy
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "src/headway/report/assets"
BUNDLE = ASSETS / "vega.min.js"
HEADER = re.compile(r"/\* Vega [\d.]+, Vega-Lite [\d.]+, Vega-Embed [\d.]+; bundled by vl-convert-python (\S+); ")


def test_it_is_up_to_date_or_says_which_version_made_it() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    header = HEADER.match(text)
    assert header
    if header[1] == version("vl-convert-python"):
        made = runpy.run_path(str(ROOT / "scripts/make_vega_bundle.py"))["bundle"]()
        assert text == made, "run scripts/make_vega_bundle.py"


def test_it_can_stand_in_a_script_element() -> None:
    text = BUNDLE.read_text(encoding="utf-8").lower()
    assert "</script" not in text
    assert "<!--" not in text


def test_its_licences_are_beside_it() -> None:
    licences = (ASSETS / "vega.LICENSE.txt").read_text(encoding="utf-8")
    for package in ("vega,", "vega-lite", "vega-embed", "vega-interpreter", "d3-array", "semver", "topojson-client"):
        assert package in licences
