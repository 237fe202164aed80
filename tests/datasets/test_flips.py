"""Flips: the rows that only one side has right, what is confused with what, and what is shown of the examples."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import polars as pl
import pytest
from datasets.test_predictions import SCORES, paired, table
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from repos import Project

import headway
from headway.app.comparison import Request
from headway.app.report import build_report
from headway.datasets.predictions.flips import find_flips
from headway.judge.summaries.flipped import MOST_FLIPS, bin_confidence
from headway.values.chart import ImageChart
from headway.values.flips import Flips

if TYPE_CHECKING:
    from pathlib import Path

    from headway.app.bundle import Bundle

CLASSES = st.sampled_from("abc")
ROWS = st.lists(st.tuples(CLASSES, CLASSES, CLASSES), min_size=3, max_size=40).filter(
    lambda rows: len({name for row in rows for name in row}) > 1
)


def flips_of(actual: Any, base: Any, head: Any, **more: Any) -> Flips:
    ids = [f"r{number}" for number in range(len(actual))]
    sides = (table(ids, actual, predicted, **more) for predicted in (base, head))
    found = find_flips(paired(next(sides), next(sides), probabilities="p_*" if more else ""))
    assert found
    return found


@given(ROWS)
def test_flips_are_what_counting_row_by_row_gives(rows: list[tuple[str, str, str]]) -> None:
    found = flips_of(*map(list, zip(*rows, strict=True)))
    fixed = [f"r{place}" for place, (actual, base, head) in enumerate(rows) if base != actual == head]
    broken = [f"r{place}" for place, (actual, base, head) in enumerate(rows) if base == actual != head]
    assert (found.rows, found.fixed_count, found.broken_count) == (len(rows), len(fixed), len(broken))
    assert [flip.id for flip in found.fixed] == fixed
    assert [flip.id for flip in found.broken] == broken
    for each in found.confusions:
        assert each.actual != each.predicted
        assert each.base == sum(row[:2] == (each.actual, each.predicted) for row in rows)
        assert each.head == sum((row[0], row[2]) == (each.actual, each.predicted) for row in rows)
    sizes = [abs(each.head - each.base) for each in found.confusions]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(each.fixed for each in found.classes) == len(fixed)
    for one in found.classes:
        of_class = [row for row in rows if row[0] == one.name]
        assert (one.rows, one.base) == (len(of_class), sum(row[1] == one.name for row in of_class))
        assert (one.head, one.broken) == (
            sum(row[2] == one.name for row in of_class),
            sum(row[1] == one.name != row[2] for row in of_class),
        )


def test_the_most_confident_mistakes_come_first() -> None:
    count = MOST_FLIPS + 10
    sure = np.linspace(0.5, 0.99, count).round(3)
    probabilities = {"p_a": (1 - sure).tolist(), "p_b": sure.tolist()}
    found = flips_of(["a"] * count, ["a"] * count, ["b"] * count, **probabilities)
    assert found.broken_count == count
    assert len(found.broken) == MOST_FLIPS
    assert [flip.confidence for flip in found.broken] == sorted(sure, reverse=True)[:MOST_FLIPS]
    assert (found.broken[0].id, found.broken[0].actual, found.broken[0].head) == (f"r{count - 1}", "a", "b")
    back = flips_of(["a"] * 2, ["b"] * 2, ["a"] * 2, p_a=[0.4, 0.2], p_b=[0.6, 0.8])
    assert [(flip.id, flip.confidence) for flip in back.fixed] == [("r1", 0.8), ("r0", 0.6)]


def test_rows_that_are_reordered_are_named_by_their_own_id() -> None:
    found = find_flips(paired(table([1, 2, 3], "aba", "abb"), table([3, 1, 2], "aab", "aba")))
    assert found
    assert [(flip.id, flip.base, flip.head) for flip in found.fixed] == [("3", "b", "a")]
    assert [(flip.id, flip.base, flip.head) for flip in found.broken] == [("1", "a", "b"), ("2", "b", "a")]


def test_only_paired_classes_flip() -> None:
    rows = table([1, 2], [0.5, 1.5], [0.1, 0.2])
    assert find_flips(paired(rows, rows)) is None
    assert find_flips(paired(rows, rows, SCORES)) is None
    assert find_flips(paired(table([1, 2], "ab", "ab"), table([1, 2], "ab", "ba"), id="")) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=60), st.data())
def test_calibration_is_the_mean_distance_of_confidence_and_accuracy(
    rows: list[tuple[float, bool]], data: st.DataObject
) -> None:
    sure, right = (np.array(column) for column in zip(*rows, strict=True))
    found = bin_confidence(sure, right)
    bins = np.minimum((sure * 10).astype(int), 9)
    expected = sum(abs(sure[bins == place].sum() - right[bins == place].sum()) for place in range(10)) / len(rows)
    described = found.describe()
    assert described.error == pytest.approx(expected, abs=1e-5)
    assert (described.confidence, described.accuracy) == pytest.approx((sure.mean(), right.mean()), abs=1e-5)
    cut = data.draw(st.integers(1, len(rows) - 1))
    assert bin_confidence(sure[:cut], right[:cut]) + bin_confidence(sure[cut:], right[cut:]) == found


def test_both_sides_are_calibrated_by_their_own_probabilities() -> None:
    found = flips_of(["a", "b"], ["a", "a"], ["a", "b"], p_a=[0.9, 0.3], p_b=[0.1, 0.7])
    assert found.calibration_base
    assert found.calibration_head
    assert found.calibration_base.confidence == pytest.approx(0.6)  # says a twice
    assert (found.calibration_base.accuracy, found.calibration_head.accuracy) == (0.5, 1.0)
    assert found.calibration_head.confidence == pytest.approx(0.8)
    assert found.calibration_head.error == pytest.approx((0.1 + 0.3) / 2)
    assert flips_of("ab", "ab", "ba").calibration_head is None


drawing = pytest.mark.usefixtures("shared_children")
PREDICTIONS = {"path": "predictions.csv", "id": "id", "actual": "actual", "predicted": "predicted"}
SETTINGS: dict[str, Any] = {"metrics": {"accuracy": {"direction": "higher", "estimator": "accuracy"}}}
ACTUAL, BASE, HEAD = "aabb", "aaba", "abbb"


def write(project: Project, predicted: str, before: str = "") -> Project:
    right = sum(one == other for one, other in zip(ACTUAL, predicted, strict=True))
    texts = [f"{before}row {number} is {letter}" for number, letter in enumerate(predicted)]
    columns = {"id": range(4), "actual": list(ACTUAL), "predicted": list(predicted), "answer": texts}
    project.json("metrics.json", {"accuracy": right / 4})
    return project.write("predictions.csv", pl.DataFrame(columns).write_csv())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


def make_project(folder: Path) -> Project:
    """A project with predictions, and an image and a row of pixels for each of them."""
    pixels = {f"pixel_{number}": [number * row for row in range(4)] for number in range(4)}
    made = Project(folder).dvc_yaml({"metrics": ["metrics.json"]})
    made.write("data.csv", pl.DataFrame({"id": range(4), "text": list("wxyz"), **pixels}).write_csv())
    for number in range(4):
        stream = io.BytesIO()
        Image.new("L", (9, 9), number * 60).save(stream, "PNG")
        made.write(f"images/{number}.png", stream.getvalue())
    made.write("paths.csv", "id,file\n" + "".join(f"{number},images/{number}.png\n" for number in range(4)))
    return write(made, BASE)


def built(project: Project, before: str = "", **examples: Any) -> Bundle:
    """The report on a project whose settings show examples."""
    project.json("headway.yaml", {**SETTINGS, "predictions": [{**PREDICTIONS, "examples": examples}]}).commit("base")
    write(project, HEAD, before)
    return build_report(Request(folder=project.root, base="HEAD", head=None, settings=None))


def shown(project: Project, before: str = "", **examples: Any) -> tuple[Flips, list[ImageChart], tuple[str, ...]]:
    """The flips of a report, its contact sheets and its problems."""
    bundle = built(project, before, **examples)
    (flips,) = bundle.report.flips
    charts = [chart for chart in bundle.report.charts if isinstance(chart, ImageChart)]
    of_charts = {path for chart in charts for path in (chart.image, chart.image_dark)}
    assert of_charts | {flip.image for flip in (*flips.fixed, *flips.broken) if flip.image} == set(bundle.images)
    return flips, charts, tuple(problem.what for problem in bundle.report.problems)


@drawing
def test_texts_come_from_the_table_that_the_settings_name(project: Project) -> None:
    flips, charts, problems = shown(project, text=["text"], **{"from": "data.csv"})
    assert not problems
    assert not charts
    assert [(flip.id, flip.texts[0].head) for flip in (*flips.fixed, *flips.broken)] == [("3", "z"), ("1", "x")]


@drawing
def test_texts_of_the_model_are_shown_for_both_sides(project: Project) -> None:
    flips, _, _ = shown(project, text=["answer"])
    (text,) = flips.broken[0].texts
    assert (text.column, text.base, text.head) == ("answer", "row 1 is a", "row 1 is b")


@drawing
def test_long_texts_are_shown_where_they_differ(project: Project) -> None:
    same = "a long answer, " * 100
    write(project, BASE, same)
    flips, _, _ = shown(project, before=same, text=["answer"])
    (text,) = flips.broken[0].texts
    assert (text.base[-12:], text.head[-12:]) == (", row 1 is a", ", row 1 is b")
    assert text.base[:1] == text.head[:1] == "…"


@drawing
@pytest.mark.parametrize(
    "examples", [{"pixels": "pixel_*", "from": "data.csv"}, {"image": "file", "from": "paths.csv"}]
)
def test_images_are_on_a_contact_sheet(project: Project, examples: dict[str, Any]) -> None:
    flips, (chart,), problems = shown(project, **examples)
    assert not problems
    assert flips.sheet == chart.id == "predictions.csv: fixed and broken"
    assert "Broken: 1: a as b; Fixed: 1: b as a" in chart.alt
    assert len({flip.image for flip in (*flips.fixed, *flips.broken) if flip.image}) == 2


@drawing
@pytest.mark.parametrize(
    ("examples", "why"),
    [
        (
            {"pixels": "pixel_[01]", "from": "data.csv"},
            "has 2 columns that match `pixel_[01]`, which is not the number",
        ),
        ({"pixels": "pxel_*", "from": "data.csv"}, "has 0 columns"),
        ({"pixels": "tex*", "from": "data.csv"}, "has no numbers in text, which `tex*` matches"),
        ({"text": ["txt"], "from": "data.csv"}, "has no column `txt`; did you mean `text`?"),
        ({"image": "file", "from": "lost.csv"}, "does not exist"),
        ({"text": ["text"], "from": "lost.csv"}, "does not exist"),
    ],
)
def test_examples_that_cannot_be_read_are_a_note(project: Project, examples: dict[str, Any], why: str) -> None:
    flips, charts, (problem,) = shown(project, **examples)
    assert why in problem
    assert not charts
    assert flips.broken_count == 1


@drawing
def test_images_that_are_gone_are_left_out(project: Project) -> None:
    (project.root / "images/1.png").unlink()
    (project.root / "images/3.png").write_bytes(b"no image")
    flips, charts, problems = shown(project, image="file", **{"from": "paths.csv"})
    assert (flips.sheet, charts, problems) == ("", [], ())


def test_a_comparison_alone_has_flips_too(project: Project) -> None:
    project.json("headway.yaml", {**SETTINGS, "predictions": [PREDICTIONS]}).commit("base")
    (flips,) = headway.compare_revisions(write(project, HEAD).root, base="HEAD", environ={}).flips
    assert (flips.rows, flips.fixed_count, flips.broken_count) == (4, 1, 1)
    assert msgspec.json.decode(msgspec.json.encode(flips), type=Flips) == flips
