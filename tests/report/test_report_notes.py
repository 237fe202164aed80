"""One reason for many files is one note; everything else stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.report.notes import grouped
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.values.revision import Side

REASON = "the file of main is missing from DVC's cache, and the remote 'store' refuses"


def missing(path: str, side: Side = "base", what: str = REASON) -> Problem:
    return Problem(path=path, side=side, what=what, remedy=f"dvc fetch --all-commits {path}")


def test_the_place_of_a_problem_follows_from_its_path_and_side() -> None:
    assert missing("m.json").where == "m.json (base)"
    assert Problem(path="train", what=REASON).where == "train"
    assert Problem(where="settings: metrics", what=REASON).where == "settings: metrics"


def test_a_problem_of_an_older_report_is_read() -> None:
    older = msgspec.json.decode(b'{"where": "m.json (base)", "what": "is damaged", "remedy": ""}', type=Problem)
    assert (older.where, older.path, older.side) == ("m.json (base)", "", None)
    assert msgspec.json.decode(msgspec.json.encode(missing("m.json")), type=Problem) == missing("m.json")


def test_many_files_of_one_side_are_one_note_with_one_command() -> None:
    other = Problem(where="x.csv (base)", what="row 3 is ragged")
    found = grouped([missing("a"), other, missing("b c.csv"), missing("d"), missing("a", "head"), missing("b", "head")])
    assert found == (
        Problem(where="a, b c.csv, d (base)", what=REASON, remedy="dvc fetch --all-commits a 'b c.csv' d"),
        other,
        missing("a", "head"),
        missing("b", "head"),
    )


def test_of_very_many_files_the_first_are_named_and_the_command_has_all() -> None:
    (note,) = grouped(missing(f"m{number}.json") for number in range(9))
    assert note.where == "m0.json, m1.json, m2.json, m3.json, m4.json and 4 more (base)"
    assert note.remedy.split()[3:] == [f"m{number}.json" for number in range(9)]


def test_another_reason_or_another_remedy_is_another_note() -> None:
    problems = [
        missing("a"),
        missing("b"),
        missing("c", what="is damaged"),
        Problem(path="d", side="base", what=REASON),
    ]
    assert grouped(problems) == tuple(problems)
