"""Sizes and shapes: what is small and costs much, what has no end, and what is no file at all."""

from __future__ import annotations

import gzip
import os
import resource
import subprocess
import sys
from functools import partial
from itertools import pairwise
from typing import IO, TYPE_CHECKING

import psutil
import pytest
from draw.test_draw_renderer import ENDLESS
from hostile.page import Row, Section, ended
from repos import Project

from headway.app.comparison import Request, build_diff, compare_revisions
from headway.app.data import build_data
from headway.app.report import _drawn
from headway.draw import jobs
from headway.draw.jobs import VegaJob
from headway.draw.renderer import Renderer
from headway.errors import HeadwayError
from headway.publish.documents.document import read_document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headway.values.problem import Problem
    from headway.values.report import Report

PIPELINE = {
    "stages": {"train": {"cmd": "true", "params": ["lr"], "metrics": [{"good.json": {"cache": False}}]}},
    "metrics": ["metrics.json"],
    "params": ["more.yaml"],
}
STAGE = "  train: {cmd: 'true', metrics: [{good.json: {cache: false}}]}\n"


def aliases(first: str, more: str, levels: int = 7) -> str:
    """Nine entries a level, each of which is all of the level before."""
    names = "abcdefghijklmnopqrstuvwxyz"
    lines = [f"{name}: &{name} {more.replace('@', f'*{before}')}" for before, name in pairwise(names[:levels])]
    return "\n".join([f"a: &a {first}", *lines, ""])


BOMB = aliases("[x, x, x, x, x, x, x, x, x]", "[@, @, @, @, @, @, @, @, @]")
MERGES = aliases("{k: 1, l: 1}", "{<<: [@, @, @, @, @, @, @, @, @]}", 20)
DEEP = '{"a": ' * 5000 + "1" + "}" * 5000
MATRIX = (
    f"stages:\n{STAGE}  sweep:\n    matrix: {{a: {[*range(1000)]}, b: {[*range(1000)]}}}\n    cmd: echo ${{item.a}}\n"
)
FOOTER = b"\x15\x02\x19\xfc\xff\xff\xff\xff\x07"
"""A version, and a list of 2,147,483,647 structs."""


def project(folder: Path) -> Project:
    """A project with one good metric, and head in the workspace, where it is better."""
    made = Project(folder / "project").write(".gitignore", "/.dvc/cache\n").dvc_yaml(PIPELINE)
    made.write("params.yaml", "lr: 0.1\n").write("more.yaml", "momentum: 0.9\n").write("table.csv", "id\n1\n")
    made.json("good.json", {"accuracy": 0.9}).json("metrics.json", {"loss": 0.5}).commit()
    return made.json("good.json", {"accuracy": 0.95})


def outcome_of(made: Project, build: Callable[[Request], Report] = build_diff) -> str:
    """What a report says of what is wrong, and whether the good metric is there; or how the command ends."""
    try:
        report = build(Request(folder=made.root, base=None, head=None, settings=None))
    except HeadwayError as error:
        return f"exit {error.exit_code}: {error.what} {error.why}"
    good = any(metric.file == "good.json" and metric.head == 0.95 for metric in report.metrics)
    return f"{'; '.join(map(footnote, report.problems))}{'; the other metric is compared' if good else ''}"


def footnote(problem: Problem) -> str:
    return f"`{problem.where}`: {problem.what}"


def written(path: str, content: str | bytes) -> Callable[[Path], str]:
    return lambda folder: outcome_of(project(folder).write(path, content))


def digits(folder: Path) -> str:
    made = project(folder).dvc_yaml({**PIPELINE, "metrics": ["a.json", "a.yaml", "a.toml"], "params": ["a.py"]})
    many = "7" * 1_000_000
    made.write("a.json", f'{{"n": {many}}}').write("a.yaml", f"n: {many}").write("a.toml", f"n = {many}")
    return outcome_of(made.write("a.py", f"n = {many}"))


def pipe(path: str, folder: Path) -> str:
    made = project(folder)
    (made.root / path).unlink(missing_ok=True)
    os.mkfifo(made.root / path)
    return outcome_of(made)


def packed(folder: Path) -> str:
    made = project(folder).write("metrics.json", b" " * 100_000_000)
    made.commit()
    size = int(made.git("count-objects", "-v").split("size: ")[1].split()[0])
    made.write("metrics.json", "{}").commit()
    return f"{outcome_of(made)} ({'under' if size < 1024 else 'over'} 1 MiB in git)"


