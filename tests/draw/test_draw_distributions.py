"""Distributions of a table's columns: base a grey area, head blue in front, in real images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from draw.pixels import count, open_png, render

from headway.datasets.tables.distribution import category_panel, number_panel
from headway.draw.jobs import VegaJob
from headway.draw.specification import vega_lite
from headway.draw.theme import IMAGE_WIDTH, SCALE, THEMES, ThemeName
from headway.values.chart import DistributionChart, DistributionPanel

if TYPE_CHECKING:
    from headway.draw.jobs import Job

NUMBERS = DistributionPanel(
    name="x", edges=(0.0, 1.0, 2.0, 3.0), base=(0.2, 0.5, 0.3), head=(0.1, 0.3, 0.6), remark="PSI 0.4"
)
THEME_NAMES: tuple[ThemeName, ...] = ("light", "dark")
CLASSES = DistributionPanel(name="label", labels=("cat", "dog"), base=(0.5, 0.5), head=(0.9, 0.1))


def chart(*panels: DistributionPanel) -> DistributionChart:
    return DistributionChart(id="data: t.csv", title="t.csv", alt="Distributions.", panels=panels)


@pytest.fixture(scope="module")
def images() -> dict[str, bytes | str]:
    swapped = DistributionPanel(name="x", edges=NUMBERS.edges, base=NUMBERS.base, head=(0.6, 0.3, 0.1))
    base = DistributionPanel(name="x", edges=(0.0, 1.0), base=(1.0,), head=None)
    head = DistributionPanel(name="x", edges=(0.0, 1.0), base=None, head=(1.0,))
    charts = {
        "unswapped": chart(NUMBERS),
        "swapped": chart(swapped),
        "base alone": chart(base, CLASSES),
        "head alone": chart(head, CLASSES),
    }
    both: dict[str, Job] = {theme: VegaJob(vega_lite(chart(NUMBERS, CLASSES), theme)) for theme in THEME_NAMES}
    return render(both | {name: VegaJob(vega_lite(each, "light")) for name, each in charts.items()})


def test_base_is_a_grey_area_and_head_is_blue_on_both_pages(images: dict[str, bytes | str]) -> None:
    for theme in THEME_NAMES:
        image = open_png(images[theme])
        assert count(image, THEMES[theme].background, within=0) > image.width * image.height / 3
        assert count(image, THEMES[theme].head) > 2_000
        assert image.width == IMAGE_WIDTH * SCALE


def test_a_change_is_seen(images: dict[str, bytes | str]) -> None:
    assert open_png(images["unswapped"]).tobytes() != open_png(images["swapped"]).tobytes()


@pytest.mark.parametrize("side", ["base", "head"])
def test_one_side_alone_is_drawn(images: dict[str, bytes | str], side: str) -> None:
    assert open_png(images[f"{side} alone"]).width > 0


def test_a_page_gets_tooltips_and_an_image_does_not() -> None:
    page, image = (str(vega_lite(chart(NUMBERS), "light", interactive=each)) for each in (True, False))
    assert "tooltip" in page
    assert "tooltip" not in image


def test_the_axis_ends_where_nearly_all_of_the_data_ends() -> None:
    spread = np.sort(np.random.default_rng(1).exponential(1, 10_000))
    panel = number_panel("x", spread, spread)
    assert panel is not None
    assert panel.base is not None
    assert panel.edges[-1] < 0.6 * spread[-1]
    assert sum(share > 0 for share in panel.base[12:]) == 12
    assert "outside" in panel.remark
    bell = np.sort(np.random.default_rng(1).normal(0, 1, 10_000))
    whole = number_panel("x", bell, None)
    assert whole is not None
    assert (whole.edges[0], whole.edges[-1]) == pytest.approx((bell[0], bell[-1]))


def test_categories_have_their_natural_order() -> None:
    panel = category_panel("x", {"10": 5, "-1": 6, "2": 7}, {"0.5": 1})
    assert panel is not None
    assert panel.labels == ("-1", "0.5", "2", "10")
