"""Tables of predictions: what is read, how rows are paired, and what is refused with the reason."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample

from headway.datasets.predictions.class_names import class_name, order_classes
from headway.datasets.predictions.pairing import PairedPredictions, pair_predictions
from headway.datasets.predictions.prediction_files import find_prediction_files, part_names
from headway.datasets.predictions.prediction_table import PredictionTable, open_predictions
from headway.datasets.predictions.samples import concatenate
from headway.gather import Repository
from headway.gather.read.parsing import UnreadableError
from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError
from headway.settings import PredictionsRule
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from repos import Project

    from headway.judge.statistics.sample import Sample

Columns = dict[str, Any]
RULE = PredictionsRule(path="p", id="id", actual="y", predicted="p")
SCORES = PredictionsRule(path="p", id="id")


def parquet(columns: Columns) -> bytes:
    """A file; the letters of a text are the cells of a column."""
    stream = io.BytesIO()
    pl.DataFrame(
        {name: list(cells) if isinstance(cells, str) else cells for name, cells in columns.items()}
    ).write_parquet(stream)
    return stream.getvalue()


def rows(source: bytes | Columns, suffix: str = ".parquet") -> DataFile:
    data = source if isinstance(source, bytes) else parquet(source)
    return DataFile(path=f"p{suffix}", hash="md5:0", size=None, source=data)


def opened(
    source: bytes | Columns,
    rule: PredictionsRule = RULE,
    side: Literal["base", "head"] = "head",
    suffix: str = ".parquet",
    **changes: Any,
) -> PredictionTable:
    return open_predictions(msgspec.structs.replace(rule, **changes), [rows(source, suffix)], side)


def paired(
    base: bytes | Columns, head: bytes | Columns, rule: PredictionsRule = RULE, **changes: Any
) -> PairedPredictions:
    return pair_predictions(opened(base, rule, "base", **changes), opened(head, rule, **changes))


def sample_rows(table: PredictionTable) -> Sample:
    """All rows of a table, which is paired with itself."""
    found = pair_predictions(table, table)
    if found.pairing.problem:
        raise UnreadableError(found.pairing.problem)
    return found.head


def refused(base: Columns, head: Columns | None = None, rule: PredictionsRule = RULE, **changes: Any) -> str:
    found = paired(base, base if head is None else head, rule, **changes)
    assert found.base.rows == found.head.rows == found.all_head.rows == 0
    return f"{found.pairing.side}: {found.pairing.problem}"


def table(ids: Any, actual: Any, predicted: Any, **more: Any) -> Columns:
    return {"id": ids, "y": actual, "p": predicted, **more}


def words(sample: Sample, codes: Any) -> list[str]:
    return [sample.classes[code] for code in codes]


def test_rows_in_another_order_are_paired_by_id_in_the_order_of_head() -> None:
    found = paired(table([1, 2, 3, 9], "abca", "aaaa"), table([3, 1, 7, 2], "cadb", "cbdb"))
    assert (found.pairing.common, found.pairing.added, found.pairing.removed) == (3, 1, 1)
    assert found.pairing.overlap == 3 / 5
    assert found.base.classes == found.head.classes == ("a", "b", "c", "d")
    assert words(found.base, found.base.actual()) == words(found.head, found.head.actual()) == ["c", "a", "b"]
    assert words(found.base, found.base.predicted()) == ["a", "a", "a"]
    assert words(found.head, found.head.predicted()) == ["c", "b", "b"]
    assert found.base.buckets().tolist() == found.head.buckets().tolist()
    assert (found.all_base.rows, found.all_head.rows) == (4, 4)
    assert words(found.all_base, found.all_base.actual()) == ["a", "b", "c", "a"]


def test_both_sides_are_scored_on_the_labels_of_head() -> None:
    found = paired(table([1, 2, 3], "aba", "aba"), table([1, 2, 3], "bba", "aba"))
    assert (found.pairing.relabelled, found.pairing.examples) == (1, ("1",))
    assert words(found.base, found.base.actual()) == ["b", "b", "a"]
    assert words(found.all_base, found.all_base.actual()) == ["a", "b", "a"]


@given(st.permutations(range(12)), st.permutations(range(12)), st.integers(0, 12), st.booleans())
def test_pairing_is_a_join_on_the_id(base: list[int], head: list[int], kept: int, is_text: bool) -> None:  # noqa: FBT001 - drawn
    ids = [f"row {i}" for i in range(12)] if is_text else [7 * i - 20 for i in range(12)]
    old, new = base[:kept] or base, head[3:]
    found = paired(
        table([ids[i] for i in old], [f"c{i}" for i in old], [f"c{i}" for i in old]),
        table([ids[i] for i in new], [f"c{i}" for i in new], [f"d{i}" for i in new]),
    )
    expected = [i for i in new if i in old]
    assert found.pairing.common == len(expected)
    assert words(found.base, found.base.predicted()) == [f"c{i}" for i in expected]
    assert words(found.head, found.head.predicted()) == [f"d{i}" for i in expected]
    assert found.pairing.relabelled == 0


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (["1", "2", "x"], ["1", "2", "x"]),
        ([1, 2, 3], ["1", "2", "3"]),
        ([1.0, 2.0, 3.0], ["1", "2", "3"]),
        ([1.0, 2.0, 3.0], [1, 2, 3]),
        ([1.5, 2.5, 3.5], [1.5, 2.5, 3.5]),
        ([1.5, 2.5, 3.5], ["1.5", "2.5", "3.5"]),
        ([2**60, 1, 0], [2.0**60, 1.0, 0.0]),
        ([2**62, 2**62 + 1, 2**62 + 2], [2**62, 2**62 + 1, 2**62 + 2]),
        (pl.Series([1, 2, 3], dtype=pl.Int8), pl.Series([1, 2, 3], dtype=pl.UInt64)),
        (pl.Series([2**63, 2**63 + 1, 5], dtype=pl.UInt64), pl.Series([str(2**63), str(2**63 + 1), "5"])),
        (pl.Series(["a", "b", "c"], dtype=pl.Categorical), ["a", "b", "c"]),
        (
            pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 1, 3), eager=True),
            ["2026-01-01", "2026-01-02", "2026-01-03"],
        ),
        (["a\0", "a", "\0"], ["a\0", "a", "\0"]),
        ([True, False], [True, False]),
    ],
)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_ids_of_other_types_are_the_same_ids(base: Any, head: Any, *, is_reversed: bool) -> None:
    old, new = pl.Series(base), pl.Series(head)
    labels = [f"c{i}" for i in range(len(old))]
    other = labels[::-1] if is_reversed else labels
    found = paired(table(old, labels, labels), table(new.reverse() if is_reversed else new, other, other))
    assert (found.pairing.problem, found.pairing.common) == ("", len(old))
    assert words(found.base, found.base.predicted()) == other


@pytest.mark.parametrize(
    ("base", "head", "classes"),
    [
        ([0, 1, 1], [0.0, 1.0, 0.0], ("0", "1")),
        ([0, 1, 10], ["0", "1", "10"], ("0", "1", "10")),
        ([True, False, True], ["True", "False", "True"], ("false", "true")),
        ([True, False, True], [1, 0, 1], ("0", "1")),
        (pl.Series(["b", "a", "b"], dtype=pl.Categorical), ["b", "a", "b"], ("a", "b")),
        (pl.Series([1, 2, 3], dtype=pl.Decimal(10, 2)), [1, 2, 3], ("1", "2", "3")),
    ],
)
def test_classes_are_the_same_whatever_their_type(base: Any, head: Any, classes: tuple[str, ...]) -> None:
    found = paired(table([1, 2, 3], base, base), table([1, 2, 3], head, base), task="multiclass")
    assert found.base.classes == classes
    assert found.base.predicted().tolist() == found.head.predicted().tolist()


def test_names_of_classes() -> None:
    assert [class_name(value) for value in (1, 1.0, "1", "-2.00", "1.5", True, "False", "v1.0")] == [
        *("1", "1", "1", "-2", "1.5", "true", "false", "v1.0")
    ]
    assert order_classes(["10", "9", "-1"]).names == ("-1", "9", "10")
    assert order_classes(["true", "0"]) == (("0", "1"), {"true": 1, "0": 0})


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".json"])
def test_every_format_gives_the_same_sample(suffix: str) -> None:
    columns = table([1, 2, 3], ["a", "b", "b"], ["b", "b", "a"], s=[0.5, 0.25, 1.0])
    records = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    text = {
        ".csv": pl.DataFrame(columns).write_csv(),
        ".tsv": pl.DataFrame(columns).write_csv(separator="\t"),
        ".jsonl": "\n".join(map(json.dumps, records)),
        ".json": json.dumps(records),
    }[suffix]
    found = pair_predictions(opened(columns, side="base"), opened(text.encode(), suffix=suffix))
    assert found.base.predicted().tolist() == found.head.predicted().tolist() == [1, 1, 0]
    assert found.base.column("s").tolist() == found.head.column("s").tolist() == [0.5, 0.25, 1.0]


def test_parts_of_a_folder_are_one_table() -> None:
    files = [rows(table([i], ["a"], ["b"])) for i in range(3)]
    sample = sample_rows(open_predictions(RULE, files, "head"))
    assert (sample.rows, sample.predicted().tolist()) == (3, [1, 1, 1])
    assert part_names(["part-10.csv", "part-2.csv", "_SUCCESS", ".x.csv", "a.png", "metrics.json"]) == [
        "part-2.csv",
        "part-10.csv",
    ]
    with pytest.raises(UnreadableError, match="without a table"):
        part_names(["a.png"])
    with pytest.raises(UnreadableError, match="other columns"):
        open_predictions(RULE, [*files, rows({"id": [9], "y": ["a"]})], "head")
    with pytest.raises(UnreadableError, match=r"a part, p\.parquet, that"):
        open_predictions(RULE, [*files, rows(b"")], "head")


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (table([1, 2, 2, 3, 3], "ababa", "ababa"), "base: has 2 ids more than once in `id`: 2, 3"),
        (table(["a7", "a7", "b\n"], "aba", "aba"), "base: has an id more than once in `id`: a7"),
        (table([1, None, None], "aba", "aba"), "base: has no id in 2 of 3 rows of `id`"),
        (table(["", "b", "c"], "aba", "aba"), "base: has no id in 1 of 3 rows"),
        (table([1.0, float("nan"), 2.0], "aba", "aba"), "base: has no id in 1 of 3 rows"),
        (table([None, None], "ab", "ab"), "base: has no id in 2 of 2 rows"),
        (table([1, 2, 3], ["a", None, "b"], "aba"), "base: has no value in 1 of 3 rows of `y`"),
        (table([1, 2, 3], "aba", [None, None, None]), "base: has no value in 3 of 3 rows of `p`"),
        (table([1, 2], [0.5, 1.5], [float("inf"), 1.0]), "base: has no finite number in 1 of 2 rows of `p`"),
        (table([1, 2], [0.5, float("nan")], [0.1, 1.0]), "base: has no finite number in 1 of 2 rows of `y`"),
    ],
)
def test_rows_that_cannot_be_evidence_are_counted_and_named(columns: Columns, problem: str) -> None:
    assert refused(columns).startswith(problem)


def test_a_problem_names_its_side() -> None:
    good, bad = table([1, 2], [0.5, 1.5], [1.0, 1.0]), table([1, 2], [0.5, 1.5], [1.0, None])
    assert refused(bad, good).startswith("base: ")
    assert refused(good, bad).startswith("head: ")
    with pytest.raises(UnreadableError, match="no finite number in 1 of 2"):
        sample_rows(opened(bad))


def test_a_damaged_file_is_no_evidence() -> None:
    text = b"id,y,p\n1,a,a\n2,b\n3,a,b\n"
    found = pair_predictions(opened(text, side="base", suffix=".csv"), opened(text, suffix=".csv"))
    assert "line 3" in found.pairing.problem


PROBABILITIES = PredictionsRule(path="p", id="id", actual="y", probabilities="p_*")


def test_the_most_probable_class_is_predicted_and_the_first_on_ties() -> None:
    columns = {"id": [1, 2, 3], "y": ["a", "b", "c"], "p_c": [0.2, 0.3, 0.4], "p_a": [0.4, 0.3, 0.3]}
    sample = paired(columns | {"p_b": [0.4, 0.4, 0.3]}, columns | {"p_b": [0.4, 0.4, 0.3]}, PROBABILITIES).head
    assert sample.classes == ("a", "b", "c")
    assert sample.predicted().tolist() == [0, 1, 2]
    assert sample.probability(2).tolist() == [0.2, 0.3, 0.4]
    with pytest.raises(MissingColumnError, match="`p_z`"):
        sample.column("p_z")


def test_a_class_that_one_side_does_not_know_has_no_probability_there() -> None:
    base = {"id": [1, 2], "y": ["a", "b"], "p_a": [0.75, 0.5], "p_b": [0.25, 0.5]}
    head = {"id": [1, 2], "y": ["a", "b"], "p_a": [0.5, 0.5], "p_b": [0.25, 0.25], "p_c": [0.25, 0.25]}
    found = paired(base, head, PROBABILITIES)
    assert found.base.classes == ("a", "b", "c")
    assert found.base.probability(2).tolist() == [0, 0]
    assert found.head.probability(2).tolist() == [0.25, 0.25]


def test_a_class_that_base_knows_may_be_a_new_answer() -> None:
    base = {"id": [1, 2], "y": ["a", "b"], "p_a": [0.75, 0.5], "p_b": [0.25, 0.25], "p_c": [0.0, 0.25]}
    assert not paired(base, {**base, "y": ["c", "b"]}, PROBABILITIES).pairing.problem
    found = paired(base, {**base, "y": ["d", "b"]}, PROBABILITIES).pairing
    assert (found.problem, found.side) == ("relabels rows as classes that base does not have: d", "head")


def test_the_score_is_the_probability_of_the_positive_class() -> None:
    columns = {"id": [1, 2], "y": [0, 1], "p_0": [0.75, 0.25], "p_1": [0.25, 0.75]}
    assert paired(columns, columns, PROBABILITIES).head.score().tolist() == [0.25, 0.75]
    assert paired(columns, columns, PROBABILITIES, positive=0).head.score().tolist() == [0.75, 0.25]
    one = paired(columns, columns, PROBABILITIES, probabilities={"1.0": "p_1"}).head
    assert one.probability(0).tolist() == [0.75, 0.25]
    assert one.predicted().tolist() == [0, 1]
    score = paired(columns, columns, PROBABILITIES, probabilities="", score="p_1")
    assert (score.task, score.head.positive, score.head.score().tolist()) == ("binary", 1, [0.25, 0.75])
    with pytest.raises(MissingColumnError, match="names no `predicted`"):
        score.head.predicted()


@pytest.mark.parametrize(
    ("probabilities", "problem"),
    [
        ([[0.5, 0.6], [0.5, 0.4]], ""),
        ([[0.333, 0.6], [0.667, 0.4009]], ""),
        ([[0.333, 0.6], [0.667, 0.402]], "sum to 1 in 1 of 2"),
        ([[-0.1, 0.6], [1.1, 0.4]], "outside 0 and 1 in 1 of 2"),
        ([[0.5, None], [0.5, 0.4]], "no finite number in 1 of 2 rows of `p_a`"),
    ],
)
def test_probabilities_sum_to_one(probabilities: list[list[float]], problem: str) -> None:
    first, second = probabilities
    columns = {"id": [1, 2], "y": ["a", "b"], "p_a": first, "p_b": second}
    found = paired(columns, columns, PROBABILITIES).pairing
    assert problem in found.problem if problem else not found.problem


def test_probabilities_may_be_off_by_what_their_digits_leave() -> None:
    columns = {"id": [1, 2], "y": ["c0", "c1"]} | {f"p_c{i}": [0.07, 0.07] for i in range(15)}
    assert not paired(columns, columns, PROBABILITIES).pairing.problem
    assert "sum to 1" in refused(columns | {"p_c0": [0.17, 0.0712]}, rule=PROBABILITIES)


@pytest.mark.parametrize(
    ("actual", "predicted", "task"),
    [
        ([0, 1, 1], [0, 1, 0], "binary"),
        ([0, 1, 2], [0, 1, 0], "multiclass"),
        ([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], "multiclass"),
        (["a", "b", "c"], ["a", "b", "c"], "multiclass"),
        ([3, 4, 9], [3.5, 4.1, 8.0], "regression"),
        ([3.5, 4.5, 9.5], [3, 4, 8], "regression"),
        (list(range(200)), [float(i) for i in range(200)], "regression"),
        ([str(i) for i in range(200)] + ["x"], [str(i) for i in range(200)] + ["y"], "multiclass"),
    ],
)
def test_the_task_follows_from_the_columns(actual: list[Any], predicted: list[Any], task: str) -> None:
    columns = table(list(range(len(actual))), actual, predicted)
    assert paired(columns, columns).task == task


@pytest.mark.parametrize(
    ("columns", "changes", "words_"),
    [
        (table(list(range(200)), list(range(200)), list(range(200))), {}, "set `task: multiclass` or"),
        (table([1, 2], [0, 1], [0.2, 0.9]), {}, "name `p` as `score`"),
        (table([1, 2, 3], "abc", [0.1, 0.2, 0.3]), {"predicted": "", "score": "p"}, "3 classes"),
        (table([1, 2, 3], "abc", "abc"), {"task": "binary"}, "`task: binary` has two"),
        (table([1, 2], "ab", "ab"), {"positive": "yes"}, "no class yes, the `positive` one: a, b"),
    ],
)
def test_what_is_ambiguous_is_refused(columns: Columns, changes: dict[str, Any], words_: str) -> None:
    assert words_ in refused(columns, None, RULE, **changes)


def test_a_regression_has_numbers_and_no_classes() -> None:
    columns = table([1, 2, 3], [1.5, 2.5, 3.5], [1, 2, 3])
    found = paired(columns, columns | {"y": pl.Series([1.5, 2.5, 3.25], dtype=pl.Float32)})
    assert (found.task, found.head.classes, found.pairing.relabelled) == ("regression", (), 1)
    assert found.base.targets().tolist() == [1.5, 2.5, 3.25]
    assert found.base.predictions().tolist() == [1, 2, 3]
    with pytest.raises(MissingColumnError):
        found.base.actual()


def test_scores_have_no_actual_value() -> None:
    found = paired({"id": [1, 2], "judge": [0.5, 1]}, {"id": [2, 1], "judge": [0.25, None]}, SCORES)
    assert (found.task, found.pairing.relabelled) == ("scores", 0)
    assert found.base.column("judge").tolist() == [1, 0.5]
    with pytest.raises(CannotEstimateError, match="in 1 of 2 rows of `judge`"):
        found.head.column("judge")
    with pytest.raises(MissingColumnError, match="names no"):
        found.head.actual()


def test_a_declared_task_without_actual_values_has_none() -> None:
    columns = {"id": [1, 2], "p": [0.5, 1.5]}
    found = paired(columns, columns, SCORES, predicted="p", task="regression")
    assert found.base.predictions().tolist() == [0.5, 1.5]
    with pytest.raises(MissingColumnError, match="names no `actual`"):
        found.base.targets()


def test_a_multilabel_task_has_a_column_a_label() -> None:
    rule = PredictionsRule(path="p", id="id", actual="y_*", predicted="p_*")
    base = {"id": [1, 2], "y_a": [0, 1], "y_b": [1, 1], "p_a": [True, False], "p_b": [0, 1]}
    found = paired(base, base | {"y_c": [1, 0], "p_c": [1, 1], "y_a": [0, 0]}, rule)
    assert (found.task, found.head.classes, found.head.is_multilabel) == ("multilabel", ("a", "b", "c"), True)
    assert found.pairing.relabelled == 1
    assert found.base.has_label(0).tolist() == [False, False]
    assert found.base.has_predicted_label(0).tolist() == [True, False]
    assert found.base.has_predicted_label(2).tolist() == [False, False]
    with pytest.raises(MissingColumnError, match="several labels"):
        found.base.actual()
    assert "neither 0 nor 1 in 1 of 2 rows of `p_b`" in refused(base | {"p_b": [2, 0]}, rule=rule)
    likely = paired(base, base, rule, predicted="", probabilities="p_*").head
    assert likely.probability(1).tolist() == [0, 1]
    with pytest.raises(MissingColumnError, match="names no `predicted`"):
        likely.has_predicted_label(1)
    with pytest.raises(UnreadableError, match="only actual or only predicted: c"):
        opened(base | {"p_c": [0, 0]}, rule)


def test_groups_are_those_of_head_and_have_no_gaps() -> None:
    base = table([1, 2, 3, 4], "abab", "abab")
    head = table([4, 9, 2, 1], "baba", "abab", user=["u", "a", "z", "u"])
    found = paired(base, head, group="user")
    assert found.base.groups is not None
    assert found.base.groups.tolist() == [0, 1, 0]
    buckets = found.base.buckets()
    assert buckets[0] == buckets[2]
    assert "no value in 1 of 4 rows of `user`" in refused(base, head | {"user": ["u", None, "z", "u"]}, group="user")


def test_rows_of_base_alone_need_no_groups_unless_nothing_pairs_them() -> None:
    base, head = table([1, 2], "ab", "ab"), table([2, 3], "ba", "ab", user=["u", "v"])
    incomplete = base | {"user": [None, "u"]}
    for rows_of_base in (base, incomplete):
        assert len(paired(rows_of_base, head, group="user").all_base.buckets()) == 2
    with pytest.raises(UnreadableError, match="no column `user`"):
        opened(base, side="base", id="", group="user")
    assert refused(incomplete, head, id="", group="user") == "base: has no value in 1 of 2 rows of `user`"


def test_buckets_are_the_same_with_every_version() -> None:
    sample = sample_rows(opened(table(["a", "b", "row 3"], "aba", "aba")))
    assert sample.buckets().tolist() == [7, 81, 58]


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UnreadableError, match=r"no column `y`; did you mean `Y`\? Its columns are id, Y, p"):
        opened({"id": [1], "Y": [1], "p": [1]})
    with pytest.raises(UnreadableError, match="no column `prob_\\*`"):
        opened(table([1], "a", "a"), probabilities="prob_*")
    with pytest.raises(UnreadableError, match="no column `user`"):
        opened(table([1], "a", "a"), group="user")
    assert opened(table([1], "a", "a"), side="base", group="user").rows == 1


def test_what_no_table_can_be_is_refused() -> None:
    with pytest.raises(UnreadableError, match="nested or binary values in `y`"):
        opened(b'{"id": 1, "y": {"a": [1]}, "p": 1}', suffix=".jsonl")
    with pytest.raises(UnreadableError, match="nested or binary values in `p_b`"):
        opened({"id": [1], "y": ["a"], "p_a": [1.0], "p_b": [[1.0]]}, PROBABILITIES)
    with pytest.raises(UnreadableError, match="reads like a pattern"):
        opened({"^id$": [1], "id": [1], "y": ["a"], "p": ["a"]}, id="^id$")
    for source in (b"id,y,p\n", b"[]"):
        with pytest.raises(UnreadableError, match="has no rows"):
            opened(source, suffix=".csv" if source[:1] == b"i" else ".json")
    with pytest.raises(UnreadableError, match="60,000 columns"):
        opened((",".join(f"c{i}" for i in range(60_000)) + "\n").encode(), suffix=".csv")
    with pytest.raises(UnreadableError, match="not on this machine"):
        open_predictions(RULE, [DataFile(path="p.csv", hash="", size=1, source=None)], "head")


def test_one_row_is_a_table() -> None:
    found = paired(table([1], ["a"], ["a"]), table([1], ["a"], ["b"]))
    assert (found.base.rows, found.task) == (1, "binary")
    assert paired(table([1], ["a"], ["a"]), table([2], ["a"], ["b"])).pairing.overlap == 0


def test_several_tables_are_one_sample() -> None:
    first = sample_rows(opened(table([1, 2], "ab", "ba", u=[5, 5]), group="u"))
    second = sample_rows(opened(table([1, 2], "cb", "bb", u=[5, 7]), group="u"))
    third = sample_rows(opened(table([1, 2], "cb", "bb")))
    sample = concatenate([first, second, third])
    assert concatenate([first]) is first
    assert (sample.rows, sample.classes, sample.positive) == (6, ("a", "b", "c"), 2)
    assert words(sample, sample.actual()) == ["a", "b", "c", "b", "c", "b"]
    assert words(sample, sample.predicted()) == ["b", "a", "b", "b", "b", "b"]
    assert sample.groups is not None
    assert sample.groups.tolist() == [0, 0, 1, 2, 3, 4]
    assert sample.column("id").tolist() == [1, 2] * 3
    assert len(sample.buckets()) == 6


def test_a_class_that_one_table_lacks_has_no_probability_there() -> None:
    def sample(*names: str) -> Sample:
        return ArraySample(actual_codes=[0, 1], probabilities=np.full((2, len(names)), 0.5), classes=names)

    joined = concatenate([sample("a", "b"), sample("b", "c")])
    assert joined.probability(0).tolist() == [0.5, 0.5, 0, 0]
    assert joined.probability(1).tolist() == [0.5] * 4


def test_files_come_from_git_and_from_dvc(project: Project) -> None:
    project.write("one.csv", "id,y\n1,a\n")
    project.write("cached/b-10.csv", "id,y\n3,a\n").write("cached/b-2.csv", "id,y\n2,a\n").write("cached/_SUCCESS", "")
    project.add("cached").write("parts/1.csv", "id,y\n").write("parts/0.csv", "id,y\n").commit()
    with Repository.open(project.root) as repository:
        view = repository.open_revision(repository.resolve_head("main"), "base")
        assert [file.path for file in find_prediction_files(view, "./one.csv")] == ["one.csv"]
        assert [file.path for file in find_prediction_files(view, "parts/")] == ["parts/0.csv", "parts/1.csv"]
        cached = find_prediction_files(view, "cached")
        assert [file.path for file in cached] == ["cached/b-2.csv", "cached/b-10.csv"]
        rule = PredictionsRule(path="cached", id="id", actual="y")
        assert sample_rows(open_predictions(rule, cached, "base")).column("id").tolist() == [2, 3]
        with pytest.raises(UnreadableError, match="does not exist"):
            find_prediction_files(view, "two.csv")


def test_content_that_is_not_here_is_named_with_the_command_that_downloads_it(project: Project) -> None:
    project.write("one.csv", "id,y\n1,a\n").add("one.csv").commit()
    shutil.rmtree(project.root / ".dvc/cache/files")
    project.remove("one.csv")
    with Repository.open(project.root) as repository:
        view = repository.open_revision(repository.resolve_head("main"), "base")
        with pytest.raises(UnreadableError, match=r"not on this machine; to correct this: dvc .*one\.csv"):
            find_prediction_files(view, "one.csv")
