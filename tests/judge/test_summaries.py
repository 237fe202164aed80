"""Evidence in parts: what several processes know about their rows adds up to what one knows about all, to the bit."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample

from headway.errors import EvidenceFileError
from headway.judge.committed import compare_committed, compare_summary
from headway.judge.statistics.estimators import tolerance, value
from headway.judge.statistics.sample import CannotEstimateError
from headway.judge.statistics.unpaired import Compared, compare_each
from headway.judge.summaries.evidence_parts import (
    EvidenceParts,
    Identity,
    MetricPart,
    Reference,
    SlicesPart,
    TablePart,
    decode,
    encode,
    merge,
)
from headway.judge.summaries.flipped import MOST_FLIPS, FlippedRow, FlippedRows
from headway.judge.summaries.sliced import classes_of, summarize_slices
from headway.judge.summaries.summary import Counted, Meant, summarize, why_not
from headway.judge.sums.exact import exact_mean, exact_sum
from headway.judge.sums.hull import corners, hull
from headway.settings import Estimator, EstimatorName
from headway.values.evidence import Pairing
from headway.values.flips import Flip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headway.judge.summaries.summary import Summary

ROWS = 600
COUNTS = [
    Estimator(name="accuracy"),
    Estimator(name="error"),
    Estimator(name="recall", class_="c"),
    Estimator(name="precision", class_="a"),
    Estimator(name="f1", average="macro"),
    Estimator(name="f1", average="weighted"),
    Estimator(name="precision", average="micro"),
    *(Estimator(name=name) for name in ("mcc", "kappa", "balanced_accuracy")),
]
MEANS = [*(Estimator(name=name) for name in ("log_loss", "brier", "top_k")), Estimator(name="mean", column="wrong")]
ERRORS = [
    *(Estimator(name=name) for name in ("mae", "mse", "mape", "rmse", "r2")),
    Estimator(name="quantile_loss", quantile=0.9),
]
IDENTITY = Identity(generator="1", project="", base="b", head="h", settings="s", tables={"p.csv": ("1", "2")})


def classifier(seed: int, decimals: int = 17) -> ArraySample:
    draw, answers = np.random.default_rng(seed), np.random.default_rng(1)
    actual = answers.integers(0, 3, ROWS)
    probabilities = np.round(draw.dirichlet(np.full(3, 0.7), ROWS), decimals)
    predicted = np.where(draw.random(ROWS) < 0.8, actual, draw.integers(0, 3, ROWS))
    wrong = {"wrong": (predicted != actual).astype(float)}
    return ArraySample(
        actual_codes=actual,
        predicted_codes=predicted,
        probabilities=probabilities,
        classes=("a", "b", "c"),
        columns=wrong,
    )


def regressor(seed: int) -> ArraySample:
    draw, answers = np.random.default_rng(seed), np.random.default_rng(1)
    target = answers.normal(1e6, 5, ROWS)
    return ArraySample(target=target, prediction=target + draw.normal(0, 1e-3, ROWS), classes=())


def divided(estimator: Estimator, base: ArraySample, head: ArraySample, parts: int) -> Summary:
    """The rows of both sides, summarized in parts of unequal size in any order, written to files and merged."""
    place = np.minimum(np.random.default_rng(0).geometric(0.4, ROWS), parts) - 1
    files = []
    for part in range(parts):
        rows = np.random.default_rng(part).permutation(np.flatnonzero(place == part))
        sides = base.take(rows), head.take(rows)
        found = MetricPart(file="m.json", key="k", summary=summarize(estimator, sides, sides))
        files.append(encode(one(part + 1, parts, found)))
    merged = merge([decode(content) for content in reversed(files)]).base.metrics[0].summary
    assert merged is not None
    return merged


def one(place: int, count: int, *metrics: MetricPart, identity: Identity = IDENTITY) -> EvidenceParts:
    return EvidenceParts(count=count, places=(place,), base=Reference(identity=identity, tables=(), metrics=metrics))


@pytest.mark.parametrize("estimator", [*COUNTS, *MEANS], ids=str)
@pytest.mark.parametrize("head", [2, 3], ids=["identical", "changed"])
def test_parts_of_a_classification_give_what_one_run_gives(estimator: Estimator, head: int) -> None:
    sides = classifier(2), classifier(head)
    whole = compare_committed((0.5, 0.5), estimator, sides, sides)
    assert compare_summary((0.5, 0.5), estimator, divided(estimator, *sides, parts=4), is_whole=True) == whole


@pytest.mark.parametrize("estimator", ERRORS, ids=str)
@pytest.mark.parametrize("head", [2, 3], ids=["identical", "changed"])
def test_parts_of_a_regression_give_what_one_run_gives(estimator: Estimator, head: int) -> None:
    sides = regressor(2), regressor(head)
    whole = compare_committed((0.5, 0.5), estimator, sides, sides)
    assert compare_summary((0.5, 0.5), estimator, divided(estimator, *sides, parts=3), is_whole=True) == whole


@pytest.mark.parametrize("estimator", [*COUNTS, *MEANS, *ERRORS], ids=str)
def test_all_rows_of_a_side_have_their_value_and_its_rounding(estimator: Estimator) -> None:
    sides = (regressor(2), regressor(3)) if estimator in ERRORS else (classifier(2, 3), classifier(3, 3))
    summary = divided(estimator, *sides, parts=3)
    assert summary.values(estimator) == (value(estimator, sides[0]), value(estimator, sides[1]))
    assert summary.tolerances(estimator) == (tolerance(estimator, sides[0]), tolerance(estimator, sides[1]))


@pytest.mark.parametrize("name", ["rmse", "r2"])
def test_a_committed_value_is_met_within_the_rounding_of_printed_predictions(name: EstimatorName) -> None:
    estimator, exact = Estimator(name=name), regressor(2)
    printed = ArraySample(target=exact.targets(), prediction=np.round(exact.predictions(), 4), classes=())
    committed = (value(estimator, exact),) * 2
    merged = compare_summary(committed, estimator, divided(estimator, printed, printed, 2), is_whole=True)
    assert not merged.evidence.withheld
    assert merged == compare_committed(committed, estimator, (printed, printed), (printed, printed))


@given(st.lists(st.tuples(*[st.integers(-4, 4) | st.floats(-1, 1)] * 2), min_size=1, max_size=30), st.data())
def test_corners_of_parts_are_the_corners_of_all_points(points: list[tuple[float, float]], data: st.DataObject) -> None:
    points = [(float(x), float(y)) for x, y in points]
    cut = data.draw(st.integers(0, len(points)))
    found = hull(points)
    assert hull((*hull(points[:cut]), *hull(points[cut:]))) == found
    x, y = np.array(points).T
    for slope in (-2.0, 0.3, 1.0):
        assert max(a * slope + b for a, b in found) == pytest.approx(float(np.max(x * slope + y)))


def test_many_points_are_reduced_before_the_corners_are_found() -> None:
    draw = np.random.default_rng(1)
    x, y = draw.normal(size=(2, 20_000)) ** 2
    assert corners(x, y) == hull(zip(x.tolist(), y.tolist(), strict=True))
    assert corners(x, x) == hull([(x.min(), x.min()), (x.max(), x.max())])


@pytest.mark.parametrize("estimator", [Estimator(name="log_loss"), Estimator(name="brier")], ids=str)
def test_printed_predictions_give_the_committed_value_within_their_rounding_in_parts_too(estimator: Estimator) -> None:
    exact, printed = classifier(2), classifier(2, decimals=4)
    committed = (value(estimator, exact),) * 2
    whole = compare_committed(committed, estimator, (printed, printed), (printed, printed))
    merged = compare_summary(committed, estimator, divided(estimator, printed, printed, 2), is_whole=True)
    assert not whole.evidence.withheld
    assert merged == whole


def test_a_rounding_that_differs_between_parts_is_no_reason_to_guess() -> None:
    estimator = Estimator(name="mae")
    fine, coarse = (
        summarize(estimator, (side, side), (side, side))
        for side in (
            ArraySample(target=np.zeros(3), prediction=np.array(values), classes=())
            for values in ([0.123, 0.456, 0.789], [0.1, 0.2, 0.3])
        )
    )
    assert isinstance(fine, Meant)
    assert isinstance(coarse, Meant)
    with pytest.raises(CannotEstimateError, match="differs between the parts"):
        compare_summary((0.9, 0.9), estimator, fine + coarse, is_whole=True)


def test_a_part_without_rows_changes_nothing() -> None:
    base, head = classifier(2), classifier(3)
    none = head.take(np.empty(0, np.int32))
    for estimator in (COUNTS[0], MEANS[0]):
        all_rows = summarize(estimator, (base, head), (base, head))
        assert (
            merge(
                [
                    one(1, 2, MetricPart(file="m", key="k", summary=summarize(estimator, (none, none), (none, none)))),
                    one(2, 2, MetricPart(file="m", key="k", summary=all_rows)),
                ]
            )
            .base.metrics[0]
            .summary
            == all_rows
        )


def test_the_page_says_which_metrics_can_be_computed_in_parts() -> None:
    page = (Path(__file__).parents[2] / "docs/scale.md").read_text()
    rows = re.findall(r"^\| (`\w+`.*?) \| (yes|no)\b.*\|$", page, flags=re.MULTILINE)
    said = {name: answer == "yes" for names, answer in rows for name in re.findall(r"`(\w+)`", names)}
    assert said.keys() == set(get_args(EstimatorName))
    for name, is_possible in said.items():
        assert is_possible == (not why_not(Estimator(name=name), classifier(1)))


def test_rows_that_belong_together_and_rows_with_several_labels_are_left_out() -> None:
    grouped = replace(classifier(1), group=np.arange(ROWS) // 2)
    assert "belong to groups" in why_not(Estimator(name="accuracy"), grouped)
    labels = np.ones((3, 2), np.bool_)
    several = ArraySample(labels=labels, predicted_labels=labels, columns={"x": np.ones(3)})
    assert "several labels" in why_not(Estimator(name="f1", average="macro"), several)
    assert not why_not(Estimator(name="mean", column="x"), several)


@pytest.mark.parametrize("estimator", [*COUNTS, *MEANS, *ERRORS], ids=str)
@pytest.mark.parametrize("other", [2, 3], ids=["identical", "changed"])
def test_slices_of_parts_are_tested_as_tables_of_their_own(estimator: Estimator, other: int) -> None:
    make = regressor if estimator in ERRORS else classifier
    base, head = make(2), make(other)
    names = np.array(["x", "y", "z"])[np.minimum(np.random.default_rng(4).geometric(0.5, ROWS), 3) - 1]
    place = np.random.default_rng(5).integers(0, 3, ROWS)
    parts = [sliced(estimator, base, head, names, np.flatnonzero(place == part)) for part in (2, 0, 1)]
    merged = {each.value: each for each in reduce(add, parts).slices}
    for name in "xyz":
        rows = np.flatnonzero(names == name)
        found = merged[name].compare(estimator, classes_of(head))
        (alone,) = compare_each(estimator, [(base.take(rows), head.take(rows))], is_paired=True)
        assert isinstance(alone, Compared)
        assert found.outcome == alone.outcome
        assert found.level == pytest.approx(alone.level, rel=1e-9)
        assert found.level.rows == alone.level.rows


def sliced(
    estimator: Estimator, base: ArraySample, head: ArraySample, names: NDArray[np.str_], rows: NDArray[np.int64]
) -> SlicesPart:
    """A part of the rows, divided, written to a file and read again."""
    positions = ((name, np.flatnonzero(names[rows] == name).astype(np.int32)) for name in np.unique(names[rows]))
    slices = summarize_slices(estimator, base.take(rows), head.take(rows), [(str(name), at) for name, at in positions])
    part = SlicesPart(
        column="site", paths=("p.csv",), metrics=(("m.json", "k"),), classes=classes_of(head), slices=slices
    )
    return decode(encode(with_slices(part, len(rows)))).base.slices[0]


def with_slices(part: SlicesPart, rows: int) -> EvidenceParts:
    table = TablePart(pairing=Pairing(path="p.csv", common=rows))
    base = Reference(identity=IDENTITY, tables=(table,), metrics=(), slices=(part,))
    return EvidenceParts(count=1, places=(1,), base=base)


def test_a_slice_that_is_too_large_to_compute_with_says_so_in_every_part() -> None:
    values = np.array([1e200, 1e200, 1.0, 2.0])
    side = ArraySample(columns={"x": values}, classes=())
    estimator = Estimator(name="mean", column="x")
    whole = dict.fromkeys("ab", np.array([0, 1], np.int32)) | {"b": np.array([2, 3], np.int32)}
    large, fine = summarize_slices(estimator, side, side, whole.items())
    for found in (large, large + large):
        with pytest.raises(CannotEstimateError, match="too large to compute with"):
            found.compare(estimator, classes_of(side))
    assert fine.compare(estimator, classes_of(side)).level.value == 1.5


@pytest.mark.parametrize("confidence", [None, 0.5])
def test_flips_of_parts_are_in_the_order_of_the_table(confidence: float | None) -> None:
    def part(*rows: int) -> FlippedRows:
        flips = (Flip(id=f"r{row}", actual="a", base="b", head="a", confidence=confidence) for row in rows)
        fixed = tuple(FlippedRow(row=row, flip=flip) for row, flip in zip(rows, flips, strict=True))
        return FlippedRows(classes=("a", "b"), counts=((0, 1, 0, len(rows)),), fixed=fixed, broken=())

    found = (part(1, 4, *range(60, 90)) + part(0, 2, *range(30, 60))).describe("p.csv")
    assert [flip.id for flip in found.fixed] == [f"r{row}" for row in (0, 1, 2, 4, *range(30, 30 + MOST_FLIPS - 4))]
    assert (found.rows, found.fixed_count, found.classes[0].fixed) == (64, 64, 64)


def test_sums_are_exact_in_any_order() -> None:
    draw = np.random.default_rng(1)
    values = np.append(draw.normal(size=300) * 10.0 ** draw.integers(-140, 140, 300), [0.0, 1e-320, -5.0])
    assert exact_sum(values) == sum(map(Fraction, values.tolist()))
    assert exact_sum(values[:300], values[:300]) == sum(Fraction(value) ** 2 for value in values[:300].tolist())
    assert exact_mean(np.array([1e16, 1.0, -1e16])) == 1 / 3
    for wrong in (np.array([np.inf]), np.array([1e200])):
        with pytest.raises(OverflowError, match="too large"):
            exact_sum(wrong, wrong)


class TestMerging:
    @pytest.mark.parametrize(
        ("field", "value", "why"),
        [
            ("head", "other", "The head is other instead of h"),
            ("settings", "other", "rules for metrics and predictions differ"),
            ("tables", {"p.csv": ("1", "3")}, "p.csv differs"),
        ],
    )
    def test_parts_of_something_else_are_refused(self, field: str, value: object, why: str) -> None:
        other = msgspec.structs.replace(IDENTITY, **{field: value})
        with pytest.raises(EvidenceFileError, match="Part 2 of 2 is not about the same as part 1 of 2") as raised:
            merge([one(1, 2), one(2, 2, identity=other)])
        assert why in raised.value.why

    def test_every_part_is_needed_once(self) -> None:
        with pytest.raises(EvidenceFileError, match="Part 2 of 3 is missing"):
            merge([one(1, 3), one(3, 3)])
        with pytest.raises(EvidenceFileError, match="Part 1 of 2 is given twice"):
            merge([one(1, 2), one(1, 2), one(2, 2)])
        with pytest.raises(EvidenceFileError, match="divide the rows differently"):
            merge([one(1, 2), one(2, 3)])

    def test_a_problem_of_one_part_says_where_it_is(self) -> None:
        fine = MetricPart(file="m", key="k", summary=summarize(COUNTS[0], *[(classifier(1), classifier(2))] * 2))
        broken = MetricPart(file="m", key="k", problem="has no number in 3 rows", about="table")
        assert merge([one(1, 2, fine), one(2, 2, broken)]).base.metrics[0].problem == (
            "has no number in 3 rows (in part 2 of 2)"
        )
        assert merge([one(1, 2, broken), one(2, 2, broken)]).base.metrics[0] == broken

    def test_slices_that_are_not_of_all_rows_are_refused(self) -> None:
        base, head = classifier(1), classifier(2)
        names = np.array(["x", "y"])[np.arange(ROWS) % 2]
        part = sliced(COUNTS[0], base, head, names, np.arange(ROWS))
        first = part.slices[0]
        with pytest.raises(ValueError, match="slices of all rows"):
            with_slices(part, ROWS + 1)
        with pytest.raises(ValueError, match="slices of all rows"):
            with_slices(msgspec.structs.replace(part, slices=(first, first)), ROWS)
        content = encode(with_slices(part, ROWS))
        count = f'"rows":{first.rows}'.encode()
        with pytest.raises(msgspec.DecodeError):
            decode(content.replace(count, b'"rows":7', 1).replace(count, f'"rows":{ROWS - 7}'.encode(), 1))

    def test_slices_of_a_table_that_one_part_cannot_read_are_left_out(self) -> None:
        names = np.array(["x", "y"])[np.arange(ROWS) % 2]
        part = sliced(COUNTS[0], classifier(1), classifier(2), names, np.arange(ROWS))
        first = msgspec.structs.replace(with_slices(part, ROWS), count=2)
        broken = TablePart(pairing=Pairing(path="p.csv", problem="has no rows", side="head"))
        other = Reference(identity=IDENTITY, tables=(broken,), metrics=())
        assert not merge([first, EvidenceParts(count=2, places=(2,), base=other)]).base.slices

    def test_a_file_that_was_tampered_with_is_refused(self) -> None:
        summary = summarize(COUNTS[0], *[(classifier(1), classifier(2))] * 2)
        assert isinstance(summary, Counted)
        content = encode(one(1, 1, MetricPart(file="m", key="k", summary=summary)))
        assert decode(content).base.metrics[0].summary == summary
        with pytest.raises(msgspec.DecodeError):
            decode(content.replace(b'"paired":[[0,0,0,', b'"paired":[[0,0,9,'))
