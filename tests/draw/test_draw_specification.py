"""Programs for both pages: real images in which base is grey, head is blue, and a change is seen."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from draw.pixels import count, ink_difference, open_png, render
from draw.plots import draw, drawn, plot, texts
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import ImageColor

from headway.draw.jobs import VegaJob
from headway.draw.specification import vega_lite
from headway.draw.specification.scales import Scale, cut, dot_scale, position_scale, value_scale
from headway.draw.theme import IMAGE_WIDTH, SCALE, TEXT_SIZE, THEMES, TITLE_SIZE, ThemeName
from headway.draw.vega import draw_svg
from headway.numbers import MINUS
from headway.values.chart import Chart, ImageChart, LineChart, Points, Series

if TYPE_CHECKING:
    from headway.values.tables import PlotSource

BASE = "t,a,b,share,name\n" + "\n".join(f"{t},{4 / t},{t / 40},{t / 30},n{t % 4}" for t in range(1, 31))
HEAD = "t,a,b,share,name\n" + "\n".join(f"{t},{3 / t},{t / 35},{t / 30},n{t % 3}" for t in range(1, 31))
CLASSES = {
    "base": "actual,predicted\n" + "cat,cat\n" * 40 + "cat,dog\n" * 6 + "dog,dog\n" * 30 + "dog,cat\n" * 2,
    "head": "actual,predicted\n" + "cat,cat\n" * 44 + "cat,dog\n" * 2 + "dog,dog\n" * 29 + "dog,cat\n" * 3,
}
ROC = "fpr,tpr\n0,0\n0.01,{tpr}\n0.05,0.99\n1,1"


def pair(y: str | list[str], x: str, template: str = "linear", **more: Any) -> Chart:
    return draw(plot(BASE, y, x=x, template=template, **more), plot(HEAD, y, x=x, template=template, **more))[0]  # type: ignore[no-any-return]  # a chart


def confusion(
    base: str | None = CLASSES["base"], head: str | None = CLASSES["head"], template: str = "confusion"
) -> Chart:
    def side(text: str | None) -> PlotSource | None:
        return plot(text, "predicted", x="actual", template=template) if text else None

    return draw(side(base), side(head))[0]  # type: ignore[no-any-return]  # a chart


def roc() -> Chart:
    sides = [plot(ROC.format(tpr=tpr), "tpr", x="fpr") for tpr in ("0.9", "0.95")]
    return draw(*sides)[0]  # type: ignore[no-any-return]  # a chart


LONG = "name-without-a-space-" * 8


def curves(ends: list[float], names: list[str], steps: int = 40, **more: Any) -> LineChart:
    """Series that fall to different ends on both sides."""
    sides = [
        pl.DataFrame(
            {"t": range(steps)}
            | {
                name: [factor * end * (1 + 1 / (1 + t)) for t in range(steps)]
                for name, end in zip(names, ends, strict=True)
            }
        )
        for factor in (1.0, 1.2)
    ]
    return draw(*(plot(side, names, x="t", **more) for side in sides))[0]  # type: ignore[no-any-return]  # a chart


def calibration() -> LineChart:
    sides = [f"p,observed,count\n0.05,0.1,{size}\n0.5,0.4,20\n0.95,0.9,3000" for size in (4000, 5000)]
    return draw(*(plot(side, "observed", x="p", title="Calibration") for side in sides))[0]  # type: ignore[no-any-return]  # a chart


LINE_CHARTS: dict[str, Chart] = {
    "large numbers": curves([123456789.0], ["y"]),
    "close numbers": curves([1 + 1e-7], ["y"]),
    "small numbers": curves([1e-9], ["y"]),
    "3 series": curves([1, 2, 3], ["a", "b", "c"]),
    "6 series": curves([1, 10, 1e2, 1e3, 1e4, 1e5], [*"abcdef"]),
    "long words": curves(
        [1, 2], [f"{LONG}1", f"{LONG}2"], title=f"long title {LONG}" * 3, x_label=LONG, y_label=LONG * 3
    ),
    "head only": draw(None, plot(HEAD, "a", x="t"))[0],
    "roc": roc(),
    "calibration": calibration(),
    "names": draw(*(plot("n,y\n" + "\n".join(f"{LONG}{n},{n}" for n in range(30)), "y", x="n") for _ in range(2)))[0],
    "times": draw(*(plot(f"d,y\n2026-01-01,1\n2026-03-{day},2", "y", x="d") for day in (11, 12)))[0],
}


CHARTS: dict[str, Chart] = {
    "line": pair("a", "t"),
    "lines": pair(["a", "b"], "t"),
    "many lines": pair(["a", "b", "t"] * 3, "t"),
    "roc": roc(),
    "calibration": pair("b", "share", title="Calibration"),
    "names": pair("a", "name"),
    "scatter": pair("b", "a", "scatter"),
    "jitter": pair("name", "a", "scatter_jitter"),
    "bars": pair("name", "a", "bar_horizontal"),
    "grouped bars": draw(*(plot(t, ["a", "b"], x="name", template="bar_horizontal") for t in (BASE, HEAD)))[0],
    "confusion": confusion(),
    "shares": confusion(template="confusion_normalized"),
    "custom": pair("a", "t", custom={"data": {"values": "<DVC_METRIC_DATA>"}, "mark": "point"}),
}
ZOOMABLE = ["line", "roc", "scatter", "jitter", "bars", "confusion"]
THEME_NAMES: tuple[ThemeName, ThemeName] = ("light", "dark")


@pytest.fixture(scope="module")
def images() -> dict[str, bytes | str]:
    return render(
        {f"{name} {theme}": VegaJob(vega_lite(chart, theme)) for name, chart in CHARTS.items() for theme in THEME_NAMES}
        | {
            f"{name} page": VegaJob(vega_lite(chart, "dark", interactive=True))
            for name, chart in CHARTS.items()
            if name in ZOOMABLE
        }
        | {name: VegaJob(vega_lite(chart, "light")) for name, chart in LINE_CHARTS.items()}
    )


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("name", [name for name in CHARTS if name != "custom"])
def test_an_image_is_on_its_page_and_fits_a_comment(
    images: dict[str, bytes | str], name: str, theme: ThemeName
) -> None:
    image = open_png(images[f"{name} {theme}"])
    assert count(image, THEMES[theme].background, within=0) > image.width * image.height / 3
    assert image.getpixel((0, 0)) == open_png(images[f"line {theme}"]).getpixel((0, 0))
    assert 400 < image.width <= 2000


@pytest.mark.parametrize("theme", THEME_NAMES)
@pytest.mark.parametrize("name", ["line", "lines", "many lines", "roc", "calibration", "names", "bars", "grouped bars"])
def test_base_is_grey_and_head_is_blue(images: dict[str, bytes | str], name: str, theme: ThemeName) -> None:
    image = open_png(images[f"{name} {theme}"])
    assert count(image, THEMES[theme].base) > 40
    assert count(image, THEMES[theme].head) > 150


@pytest.mark.parametrize("name", ["scatter", "jitter"])
def test_points_shine_through(images: dict[str, bytes | str], name: str) -> None:
    image = open_png(images[f"{name} light"])
    for color in (THEMES["light"].base, THEMES["light"].head):
        red, green, blue = (round(0.7 * level + 0.3 * 255) for level in ImageColor.getrgb(color)[:3])
        assert count(image, f"rgb({red},{green},{blue})") > 100


@pytest.mark.parametrize("name", ZOOMABLE)
def test_the_interactive_program_is_drawable_too(images: dict[str, bytes | str], name: str) -> None:
    assert isinstance(images[f"{name} page"], bytes), images[f"{name} page"]


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "custom"])
def test_only_the_interactive_program_has_tooltips(name: str) -> None:
    still, page = (json.dumps(vega_lite(CHARTS[name], "light", interactive=on)) for on in (False, True))
    assert '"tooltip"' in page
    assert not any(f'"{word}"' in still for word in ("tooltip", "params", "select", "bind"))
    assert '"clip": true' not in still


def test_curves_are_named_where_they_end_with_the_change() -> None:
    chart, _ = draw(plot("t,y\n1,1\n2,0.094", "y", x="t"), plot("t,y\n1,1\n2,0.081", "y", x="t"))
    assert {"base 0.094", f"head 0.081 ({MINUS}0.013)"} < set(texts(vega_lite(chart, "light")))


def test_the_numbers_of_a_curve_share_their_decimals() -> None:
    def shown(base: str, head: str) -> set[str]:
        chart, _ = draw(*(plot(f"t,y\n1,1\n2,{end}", "y", x="t") for end in (base, head)))
        return set(texts(vega_lite(chart, "light")))

    assert {"base 0.6283", "head 0.7000 (+0.0717)"} < shown("0.6283", "0.7")
    assert {"base 0.628300", "head 0.628302 (+0.000002)"} < shown("0.6283", "0.628302")


def test_distances_of_all_curves_of_a_chart_share_their_decimals() -> None:
    text = "p,a,b\n0.1,0.2,0.6\n0.5,{},0.5"
    chart, _ = draw(*(plot(text.format(y), ["a", "b"], x="p", title="Calibration") for y in ("0.5", "0.55")))
    assert "a 0.0500 to 0.0750 (+0.0250); b 0.2500 (no change)" in chart.alt


def test_equal_curves_share_a_label() -> None:
    chart, _ = draw(plot(BASE, "b", x="t"), plot(BASE, "b", x="t"))
    assert "base and head 0.75" in texts(vega_lite(chart, "light"))


def test_every_line_chart_is_as_wide_as_any_image(images: dict[str, bytes | str]) -> None:
    widths = {name: open_png(images[name]).width for name in LINE_CHARTS}
    assert widths == dict.fromkeys(LINE_CHARTS, IMAGE_WIDTH * SCALE)


@pytest.mark.parametrize("interactive", [False, True])
@pytest.mark.parametrize("name", LINE_CHARTS)
def test_line_charts_have_two_sizes_of_type(name: str, *, interactive: bool) -> None:
    def sizes(part: Any) -> set[Any]:
        if isinstance(part, dict):
            own = {value for key, value in part.items() if "fontsize" in key.lower()}
            return own.union(*map(sizes, part.values()))
        return set().union(*map(sizes, part)) if isinstance(part, list) else set()

    assert sizes(vega_lite(LINE_CHARTS[name], "dark", interactive=interactive)) == {TITLE_SIZE, TEXT_SIZE}


def test_points_are_marked_on_all_curves_or_on_none() -> None:
    def marked(lengths: tuple[int, ...]) -> set[bool]:
        rows = ["t,y\n" + "\n".join(f"{step},{step % 7}" for step in range(length)) for length in lengths]
        spec = vega_lite(draw(*(plot(side, "y", x="t") for side in rows))[0], "light")
        return {"point" in layer["mark"] for layer in spec["layer"] if layer["mark"]["type"] == "line"}

    assert marked((5, 8)) == {True}
    assert marked((5, 80)) == marked((80, 5)) == marked((80, 80)) == {False}


def test_numbers_that_need_more_room_lose_their_places_then_the_names_of_the_sides() -> None:
    few, many = (curves([1.23456] * count, [f"s{number}" for number in range(count)]) for count in (2, 4))
    assert {"base 1.265", "head 1.519 (+0.253)"} < set(texts(vega_lite(few, "light")))
    brief = vega_lite(many, "light")
    assert {"1.265", "1.519 (+0.253)"} < set(texts(brief))
    assert "numbers: base \N{RIGHTWARDS ARROW} head" in brief["title"]["subtitle"]


def test_a_number_at_the_right_edge_is_whole_whatever_its_true_width() -> None:
    rows = "t,a,b\n1,1,1\n2,0.1386,0.1386"
    chart = drawn(plot(rows, ["a"], x="t"), plot(rows, ["a", "b"], x="t"))
    assert "head only: 0.1386" in draw_svg(vega_lite(chart, "light"))


def test_the_step_of_a_single_point_is_a_whole_number() -> None:
    rows = "step,test_acc\n1000,0.5"
    svg = draw_svg(vega_lite(drawn(plot(rows, "test_acc", x="step"), plot(rows, "test_acc", x="step")), "light"))
    assert ">1,000<" in svg


def test_a_title_is_broken_between_words_and_shortened_where_it_ends() -> None:
    title = vega_lite(curves([1.0], ["y"], title="word " * 40 + "end"), "light")["title"]["text"]
    assert len(title) == 2
    assert title[0].split() == ["word"] * len(title[0].split())
    assert title[1].endswith("end")


def test_a_reduced_line_looks_like_the_whole() -> None:
    rows = 20_000
    ys = [1000 / (step + 50) + (step * 7919 % 97) / 60 for step in range(rows)]
    frame = pl.DataFrame({"t": range(rows), "y": ys})
    reduced, _ = draw(None, plot(frame, "y", x="t"))
    whole = LineChart(
        **{field: getattr(reduced, field) for field in ("id", "title", "alt", "x_label", "y_label")},
        series=(Series(name="", head=Points(x=tuple(map(float, range(rows))), y=tuple(ys))),),
    )
    specs = {name: vega_lite(chart, "light") for name, chart in (("whole", whole), ("reduced", reduced))}
    images = render({name: VegaJob(spec) for name, spec in specs.items()})
    assert len(specs["reduced"]["datasets"]["head0"]) <= 1800
    assert ink_difference(open_png(images["whole"]), open_png(images["reduced"])) < 0.03


def test_an_image_is_no_program() -> None:
    with pytest.raises(TypeError):
        vega_lite(ImageChart(id="", title="", alt="", base=None, head=None), "light")


def test_a_loss_that_falls_to_the_floor_gets_a_logarithmic_axis() -> None:
    losses = [5 / step**1.2 for step in range(1, 60)]
    scale = value_scale(losses, losses[-1:])
    assert (scale.kind, scale.remark) == ("log", "logarithmic axis")
    assert scale.low < min(losses) < max(losses) < scale.high


def test_an_accuracy_that_reaches_its_ceiling_is_zoomed_and_says_so() -> None:
    accuracies = [1 - 0.9 / step for step in range(1, 60)]
    scale = value_scale(accuracies, accuracies[-1:])
    assert (scale.kind, scale.high) == ("linear", 1)
    assert 0.6 < scale.low < 0.9
    assert scale.remark == f"points below {scale.low:g} are cut off"


def test_a_curve_that_leaves_the_image_is_broken_there() -> None:
    high = [0.1 if step % 20 else 0.9 for step in range(100)]
    text = "t,y\n" + "\n".join(f"{step},{y + step / 1e4}" for step, y in enumerate(high))
    spec = vega_lite(draw(None, plot(text, "y", x="t"))[0], "light")
    rows = spec["datasets"]["head0"]
    gaps = [index for index, row in enumerate(rows) if row["y"] is None]
    assert gaps
    # Vega sorts a line by x, so a gap without one would end up before the line, and break nothing.
    assert all(rows[gap]["x"] == rows[gap - 1]["x"] for gap in gaps)


def test_an_even_curve_is_shown_whole_from_a_short_number() -> None:
    scale = value_scale([3.217, 4.5, 5.5, 6.833], [6.833])
    assert scale == Scale("linear", 3, 7.1)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=30) | st.lists(st.floats(5e-324, 1e300), min_size=2))
@example([1e300, 1e-8, 1e-8, 1e-8])
@example([1e300, 5e-324, 5e-324, 5e-324])
def test_every_end_is_on_its_axis(values: list[float]) -> None:
    for scale in (value_scale(values, values[-1:]), dot_scale(values)):
        assert scale.low < scale.high
        assert scale.kind == "linear" or scale.ticks(5)
        assert scale.low <= values[-1] <= scale.high
        assert 0 <= scale.share(values[-1]) <= 1


def test_dots_keep_zero_where_it_is_near() -> None:
    assert dot_scale([10, 50]).low == 0
    assert dot_scale([0.93, 0.99]).low > 0.9


def test_noise_is_drawn_flat() -> None:
    noise = [0.3 + 1e-8 * (step % 7) for step in range(30)]
    for scale in (value_scale(noise, noise[-1:]), dot_scale(noise), value_scale([1.0, *noise], noise[-1:])):
        assert scale.high - scale.low > 0.03
        assert scale.kind == "linear"
    real = [0.3 + 1e-6 * (step % 7) for step in range(30)]
    assert value_scale(real, real[-1:]).high - real[0] < 1e-4


def test_positions_that_are_close_for_their_size_stay_apart() -> None:
    """Seconds since 1970, a minute of them."""
    assert position_scale(1.7e9, 1.7e9 + 60) == Scale("linear", 1.7e9, 1.7e9 + 60)
    times = "t,y\n" + "\n".join(f"{1_700_000_000 + second},{second}" for second in range(60))
    spec = vega_lite(draw(None, plot(times, "y", x="t", template="scatter"))[0], "light")
    low, high = spec["encoding"]["x"]["scale"]["domain"]
    assert high - low < 100


CURVES = st.lists(st.tuples(st.floats(0, 100), st.floats(-50, 50)), min_size=2, max_size=60).map(sorted)


@pytest.mark.parametrize(("amplitude", "opacity"), [(0.0, None), (0.001, None), (0.2, 0.7)])
def test_only_a_band_of_noise_is_drawn_thin(amplitude: float, opacity: float | None) -> None:
    rows = range(20_000)
    frame = pl.DataFrame({"t": rows, "y": [row / len(rows) + amplitude * (row * 7919 % 97) / 97 for row in rows]})
    line = vega_lite(draw(None, plot(frame, "y", x="t"))[0], "light")["layer"][0]
    assert line["mark"].get("strokeOpacity") == opacity


def test_a_curve_is_cut_where_it_leaves_and_enters_the_image() -> None:
    x, y = Scale("linear", 0, 10), Scale("linear", 0, 1)
    assert cut([(0, 0.5), (2, 2.5), (4, 0.5)], x, y) == [[(0, 0.5), (0.5, 1)], [(3.5, 1), (4, 0.5)]]
    assert cut([(-5, 0), (5, 1)], x, y) == [[(0, 0.5), (5, 1)]]
    assert cut([(0, 5), (5, 6)], x, y) == []


@given(CURVES)
def test_what_is_cut_lies_within_the_image(points: list[tuple[float, float]]) -> None:
    x, y = Scale("linear", 20, 70), Scale("linear", -10, 30)
    inside = [point for point in points if 20 <= point[0] <= 70 and -10 <= point[1] <= 30]
    parts = [point for part in cut(points, x, y) for point in part]
    assert all(20 - 1e-9 <= px <= 70 + 1e-9 and -10 - 1e-9 <= py <= 30 + 1e-9 for px, py in parts)
    assert len(points) < 2 or set(inside) <= set(parts)


@given(st.lists(st.floats(-3, 3), min_size=2), st.sampled_from([Scale("linear", -1, 2), Scale("log", 0.1, 10)]))
def test_a_curve_travels_between_the_shares_of_its_points(ys: list[float], scale: Scale) -> None:
    shares = [scale.share(y) for y in ys]
    travel = sum(abs(after - before) for before, after in pairwise(shares))
    assert scale.travel(ys) == pytest.approx(travel, abs=1e-9)
