"""Whatever fails while results are sent, and however: the next run ends where a clean run ends.

``docs/reliability.md`` is what this test saw. With HEADWAY_UPDATE_GOLDEN it is written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from publish.reliability import COLUMNS
from publish.reliability_page import compare, table
from publish.requests.request_matrix import GIT_COLUMNS, git_word, play_forge, play_git, shown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from publish.requests.request_matrix import Tried

NAMES = {"github": "GitHub", "gitlab": "GitLab", "bitbucket": "Bitbucket"}
HEADING = "## Results sent as a request\n"
INTRODUCTION = """
The same faults while `headway pr` runs. Headway pushes a commit with git, looks for the open request of the branch, and
opens or updates it. A failure ends the command with exit code 4, or 3 if git failed. The words after *reported* are
missing until the next run: the commit on the *branch*, or the *request*.
"""


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.mark.slow
def test_every_fault_while_results_are_sent_is_mended_by_the_next_run(tmp_path: Path) -> None:
    parts = [HEADING + INTRODUCTION]
    for kind, name in NAMES.items():
        rows, clean = play_forge(kind, tmp_path / kind)
        lines = []
        for row, columns in rows:
            for tried in (each for column in columns for each in column):
                check(tried, clean[row.situation], f"{name}, {row.name}")
            lines.append([row.name, *(shown(column, clean[row.situation]) for column in columns)])
        parts.append(
            "\n".join([f"### {name}: requests\n", *table(["Call", *(each.name for each in COLUMNS)], lines), ""])
        )
    parts.append(git_part(tmp_path / "git"))
    compare(HEADING, "\n".join(parts))


def git_part(folder: Path) -> str:
    rows, clean = play_git(folder)
    lines = []
    for name, cells in rows:
        for tried in cells:
            check(tried, clean["first"], name)
        lines.append([name, *(git_word(tried, clean["first"]) for tried in cells)])
    return "\n".join(["### git\n", *table(["Command", *GIT_COLUMNS], lines), ""])


def check(tried: Tried, clean: Tried, where: str) -> None:
    assert tried.again.failures == (), where
    assert tried.final == clean.final, where
    assert tried.delivery.failures or tried.after == clean.after, f"{where}: unnoticed"


def test_a_lost_answer_of_the_forge_and_of_git_is_mended(tmp_path: Path) -> None:
    """The usual sibling of the whole matrix: one forge, and one fault of each kind."""
    rows, clean = play_git(tmp_path / "git")
    words: Iterable[str] = (git_word(cells[1], clean["first"]) for name, cells in rows if "push" in name)
    assert set(words) == {"checked"}
