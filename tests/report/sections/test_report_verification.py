"""How far dvc.lock can be trusted: the headline of a report, and what ``headway verify`` prints."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from rich.console import Console
from samples import digits_report, hostile_verification, make_report

from headway.report import html, markdown, terminal
from headway.values.comparison import Cause, StageChange
from headway.values.problem import Problem
from headway.values.verification import MissingOut, ModifiedOut, NotRunCached, Verification

if TYPE_CHECKING:
    from collections.abc import Callable

VERIFIED = Verification(status="verified")
FILES = ("a.csv", "b.csv", "c.csv", "d.csv")
PARTLY = Verification(status="verified", unchecked=(Problem(where="data", what="it is not here"),))


def printed(verification: Verification, width: int = 80) -> str:
    stream = io.StringIO()
    terminal.render_verification(verification, Console(file=stream, width=width, color_system=None))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def stale(name: str, *kinds: str) -> StageChange:
    return StageChange(name=name, causes=tuple(Cause(kind=kind, what=f"{kind}.x") for kind in kinds))  # type: ignore[arg-type]  # kinds of causes


def headline(verification: Verification) -> str:
    return markdown.render(make_report(verification=verification)).split("####")[0]


class TestTheHeadline:
    def test_names_the_stages_that_are_stale_of_their_own(self) -> None:
        stages = (stale("a", "code"), stale("b", "upstream"), stale("c", "upstream", "data"))
        said = headline(Verification(status="stale", stages=stages))
        assert "`a` (code `code.x`), `c` (upstream stage `upstream.x`; data `data.x`), and 1 stage after them" in said

    def test_an_edited_output_may_be_all_that_is_wrong_with_what_comes_after(self) -> None:
        edited = (ModifiedOut(path="clean.csv", owner="a", state="modified"),)
        said = headline(Verification(status="stale", stages=(stale("b", "upstream"),), modified=edited))
        assert "**Stale**: `b` (upstream stage `upstream.x`). Run `dvc repro`" in said
        assert "**Modified**: `clean.csv` differs" in said

    def test_is_short(self) -> None:
        causes = ("code", "data", "command", "parameter", "stage")
        stages = tuple(stale(f"s{number}", *causes) for number in range(10))
        said = headline(Verification(status="stale", stages=stages))
        assert [name for name in (f"s{number}" for number in range(10)) if f"`{name}`" in said] == ["s0", "s1", "s2"]
        assert "and 7 more" in said
        assert said.count("2 more causes") == 3

    def test_says_verified(self) -> None:
        assert "Lock: verified." in headline(VERIFIED)
        assert "<dd>verified</dd>" in html.render(make_report(verification=VERIFIED), {})

    @pytest.mark.parametrize("write", [headline, lambda v: html.render(make_report(verification=v), {})])
    def test_says_what_was_not_checked(self, write: Callable[[Verification], str]) -> None:
        assert "verified (1 item could not be checked)" in re.sub(r"\\", "", write(PARTLY))

    def test_says_what_is_missing(self) -> None:
        missing = tuple(MissingOut(path=f"d{number}", owner="s", remote="store", objects=1) for number in range(4))
        found = Verification(status="missing", missing=missing)
        said = "Missing: d0, d1, d2 and 1 more. DVC's cache and the remote lack"
        assert said in headline(found).replace("`", "").replace("*", "")
        page = html.render(make_report(verification=found), {})
        assert said in " ".join(re.sub(r"<[^>]+>", "", page).replace("&#39;", "'").split())

    def test_says_nothing_where_nothing_is_known(self) -> None:
        report = make_report()
        assert "erified" not in markdown.render(report)
        assert "Lock" not in html.render(report, {}).partition("<script>")[0]

    def test_of_the_page_and_the_comment_agree(self) -> None:
        page = html.render(digits_report(), {}).partition("<script>")[0]
        words = " ".join(re.sub(r"<[^>]+>", "", page).split())
        said = "train (parameter params.yaml:train.learning_rate 0.01 → 0.02; code src/digits/train.py), and 1 stage"
        assert said in words
        assert said in markdown.render(digits_report()).replace("`", "").replace("*", "")


class TestTheTerminal:
    def test_everything(self, golden: Callable[[str, str], None]) -> None:
        found = Verification(
            status="stale",
            stages=(
                StageChange(
                    name="train",
                    causes=(
                        Cause(kind="command", what="cmd", base="python train.py", head="python train.py --fast"),
                        Cause(kind="parameter", what="params.yaml:lr", base=0.1, head=None),
                        Cause(kind="code", what="train.py"),
                    ),
                ),
                stale("evaluate", "upstream"),
            ),
            pull=("data/a b.csv",),
            modified=(
                ModifiedOut(
                    path="data", owner="data.dvc", state="modified", files=("a.csv", "b.csv", "c.csv", "d.csv")
                ),
                ModifiedOut(path="metrics.json", owner="evaluate", state="deleted"),
            ),
            missing=(MissingOut(path="model", owner="train", remote="store", objects=2, files=("w",)),),
            uncommitted=("dvc.lock",),
            unchecked=(Problem(where="raw.csv", what="it is not here", remedy="dvc pull"),),
            remote=("store",),
        )
        golden("verification.txt", printed(found))

    def test_verified(self) -> None:
        assert printed(VERIFIED, 120) == ("verified: dvc.lock matches the code, parameters and data\n")
        assert "store has all objects" in printed(Verification(status="verified", remote=("store",)), 200)
        partly = printed(PARTLY, 200)
        assert partly.startswith("⚠ verified (1 item could not be checked): dvc.lock matches")

    def test_what_the_run_cache_leaves_out_is_no_verdict(self) -> None:
        stages = tuple(NotRunCached(stage=f"s{number}", outs=("a", "b")) for number in range(5))
        first, _, *lines = printed(msgspec.structs.replace(VERIFIED, not_run_cached=stages), 400).splitlines()
        assert first == printed(VERIFIED, 400).rstrip()
        assert lines[:2] == ["Not in DVC's run cache", "s0 (a, b), s1 (a, b), s2 (a, b) and 2 more."]

    def test_what_is_nowhere(self) -> None:
        missing = (MissingOut(path="data", owner="data.dvc", remote="", objects=1),)
        text = printed(Verification(status="missing", missing=missing), 200)
        assert text.startswith("✗ missing: ")
        assert "- data, recorded by data.dvc: the remote lacks 1 object" in text

    @pytest.mark.parametrize("width", [60, 80])
    def test_hostile_names_stay_on_their_lines(self, width: int) -> None:
        text = printed(hostile_verification(), width)
        assert max(map(len, text.splitlines())) <= width
        assert "\x1b" not in text
