"""Whatever call of ``headway post`` fails, and however: the next run ends where a clean run ends.

``docs/reliability.md`` is what this test saw. With HEADWAY_UPDATE_GOLDEN it is written anew.
"""

from __future__ import annotations

import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from publish.reliability import (
    COLUMNS,
    PICTURES,
    SITUATIONS,
    SUBJECTS,
    Cell,
    Row,
    Situation,
    Subject,
    play,
    route,
    rows,
)

from headway.errors import ForgeError
from headway.publish import commands
from headway.publish import post as post_module
from headway.publish.post import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it get names that nobody can guess
AT_ONCE = 2
TITLES: dict[Situation, str] = {
    "first": "The first report of a pull request, posted from a push",
    "next": "A later report, over an older comment and a duplicate of it: calls that the first one does not make",
}

Matrix = list[tuple[Row, list[list[Cell]]]]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In memory where the machine has such a place: the fakes' git repositories are thousands of tiny files."""
    if MEMORY.is_dir():
        monkeypatch.setattr(tempfile, "tempdir", str(MEMORY))
    with tempfile.TemporaryDirectory(prefix="headway-matrix-") as name:
        yield Path(name)


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
    begin = f"## {subject.name}\n\nPictures go to {subject.images[1]}. {len(matrix)} calls, {played} faults.\n"
    tables = [_table(TITLES[each], [line for line in matrix if line[0].situation == each]) for each in SITUATIONS]
    return "\n".join([begin, *tables])


def _table(title: str, matrix: Matrix) -> str:
    lines = [["Call", *(column.name for column in COLUMNS)], ["---"] * (1 + len(COLUMNS))]
    lines += [[row.name, *(_shown(column) for column in columns)] for row, columns in matrix]
    return "\n".join([f"### {title}\n", *(f"| {' | '.join(line)} |" for line in lines), ""])


def _shown(column: Sequence[Cell]) -> str:
    """What became of the fault before and after the call took effect; once where that is the same."""
    return " / ".join(dict.fromkeys(cell.word for cell in column))


def compare(heading: str, text: str) -> None:
    """A part of the page, by its first line, is as it should be; or is written anew where that is asked for."""
    parts = {part.partition("\n")[0] + "\n": part for part in re.split(r"(?m)^(?=#{1,2} )", PAGE.read_text("utf-8"))}
    if os.environ.get("HEADWAY_UPDATE_GOLDEN"):
        parts[heading] = f"{text}\n"
        order = [HEAD.partition("\n")[0] + "\n", *(f"## {subject.name}\n" for subject in SUBJECTS)]
        PAGE.write_text("".join(parts.get(each, "") for each in order).rstrip() + "\n", encoding="utf-8")
    elif parts.get(heading, "").rstrip() != text.rstrip():
        pytest.fail(f"{PAGE.name}, {heading.strip()}: the page differs; if it should, set HEADWAY_UPDATE_GOLDEN=1")


def test_the_page_says_how_it_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Delivery(failures=(ForgeError("The forge is not well."),))
    codes = [exit_code(told, folder, monkeypatch, *flags) for flags in ([], ["--strict"])]
    assert [exit_code(Delivery(), folder, monkeypatch, *flags) for flags in ([], ["--strict"])] == [0, 0]
    compare(HEAD.partition("\n")[0] + "\n", HEAD.format(plain=codes[0], strict=codes[1]))


def exit_code(delivery: Delivery, folder: Path, monkeypatch: pytest.MonkeyPatch, *flags: str) -> int:
    """What the command makes of a delivery."""
    monkeypatch.setattr(post_module, "post", lambda *_, **__: delivery)
    place = ["--forge", "github", "--repo", "octo/digits", "--pr", "7", "--sha", "0" * 40]
    code: Any = commands.post.main([str(folder), *place, *flags], standalone_mode=False)
    return int(code or 0)


HEAD = """\
# Reliability

What `headway post` does when a forge fails in the middle of it: every call that it makes, in every way that it can fail.

`tests/publish/test_reliability_matrix.py` plays each cell of the tables below and writes this page; the test suite
fails when the page is not what the run has shown. The calls are not listed by hand: a clean run is recorded, and its
requests are the rows, in their order; a number in brackets tells the first from the second call of one kind. For each
cell a report with a picture in two tones is posted to a fake forge over real HTTP while one call fails, and then posted
again while nothing does. The clock is a fake one, so nothing waits but the time-outs.

**After the second run every cell ends as a clean run ends:** one comment with the right text, every picture that it
names reachable under its address with equal bytes, one status with the right verdict, every picture in its store.
The test demands that of all of them; the tables say what the first run did.

| Column | What happens to the call |
|---|---|
| no answer | the forge stays silent until the run stops listening |
| connection reset | the connection is reset instead of an answer |
| 502 | a gateway's error, with the body that the forge sends with it |
| rate limit | refused for a minute: GitHub's secondary limit, the only one of the others |
| body cut off | carried out; the answer breaks off half-way |
| no JSON | status 200 and a log-in page, as proxies send it |
| slow body | carried out; the answer comes in small pieces |
| 502, lasting | this call gets a 502 until the run ends, all others work |
| answers lost, lasting | this call is carried out every time and its answer is lost every time |
| rate limit, lasting | this call is refused until the run ends; on GitHub by the primary limit, which ends with the hour |

No answer, a reset, a 502 and a page that is no JSON are played twice on a call that writes: once the forge has not done
what it was asked to, once it has. `a / b` tells the two apart where they differ.

| Word | What the run did |
|---|---|
| unharmed | nothing was needed |
| retried | sent the call again, which worked |
| waited | waited as long as the forge asked, then sent the call again, which worked |
| looked | did not send it again: it looked first, and found that it had worked |
| looked, repeated | looked first, found that it had not worked, and sent it again |
| told: ... | said what failed, and did everything else; the words after it are what people miss until the next run: the *comment* (its new text, if there is an older one), its *pictures* (words instead), the *status*, or that a *duplicate* of the comment is still there |
| told: all there | said what failed, though nothing is missing |
| +1 | so many files stay in the store of pictures that no comment names: GitLab gives a second upload another address; on GitHub's branch the files are in two folders, and `headway prune` removes them |

Wherever nothing is told, the exit code is 0. Where something is, it is {plain}, so that a forge's bad day turns no job
red, and {strict} with `--strict`; the whole report then stands in GitHub's job summary.

Not covered here: two failures of different calls in one run; faults of the connection itself, such as DNS and TLS; GitHub
Enterprise and other hosts, which have the same calls; buckets, which are not the forge's; what `headway comment` and
`headway publish` do. Runs at the same time, runs that are killed between any two requests, a forge that shows a comment
late, and an image branch that somebody else moves have tests of their own in `tests/publish`. The fakes keep to the forges'
descriptions; that the forges do as well is not theirs to promise.
"""
