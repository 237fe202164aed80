"""The dark image of a chart is the light one with other colours: no byte differs from a second drawing."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest
from draw.pixels import open_png
from draw.plots import drawn, plot

from headway.draw import recolor, vega
from headway.draw.jobs import VegaJob
from headway.draw.renderer import Renderer
from headway.draw.specification import vega_lite
from headway.draw.theme import THEMES
from headway.values.chart import DistributionChart, DistributionPanel

if TYPE_CHECKING:
    from headway.values.chart import Chart

TABLES = [
    "t,a,b,share,name\n" + "\n".join(f"{t},{top / t},{t / 40},{t / 30},n{t % top}" for t in range(1, 31))
    for top in (3, 4)
]
CLASSES = [
    "actual,predicted\n" + "cat,cat\n" * 9 + "cat,dog\n" * errors + "dog,cat\n" * 4 + "dog,ox\n" * (9 - errors)
    for errors in (2, 5)
]
RATES = [f"fpr,tpr,threshold\n0,0,\n0.01,{tpr},0.5\n0.05,0.99,0.1\n1,1,0" for tpr in ("0.9", "0.95")]
PRECISIONS = [f"recall,precision,threshold\n0,1,\n0.5,{top},0.5\n1,0.25,0.1" for top in ("0.9", "0.95")]
BINS = [f"p,observed,count\n0.05,0.1,{size}\n0.5,0.4,20\n0.95,0.9,3000" for size in (4000, 5000)]
ROWS = ["actual,predicted\n" + "\n".join(f"{row},{row * factor % 97}" for row in range(450)) for factor in (3, 5)]
SCORES = [f"class,f1\ncat,{f1}\ndog,0.5\nox,9000" for f1 in ("0.4", "0.6")]
CODES = [text.replace("cat", "#0072b2") for text in SCORES]
HOSTILE = """<text fill="#ffffff"> ' fill="#0072b2" & #1f2328 stroke="#0072b2"/>"""


def sides(texts: list[str], y: str | list[str], x: str, template: str = "linear", title: str = "Title") -> Chart:
    base, head = (plot(text, y, x=x, template=template, title=title) for text in texts)
    return drawn(base, head)


def distributions() -> DistributionChart:
    numbers = DistributionPanel(name="age", remark="PSI 0.3", edges=(0.0, 1.0, 2.0), base=(0.4, 0.6), head=(0.7, 0.3))
    names = DistributionPanel(name="city", labels=("Bern", "Rome"), base=(0.4, 0.6), head=(0.3, 0.7))
    return DistributionChart(id="d", title="Data", alt="", panels=(numbers, names))


CHARTS: dict[str, Chart] = {
    "line": sides(TABLES, "a", "t"),
    "lines": sides(TABLES, ["a", "b"], "t"),
    "roc": sides(RATES, "tpr", "fpr"),
    "precision and recall": sides(PRECISIONS, "precision", "recall"),
    "calibration": sides(BINS, "observed", "p", title="Calibration"),
    "names": sides(TABLES, "a", "name"),
    "scatter": sides(TABLES, "b", "a", "scatter"),
    "jitter": sides(TABLES, "name", "a", "scatter_jitter"),
    "predictions": sides(ROWS, "predicted", "actual", "scatter"),
    "bars": sides(SCORES, "class", "f1", "bar_horizontal"),
    "confusion": sides(CLASSES, "actual", "predicted", "confusion"),
    "shares": sides(CLASSES, "actual", "predicted", "confusion_normalized"),
    "distributions": distributions(),
    "hostile": sides(TABLES, "a", "t", title=HOSTILE),
    "names like colours": sides(CODES, "class", "f1", "bar_horizontal", title="#1f2328"),
}


def test_a_light_colour_has_one_dark_partner_and_a_dark_one_has_one_light() -> None:
    partners = set(zip(astuple(THEMES["light"]), astuple(THEMES["dark"]), strict=True))
    for shades in zip(*partners, strict=True):
        assert len(set(shades)) == len(partners)


@pytest.mark.parametrize("name", CHARTS)
def test_exchanged_colours_are_a_second_drawing(name: str) -> None:
    light, dark = (vega_lite(CHARTS[name], theme) for theme in ("light", "dark"))
    datasets = dark.pop("datasets")
    once, again = vega.draw_svg(light), vega.draw_svg(dark, datasets)
    assert recolor.to_dark(once) == again
    assert once != again


@pytest.mark.parametrize("name", CHARTS)
def test_a_page_has_the_program_that_the_dark_theme_gives(name: str) -> None:
    light, dark = (vega_lite(CHARTS[name], theme, interactive=True) for theme in ("light", "dark"))
    assert recolor.to_dark_program(light) == dark
    assert light != dark


def test_one_program_becomes_both_images() -> None:
    light, dark = (VegaJob(vega_lite(CHARTS["confusion"], theme)) for theme in ("light", "dark"))
    with Renderer(processes=1) as renderer:
        renderer.submit("light", light, dark_key="exchanged")
        renderer.submit("dark", dark)
        renderer.submit("broken", VegaJob({"mark": "no such mark"}), dark_key="broken too")
        results = renderer.results()
    assert results["exchanged"] == results["dark"] != results["light"]
    assert open_png(results["light"]).getpixel((0, 0)) == (255, 255, 255)
    assert isinstance(results["broken"], str)
    assert results["broken too"] == results["broken"]
