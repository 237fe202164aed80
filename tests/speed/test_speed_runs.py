"""Runs of a command: what is read of its output, and what becomes of what it leaves behind."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from headway.app.speed.runs import Plan, measure

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.speed import SpeedSamples


def numbers(folder: Path, script: str, rounds: int = 1) -> tuple[SpeedSamples, ...]:
    command, models = ("sh", "-c", script, "{model}"), (folder / "base", folder / "head")
    return measure(Plan(command, models, folder, os.environ, rounds, timeout=600))


def test_each_run_is_first_second_and_last_and_each_model_follows_itself(tmp_path: Path) -> None:
    numbers(tmp_path, 'basename "$0" >> runs', rounds=5)
    runs = (tmp_path / "runs").read_text().split()
    rounds = [tuple(runs[start : start + 3]) for start in range(0, len(runs), 3)]
    assert sorted(each.index("head") for each in rounds) == [0, 0, 1, 1, 2, 2]
    assert [each.count("base") for each in rounds] == [2] * 6
    assert {*pairwise(runs)} == {("base", "base"), ("base", "head"), ("head", "base"), ("head", "head")}


def test_the_last_line_counts_however_much_comes_before(tmp_path: Path) -> None:
    (found,) = numbers(tmp_path, "head -c 1100000 /dev/zero | tr '\\0' '\\n'; echo '{\"ms\": 3}'")
    assert (found.name, found.head) == ("ms", (3.0,))


def test_what_a_run_leaves_behind_is_ended(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    watch = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    numbers(tmp_path, "exec 3> alive; tail -f /dev/null & exit 0")
    os.set_blocking(watch, True)
    assert os.read(watch, 1) == b""  # waits for the end of the last process that has it open
    os.close(watch)
