"""The inside of the changed data: folders by their listings, tables by their rows, images by what they show.

Only files that changed are opened, and the other splits of a changed one. What is not on this machine is not
downloaded unless the caller says so; then its size is all there is, and a footnote names the command. Data that only
head has is described by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from headway.compare.folders import compare_folder, differing_files
from headway.datasets.file_kinds import holds_images, is_table, may_hold_rows, other_splits
from headway.datasets.folder_listing import list_folder
from headway.errors import SettingsError
from headway.gather.read.parsing import UnreadableError
from headway.judge.naming import has_prediction_name
from headway.paths import is_below
from headway.settings import DataRule
from headway.text import error_line
from headway.values.chart import ImageChart
from headway.values.comparison import DataChange
from headway.values.dataset import DatasetChange, TableChange
from headway.values.problem import Problem
from headway.values.snapshot import Out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from headway.datasets.tables.source import Table
    from headway.draw.jobs import SheetJob
    from headway.draw.theme import ThemeName
    from headway.gather import RevisionReader
    from headway.values.chart import DistributionChart
    from headway.values.imagery import FolderImages
    from headway.values.tables import DataFile

MOST_TABLES = 20
"""Tables that are opened for one report."""
_GLOB = frozenset("*?[")
NO_RULE = DataRule()


@dataclass
class ChangedData:
    """Compares the changed data of two sides, and collects what it finds.

    Args:
        base, head: the two sides.
        rules: what the settings say, by pattern over paths.
        fetch: whether content that is not on this machine is downloaded.
        predictions: the tables that the settings declare to be predictions.

    Attributes:
        found: the folders and tables that changed, in the order of their paths.
        charts: the distributions of the tables that moved, and the contact sheets of the folders of images.
        sheets: how to draw a contact sheet, by its chart's id.
        problems: what could not be compared.
    """

    base: RevisionReader
    head: RevisionReader
    rules: Mapping[str, DataRule]
    fetch: bool = False
    predictions: Collection[str] = ()
    found: list[DatasetChange] = field(default_factory=list)
    charts: list[DistributionChart | ImageChart] = field(default_factory=list)
    sheets: dict[str, Mapping[ThemeName, SheetJob]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _opened: int = 0
    _listed: set[str] = field(default_factory=set)

    def compare(self, changes: Sequence[DataChange]) -> None:
        """Look into every change that both locks record, and into the tables in git that the settings name.

        A change whose status is unknown lacks its content on this machine.
        """
        self._compare_changes([change for change in changes if self.fetch or change.status == "changed"])
        tracked = {*self.base.snapshot().data, *self.head.snapshot().data}
        named = [path for path in self.rules if not _GLOB & set(path) and is_table(path)]
        self._compare_tables([path for path in named if not any(is_below(path, out) for out in tracked)])
        self._note_limit()

    def describe(self, paths: Iterable[str]) -> None:
        """Look into files and folders of head, tracked or not; raises ``SettingsError`` where head has none."""
        for path in paths:
            recorded = self.head.snapshot().data.get(path)
            if recorded is not None and recorded.files is not None:
                self._compare_changes([DataChange(path=path, base=None, head=recorded)])
            else:
                self._describe_untracked(path)
        self._note_limit()

    def _describe_untracked(self, path: str) -> None:
        """Describe a file, or a folder that is in git or inside a tracked one."""
        files = list_folder(self.head, path)
        if isinstance(files, Problem):
            self.problems.append(files)
        elif files:
            folder = DataChange(path=path, base=None, head=Out(hash="", files=len(files)))
            self._compare_files(folder, {}, files)
        else:
            self._describe_file(path)

    def _describe_file(self, path: str) -> None:
        file = self.head.data_file(path)
        if file is None:
            name = self.head.revision.name
            raise SettingsError(
                f"There is no {path} in {'the workspace' if name == 'workspace' else name}.",
                remedy="Name files and folders relative to the project's folder.",
            )
        if isinstance(file, Problem):
            self.problems.append(file)
        elif may_hold_rows(path):
            self._compare_tables([path])
        else:
            self.found.append(TableChange(path=path, status="added", head_size=file.size))
            what = "is neither a table (CSV, TSV, Parquet, JSON, JSON Lines) nor a folder, so only its size is known"
            self.problems.append(self.head.footnote(path, what, ""))

    def _compare_changes(self, changes: Sequence[DataChange]) -> None:
        folders = [change.path for change in changes if _is_folder(change)]
        for view in (self.base, self.head):
            view.fetch((), folders)
        for change in changes:
            if _is_folder(change):
                self._compare_folder(change)
            elif is_table(change.path):
                self._compare_tables([change.path])

    def _note_limit(self) -> None:
        if self._opened > MOST_TABLES:
            what = f"only {MOST_TABLES} of {self._opened} changed tables were compared"
            self.problems.append(Problem(where="tables", what=what))

    def _compare_folder(self, change: DataChange) -> None:
        listings = [view.folder(change.path) for view in (self.base, self.head)]
        unknown = [listing for listing in listings if isinstance(listing, Problem)]
        self.problems.extend(unknown)
        if unknown:
            self.found.append(compare_folder(change, None, lambda _: (None, None)))
            return
        base, head = (listing if listing and not isinstance(listing, Problem) else {} for listing in listings)
        self._compare_files(change, base, head)

    def _compare_files(self, change: DataChange, base: Mapping[str, str], head: Mapping[str, str]) -> None:
        self._note_incomparable(change.path, base, head)
        files = differing_files(base, head)
        old, new = self.base.data_size, self.head.data_size
        prefix = f"{change.path}/"
        folder = compare_folder(change, files, lambda file: (old(prefix + file), new(prefix + file)))
        images, moved = self._compare_images(change.path, base, head)
        shown = tuple(file for file in folder.files if file.path not in moved)
        self.found.append(replace(folder, images=images, files=shown))
        self._listed.update(prefix + file for file in head)
        self._compare_tables([prefix + file for file in files if is_table(file)])

    def _note_incomparable(self, folder: str, base: Mapping[str, str], head: Mapping[str, str]) -> None:
        number = sum("" in (base[file], head[file]) for file in base.keys() & head.keys())
        if number:
            what = (
                f"{number:,} of its files have a hash of DVC 2 on one side and a hash of DVC 3 on the other, so it is "
                "unknown whether their content changed"
            )
            self.problems.append(Problem(where=folder, what=what, remedy=f"dvc fetch --all-commits {folder}"))

    def _compare_images(
        self, folder: str, base: Mapping[str, str], head: Mapping[str, str]
    ) -> tuple[FolderImages | None, frozenset[str]]:
        """What changed among the images of a folder, and which only moved; ``None`` if most files are no images."""
        if not holds_images(head or base):
            return None, frozenset()
        from headway.datasets.images.describe import describe  # noqa: PLC0415 - loads numpy and scipy
        from headway.datasets.images.image_files import ImageFile  # noqa: PLC0415 - likewise

        sides = [
            [
                ImageFile(path, hash_, partial(self._open_image, view, f"{folder}/{path}"))
                for path, hash_ in files.items()
            ]
            for view, files in ((self.base, base), (self.head, head))
        ]
        images, jobs, moved = describe(folder, *sides)
        if images.sheet is None:
            return images, moved
        id_ = f"{images.path}: {'new ' if base else ''}images"
        self.charts.append(ImageChart(id=id_, title=id_, alt=images.sheet.alt, base=None, head=None))
        self.sheets[id_] = jobs
        return replace(images, sheet=replace(images.sheet, chart=id_)), moved

    def _open_image(self, view: RevisionReader, path: str) -> BinaryIO | None:
        file = self._data_file(view, path)
        return file.source.open("rb") if file and isinstance(file.source, Path) else None

    def _compare_tables(self, paths: Sequence[str]) -> None:
        if self.fetch:
            for view in (self.base, self.head):
                view.fetch_data(paths[: max(MOST_TABLES - self._opened, 0)])
        for path in paths:
            if self._opened < MOST_TABLES:
                self._compare_table(path)
            else:
                self._opened += 1

    def _compare_table(self, path: str) -> None:
        base, head = (view.data_file(path, fetch=self.fetch) for view in (self.base, self.head))
        if isinstance(base, Problem) or isinstance(head, Problem):
            self.problems.extend(problem for problem in (base, head) if isinstance(problem, Problem))
            return
        if (base and base.hash) == (head and head.hash):
            return
        self._opened += 1
        outline = TableChange(
            path=path,
            status="added" if base is None else "removed" if head is None else "changed",
            base_size=base.size if base else None,
            head_size=head.size if head else None,
        )
        old = self._open(base, self.base) if base else None
        new = self._open(head, self.head) if head else None
        if (base and not old) or (head and not new):
            self.found.append(outline)
        else:
            self._compare_opened(outline, old, new)

    def _compare_opened(self, outline: TableChange, base: Table | None, head: Table | None) -> None:
        from headway.datasets.tables.table import compare_table  # noqa: PLC0415 - loads polars and scipy

        rule = rule_of(outline.path, self.rules)
        outline = replace(outline, predicted=self._is_predicted(outline.path, base, head))
        others = self._other_splits(outline.path, rule) if head else []
        try:
            table, chart = compare_table(outline, base, head, rule, others)
        except Exception as error:  # noqa: BLE001 - whatever a table makes polars raise costs this table alone
            what = f"the table could not be compared: {error_line(error)[:200]}"
            self.problems.append(Problem(path=outline.path, what=what))
            table, chart = outline, None
        self.found.append(table)
        self.charts.extend([chart] if chart else [])

    def _is_predicted(self, path: str, *tables: Table | None) -> bool:
        """Whether a model wrote a table: the settings say so, or a stage wrote it and a column has such a name."""
        if path in self.predictions:
            return True
        columns = [name for table in tables if table for name in table.types]
        stages = (stage for view in (self.base, self.head) for stage in view.snapshot().stages.values())
        is_output = any(is_below(path, out) for stage in stages for out in stage.outs)
        return is_output and any(map(has_prediction_name, columns))

    def _open(self, file: DataFile, view: RevisionReader) -> Table | None:
        from headway.datasets.tables.source import open_table  # noqa: PLC0415 - loads polars

        if file.source is None:
            command = "headway data --fetch" if self.base.project else "headway data --describe --fetch"
            remedy = f"{command}, or {file.remedy}"
            what = "is not on this machine, so only its size is known"
            self.problems.append(view.footnote(file.path, what, remedy))
            return None
        try:
            table = open_table(file, view.side)
        except UnreadableError as error:
            self.problems.append(Problem(path=file.path, side=view.side, what=f"the table {error}"))
            return None
        self.problems.extend(table.problems)
        return table

    def _other_splits(self, path: str, rule: DataRule) -> list[Table]:
        """Head's other splits that are on this machine; of two that both changed, the later one names the leak."""
        paths = [other for other in rule.splits if other != path]
        paths = paths or other_splits(path, sorted({*self._listed, *self.head.snapshot().data}))
        done = {found.path for found in self.found}
        files = [self._data_file(self.head, other) for other in paths]
        here = [file for file in files if file and file.source is not None]
        opened = [self._open(file, self.head) for file in here if file.path in done or not self._is_pending(file)]
        return [table for table in opened if table]

    def _is_pending(self, head: DataFile) -> bool:
        """Whether a table that is not compared yet differs."""
        base = self.base.data_file(head.path)
        return base is None or isinstance(base, Problem) or base.hash != head.hash

    def _data_file(self, view: RevisionReader, path: str) -> DataFile | None:
        """What is known of a file; ``None`` where the side has none or cannot say."""
        file = view.data_file(path, fetch=self.fetch)
        return None if isinstance(file, Problem) else file


def rule_of(path: str, rules: Mapping[str, DataRule]) -> DataRule:
    """What the settings say of a table: the first pattern that matches its path decides."""
    return next((rule for pattern, rule in rules.items() if pattern == path or fnmatchcase(path, pattern)), NO_RULE)


def failed_checks(found: Iterable[DatasetChange]) -> int:
    """How many rules of the settings are broken."""
    return sum(len(dataset.checks) for dataset in found if isinstance(dataset, TableChange))


def _is_folder(change: DataChange) -> bool:
    return any(out and out.files is not None for out in (change.base, change.head))