def tracked(path: str, content: bytes, folder: Path) -> str:
    """What is said of a table that head tracks."""
    made = project(folder).write(path, content).add(path)
    report = build_data(Request(folder=made.root, base=None, head=None, settings=None), draw=False).report
    return "; ".join(map(footnote, report.problems))


def tracked_in_a_process_of_its_own(path: str, content: bytes, folder: Path) -> str:
    """The same by a process that cannot have more than 8 GiB, and that ends where polars asks for more."""
    made = project(folder).write(path, content).add(path)
    done = subprocess.run(
        [sys.executable, "-m", "headway", "data", "--no-fetch"],
        cwd=made.root,
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30)),
        env={**os.environ, "COLUMNS": "200"},
    )
    said = [line.strip("- ") for line in done.stdout.splitlines() if "the table" in line]
    return f"{ended(done, folder)}: {said[0] if said else done.stderr[:200]}"


def long_comment(folder: Path) -> str:
    (folder / "comment.md").write_text("word " * 400_000)
    try:
        return read_document(folder / "comment.md").text[:20]
    except HeadwayError as error:
        return f"exit {error.exit_code}: {error.what.replace(f'{folder}/', '')} {error.why}"


def killed_renderer(_: Path) -> str:
    write = jobs.write

    def write_and_kill(stream: IO[bytes], order: jobs.Order) -> None:
        write(stream, order)
        for child in psutil.Process().children():
            if "headway.draw.worker" in child.cmdline():
                child.kill()

    with Renderer(processes=1) as renderer, pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "write", write_and_kill)
        renderer.submit("chart", VegaJob(ENDLESS))
        return str(renderer.results()["chart"])


def killed_command(folder: Path) -> str:
    made = project(folder)
    command = [sys.executable, "-m", "headway", "ci", "run", "--", "sh", "-c", "kill -KILL $$"]
    done = subprocess.run(command, cwd=made.root, check=False, capture_output=True, text=True)
    return f"exit {done.returncode}: {done.stderr.splitlines()[-1]}"


SECTION = Section(
    "Sizes and shapes",
    (
        Row(
            "a metrics file with 5,000 levels of nesting",
            written("metrics.json", '{"a": ' * 5000 + "1" + "}" * 5000),
        ),
        Row(
            "parameters in seven lines of YAML, whose aliases expand to five million values", written("more.yaml", BOMB)
        ),
        Row("the same lines in `dvc.lock`", written("dvc.lock", f"schema: '2.0'\n{BOMB}")),
        Row(
            "twenty lines of YAML in `headway.yaml`, each of which merges the previous line nine times",
            written("headway.yaml", MERGES),
        ),
        Row(
            "a matrix of 1,000 by 1,000 stages",
            written("dvc.yaml", MATRIX),
        ),
        Row("an integer with a million digits in JSON, YAML, TOML and Python", digits, slow=True),
        Row("a FIFO instead of a metrics file", partial(pipe, "metrics.json")),
        Row("a FIFO instead of `dvc.lock`", partial(pipe, "dvc.lock")),
        Row("a metrics file of 100 MB, which git compresses to 100 kB", packed, slow=True),
        Row(
            "a Parquet file of 21 bytes whose footer claims two billion columns",
            partial(
                tracked_in_a_process_of_its_own,
                "rows.parquet",
                b"PAR1" + FOOTER + len(FOOTER).to_bytes(4, "little") + b"PAR1",
            ),
        ),
        Row(
            "a CSV of 2 kB that is a gzip archive of 2 MB",
            partial(tracked, "rows.csv", gzip.compress(b"id,a\n" + b"1,2\n" * 500_000)),
        ),
        Row("a table in JSON Lines with 5,000 levels of nesting", partial(tracked, "rows.jsonl", DEEP.encode())),
        Row("`headway comment` with a file of 2 MB", long_comment),
        Row("a renderer process that the system kills", killed_renderer),
        Row("`headway ci run -- COMMAND` with a command that the system kills", killed_command),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried[:40])
def test_the_page_says_what_happens(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))


def test_of_many_plots_as_many_are_drawn_as_the_page_shows(tmp_path: Path) -> None:
    made = project(tmp_path).dvc_yaml(
        {**PIPELINE, "plots": [{f"p{i}": {"y": {"table.csv": "id"}}} for i in range(500)]}
    )
    compared = compare_revisions(Request(folder=made.root, base=None, head=None, settings=None))
    drawn, problems = _drawn(compared)
    assert (len(compared.plots), len(drawn.plots)) == (500, 400)
    assert [problem.what for problem in problems] == ["only the first 400 of 500 plots are drawn"]
