"""Whatever call of ``headway post`` fails, and however: the next run ends where a clean run ends.

``docs/reliability.md`` is what this test saw. With HEADWAY_UPDATE_GOLDEN it is written anew.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from publish.reliability import (
    COLUMNS,
    PICTURES,
    SITUATIONS,
    Cell,
    Row,
    Situation,
    play,
    route,
    rows,
)
from publish.reliability_forges import SUBJECTS, Subject
from publish.reliability_page import PAGE, compare, table

from headway.cli.main import cli
from headway.errors import ForgeError
from headway.publish import post as post_module
from headway.publish.images import sending
from headway.publish.post import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it get names that nobody can guess
AT_ONCE = 4
TITLES: dict[Situation, str] = {
    "first": "First report of a pull request, posted from a push",
    "next": "Later report that replaces an older comment and its duplicate: additional calls",
}

Matrix = list[tuple[Row, list[list[Cell]]]]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In memory where the machine has such a place: the fakes' git repositories are thousands of tiny files."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(sending, "_ROOM", 600)  # two images, so that GitHub gets them in two requests
    if MEMORY.is_dir():
        monkeypatch.setattr(tempfile, "tempdir", str(MEMORY))
    with tempfile.TemporaryDirectory(prefix="headway-matrix-") as name:
        yield Path(name)


@pytest.mark.slow
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name.lower())
def test_every_fault_at_every_call_is_mended_by_the_next_run(subject: Subject, folder: Path) -> None:
    matrix = play_all(subject, folder)
    for row, columns in matrix:
        for cell in (cell for column in columns for cell in column):
            check(cell, f"{row.situation}, {row.name}, {cell.failure.fault.name}, lasting: {cell.failure.lasting}")
    compare(f"## {subject.name}\n", section(subject, matrix))


def play_all(subject: Subject, folder: Path) -> Matrix:
    """The rows at the same time, for some of them wait for an answer that never comes."""
    found, clean = rows(subject, folder / "clean")
    for each in clean.values():
        assert (each.delivery.failures, each.after) == ((), each.final)
        assert set(PICTURES[:1]) <= set(each.final.pictures) <= set(PICTURES)
        assert len(each.final.comments) == 1
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [
            pool.submit(play, subject, row, clean[row.situation], folder / str(number))
            for number, row in enumerate(found)
        ]
        return [(row, future.result()) for row, future in zip(found, futures, strict=True)]


def check(cell: Cell, where: str) -> None:
    played, clean = cell.played, cell.clean
    met = {route(exchange.request) for exchange in played.log if exchange.fault}
    assert met == {cell.failure.row.route}, where
    assert played.delivery.notes == (), where
    assert played.again.failures == (), where
    assert not cell.word.startswith("unnoticed"), f"{where}: {cell.word}"
    assert played.final._replace(kept=clean.final.kept) == clean.final, where
    assert not clean.final.kept - played.final.kept, f"{where}: a picture is lost"


def section(subject: Subject, matrix: Matrix) -> str:
    """A forge's part of the page."""
    played = sum(len(column) for _, columns in matrix for column in columns)
    begin = f"## {subject.name}\n\nHeadway stores images {subject.images[1]}. {len(matrix)} calls, {played} faults.\n"
    tables = [_table(TITLES[each], [line for line in matrix if line[0].situation == each]) for each in SITUATIONS]
    return "\n".join([begin, *tables])


def _table(title: str, matrix: Matrix) -> str:
    lines = [[row.name, *(_shown(column) for column in columns)] for row, columns in matrix]
    return "\n".join([f"### {title}\n", *table(["Call", *(column.name for column in COLUMNS)], lines), ""])


def _shown(column: Sequence[Cell]) -> str:
    """What became of the fault before and after the call took effect; once where that is the same."""
    return " / ".join(dict.fromkeys(cell.word for cell in column))


def test_the_page_explains_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Delivery(failures=(ForgeError("The forge is not well."),))
    plain, strict = (exit_code(failed, folder, monkeypatch, *flags) for flags in ([], ["--strict"]))
    assert [exit_code(Delivery(), folder, monkeypatch, *flags) for flags in ([], ["--strict"])] == [0, 0]
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"If nothing is reported, the exit code is 0. If something is, it is {plain}" in page
    assert f"and {strict} with `--strict`" in page
    for column in COLUMNS:
        assert f"| {column.name} | " in page.partition("## GitHub")[0], "a column without an explanation"


def exit_code(delivery: Delivery, folder: Path, monkeypatch: pytest.MonkeyPatch, *flags: str) -> int:
    """What the command makes of a delivery."""
    monkeypatch.setattr(post_module, "post", lambda *_, **__: [delivery])
    place = ["--forge", "github", "--repo", "octo/digits", "--pr", "7", "--sha", "0" * 40]
    code: Any = cli.main(["post", str(folder), *place, *flags], standalone_mode=False)
    return int(code or 0)
