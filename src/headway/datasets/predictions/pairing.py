"""The rows of both sides of a table of predictions, paired by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import polars as pl

from headway.datasets.predictions.class_names import Classes, class_name
from headway.datasets.predictions.parts import row_numbers
from headway.datasets.predictions.prediction_checks import find_classes, find_problem, find_task
from headway.datasets.predictions.prediction_files import find_prediction_files
from headway.datasets.predictions.prediction_table import open_predictions
from headway.datasets.predictions.samples import ConcatenatedSample, PredictionSample, Rows
from headway.datasets.tables.rows import shown
from headway.gather.read.parsing import UnreadableError
from headway.text import first_names, one_line
from headway.values.evidence import Pairing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from headway.datasets.predictions.parts import Part
    from headway.datasets.predictions.prediction_table import PredictionTable
    from headway.gather import RevisionReader
    from headway.judge.statistics.sample import Booleans, Codes, Sample
    from headway.settings import PredictionsRule, Task

    Keys = NDArray[np.int64]
    Index = NDArray[np.integer[Any]]

_EXAMPLES = 5
_EXACT = 2.0**53
"""From here on floats skip whole numbers."""
_SINGLE = 1e-7
"""How far the same number may be off, relatively, where one side has it in single precision."""
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class PairedPredictions:
    """Both sides of a table of predictions.

    Attributes:
        pairing: how the rows are matched; where it has a problem, the samples have no rows.
        base, head: the common rows in head's order, with head's actual values and groups.
        all_base, all_head: all rows of each side with its own actual values, over the same classes.
        task: what is predicted.
        labels: the rows that have the actual values, groups and slices of ``base`` and of ``head``.
        example_rows: where the pairing's examples are in head's table; known only if a part of the rows is read.
        is_paired: whether rows are matched by id; without ids, ``base`` and ``head`` are all rows of each side.
    """

    pairing: Pairing
    base: Sample
    head: Sample
    all_base: Sample
    all_head: Sample
    task: Task
    labels: tuple[Rows, ...] = ()
    example_rows: tuple[int, ...] = ()
    is_paired: bool = True

    def ids(self, places: Index) -> list[str]:
        """The ids of some common rows."""
        rows = self.labels[1]
        found = rows.table.select(
            pl.col(rows.table.rule.id).gather(pl.Series(places if rows.index is None else rows.index[places]))
        )
        return found.to_series().cast(pl.String).to_list()

    def row_numbers(self, places: Index) -> tuple[int, ...]:
        """Where some common rows are in head's table, of which this may be a part."""
        rows = self.labels[1]
        own = places if rows.index is None else rows.index[places]
        return row_numbers(rows.table, own) or tuple(own.tolist())

    @property
    def is_whole(self) -> bool:
        """Whether both sides have the same ids and actual values, so that the common rows are all rows."""
        return self.pairing.is_whole


def read_pair(rule: PredictionsRule, *views: RevisionReader, part: Part | None = None) -> PairedPredictions:
    """Open a table on both sides and match its rows, or those of a part.

    What is wrong stands in the pairing's ``problem``.
    """
    tables = []
    for view in views:
        try:
            tables.append(open_predictions(rule, find_prediction_files(view, rule.path), view.side))
        except UnreadableError as error:
            return _unpaired(Pairing(path=rule.path, problem=str(error), side=view.side))
    return pair_predictions(*tables, part=part)


def pair_predictions(base: PredictionTable, head: PredictionTable, *, part: Part | None = None) -> PairedPredictions:
    """Match the rows of both sides by id, whatever their order; what is wrong stands in the pairing's ``problem``.

    Of a ``part``, only the rows are read into memory, but task, classes and checks are those of the whole table.
    """
    side: Literal["base", "head", ""] = ""
    try:
        _check_id(head.rule, part)
        task = find_task(base, head)
        classes = _classes(task, base, head)
        _check_classes(task, classes, base, head)
        if not head.rule.id:
            return _independent(task, classes, base, head)
        kind = _common_kind(base, head)
        keys: list[Keys] = []
        tables: list[PredictionTable] = []
        for table in (base, head):
            side = table.side
            _check_rows(table, task)
            ids = _id_cells(table, kind)
            tables.append(table if part is None else part.of(table, ids.cells))
            keys.append(_read_keys(tables[-1], ids, keys))
    except UnreadableError as error:
        return _unpaired(Pairing(path=head.rule.path, problem=str(error), side=side))
    return _compare(task, classes, (tables[0], tables[1]), _match(*keys))


