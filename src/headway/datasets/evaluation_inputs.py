"""Do both sides of an evaluation input hold the same rows and labels? Ids decide, never the order of rows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import polars as pl

from headway.compare.folders import differing_files
from headway.datasets.changed_data import rule_of
from headway.datasets.file_kinds import image_format, is_table, may_hold_rows
from headway.datasets.folder_listing import list_folder
from headway.datasets.tables.column_changes import USUAL_LABELS
from headway.datasets.tables.rows import differ, find_id, pair, read_keys
from headway.datasets.tables.source import ask, open_table
from headway.gather.read.parsing import UnreadableError
from headway.judge.comparability import Reading
from headway.judge.naming import decides_splits, has_model_name, is_settings
from headway.paths import is_below
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headway.datasets.tables.rows import Difference
    from headway.datasets.tables.source import Table
    from headway.gather import RevisionReader
    from headway.settings import DataRule
    from headway.values.tables import DataFile

MOST_BYTES = 64 * 1024 * 1024
"""Of an input that is downloaded in order to compare its rows."""
MOST_FILES = 20
"""Tables of one folder that are compared row by row."""
_TRAINING = re.compile(r"(^|[^a-z])train(ing)?([^a-z]|$)", re.IGNORECASE)
_MANY = 20
"""Entries of a list, or of a mapping to values of one type, from which on a JSON file in git is no settings."""


class InputReader:
    """Compares the evaluation inputs of two sides, by the rules of the settings, which go by pattern over paths."""

    def __init__(self, base: RevisionReader, head: RevisionReader, rules: Mapping[str, DataRule]) -> None:
        self._views = (base, head)
        self._rules = rules

    def read(self, base: str, head: str) -> Reading | None:
        """Compare one input, as each side names it; ``None`` where it did not change, or is a file of settings."""
        sides = tuple(zip(self._views, (base, head), strict=True))
        old, new = (_tracked_hash(view, path) for view, path in sides)
        if base == head and old and old == new:
            return None
        for view, path in sides:
            view.fetch((), [path])
        before, after = (list_folder(view, path) for view, path in sides)
        if isinstance(before, Problem) or isinstance(after, Problem):
            return Reading("unknown", "its content is not on this machine")
        if before or after:
            return self._read_folder((base, head), before, after)
        return self.read_file(base, head, rule_of(head, self._rules))

    def is_identical(self, path: str) -> bool:
        """Whether both sides have a file or folder with the same content; false where that cannot be told."""
        old, new = (_tracked_hash(view, path) for view in self._views)
        if old and old == new:
            return True
        before, after = (_fetched_file(view, path) for view in self._views)
        if before is None or after is None or isinstance(before, Problem) or isinstance(after, Problem):
            return False
        return before.hash == after.hash

    def read_file(self, base: str, head: str, rule: DataRule) -> Reading | None:
        """Compare one file by the columns that a rule names, else by those that are named like an id and a label."""
        old, new = (_fetched_file(view, path) for view, path in zip(self._views, (base, head), strict=True))
        if isinstance(old, Problem) or isinstance(new, Problem):
            return Reading("unknown", "it is not available on both sides")
        if old is None or new is None:
            missing = "neither side has it" if old is new else f"only {'head' if old is None else 'base'} has it"
            return Reading("unknown", missing, is_absent=old is new)
        if old.hash == new.hash or (_is_settings(old) and _is_settings(new)):
            return None
        return _read_tables(old, new, rule)

    def _read_folder(
        self, folders: tuple[str, str], base: Mapping[str, str], head: Mapping[str, str]
    ) -> Reading | None:
        data = _data_among({*base, *head})
        differing = {name: how for name, how in differing_files(base, head).items() if name in data}
        tested = {name for name in data if not _TRAINING.search(name)} or data
        files = {name: how for name, how in differing.items() if name in tested}
        if not files:
            return Reading("same", "only its files for training differ") if differing else None
        return (self._read_parts(folders, files) if _are_parts(files) else None) or self._read_files(folders, files)

    def _read_files(self, folders: tuple[str, str], files: Mapping[str, str]) -> Reading:
        counts = {how: sum(each == how for each in files.values()) for how in ("added", "removed")}
        if any(counts.values()):
            return Reading("changed", _counted(counts, "file"))
        tables = [name for name in files if may_hold_rows(name)]
        if len(tables) > MOST_FILES or any(not may_hold_rows(name) and not image_format(name) for name in files):
            return Reading("unknown", "its files cannot be read row by row")
        found = [reading for name in tables if (reading := self._read_below(folders, name))]
        worst = (one for state in ("changed", "unknown", "same") for one in found if one.state == state)
        return next(worst, Reading("same", "only its images differ"))

    def _read_below(self, folders: tuple[str, str], name: str) -> Reading | None:
        base, head = (f"{folder}/{name}" for folder in folders)
        reading = self.read_file(base, head, rule_of(head, self._rules))
        return reading and reading._replace(what=f"in {name}, {reading.what}")

    def _read_parts(self, folders: tuple[str, str], files: Mapping[str, str]) -> Reading | None:
        """Compare the parts of one table as a whole; ``None`` where they cannot be read, or the rows do not tell."""
        names = [[name for name, how in files.items() if how != absent] for absent in ("added", "removed")]
        try:
            base, head = (
                _joined(view, [f"{folder}/{name}" for name in present])
                for view, folder, present in zip(self._views, folders, names, strict=True)
            )
            reading = _compare(base, head, rule_of(head.path, self._rules))
        except (UnreadableError, pl.exceptions.PolarsError):
            return None
        return None if reading.state == "unknown" else reading


def _joined(view: RevisionReader, paths: Sequence[str]) -> Table:
    """Many tables with the same columns, one below the other."""
    view.fetch(paths, (), MOST_BYTES)
    files = [file for path in paths if (file := view.data_file(path)) and not isinstance(file, Problem)]
    tables = [open_table(file, view.side) for file in files]
    if not tables or len(tables) < len(paths):
        raise UnreadableError("is not on this machine")
    frame = pl.concat([table.frame for table in tables], how="vertical_relaxed")
    rows = sum(table.rows for table in tables)
    return replace(tables[0], frame=frame, types=dict(frame.collect_schema()), rows=rows)


def _are_parts(names: Collection[str]) -> bool:
    """Whether many files are parts of one table by their names, which differ from the first digit on; no folds are."""
    beginnings = {re.split(r"\d", name, maxsplit=1)[0] for name in names}
    return (
        1 < len(names) <= MOST_FILES
        and len(beginnings) == 1
        and all(map(may_hold_rows, names))
        and not re.search("fold|split", "".join(beginnings), re.IGNORECASE)
    )


def _fetched_file(view: RevisionReader, path: str) -> DataFile | Problem | None:
    """A file, downloaded where it is a table that is not too large."""
    view.fetch([path] if may_hold_rows(path) else (), (), MOST_BYTES)
    return view.data_file(path)


def _tracked_hash(view: RevisionReader, path: str) -> str:
    """The recorded hash of what DVC tracks at or above a path; empty where it tracks no such thing."""
    return next((out.hash for name, out in view.snapshot().data.items() if is_below(path, name)), "")


def _data_among(names: set[str]) -> set[str]:
    """The files of a folder without models, and without settings, prose and hidden files where there are others."""
    models = {posixpath.dirname(name) for name in names if has_model_name(name)}
    # Beside a model, a JSON file is a part of it, such as a tokenizer or its configuration.
    data = {name for name in names if posixpath.dirname(name) not in models or is_table(name) or image_format(name)}
    return {name for name in data if not (is_settings(name) or posixpath.basename(name).startswith("."))} or data


def _is_settings(file: DataFile) -> bool:
    """Whether a JSON file in git holds settings: no rows, and no ids of a split, which are many or named so."""
    if not (file.path.lower().endswith(".json") and isinstance(file.source, bytes)):
        return False
    try:
        return not _holds_rows(msgspec.json.decode(file.source))
    except msgspec.DecodeError:
        return False


def _holds_rows(tree: object, name: str = "") -> bool:
    if isinstance(tree, Mapping):
        is_alike = len({type(value) for value in tree.values()}) == 1
        return (is_alike and len(tree) > _MANY) or any(_holds_rows(value, str(key)) for key, value in tree.items())
    if not isinstance(tree, list) or not tree:
        return False
    return len(tree) > _MANY or decides_splits(name) or any(isinstance(each, Mapping) for each in tree)


def _read_tables(base: DataFile, head: DataFile, rule: DataRule) -> Reading:
    if not may_hold_rows(base.path):
        return Reading("unknown", "it cannot be read row by row")
    if base.source is None or head.source is None:
        return Reading("unknown", "its rows are not on this machine")
    try:
        return _compare(open_table(base, "base"), open_table(head, "head"), rule)
    except UnreadableError as error:
        return Reading("unknown", f"it {error}")


def _compare(base: Table, head: Table, rule: DataRule) -> Reading:
    for name in filter(None, (rule.id, rule.label)):
        if name not in base.types or name not in head.types:
            return Reading("unknown", f"it has no column `{name}` on both sides")
    label = rule.label or _usual_label(base, head)
    id_ = find_id(rule.id, base, head)
    if id_ and all(_tells_apart(table, id_) for table in (base, head)):
        return _compare_by_id(base, head, id_, label)
    if rule.id:
        return Reading("unknown", f"its ids in `{rule.id}` are not unique, or some are missing")
    return _compare_without_ids(base, head, label)


def _compare_by_id(base: Table, head: Table, id_: str, label: str | None) -> Reading:
    found = _difference(base, head, id_, [label] if label and label != id_ else [])
    counts = {"added": found.added_rows, "removed": found.removed_rows, "relabelled": len(found.edited)}
    if any(counts.values()):
        return Reading("changed", _counted(counts, "row"))
    if base.types.keys() == head.types.keys() and not len(_difference(base, head, id_, None).edited):
        return Reading("same", "it contains the same rows in another form")
    if label is None:
        return Reading("unknown", "its ids are the same, but no column is known to hold the labels")
    return Reading("same", "its ids and labels are the same, other cells are not")


def _compare_without_ids(base: Table, head: Table, label: str | None) -> Reading:
    """Rows that nothing tells apart are the same where whole rows are; other counts of rows or labels do tell."""
    if base.types.keys() == head.types.keys():
        whole = _difference(base, head, None, None)
        if not whole.added_rows and not whole.removed_rows:
            return Reading("same", "it contains the same rows in another form")
    if base.rows != head.rows:
        return Reading("changed", f"{base.rows:,} rows became {head.rows:,}")
    relabelled = _difference(base, head, None, [label]).added_rows if label is not None else 0
    if relabelled:
        return Reading("changed", f"other labels in {relabelled:,} of {head.rows:,} rows")
    return Reading("unknown", "no column identifies its rows")


def _difference(base: Table, head: Table, id_: str | None, columns: Sequence[str] | None) -> Difference:
    """Compare the rows of both sides by some of their columns, or by all that both have."""
    pairing = pair(id_, base, head)
    if columns is not None:
        pairing = replace(pairing, columns=tuple(columns))
    return differ(read_keys(base, pairing), read_keys(head, pairing), pairing)


def _tells_apart(table: Table, id_: str) -> bool:
    return not ask(table, table.missing(id_).sum()) and ask(table, pl.col(id_).n_unique()) == table.rows


def _usual_label(base: Table, head: Table) -> str | None:
    names = {name.lower(): name for name in head.types if name in base.types}
    return next((names[name] for name in (*USUAL_LABELS, "actual", "y_true") if name in names), None)


def _counted(counts: Mapping[str, int], noun: str) -> str:
    """Counts in words: ``13 rows added, 2 removed``."""
    first, *rest = ((number, how) for how, number in counts.items() if number)
    plural = "" if first[0] == 1 else "s"
    return ", ".join((f"{first[0]:,} {noun}{plural} {first[1]}", *(f"{number:,} {how}" for number, how in rest)))
