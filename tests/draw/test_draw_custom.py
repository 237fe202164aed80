"""A team's own templates are filled as DVC fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from draw.plots import FILE, draw, plot, table
from dvc.render.converter.vega import VegaConverter
from dvc_render.vega import VegaRenderer
from dvc_render.vega_templates import TEMPLATES, Template

from headway.draw.specification import vega_lite

if TYPE_CHECKING:
    from headway.values.tables import PlotSource

BUILT_IN = {template.DEFAULT_NAME: template.DEFAULT_CONTENT for template in TEMPLATES}
LOSS = "epoch,loss,val\n1,0.9,1.1\n2,0.4,0.8"
MINIMAL = {
    "data": {"values": "<DVC_METRIC_DATA>"},
    "title": "<DVC_METRIC_TITLE>",
    "mark": "line",
    "encoding": {
        "x": {"field": "<DVC_METRIC_X>", "title": "<DVC_METRIC_X_LABEL>"},
        "y": {"field": "<DVC_METRIC_Y>", "title": "<DVC_METRIC_Y_LABEL>"},
        "color": "<DVC_METRIC_COLOR>",
    },
}


def own(text: Any, y: Any = "loss", custom: Any = MINIMAL, **more: Any) -> PlotSource:
    return plot(text, y, x="epoch", template="ours", custom=custom, **more)


def test_anchors_are_filled_and_the_rows_stand_once_beside_the_program() -> None:
    chart, problems = draw(own(LOSS), own(LOSS, title="Loss"))
    assert not problems
    assert chart.spec["data"] == {"name": "plot"}
    assert chart.spec["title"] == "Loss"
    assert chart.spec["encoding"]["x"] == {"field": "epoch", "title": "epoch"}
    rows = chart.spec["datasets"]["plot"]
    assert [(row["rev"], row["epoch"], row["loss"], row["val"]) for row in rows] == [
        ("base", "1", "0.9", "1.1"),
        ("base", "2", "0.4", "0.8"),
        ("head", "1", "0.9", "1.1"),
        ("head", "2", "0.4", "0.8"),
    ]


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("ys", [["loss"], ["loss", "val"]])
def test_the_program_is_dvcs_but_for_the_name_of_the_data(name: str, ys: list[str]) -> None:
    chart, _ = draw(own(LOSS, ys, BUILT_IN[name]), own(LOSS, ys, BUILT_IN[name]))
    rows: list[dict[str, Any]] = []
    for side in ("base", "head"):
        data = {FILE: table(LOSS).to_dicts()}
        found, properties = VegaConverter("plot", data, {"x": {FILE: "epoch"}, "y": {FILE: ys}}).flat_datapoints(side)
        rows += found
    renderer = VegaRenderer(rows, "plot", **properties | {"template": Template(BUILT_IN[name], name), "title": "plot"})
    expected = renderer.get_filled_template()
    assert expected["data"]["values"] == chart.spec["datasets"]["plot"]
    expected["data"] = {"name": "plot"}
    assert {key: value for key, value in chart.spec.items() if key != "datasets"} == expected


def test_a_column_named_rev_can_be_drawn() -> None:
    chart, _ = draw(None, plot("rev,loss\n7,1", "loss", x="rev", template="ours", custom=MINIMAL))
    (row,) = chart.spec["datasets"]["plot"]
    assert (row["rev"], row[chart.spec["encoding"]["x"]["field"]]) == ("head", "7")


def test_a_histogram_may_have_one_column_on_both_axes() -> None:
    chart, problems = draw(None, plot("loss\n7\n8", "loss", x="loss", template="ours", custom=MINIMAL))
    assert not problems
    assert [(row["rev"], row["loss"]) for row in chart.spec["datasets"]["plot"]] == [("head", "7"), ("head", "8")]


def rows(count: int) -> str:
    return "epoch,loss\n" + "\n".join(f"{row},1" for row in range(count))


def test_a_template_gets_all_rows_or_is_not_drawn() -> None:
    chart, problems = draw(own(rows(15_000)), own(rows(15_000)))
    assert len(chart.spec["datasets"]["plot"]) == 30_000
    assert not problems
    chart, (problem,) = draw(own(rows(15_000)), own(rows(15_001)))
    assert chart is None
    assert "30,001 rows" in problem


def test_a_template_without_data_is_a_problem() -> None:
    chart, problems = draw(None, own(LOSS, custom={"mark": "line"}))
    assert chart is None
    assert problems[0].startswith("plot: the template 'ours' cannot be filled: Template 'ours' is not using")


def test_revisions_get_our_colours_and_the_templates_own_settings_win() -> None:
    chart, _ = draw(own(LOSS), own(LOSS, custom=MINIMAL | {"config": {"background": "red", "axis": {"grid": False}}}))
    spec = vega_lite(chart, "dark")
    assert spec["encoding"]["color"]["scale"] == {"domain": ["base", "head"], "range": ["#848d97", "#56b4e9"]}
    assert spec["config"]["background"] == "red"
    assert spec["config"]["axis"]["grid"] is False
    assert spec["config"]["axis"]["labelColor"] == "#9198a1"


def test_a_vega_program_keeps_its_named_data() -> None:
    vega = {
        "$schema": "https://vega.github.io/schema/vega/v5.json",
        "data": [{"name": "table", "values": "<DVC_METRIC_DATA>"}],
    }
    chart, _ = draw(None, own(LOSS, custom=vega))
    assert chart.spec["data"][0]["name"] == "table"
    assert len(chart.spec["data"][0]["values"]) == 2
    assert "datasets" not in chart.spec
