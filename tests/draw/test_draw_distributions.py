"""Distributions of a table's columns: base a grey area, head blue in front, in real images."""

from __future__ import annotations

import pytest
from draw.pixels import count, open_png, render

from headway.draw.jobs import VegaJob
from headway.draw.specification import vega_lite
from headway.draw.theme import THEMES, ThemeName
from headway.values.chart import DistributionChart, DistributionPanel

NUMBERS = DistributionPanel(
    name="x", edges=(0.0, 1.0, 2.0, 3.0), base=(0.2, 0.5, 0.3), head=(0.1, 0.3, 0.6), remark="PSI 0.4"
)
CLASSES = DistributionPanel(name="label", labels=("cat", "dog"), base=(0.5, 0.5), head=(0.9, 0.1))


def chart(*panels: DistributionPanel) -> DistributionChart:
    return DistributionChart(id="data: t.csv", title="t.csv", alt="Distributions.", panels=panels)


def test_base_is_a_grey_area_and_head_is_blue_on_both_pages() -> None:
    themes: tuple[ThemeName, ...] = ("light", "dark")
    drawn = render({theme: VegaJob(vega_lite(chart(NUMBERS, CLASSES), theme)) for theme in themes})
    for theme in themes:
        image = open_png(drawn[theme])
        assert count(image, THEMES[theme].background, within=0) > image.width * image.height / 3
        assert count(image, THEMES[theme].head) > 2_000
        assert 600 < image.width <= 2_000


def test_a_change_is_seen() -> None:
    swapped = DistributionPanel(name="x", edges=NUMBERS.edges, base=NUMBERS.base, head=(0.6, 0.3, 0.1))
    drawn = render({str(i): VegaJob(vega_lite(chart(panel), "light")) for i, panel in enumerate((NUMBERS, swapped))})
    assert open_png(drawn["0"]).tobytes() != open_png(drawn["1"]).tobytes()


@pytest.mark.parametrize(("base", "head"), [((1.0,), None), (None, (1.0,))])
def test_one_side_alone_is_drawn(base: tuple[float, ...] | None, head: tuple[float, ...] | None) -> None:
    panel = DistributionPanel(name="x", edges=(0.0, 1.0), base=base, head=head)
    (image,) = render({"one": VegaJob(vega_lite(chart(panel, CLASSES), "light"))}).values()
    assert open_png(image).width > 0


def test_a_page_gets_tooltips_and_an_image_does_not() -> None:
    page, image = (str(vega_lite(chart(NUMBERS), "light", interactive=each)) for each in (True, False))
    assert "tooltip" in page
    assert "tooltip" not in image
