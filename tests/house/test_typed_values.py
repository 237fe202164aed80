"""Values that JSON, YAML and TOML tell apart, from the files to every rendering: big integers, types, long lists."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from rendered import rows_of, within
from repos import Project
from rich.console import Console

import headway
from headway.cli.main import run
from headway.numbers import MINUS, MISSING
from headway.publish.fork.limits import decode_report
from headway.report import codec, html, markdown, terminal
from headway.report.formatting import literal_values
from headway.report.sections.metrics.section import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from headway.values.comparison import Cause, Param
    from headway.values.report import Report
    from headway.values.verification import Verification

SEEDS = "18446744073709551557", "18446744073709551559"
LONG = [*range(100, 164)], [*range(100, 136), 999, *range(137, 164)]
PROMPT = "You are a careful assistant. Answer in {} words, and name your sources."
PROMPTS = PROMPT.format(10), PROMPT.format(20)
WIDE = "…6920938463463374607431768211455", "…6920938463463374607431768211454"
MOMENT = "1979-05-27T07:32:00+00:00"
ROWS: list[tuple[str, str, str | None, str | None, tuple[str, str]]] = [
    ("p.yaml", "seed", *SEEDS, SEEDS),
    ("p.yaml", "mixed", f'"{SEEDS[0]}"', SEEDS[0], (f'"{SEEDS[0]}"', SEEDS[0])),
    ("p.yaml", "rounded", "9007199254740993", "9007199254740992.0", ("9007199254740993", "9007199254740992.0")),
    ("p.yaml", "wide", "0x" + "f" * 32, "0x" + "f" * 31 + "e", WIDE),
    ("p.yaml", "limit", ".inf", "-.inf", ("Infinity", "-Infinity")),
    ("p.yaml", "loss", ".nan", "0.3", ("NaN", "0.3")),
    ("p.yaml", "word", '"NaN"', ".nan", ('"NaN"', "NaN")),
    ("p.yaml", "far", '"Infinity"', ".inf", ('"Infinity"', "Infinity")),
    ("p.yaml", "lower", "nan", ".nan", ('"nan"', "NaN")),
    ("p.yaml", "one", '"1"', "1", ('"1"', "1")),
    ("p.yaml", "flag", "true", '"true"', ("true", '"true"')),
    ("p.yaml", "nothing", "null", '"null"', ("null", '"null"')),
    ("p.yaml", "empty", '""', "null", ('""', "null")),
    ("p.yaml", "gone", "null", None, ("null", MISSING)),
    ("p.yaml", "new", None, "null", (MISSING, "null")),
    ("p.yaml", "options", "{}", None, ("{}", MISSING)),
    ("d.yaml", "day", "2025-01-02", '"2025-01-02"', ("2025-01-02", '"2025-01-02"')),
    ("d.yaml", "days", "[2025-01-02]", '["2025-01-02"]', ("[2025-01-02]", '["2025-01-02"]')),
    ("d.yaml", "at", "2025-01-02 03:04:05", "2025-01-02", ("2025-01-02T03:04:05", "2025-01-02")),
    ("p.yaml", "layers", str(LONG[0]), str(LONG[1]), ("[… 136 …] (37 of 64)", "[… 999 …] (37 of 64)")),
    ("p.yaml", "prompt", *PROMPTS, ("…er in 10 words, and name your …", "…er in 20 words, and name your …")),
    ("p.yaml", "space", '"a b"', '"a  b"', ('"a b"', '"a \\u0020b"')),
    ("p.yaml", "unseen", '"ab"', '"a\\u200bb"', ('"ab"', '"a\\u200bb"')),
    ("p.yaml", "rate", "0.1", "0.30000000000000004", ("0.1", "0.30000000000000004")),
    ("p.yaml", "decay", "1e-5", "0.00002", ("1e-5", "2e-5")),
    ("p.toml", "seed", *SEEDS, SEEDS),
    ("p.toml", "clock", "07:32:00", '"07:32:00"', ("07:32:00", '"07:32:00"')),
    ("p.toml", "when", "1979-05-27T07:32:00Z", f'"{MOMENT}"', (MOMENT, f'"{MOMENT}"')),
    ("p.json", "seed", *SEEDS, SEEDS),
    ("p.json", "far", "1e400", "-1e400", ("Infinity", "-Infinity")),
    ("p.json", "zero", "-0.0", "1e22", ("-0.0", "1e22")),
    ("p.json", "nested", '[{"a": [1, "1"]}]', '[{"a": [1, 1]}]', ('[{"a":[1,"1"]}]', '[{"a":[1,1]}]')),
    ("p.py", "SEED", *SEEDS, SEEDS),
    ("p.py", "RAW", 'b"x"', '"b\'x\'"', ("b'x'", '"b\'x\'"')),
]  # fmt: skip
"""File, key, what each side's file holds, and what a reader sees of it."""
SAME: list[tuple[str, str, str, str]] = [
    ("p.yaml", "still", ".nan", ".NaN"),
    ("p.yaml", "whole", "1", "1.0"),
    ("p.yaml", "many", "[.nan, 1]", "[.nan, 1.0]"),
    ("p.json", "sum", "0.30", "0.3"),
]  # fmt: skip
"""What is written in two ways and is one value."""
METRICS = {
    "n": ("18446744073709551611", "18446744073709551622"),
    "text": ('"1"', "1"),
    "third": ("0.1", "0.3"),
    "noise": ("0.3", "0.30000001192092896"),
    "float": ("9007199254740993", "9007199254740992.0"),
    "jump": ("1", "36893488147419103232"),
    "same": ("36893488147419103232", "3.6893488147419103e19"),
}
IN_LOCK = ("p.yaml", "p.json")
"""DVC can record neither dates nor bytes, so no stage depends on the other files."""


