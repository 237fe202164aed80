"""What becomes of the files that ``headway init`` plans: nothing of a user's is lost, and every other line stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headway.app.scaffold.files import Entry, own_file, with_entry, with_lines, write_planned
from headway.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REPORT = ["report:", "  cmd: headway report"]


def has_report(document: Mapping[str, Any]) -> bool:
    return "headway report" in {stage["cmd"] for stage in (document.get("stages") or {}).values()}


STAGE = Entry(key="stages", lines=REPORT, has=has_report)
INCLUDE = Entry(
    key="include", lines=["- local: a.yml"], has=lambda found: {"local": "a.yml"} in found.get("include", [])
)


class TestEntries:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (
                "stages:\n  train:   # ours\n    cmd: train\n\nmetrics: [m.json]\n",
                (
                    "stages:\n  train:   # ours\n    cmd: train\n  report:\n    cmd: headway report\n"
                    "\nmetrics: [m.json]\n"
                ),
            ),
            (
                "stages:\n    a:\n        cmd: a",
                "stages:\n    a:\n        cmd: a\n    report:\n      cmd: headway report\n",
            ),
            ("# none\r\n", "# none\r\n\r\nstages:\r\n  report:\r\n    cmd: headway report\r\n"),
            ("metrics: [m.json]\n", "metrics: [m.json]\n\nstages:\n  report:\n    cmd: headway report\n"),
            ("stages:\n# none yet\nvars: [a.yaml]\n", "stages:\nreport:\n"),
        ],
        ids=[
            "beside another key",
            "with four spaces, without a last newline",
            "only comments, for Windows",
            "without the key",
            "an empty block",
        ],
    )
    def test_an_entry_is_added_at_the_end_of_its_block(self, tmp_path: Path, before: str, after: str) -> None:
        (tmp_path / "dvc.yaml").write_bytes(before.encode())
        planned = with_entry(tmp_path, "dvc.yaml", STAGE)
        if before.startswith("stages:\n# none"):
            assert "stages:\n  report:\n    cmd: headway report\n# none yet\n" in planned.after
        else:
            assert planned.after == after
        assert planned.outcome == "extend"

    @pytest.mark.parametrize(
        "before", ["include: [b.yml]\n", "include: b.yml\n", "a: [\n", "- a\n", "include: {a: 1}\n"]
    )
    def test_a_file_that_is_built_otherwise_is_left_to_its_owner(self, tmp_path: Path, before: str) -> None:
        (tmp_path / "ci.yml").write_text(before)
        planned = with_entry(tmp_path, "ci.yml", INCLUDE)
        write_planned(tmp_path, [planned], force=True)
        assert planned.outcome == "by hand"
        assert planned.diff == "+include:\n+  - local: a.yml\n"
        assert (tmp_path / "ci.yml").read_text() == before

    def test_a_list_at_the_margin_keeps_its_indentation(self, tmp_path: Path) -> None:
        (tmp_path / "ci.yml").write_text("include:\n- local: b.yml\n- local: c.yml\n\njob:\n  script: [a]\n")
        assert with_entry(tmp_path, "ci.yml", INCLUDE).after == (
            "include:\n- local: b.yml\n- local: c.yml\n- local: a.yml\n\njob:\n  script: [a]\n"
        )

    def test_an_entry_that_is_there_is_not_added_again(self, tmp_path: Path) -> None:
        first = with_entry(tmp_path, "dvc.yaml", STAGE)
        write_planned(tmp_path, [first], force=False)
        again = with_entry(tmp_path, "dvc.yaml", STAGE)
        assert (first.outcome, again.outcome) == ("create", "unchanged")
        assert (tmp_path / "dvc.yaml").read_text() == "stages:\n  report:\n    cmd: headway report\n"


class TestWholeFiles:
    def test_a_file_that_differs_is_replaced_only_by_force(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("mine\n")
        planned = own_file(tmp_path, "a.yml", "new\n")
        write_planned(tmp_path, [planned], force=False)
        assert (tmp_path / "a.yml").read_text() == "mine\n"
        assert planned.diff == "--- a/a.yml\n+++ b/a.yml\n@@ -1 +1 @@\n-mine\n+new\n"
        write_planned(tmp_path, [planned], force=True)
        assert (tmp_path / "a.yml").read_text() == "new\n"

    def test_a_link_out_of_the_repository_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "repository/.git").mkdir(parents=True)
        (tmp_path / "repository/.github").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere").mkdir()
        with pytest.raises(WriteError, match="symbolic link"):
            write_planned(
                tmp_path / "repository", [own_file(tmp_path / "repository", ".github/a.yml", "x")], force=True
            )
        assert list((tmp_path / "elsewhere").iterdir()) == []

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (None, "/r/\n"),
            ("a", "a\n/r/\n"),
            ("/r/\r\na\r\n", "/r/\r\na\r\n"),
            ("a\r\n", "a\r\n/r/\r\n"),
            ("", "/r/\n"),
        ],
    )
    def test_a_line_is_added_once(self, tmp_path: Path, before: str | None, after: str) -> None:
        if before is not None:
            (tmp_path / ".gitignore").write_bytes(before.encode())
        write_planned(tmp_path, [with_lines(tmp_path, ".gitignore", ["/r/"])], force=False)
        write_planned(tmp_path, [with_lines(tmp_path, ".gitignore", ["/r/"])], force=False)
        assert (tmp_path / ".gitignore").read_bytes().decode() == after