def _check_id(rule: PredictionsRule, part: Part | None) -> None:
    if part and not rule.id:
        raise UnreadableError("has no `id` in the settings, by which its rows would be divided into parts")


def _independent(task: Task, classes: Classes, base: PredictionTable, head: PredictionTable) -> PairedPredictions:
    """All rows of both sides, which nothing pairs."""
    for table in (base, head):
        if problem := find_problem(table, task):
            return _unpaired(Pairing(path=head.rule.path, problem=problem, side=table.side))
    every = [Rows(table) for table in (base, head)]
    old, new = (PredictionSample(rows, rows, classes, is_multilabel=task == "multilabel") for rows in every)
    return PairedPredictions(Pairing(path=head.rule.path), old, new, old, new, task, tuple(every), is_paired=False)


def _unpaired(pairing: Pairing) -> PairedPredictions:
    """Nothing to compare."""
    none = ConcatenatedSample(())
    return PairedPredictions(pairing, none, none, none, none, "scores")


def _classes(task: Task, *tables: PredictionTable) -> Classes:
    return Classes() if task in ("regression", "scores") else find_classes(*tables)


def _check_classes(task: Task, classes: Classes, *tables: PredictionTable) -> None:
    count, positive = len(classes.names), tables[0].rule.positive
    if task == "binary" and count > 2:  # noqa: PLR2004 - what binary means
        raise UnreadableError(f"has {count:,} classes, where `task: binary` has two: {first_names(classes.names)}")
    if task == "binary" and positive is not None and class_name(positive) not in classes.codes:
        raise UnreadableError(f"has no class {class_name(positive)}, the `positive` one: {first_names(classes.names)}")


def _check_rows(table: PredictionTable, task: Task) -> None:
    missing = int(table.select(table.missing(table.rule.id).sum()).item())
    if missing:
        raise UnreadableError(f"has no id in {missing:,} of {table.rows:,} rows of `{table.rule.id}`")
    if problem := find_problem(table, task):
        raise UnreadableError(problem)


def _common_kind(*tables: PredictionTable) -> pl.DataType:
    """The type that the ids of both sides are compared in: 1, 1.0 and "1" are one id, as are a date and its text."""
    first, second = (_kind(table) for table in tables)
    if first == second:
        return first
    if first.is_integer() and second.is_integer() and pl.UInt64() not in (first, second):
        return pl.Int64()
    if isinstance(first, pl.Datetime) and isinstance(second, pl.Datetime):
        return pl.Datetime("us", first.time_zone)
    are_numbers = first.is_numeric() and second.is_numeric() and not (first.is_integer() and second.is_integer())
    return pl.Float64() if are_numbers else pl.String()


def _kind(table: PredictionTable) -> pl.DataType:
    name = table.rule.id
    kind, cell = table.table.types[name], pl.col(name)
    if kind.is_float() and table.select(((cell % 1 == 0) & (cell.abs() < _EXACT)).all()).item():
        return pl.Int64()
    return pl.String() if kind in (pl.Categorical, pl.Enum) else kind


class _Ids(NamedTuple):
    """The ids of a table in the type that both sides are compared in."""

    cells: pl.Expr
    kind: pl.DataType


def _id_cells(table: PredictionTable, kind: pl.DataType) -> _Ids:
    cells, own = pl.col(table.rule.id), table.table.types[table.rule.id]
    if own.is_float() and _kind(table).is_integer():
        cells = cells.cast(pl.Int64)
    return _Ids(cells.cast(kind), kind)


def _read_keys(table: PredictionTable, ids: _Ids, others: Sequence[Keys]) -> Keys:
    """The ids as whole numbers: such ids themselves, others by a 64-bit hash, as in datasets/tables/rows.py.

    The same array as the other side's where the ids and their order agree. Raises ``UnreadableError`` for duplicates.
    """
    is_exact = ids.kind.is_integer() and ids.kind not in (pl.Int128, pl.UInt64)
    keys: Keys = table.read(ids.cells.cast(pl.Int64) if is_exact else ids.cells.hash()).view(np.int64)
    for other in others:
        if np.array_equal(keys, other):
            return other
    if not _is_increasing(keys) and pl.Series(keys).n_unique() < len(keys):
        raise UnreadableError(_name_duplicates(table, keys))
    return keys


def _is_increasing(keys: Keys) -> bool:
    return bool((keys[1:] > keys[:-1]).all())