def write(project: Project, side: int) -> None:
    held: dict[str, list[tuple[str, str]]] = {}
    for file, key, *both in [*((file, key, base, head) for file, key, base, head, _ in ROWS), *SAME]:
        if (value := both[side]) is not None:
            held.setdefault(file, []).append((key, value))
    for file, sign in (("p.yaml", ":"), ("d.yaml", ":"), ("p.toml", " ="), ("p.py", " =")):
        project.write(file, "".join(f"{key}{sign} {value}\n" for key, value in held[file]))
    project.write("p.json", _json(held["p.json"]))
    project.write("m.json", _json((key, both[side]) for key, both in METRICS.items()))


def _json(entries: Iterable[tuple[str, str]]) -> str:
    return "{{{}}}".format(", ".join(f'"{key}": {value}' for key, value in entries))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Recorded at base, changed in the workspace."""
    project = Project(tmp_path_factory.mktemp("typed") / "project")
    stage = {"cmd": "true", "params": [{file: None} for file in IN_LOCK], "outs": [{"out.txt": {"cache": False}}]}
    project.dvc_yaml({"stages": {"train": stage}, "params": ["d.yaml", "p.toml", "p.py"], "metrics": ["m.json"]})
    write(project, 0)
    project.write("out.txt", "").recorded().commit()
    write(project, 1)
    return project


@pytest.fixture(scope="module")
def report(project: Project) -> Report:
    return headway.build_report(project.root, "HEAD", environ={})


@pytest.fixture(scope="module")
def verification(project: Project) -> Verification:
    return headway.verify_workspace(project.root, environ={})


def read(entries: Iterable[Param]) -> dict[tuple[str, str], tuple[str, str]]:
    return {(entry.file, entry.key): texts(entry) for entry in entries}


def texts(entry: Param | Cause) -> tuple[str, str]:
    """What the narrowest rendering shows of both sides."""
    base, head = literal_values(entry)
    return within(base, 32), within(head, 32)


def test_every_difference_of_parameters_is_seen(report: Report) -> None:
    assert read(report.params) == {(file, key): seen for file, key, _, _, seen in ROWS}


def test_a_stale_stage_names_the_same_values(verification: Verification) -> None:
    (stage,) = verification.stages
    assert {cause.what: texts(cause) for cause in stage.causes} == {
        f"{file}:{key}": seen for file, key, _, _, seen in ROWS if file in IN_LOCK
    }


def test_dvc_names_the_same_and_what_is_not_equal_to_itself(project: Project, verification: Verification) -> None:
    with project.dvc() as repo:
        ((changed,),) = repo.status().values()
    theirs = {f"{file}:{key}" for file, keys in changed["changed deps"].items() for key in keys}
    ours = {cause.what for cause in verification.stages[0].causes}
    assert theirs - ours == {"p.yaml:still"}
    assert not ours - theirs


def printed(report: Report) -> str:
    stream = StringIO()
    terminal.render(report, Console(file=stream, width=200))
    return stream.getvalue()


RENDERINGS: dict[str, Callable[[Report], str]] = {
    "markdown": markdown.render,
    "html": lambda report: html.render(report, {}),
    "terminal": printed,
}


@pytest.mark.parametrize("form", RENDERINGS)
def test_what_is_read_back_is_rendered_alike(report: Report, form: str) -> None:
    assert RENDERINGS[form](codec.decode(codec.encode(report))) == RENDERINGS[form](report)


def test_a_reader_sees_it_in_every_rendering(report: Report) -> None:
    assert '| `p.yaml:one` | `"1"` | `1` |' in markdown.render(report)
    assert "parameter `p.json:far` `Infinity` → `-Infinity`" in markdown.render(report)
    assert "<code>[… 136 …] (37 of 64)</code>" in html.render(report, {})
    assert "p.yaml:layers" in printed(report)
    assert "[… 999 …] (37 of 64)" in printed(report)


def test_json_holds_no_number_that_a_reader_would_round(report: Report) -> None:
    encoded = codec.encode(report)
    exact = json.loads(encoded)
    assert exact == json.loads(encoded, parse_int=lambda digits: int(float(digits)))
    seeds = [param for param in exact["params"] if param["key"] == "seed"]
    typed = [{"place": f"/{side}", "type": "integer"} for side in ("base", "head")]
    assert [(p["base"], p["head"], p["types"]) for p in seeds] == [(*SEEDS, typed)] * 3


def test_a_forks_report_keeps_them(report: Report) -> None:
    kept = decode_report(codec.encode(report))
    assert (read(kept.params), kept.verification) == (read(report.params), report.verification)
    assert kept.metrics == report.metrics


def test_metrics_and_their_changes_are_exact(report: Report) -> None:
    (section,) = build(report)
    shown = {name: tuple(cells) for name, *cells, _ in rows_of(section.blocks[0])}
    assert shown == {
        "n": ("+11", "18,446,744,073,709,551,611 → 18,446,744,073,709,551,622"),
        "text": ("changed", '"1" → 1'),
        "third": ("+0.2", "0.1 → 0.3"),
        "noise": (f"+1.19e{MINUS}8", "0.30000000 → 0.30000001"),
        "float": (f"{MINUS}1", "9,007,199,254,740,993 → 9,007,199,254,740,992"),
        "jump": ("+36,893,488,147,419,103,231", "1 → 36,893,488,147,419,103,232"),
    }


def trained(folder: Path, parameter: str) -> Project:
    """A stage that ran with a parameter, and a metric, committed."""
    stage = {"cmd": "cat params.yaml > m.txt", "params": ["value"], "outs": [{"m.txt": {"cache": False}}]}
    project = Project(folder / "project").dvc_yaml({"stages": {"train": stage}, "metrics": ["n.json"]})
    project.write("params.yaml", f"value: {parameter}\n").write("m.txt", "").write(
        "n.json", '{"n": 18446744073709551611}'
    )
    project.recorded().commit()
    return project


@pytest.mark.parametrize(
    ("base", "head", "seen"),
    [
        (*SEEDS, f"{SEEDS[0]} → {SEEDS[1]}"),
        (".inf", "-.inf", "Infinity → -Infinity"),
        (".nan", ".inf", "NaN → Infinity"),
        ("null", '"null"', 'null → "null"'),
    ],
)
def test_verify_and_diff_on_the_command_line(
    base: str, head: str, seen: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = trained(tmp_path, base)
    assert run(["verify", "--project", str(project.root)]) == 0
    project.write("params.yaml", f"value: {head}\n").write("n.json", '{"n": 18446744073709551622}')
    capsys.readouterr()
    assert run(["verify", "--project", str(project.root)]) == 1
    assert f"parameter params.yaml:value {seen}" in capsys.readouterr().out
    assert run(["diff", "HEAD", "--project", str(project.root), "--md"]) == 0
    said = capsys.readouterr().out
    assert "`train` (parameter `params.yaml:value` `{}` → `{}`)".format(*seen.split(" → ")) in said
    assert "| +11 | 18,446,744,073,709,551,611 → 18,446,744,073,709,551,622 |" in said
