"""Parts of a table of predictions: each row is in one part, with the row of its id on the other side."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from datasets.test_predictions import opened, table

from headway.datasets.predictions.pairing import PairedPredictions, pair_predictions
from headway.datasets.predictions.parts import BUCKETS, Part

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 3
ROWS = 40
NUMBERS = range(ROWS)
FLOATS = [number / 2 for number in NUMBERS]
IDS: dict[str, tuple[Any, Any]] = {
    "whole numbers": (list(NUMBERS), list(NUMBERS)),
    "text": ([f"r{number}" for number in NUMBERS], [f"r{number}" for number in NUMBERS]),
    "whole numbers and their text": (list(NUMBERS), [str(number) for number in NUMBERS]),
    "whole numbers as floats": (list(NUMBERS), [float(number) for number in NUMBERS]),
    "floats and their text": (FLOATS, [str(number) for number in FLOATS]),
    "floats in single precision": (FLOATS, pl.Series(FLOATS, dtype=pl.Float32)),
    "a negative zero": ([-0.0, *FLOATS[1:]], FLOATS),
    "small whole numbers": (pl.Series(NUMBERS, dtype=pl.Int8), pl.Series(NUMBERS, dtype=pl.UInt64)),
    "dates and their text": (
        [date(2025, 1 + number // 28, 1 + number % 28) for number in NUMBERS],
        [f"2025-{1 + number // 28:02}-{1 + number % 28:02}" for number in NUMBERS],
    ),
    "categories": (pl.Series([f"r{n}" for n in NUMBERS], dtype=pl.Categorical), [f"r{n}" for n in NUMBERS]),
}


def sides(ids: tuple[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Base lacks the last rows, head the first; some answers differ, and head is in another order."""
    draw = np.random.default_rng(1)
    order = draw.permutation(np.arange(5, ROWS))
    actual = np.array(list("abc"))[draw.integers(0, 3, ROWS)]
    other = np.where(np.arange(ROWS) % 9 == 0, "a", actual)
    old, new = (pl.Series(each) for each in ids)
    base = table(old[: ROWS - 3], actual[: ROWS - 3], actual[: ROWS - 3])
    return base, table(new[order], other[order], actual[order])


def whole(base: dict[str, Any], head: dict[str, Any]) -> PairedPredictions:
    return pair_predictions(opened(base, side="base"), opened(head))


def parts(folder: Path, base: dict[str, Any], head: dict[str, Any], count: int = COUNT) -> list[PairedPredictions]:
    found = []
    for place in range(1, count + 1):
        (folder / str(place)).mkdir()
        part = Part(place, count, folder / str(place))
        found.append(pair_predictions(opened(base, side="base"), opened(head), part=part))
    return found


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_parts_add_up_to_the_table(ids: tuple[Any, Any], tmp_path: Path) -> None:
    tables = sides(ids)
    one, several = whole(*tables), parts(tmp_path, *tables)
    assert one.pairing.common == ROWS - 8
    assert one.pairing.relabelled
    for name in ("common", "added", "removed", "relabelled"):
        assert sum(getattr(part.pairing, name) for part in several) == getattr(one.pairing, name)
    assert len([part for part in several if part.head.rows]) > 1
    assert all(part.head.classes == one.head.classes for part in several)
    examples = sorted(pair for part in several for pair in zip(part.example_rows, part.pairing.examples, strict=True))
    assert tuple(id_ for _, id_ in examples[:5]) == one.pairing.examples
    rows = [row for part in several for row in part.row_numbers(np.arange(part.head.rows))]
    assert sorted(rows) == sorted(one.row_numbers(np.arange(one.head.rows)))
    for part in several:  # in the order of the table
        assert list(part.row_numbers(np.arange(part.head.rows))) == sorted(part.row_numbers(np.arange(part.head.rows)))


def test_a_part_knows_the_classes_and_the_mistakes_of_the_whole_table(tmp_path: Path) -> None:
    base, head = sides(IDS["text"])
    for part in parts(tmp_path / "", base, head | {"p": ["d", *head["p"][1:]]}, 2):
        assert part.head.classes == ("a", "b", "c", "d")
    broken = head | {"y": pl.Series([None, *head["y"][1:]])}
    problems = {part.pairing.problem for part in parts(make(tmp_path / "broken"), base, broken, 2)}
    assert problems == {whole(base, broken).pairing.problem} != {""}


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_there_may_be_more_parts_than_rows(tmp_path: Path) -> None:
    base, head = (table([1, 2, 3], "aba", "aab"), table([3, 2, 1], "aba", "aab"))
    several = parts(tmp_path, base, head, BUCKETS)
    assert sum(part.pairing.common for part in several) == 3
    assert not any(part.pairing.problem for part in several)
    assert {part.pairing.overlap for part in several} == {0.0, 1.0}


def test_a_table_without_ids_has_no_parts(tmp_path: Path) -> None:
    base, head = (opened(side, id="") for side in sides(IDS["text"]))
    assert "no `id`" in pair_predictions(base, head, part=Part(1, 2, tmp_path)).pairing.problem
