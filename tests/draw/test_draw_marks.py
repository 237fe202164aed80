"""Predictions, matrices and bars as programs: exactly as wide as every image, with the numbers that numpy computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pytest
from draw.pixels import count, open_png, render
from draw.plots import draw, drawn, plot, texts

from headway.draw.jobs import VegaJob
from headway.draw.specification import vega_lite
from headway.draw.theme import IMAGE_WIDTH, SCALE, TEXT_SIZE, THEMES, TITLE_SIZE
from headway.numbers import MINUS, common_decimals, format_change, format_decimals, format_value
from headway.values.chart import BarChart, ConfusionChart, ScatterChart

if TYPE_CHECKING:
    from headway.values.chart import Chart

    Side = tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]

ARROW = "\N{RIGHTWARDS ARROW}"
LONG = "a class with quite a long name "


def values(rows: int, noise: float, seed: int) -> Side:
    """Actual values, and predictions that are too low where these are high."""
    generator = np.random.default_rng(seed)
    actual = generator.gamma(4, 40, rows)
    return actual, 60 + 0.6 * actual + generator.normal(0, noise, rows)


def predictions(
    base: Side | None, head: Side | None, names: tuple[str, str] = ("y_true", "y_pred"), **more: list[Any]
) -> ScatterChart:
    def side(columns: Side | None) -> Any:
        frame = pl.DataFrame(dict(zip(names, columns, strict=True)) | more) if columns else None
        return None if frame is None else plot(frame, names[1], x=names[0], template="scatter")

    return draw(side(base), side(head))[0]  # type: ignore[no-any-return]  # a chart


def matrix(
    base: Any, head: Any, names: list[str] | None = None, *, reverse: bool = False, **more: Any
) -> ConfusionChart:
    """A confusion of two matrices of counts, whose rows are the actual classes."""

    def side(counts: Any) -> Any:
        if counts is None:
            return None
        labels = names or [f"c{index}" for index in range(len(counts))]
        cells = [
            (labels[y], labels[x]) for y, row in enumerate(counts) for x, count in enumerate(row) for _ in range(count)
        ]
        frame = pl.DataFrame(cells, schema=["actual", "predicted"], orient="row")
        x, y = ("actual", "predicted") if reverse else ("predicted", "actual")
        return plot(frame, y, x=x, template=more.get("template", "confusion"))

    return draw(side(base), side(head))[0]  # type: ignore[no-any-return]  # a chart


def random_matrix(classes: int, seed: int) -> Any:
    generator = np.random.default_rng(seed)
    return generator.poisson(1, (classes, classes)) + np.diag(generator.integers(30, 60, classes))


def bars(base: dict[str, float], head: dict[str, float]) -> BarChart:
    sides = [pl.DataFrame({"class": list(side), "f1": list(side.values())}) for side in (base, head)]
    return draw(*(plot(side, "class", x="f1", template="bar_horizontal") for side in sides))[0]  # type: ignore[no-any-return]  # a chart


def subtitle(chart: Chart) -> str:
    return " ".join(vega_lite(chart, "light")["title"]["subtitle"])


def cells(chart: ConfusionChart) -> dict[tuple[str, str], dict[str, Any]]:
    return {(cell["y"], cell["x"]): cell for cell in vega_lite(chart, "light")["datasets"]["cells"]}


FEW, MANY = (values(150, 40, 1), values(150, 30, 2)), (values(5000, 40, 1), values(5000, 30, 2))
RARE = [[4800, 60], [40, 100]], [[4790, 70], [30, 110]]
ERRORS = {f"{LONG}{index}": index / 10 for index in range(10)}
CHARTS: dict[str, Chart] = {
    "few predictions": predictions(*FEW),
    "many predictions": predictions(*MANY),
    "predictions of head": predictions(None, FEW[1]),
    "large predictions": predictions(*(tuple(1e7 * column for column in side) for side in FEW)),  # type: ignore[arg-type]  # two columns
    "covered": predictions(*FEW, names=("size", "latency")),
    "rare": matrix(*RARE),
    "reverse": matrix(*RARE, reverse=True),
    "digits": matrix(random_matrix(10, 1), random_matrix(10, 2)),
    "long names": matrix(
        random_matrix(12, 1) * 9, random_matrix(12, 2) * 9, [f"{index} {LONG}" for index in range(12)]
    ),
    "16 classes": matrix(random_matrix(16, 1), random_matrix(16, 2)),
    "40 classes": matrix(random_matrix(40, 1), random_matrix(40, 2)),
    "matrix of head": matrix(None, random_matrix(3, 2)),
    "bars": bars(ERRORS, {name: value + 0.01 for name, value in ERRORS.items()}),
    "equal bars": bars({"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 2.0}),
    "60 bars": bars({f"b{index}": index for index in range(60)}, {f"b{index}": index * 1.1 for index in range(60)}),
    "outlier": bars({"total": 1e6, "a": 1.5, "b": 0.5}, {"total": 2e6, "a": 1.25, "b": 1.0}),
}


@pytest.fixture(scope="module")
def images() -> dict[str, bytes | str]:
    return render({name: VegaJob(vega_lite(chart, "light")) for name, chart in CHARTS.items()})


def test_every_image_has_the_one_width(images: dict[str, bytes | str]) -> None:
    assert {name: open_png(image).width for name, image in images.items()} == dict.fromkeys(CHARTS, IMAGE_WIDTH * SCALE)


@pytest.mark.parametrize("name", CHARTS)
def test_there_are_two_sizes_of_type(name: str) -> None:
    def sizes(part: Any) -> set[Any]:
        if isinstance(part, dict):
            own = {value for key, value in part.items() if "fontsize" in key.lower()}
            return own.union(*map(sizes, part.values()))
        return set().union(*map(sizes, part)) if isinstance(part, list) else set()

    for interactive in (False, True):
        assert sizes(vega_lite(CHARTS[name], "dark", interactive=interactive)) == {TITLE_SIZE, TEXT_SIZE}


@pytest.mark.parametrize("name", ["few predictions", "many predictions", "covered"])
def test_base_and_head_are_both_seen(images: dict[str, bytes | str], name: str) -> None:
    image = open_png(images[name])
    left, right = (image.crop(box) for box in ((0, 0, image.width // 2, 400), (image.width // 2, 0, image.width, 400)))
    ink = 1 if name == "many predictions" else 0.7  # faint points cover each other in too many ways to count
    for part, color in ((left, THEMES["light"].base), (right, THEMES["light"].head)):
        levels = [round(ink * int(color[i : i + 2], 16) + (1 - ink) * 255) for i in (1, 3, 5)]
        assert count(part, f"rgb({levels[0]},{levels[1]},{levels[2]})") > 60


def squares(chart: Chart) -> list[Any]:
    return vega_lite(chart, "light")["vconcat"][0]["hconcat"]  # type: ignore[no-any-return]  # a program


@pytest.mark.parametrize("name", ["few predictions", "many predictions"])
def test_predictions_have_equal_axes_and_the_line_of_equal_values(name: str) -> None:
    spec = vega_lite(CHARTS[name], "light")
    domains = {tuple(one["encoding"][axis]["scale"]["domain"]) for one in squares(CHARTS[name]) for axis in "xy"}
    assert {one["width"] for one in squares(CHARTS[name])} == {one["height"] for one in squares(CHARTS[name])}
    ((low, high),) = domains
    assert spec["datasets"]["equal"] == [{"actual": end, "predicted": end} for end in (low, high)]
    assert spec["datasets"]["zero"] == [{"bias": 0}]


def test_the_words_about_predictions_are_numpys() -> None:
    chart = CHARTS["many predictions"]
    assert isinstance(chart, ScatterChart)
    (base, head) = [predicted - actual for actual, predicted in MANY]
    mae = [float(np.abs(error).mean()) for error in (base, head)]
    bias = [format_change(float(error.mean())) for error in (base, head)]
    decimals = common_decimals([[*mae, mae[1] - mae[0]]])
    assert decimals is not None
    texts = [format_decimals(value, decimals) for value in mae]
    change = format_change(mae[1] - mae[0], decimals)
    assert f"{texts[0]} {ARROW} {texts[1]} ({change})" in subtitle(chart)
    assert f"bias {bias[0]} {ARROW} {bias[1]}" in subtitle(chart)
    assert chart.head_errors is not None
    worst = max(chart.head_errors.bins, key=lambda one: one.mae)
    actual = MANY[1][0]
    inside = head[(actual >= worst.low) & (actual <= worst.high)]
    assert worst.points == len(inside)
    assert worst.mae == pytest.approx(np.abs(inside).mean())
    assert (worst.lower, worst.upper) == pytest.approx(tuple(np.quantile(inside, (0.1, 0.9))))
    assert f"is {format_value(worst.low)} to {format_value(worst.high)}: " in subtitle(chart)


@pytest.mark.parametrize(
    ("names", "actual"),
    [
        (("y_true", "y_pred"), "x"),
        (("Predicted", "Actual"), "y"),
        (("target", "prediction"), "x"),
        (("fitted", "observed"), "y"),
        (("yTrue", "yHat"), "x"),
        (("price", "predicted_price"), "x"),
        (("fitted", "residuals"), ""),
        (("true_size", "latency"), ""),
    ],
)
def test_predictions_are_recognized_by_the_names_of_the_axes(names: tuple[str, str], actual: str) -> None:
    assert predictions(None, FEW[1], names=names).actual == actual


def test_a_single_telling_name_needs_values_of_one_range() -> None:
    actual, predicted = FEW[1]
    assert predictions(None, (actual + 1000, predicted), names=("price", "predicted")).actual == ""
    assert predictions(None, (actual + 1000, predicted)).actual == "x"
    assert predictions(None, ((actual > 100).astype(float), predicted)).actual == ""


def test_points_of_one_id_are_compared_with_each_other() -> None:
    sides = []
    for ids, predicted in ((["a", "b", "c", "d"], [1.0, 3.0, 5.0, 9.0]), (["d", "c", "b", "e"], [4.0, 3.5, 3.0, 70.0])):
        frame = pl.DataFrame(
            {"sample": ids, "y_true": [float("abcde".index(one) + 1) for one in ids], "y_pred": predicted}
        )
        sides.append(plot(frame, "y_pred", x="y_true", template="scatter"))
    chart = drawn(*sides)
    assert isinstance(chart, ScatterChart)
    assert (chart.paired, chart.closer, chart.farther) == (3, 2, 0)
    assert chart.base_errors is not None
    assert chart.base_errors.mae == pytest.approx((1 + 2 + 5) / 3)
    assert "of 3 ids head is closer for 2" in subtitle(chart)


def test_sides_that_do_not_cover_each_other_share_a_plot() -> None:
    apart = vega_lite(CHARTS["covered"], "light")
    assert [one["width"] for one in apart["concat"]] == [apart["concat"][0]["width"]] * 2
    assert apart["concat"][0]["encoding"]["x"]["scale"] == apart["concat"][1]["encoding"]["x"]["scale"]
    far = (FEW[1][0] + 1e4, FEW[1][1])
    assert "concat" not in vega_lite(predictions(FEW[0], far, names=("size", "latency")), "light")
    assert any(
        "base and head" in text for text in texts(vega_lite(predictions(FEW[0], FEW[0], names=("a", "b")), "light"))
    )


def test_a_matrix_has_heads_counts_and_the_signed_change() -> None:
    base, head = random_matrix(10, 1), random_matrix(10, 2)
    names = [f"c{index}" for index in range(10)]
    shown = cells(matrix(base, head))
    for (y, x), (before, after) in np.ndenumerate(np.stack([base, head], -1).view("i8,i8")[..., 0]):
        if not before and not after:
            assert (names[y], names[x]) not in shown
            continue
        cell = shown[names[y], names[x]]
        assert cell["count"] == str(after)
        assert cell["below"] == (format_change(int(after - before)) if after != before else "")
        assert np.sign(cell["tone"]) == (0 if x == y else np.sign(before - after))
        assert (cell["opacity"] > 0) == (x != y)


def test_a_small_matrix_has_both_counts() -> None:
    chart = matrix([[40, 6], [2, 30]], [[44, 2], [3, 29]])
    assert {(cell["count"], cell["below"]) for cell in cells(chart).values()} == {
        (f"40 {ARROW} 44", "+4"),
        (f"6 {ARROW} 2", f"{MINUS}4"),
        (f"2 {ARROW} 3", "+1"),
        (f"30 {ARROW} 29", f"{MINUS}1"),
    }
    assert f"base 8 errors {ARROW} head 5 ({MINUS}3)" in subtitle(chart)


def test_errors_of_a_rare_class_are_told_by_kind() -> None:
    for name in ("rare", "reverse"):
        assert f"“c1” missed 40 {ARROW} 30 ({MINUS}10) · false alarms 60 {ARROW} 70 (+10)" in subtitle(CHARTS[name])
        assert "100 errors" not in subtitle(CHARTS[name])


def test_the_reverse_of_scikit_learns_orientation_is_marked() -> None:
    def titles(name: str) -> list[str]:
        encoding = vega_lite(CHARTS[name], "light")["encoding"]
        return [encoding[channel]["title"] for channel in "yx"]

    assert titles("rare") == ["actual", "predicted"]
    assert titles("reverse") == ["rows are predicted", "columns are actual"]


def test_many_classes_have_changes_where_they_fit_and_words_for_the_largest() -> None:
    some, many = cells(CHARTS["16 classes"]), cells(CHARTS["40 classes"])  # type: ignore[arg-type]  # matrices
    assert {cell["count"] for cell in some.values()} >= {"", "+1", f"{MINUS}1"}
    assert {cell["count"] for cell in many.values()} == {""}
    base, head = random_matrix(40, 1), random_matrix(40, 2)
    change = np.abs(head - base)
    np.fill_diagonal(change, 0)
    y, x = np.unravel_index(change.argmax(), change.shape)
    assert f"c{y} predicted as c{x}: {base[y, x]} {ARROW} {head[y, x]}" in subtitle(CHARTS["40 classes"])


def test_equal_matrices_are_told_once() -> None:
    chart = matrix([[40, 6], [2, 30]], [[40, 6], [2, 30]])
    assert subtitle(chart) == "base and head: 8 errors"
    assert {cell["below"] for cell in cells(chart).values()} == {""}


def test_a_matrix_that_may_not_be_judged_shows_more_and_fewer() -> None:
    chart = msgspec.structs.replace(matrix([[40, 6], [2, 30]], [[44, 2], [3, 29]]), judged=False)
    assert "better" not in subtitle(chart)
    assert all(cell["tone"] * float(cell["below"].replace(MINUS, "-")) >= 0 for cell in cells(chart).values())


def test_shares_of_a_row_never_read_zero_or_all() -> None:
    chart = matrix(None, [[999, 0], [1, 9000]], template="confusion_normalized")
    assert {place: cell["count"] for place, cell in cells(chart).items()} == {
        ("c0", "c0"): "100",
        ("c1", "c0"): "<1",
        ("c1", "c1"): ">99",
    }


def test_counts_are_exact_where_they_fit() -> None:
    small = msgspec.structs.replace(matrix(None, RARE[0]), head=((1234, 56_789), (9_999_999, 10)))
    assert [cell["count"] for cell in cells(small).values()] == ["1234", "56,789", "9,999,999", "10"]
    large = msgspec.structs.replace(matrix(None, random_matrix(12, 1)), head=((9_999_999,) * 12,) * 12)
    assert {cell["count"] for cell in cells(large).values()} == {"10M"}


def test_an_outlier_among_bars_does_not_flatten_the_others() -> None:
    spec = vega_lite(CHARTS["outlier"], "light")
    assert "total is beyond the axis" in subtitle(CHARTS["outlier"])
    low, high = spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert low <= 0.5
    assert 1.5 <= high < 3
    even = bars({"a": 1.0, "b": 2.0}, {"a": 1.5, "b": 2.5})
    assert "beyond" not in str(vega_lite(even, "light")["title"])


def test_numbers_of_a_group_of_bars_share_their_decimals() -> None:
    """Also where one is round; a change that few decimals would hide gets more, in all rows."""

    def shown(base: dict[str, float], head: dict[str, float]) -> list[tuple[str, str]]:
        rows = vega_lite(bars(base, head), "light")["datasets"]["bars0"]
        return [(row["value"], row["change"]) for row in rows]

    before = {"a": 0.5333, "b": 0.6, "c": 0.7}
    rows = [("0.9500", "+0.4167"), ("0.9000", "+0.3000"), ("0.7000", "0")]
    assert shown(before, {"a": 0.95, "b": 0.9, "c": 0.7}) == rows
    assert shown(before, {"a": 0.533302, "b": 0.9, "c": 0.7})[:2] == [
        ("0.533302", "+0.000002"),
        ("0.900000", "+0.300000"),
    ]
    assert shown({"a": 12.0, "b": 1200.0}, {"a": 14.0, "b": 1300.0}) == [("14", "+2"), ("1300", "+100")]
    assert shown({"a": 1.0, "b": 2.5}, {"a": 1 + 1e-9, "b": 2.25}) == [
        ("1.000000001", f"+1e{MINUS}9"),
        ("2.25", f"{MINUS}0.25"),
    ]


def test_the_alternative_text_quotes_the_numbers_of_the_bars() -> None:
    assert "Largest change: a 0.5333 to 0.9500 (+0.4167)." in bars({"a": 0.5333, "b": 1}, {"a": 0.95, "b": 1}).alt


def test_base_is_a_ring_around_heads_dot_where_both_are_equal(images: dict[str, bytes | str]) -> None:
    image = open_png(images["equal bars"])
    assert count(image, THEMES["light"].base) > 100
    assert count(image, THEMES["light"].head) > 100


def test_the_pointer_names_the_columns() -> None:
    page = {name: str(vega_lite(CHARTS[name], "light", interactive=True)) for name in ("few predictions", "rare")}
    assert "'title': 'y_true'" in page["few predictions"]
    assert "'title': 'actual'" in page["rare"]