def _name_duplicates(table: PredictionTable, keys: Keys) -> str:
    repeated = pl.Series(keys).filter(pl.Series(keys).is_duplicated()).unique(maintain_order=True)
    places = np.flatnonzero(np.isin(keys, repeated[:_EXAMPLES].to_numpy()))
    names = [*dict.fromkeys(_shown_ids(table, places)), *[""] * (len(repeated) - _EXAMPLES)]
    ids = "an id" if len(repeated) == 1 else f"{len(repeated):,} ids"
    return f"has {ids} more than once in `{table.rule.id}`: {first_names(names)}"


def _shown_ids(table: PredictionTable, places: Index) -> list[str]:
    """The ids at some positions of the file."""
    found = table.select(pl.col(table.rule.id).gather(pl.Series(places))).to_series()
    return [shown(one_line(str(id_))) for id_ in found.to_list()]


class _Match(NamedTuple):
    """The positions of the common ids on both sides, in head's order; ``None`` where the ids and their order agree."""

    base: Index | None
    head: Index | None
    common: int


def _match(base: Keys, head: Keys) -> _Match:
    if base is head:
        return _Match(None, None, len(head))
    if not len(base):
        return _Match(_NONE, _NONE, 0)
    (old, old_order), (new, new_order) = _sorted(base), _sorted(head)
    places = np.minimum(np.searchsorted(old, new), len(old) - 1)  # both sorted, so it runs through memory in order
    is_common = old[places] == new
    found = np.full(len(new), -1)
    found[new_order[is_common]] = old_order[places[is_common]]
    index = np.flatnonzero(found >= 0)
    return _Match(found[index], index, len(index))


def _sorted(keys: Keys) -> tuple[Keys, Index]:
    """The keys in order, and the position of each in the file."""
    if _is_increasing(keys):
        return keys, np.arange(len(keys))
    order = pl.Series(keys).arg_sort().to_numpy()  # twice as fast as NumPy's
    return keys[order], order


def _compare(
    task: Task, classes: Classes, sides: tuple[PredictionTable, PredictionTable], match: _Match
) -> PairedPredictions:
    base, head = Rows(sides[0], match.base), Rows(sides[1], match.head)

    def sample(own: Rows, labels: Rows) -> PredictionSample:
        return PredictionSample(own, labels, classes, is_multilabel=task == "multilabel")

    labels = [code for name, code in classes.codes.items() if all(name in table.actual_labels for table in sides)]
    is_changed = _relabelled(task if sides[1].rule.actual else "scores", sample(base, base), sample(head, head), labels)
    changed = np.flatnonzero(is_changed)
    places = changed[:_EXAMPLES] if match.head is None else match.head[changed[:_EXAMPLES]]
    if len(changed) and task in ("binary", "multiclass"):
        answers = sample(head, head).actual()[changed]
        if problem := _find_new_classes(classes, sides[0], answers):
            return _unpaired(Pairing(path=sides[1].rule.path, problem=problem, side="head"))
    removed, added = (table.rows - match.common for table in sides)
    return PairedPredictions(
        pairing=Pairing(
            path=sides[1].rule.path,
            common=match.common,
            added=added,
            removed=removed,
            relabelled=len(changed),
            examples=tuple(_shown_ids(sides[1], places)) if len(places) else (),
            overlap=match.common / max(match.common + added + removed, 1),
        ),
        base=sample(base, head),
        head=sample(head, head),
        all_base=sample(Rows(sides[0]), Rows(sides[0])),
        all_head=sample(Rows(sides[1]), Rows(sides[1])),
        task=task,
        labels=(head, head),
        example_rows=row_numbers(sides[1], places),
    )


def _find_new_classes(classes: Classes, base: PredictionTable, answers: Codes) -> str:
    """Why base cannot be scored on head's answers: base has some under another name, or never heard of them."""
    known = {classes.codes[name] for name in base.class_names()}
    new = [classes.names[code] for code in np.unique(answers) if code not in known]
    return f"relabels rows as classes that base does not have: {first_names(new)}" if new else ""


def _relabelled(task: Task, base: PredictionSample, head: PredictionSample, labels: Sequence[int]) -> Booleans:
    """Whether the actual value of each common row differs, or any of the labels that both sides have."""
    differs = np.zeros(head.rows, np.bool_)
    if task == "regression":
        np.logical_not(np.isclose(base.targets(), head.targets(), rtol=_SINGLE, atol=0), out=differs)
    elif task == "multilabel":
        for code in labels:
            differs |= base.has_label(code) != head.has_label(code)
    elif task != "scores":
        differs |= base.actual() != head.actual()
    return differs
