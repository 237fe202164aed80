"""One reason is one note, for any number of files and sides, with one command; no note appears twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from rendered import github
from rich.console import Console
from samples import make_report

from headway.report import html, markdown, terminal
from headway.report.sections.notes import Note, grouped
from headway.values.comparison import Cause, StageChange
from headway.values.problem import Problem
from headway.values.verification import Verification

if TYPE_CHECKING:
    from headway.values.revision import Side

REASON = "the file is missing from DVC's cache, and the remote 'store' refuses"
FETCH, PULL = "dvc fetch --all-commits", "dvc pull"


def missing(path: str, side: Side = "base", what: str = REASON, **fields: Any) -> Problem:
    command = FETCH if side == "base" else PULL
    quoted = f"'{path}'" if " " in path else path
    return Problem(path=path, side=side, what=what, **{"remedy": f"{command} {quoted}", **fields})


def both(path: str, what: str = REASON, **fields: Any) -> list[Problem]:
    return [missing(path, side, what, **fields) for side in ("base", "head")]


def only(*problems: Problem) -> Note:
    (note,) = grouped(problems)
    return note


class TestAProblem:
    def test_says_its_place_by_its_path_and_side(self) -> None:
        assert missing("m.json").where == "m.json (base)"
        assert Problem(path="train", what=REASON).where == "train"
        assert Problem(where="settings: metrics", what=REASON).where == "settings: metrics"

    def test_of_an_older_report_is_read(self) -> None:
        older = msgspec.json.decode(b'{"where": "m.json (base)", "what": "is damaged", "remedy": ""}', type=Problem)
        assert (older.where, older.path, older.side) == ("m.json (base)", "", None)
        assert only(older) == Note(("m.json (base)",), "", "is damaged", "")
        assert msgspec.json.decode(msgspec.json.encode(missing("m.json")), type=Problem) == missing("m.json")


class TestOneNote:
    def test_for_the_files_of_one_side(self) -> None:
        other = Problem(path="x.csv", side="base", what="row 3 is ragged")
        found = grouped([missing("a"), other, missing("b c.csv"), missing("d")])
        assert found == (
            Note(("a", "b c.csv", "d"), "(base)", REASON, f"{FETCH} a 'b c.csv' d"),
            Note(("x.csv",), "(base)", "row 3 is ragged", ""),
        )

    def test_for_both_sides_with_the_command_that_serves_both(self) -> None:
        assert only(*both("a")) == Note(("a",), "(on both sides)", REASON, f"{FETCH} a")
        images = [Problem(path=f"{n}.png", side=side, what="gone") for side in ("head", "base") for n in range(100)]
        places = tuple(f"{n}.png" for n in range(5))
        assert only(*images) == Note(places, "and 95 more (on both sides)", "gone", "")

    def test_says_of_no_file_what_holds_for_another_side(self) -> None:
        found = grouped([*both("a"), *both("b"), missing("c"), missing("d", "head")])
        assert [(note.places, note.rest, note.remedy) for note in found] == [
            (("a", "b"), "(on both sides)", f"{FETCH} a b"),
            (("c",), "(base)", f"{FETCH} c"),
            (("d",), "(head)", f"{PULL} d"),
        ]

    def test_without_a_side(self) -> None:
        plots = [Problem(path=f"p{n}", what="its image could not be drawn: out of memory") for n in range(3)]
        assert only(*plots)[:2] == (("p0", "p1", "p2"), "")

    def test_for_what_was_found_twice(self) -> None:
        assert only(missing("a"), missing("a")) == Note(("a",), "(base)", REASON, f"{FETCH} a")

    def test_is_no_other_reason_nor_another_remedy(self) -> None:
        problems = [missing("a"), missing("b", what="is damaged"), missing("c", remedy=""), missing("d", remedy="wait")]
        assert len(grouped(problems)) == 4

    def test_is_found_whatever_the_path_is_called(self) -> None:
        for name in ("is", "a", ".", "dvc", "(x", "'", "\\1", "*"):
            assert len(grouped([missing(name, remedy=""), missing("other", remedy="")])) <= 2

    def test_names_another_file_where_its_sentence_does(self) -> None:
        unknown = [Problem(path=name, what=f"neither {name} nor its list is here") for name in ("data", "raw")]
        assert only(*unknown).what == "neither it nor its list is here"
        assert only(unknown[0]).what == "neither data nor its list is here"


class TestNumbersAndNames:
    WHAT = "{} of 40 values of '{}' are not drawn (first in row {}: 'x')"

    def said(self, *numbers: int) -> list[Problem]:
        return [missing(f"{n}.csv", what=self.WHAT.format(n, f"c{n}", n + 1), remedy="") for n in numbers]

    def test_that_differ_are_one_note_which_counts_the_rest(self) -> None:
        note = only(*self.said(2, 3, 14))
        assert note.places == ("2.csv", "3.csv", "14.csv")
        assert note.what == f"{self.WHAT.format(2, 'c2', 3)}; 2 more of this kind"

    def test_of_two_are_told_in_full(self) -> None:
        assert [note.what for note in grouped(self.said(2, 3))] == [problem.what for problem in self.said(2, 3)]

    def test_may_be_enumerated(self) -> None:
        whats = ("'a' is not finite", "'a', 'b' are not finite", "'a', 'b', 'c' and 7 more are not finite")
        assert only(*(missing(f"{n}", what=what, remedy="") for n, what in enumerate(whats))).what.startswith("'a' is")

    def test_do_not_hide_another_reason_behind_an_apostrophe(self) -> None:
        elsewhere = "the file is missing from DVC's cache and from the remote 'store'"
        assert len(grouped([missing("a", remedy=""), missing("b", what=elsewhere, remedy="")])) == 2


class TestOneCommand:
    def test_names_every_file_while_that_is_short(self) -> None:
        assert only(*(missing(f"m{n}.json") for n in range(9))).remedy.split()[3:] == [f"m{n}.json" for n in range(9)]

    def test_else_names_the_tracked_folders(self) -> None:
        many = [missing(f"data/{n:04}.csv", folder="data") for n in range(100)]
        assert only(*many).remedy == f"{FETCH} data"
        assert only(*many, missing("x.csv"), missing("a b/c", folder="a b")).remedy == f"{FETCH} data x.csv 'a b'"

    def test_else_names_no_file_and_so_brings_all(self) -> None:
        assert only(*(missing(f"metrics/{n:04}.json") for n in range(100))).remedy == FETCH
        commit = [missing(f"m/{n:04}", remedy=f"commit m/{n:04} to git, or remove its cache: false") for n in range(99)]
        assert only(*commit).remedy == "commit them to git, or remove its cache: false"

    def test_may_name_the_files_twice(self) -> None:
        remedies = [missing(name, remedy=f"dvc push {name} (there), then {FETCH} {name} (here)") for name in "ab"]
        assert only(*remedies).remedy == f"dvc push a b (there), then {FETCH} a b (here)"

    def test_is_printed_whole_in_every_rendering(self) -> None:
        report = make_report(problems=tuple(missing(f"metrics/{n:02}.json") for n in range(28)))
        (note,) = grouped(report.problems)
        console = Console(record=True, width=1000, color_system=None)
        terminal.render(report, console)
        assert note.remedy in console.export_text()
        assert note.remedy in github(markdown.render(report)).text
        assert note.remedy in html.render(report, {})
        assert "metrics/04.json and 23 more (base)" in github(markdown.render(report)).text


class TestToldOnce:
    def items(self, *names: str, what: str = "code.py", **fields: Any) -> tuple[StageChange, ...]:
        return tuple(
            StageChange(name=name, causes=(Cause(kind="code", what=what.format(name.partition("@")[2]), **fields),))
            for name in names
        )

    def written(self, *stages: StageChange) -> str:
        return github(markdown.render(make_report(stages=stages))).text

    def test_the_causes_of_the_items_of_one_stage(self) -> None:
        report = make_report(stages=(*self.items("train@a", "other", "train@b"), *self.items("train@c", what="c.py")))
        console = Console(record=True, width=200, color_system=None)
        terminal.render(report, console)
        page = html.render(report, {}).partition("<script>")[0]
        for text in (github(markdown.render(report)).text, console.export_text(), page):
            assert text.count("(2 stages)") == 1
            assert "train@c" in text
            assert "train@a" not in text
        assert "4 changed stages" in self.written(*report.stages)

    @pytest.mark.parametrize("what", ["data/{}.csv", "{}/raw", "params.yaml:models.{}.lr", "prepare@{}", "{}"])
    def test_causes_that_name_the_item_itself(self, what: str) -> None:
        assert what.format("*") in self.written(*self.items("train@a-1", "train@b-2", what=what))

    def test_values_that_differ_are_different_causes(self) -> None:
        stages = (*self.items("t@a", base="x", head="y"), *self.items("t@b", base="x", head="z"))
        assert "(2 stages)" not in self.written(*stages)

    @pytest.mark.parametrize("names", [("a@b/dvc.yaml:t", "a@c/dvc.yaml:t"), ("a/dvc.yaml:t@x", "b/dvc.yaml:t@x")])
    def test_stages_of_different_files_are_different_stages(self, names: tuple[str, str]) -> None:
        text = self.written(*self.items(*names))
        assert all(name in text for name in names)

    def test_stale_items(self) -> None:
        stale = Verification(status="stale", stages=self.items(*(f"sub/dvc.yaml:t@{n}" for n in range(20)), "last"))
        report = make_report(verification=stale)
        said = "sub/dvc.yaml:t (20 stages: code code.py), last (code code.py)"
        assert said in github(markdown.render(report)).text
        console = Console(record=True, width=200, color_system=None)
        terminal.render(report, console)
        assert said in console.export_text()

    def test_dvclives_copy_of_the_parameters(self) -> None:
        metrics = "live/metrics.json:acc 1 -> 2"
        report = make_report(
            metrics, "params.yaml:train.lr 0.1 -> 0.2\nlive/params.yaml:lr 0.1 -> 0.2\nlive/params.yaml:seed 1 -> 2"
        )
        text = github(markdown.render(report)).text
        assert "2 changed parameters" in text
        assert "live/params.yaml:seed" in text
        assert "live/params.yaml:lr" not in text

    @pytest.mark.parametrize(
        ("metrics", "params", "stages"),
        [
            ("metrics.json:acc 1 -> 2", "a/params.yaml:lr 1 -> 2\nb/params.yaml:lr 1 -> 2", ()),
            ("b/metrics.json:acc 1 -> 2", "params.yaml:lr 1 -> 2\nb/params.yaml:lr 1 -> 3", ()),
            (
                "b/metrics.json:acc 1 -> 2",
                "params.yaml:lr 1 -> 2\nb/params.yaml:lr 1 -> 2",
                (StageChange(name="t", causes=(Cause(kind="parameter", what="b/params.yaml:lr", base=1, head=2),)),),
            ),
        ],
    )
    def test_other_parameters_are_no_copies(self, metrics: str, params: str, stages: tuple[StageChange, ...]) -> None:
        assert "2 changed parameters" in github(markdown.render(make_report(metrics, params, stages=stages))).text
