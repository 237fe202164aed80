"""Slices of tables of predictions: which rows belong to which, and that a slice is what its own table would be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from datasets.test_predictions import opened, paired, table
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.datasets.predictions.samples import PredictionSample, Rows
from headway.datasets.predictions.slices import MOST_SLICES, divide, read_slices
from headway.gather.read.parsing import UnreadableError
from headway.judge.statistics import ranks
from headway.judge.statistics.compare import compare_paired
from headway.judge.statistics.unpaired import compare_each
from headway.judge.summaries.sliced import classes_of, summarize_slices
from headway.settings import Estimator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.settings import EstimatorName

NAMES: list[EstimatorName] = ["accuracy", "f1", "roc_auc", "mcc", "balanced_accuracy"]


def found(*cells: Sequence[Any]) -> dict[str | None, list[int]]:
    zeros = [[0] * len(each) for each in cells]
    tables = (table(range(len(each)), zero, zero, site=each) for each, zero in zip(cells, zeros, strict=True))
    parts = [Rows(opened(each)) for each in tables]
    return {each.value: each.head.tolist() for each in read_slices("site", parts, parts)}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["b", "a", "b"], {"a": [1], "b": [0, 2]}),
        ([10, 9, None, 10], {"9": [1], "10": [0, 3], None: [2]}),
        ([1.0, 2.0, 1.0], {"1": [0, 2], "2": [1]}),
        ([0.0, 0.5, -0.0], {"0": [0, 2], "0.5": [1]}),
        ([-0.0, None, 0.5, 0.0], {"0": [0, 3], "0.5": [2], None: [1]}),
        ([True, False], {"false": [1], "true": [0]}),
        (["", "x", None], {"x": [1], None: [0, 2]}),
    ],
)
def test_rows_with_the_same_value_are_a_slice(cells: list[Any], expected: dict[str | None, list[int]]) -> None:
    slices = found(cells)
    assert slices == expected
    assert list(slices) == list(expected)


def test_a_negative_zero_is_the_class_zero() -> None:
    cells = table(range(3), [0.0, 1.0, -0.0], [-0.0, 1.0, 0.0])
    head = paired(cells, cells).head
    assert head.actual().tolist() == head.predicted().tolist() == [0, 1, 0]


def test_rows_of_several_tables_are_counted_on() -> None:
    assert found(["a", "b"], ["b", "c"]) == {"a": [0], "b": [1, 2], "c": [3]}


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (range(MOST_SLICES + 1), "has 101 values in `site`, and a column can have 100 slices"),
        (["a", "a"], "has the same value in all rows of `site`"),
        ([None, None], "has the same value in all rows of `site`"),
    ],
)
def test_columns_that_give_no_slices_are_refused_with_the_reason(cells: Sequence[Any], why: str) -> None:
    with pytest.raises(UnreadableError) as error:
        found(cells)
    assert str(error.value) == why


def test_rows_that_nothing_pairs_have_their_own_slices() -> None:
    base, head = (opened(table([1, 2], [0, 0], [0, 1], site=site), id="") for site in (["a", "b"], ["c", "b"]))
    slices = read_slices("site", [Rows(base)], [Rows(head)])
    rows = {each.value: (each.base.tolist(), each.head.tolist()) for each in slices}
    assert rows == {"a": ([0], []), "b": ([1], [1]), "c": ([], [0])}


def _drawn(seed: int, rows: int = 160) -> tuple[pl.DataFrame, pl.DataFrame]:
    draw = np.random.default_rng(seed)
    truth, site = draw.integers(0, 2, rows), draw.choice(["a", "b"], rows)
    group = draw.integers(0, 30, rows)

    def side(right: float) -> pl.DataFrame:
        is_right = draw.random(rows) < right
        score = np.where(is_right == (truth == 1), 0.5, 0.1) + draw.random(rows) / 2
        predicted = np.where(is_right, truth, 1 - truth)
        columns = {"id": np.arange(rows), "y": truth, "p": predicted, "s": score, "site": site, "g": group}
        return pl.DataFrame(columns)

    return side(0.7), side(0.8)


@given(st.integers(0, 1000), st.sampled_from(NAMES), st.sampled_from(["", "g"]))
@settings(max_examples=15)
def test_a_slice_is_tested_as_a_table_with_its_rows_alone_would_be(seed: int, name: EstimatorName, group: str) -> None:
    base, head = _drawn(seed)

    def pair(base: pl.DataFrame, head: pl.DataFrame) -> PairedPredictions:
        columns = [frame.to_dict(as_series=False) for frame in (base, head)]
        return paired(columns[0], columns[1], score="s", group=group)

    is_of_slice = pl.col("site") == "a"
    whole, alone = pair(base, head), pair(base.filter(is_of_slice), head.filter(is_of_slice))
    part = next(read_slices("site", whole.labels[1:], whole.labels[1:]))
    sliced = divide(whole.base, [part.base])[0], divide(whole.head, [part.head])[0]
    estimator = Estimator(name=name)
    assert compare_paired(estimator, *sliced) == compare_paired(estimator, alone.base, alone.head)


@given(st.integers(0, 1000), st.sampled_from(NAMES), st.sampled_from(["", "g"]))
@settings(max_examples=5)
def test_slices_that_share_what_is_read_are_tested_as_alone(seed: int, name: EstimatorName, group: str) -> None:
    columns = [frame.to_dict(as_series=False) for frame in _drawn(seed)]
    whole, estimator = paired(columns[0], columns[1], score="s", group=group), Estimator(name=name)
    slices = [each.head for each in read_slices("site", whole.labels[1:], whole.labels[1:])]
    together = zip(divide(whole.base, slices), divide(whole.head, slices), strict=True)
    alone = [(divide(whole.base, [rows])[0], divide(whole.head, [rows])[0]) for rows in slices]
    found = compare_each(estimator, list(together), is_paired=True)
    assert list(found) == [next(compare_each(estimator, [each], is_paired=True)) for each in alone]


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_each_column_is_read_once_for_all_slices(name: EstimatorName, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 90
    draw = np.random.default_rng(1)
    truth = draw.choice(list("abc"), rows)
    shares = draw.dirichlet([1, 1, 1], rows)
    scores = {f"p_{code}": shares[:, place] for place, code in enumerate("abc")}
    cells = table(range(rows), truth, truth, site=draw.choice(["n", "s"], rows), **scores)
    pair = paired(cells, cells, probabilities="p_*")
    slices = [each.head for each in read_slices("site", pair.labels[1:], pair.labels[1:])]
    read: list[tuple[Any, int]] = []

    def probability(sample: PredictionSample, code: int) -> Any:
        read.append((sample, code))
        return original(sample, code)

    original = PredictionSample.probability
    monkeypatch.setattr(PredictionSample, "probability", probability)
    divided = [ranks.estimate_each(Estimator(name=name, average="macro"), divide(pair.head, slices))]
    assert len(divided[0]) == 2
    assert read == [(pair.head, code) for code in range(3)]


def test_slices_without_a_difference_are_identical_where_classes_are_no_numbers() -> None:
    rows, draw = 60, np.random.default_rng(1)
    truth, site = draw.choice(list("ab"), rows), np.repeat(["n", "s"], rows // 2)
    before = draw.uniform(0.1, 0.9, rows)
    after = np.where(site == "n", before, before / 2)
    base, head = (table(range(rows), truth, truth, site=site, p_a=share, p_b=1 - share) for share in (before, after))
    pair = paired(base, head, probabilities="p_*")
    slices = [(each.value, each.head) for each in read_slices("site", pair.labels[1:], pair.labels[1:])]
    estimator = Estimator(name="log_loss")
    north, south = summarize_slices(estimator, pair.base, pair.head, slices)
    found = [each.compare(estimator, classes_of(pair.head)).outcome.is_identical for each in (north, south)]
    assert found == [True, False]
