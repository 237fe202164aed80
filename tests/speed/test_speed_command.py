"""``headway speed`` as a job runs it: real models in a real repository, and a real command."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest
from speed.conftest import model

from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Project

COMMAND = ("sh", "next_line.sh", "{model}")


def speed(project: Project, *options: str, command: tuple[str, ...] = COMMAND) -> int:
    return run(["speed", "--base", "HEAD", "--rounds", "6", "-C", str(project.root), *options, "--", *command])


@pytest.fixture(scope="session")
def measured_once(timed_once: Project, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What was measured of both models, in a file."""
    project = timed_once.copied(tmp_path_factory.mktemp("measured") / "project")
    speed(project, "--out", "speed.json")
    return (project.root / "speed.json").read_bytes()


def measured(project: Project) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project.root / "speed.json").read_text())
    return found


def test_a_slower_model_fails_its_gate(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert speed(timed, "--out", "speed.json") == 1
    said = capsys.readouterr()
    assert "1 gate failed: ms" in said.out
    assert re.search(r"ms\s+1\.50x worse", said.out)
    assert "round 6 of 6" in said.err
    found = measured(timed)
    assert found["model"] == "models/net.bin"
    assert found["command"] == list(COMMAND)
    (numbers,) = found["samples"]
    assert [len(numbers[side]) for side in ("base", "base_again", "head")] == [6, 6, 6]
    assert max(numbers["base"] + numbers["base_again"]) < 1.1
    assert min(numbers["head"]) > 1.4
    assert len((timed.root / "runs").read_text().split()) == 21  # three in each round, of which the first is dropped


def test_the_report_and_its_gates_take_what_was_measured(
    timed: Project, measured_once: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (timed.root / "speed.json").write_bytes(measured_once)
    folder = ["-C", str(timed.root)]
    assert run(["gate", "HEAD", *folder]) == 0
    assert "headway speed has not measured it" in " ".join(capsys.readouterr().out.split())
    assert run(["gate", "HEAD", "--speed", str(timed.root / "speed.json"), *folder]) == 1
    assert "90% interval" in capsys.readouterr().out
    assert run(["diff", "HEAD", "--md", "--speed", str(timed.root / "speed.json"), *folder]) == 0
    text = capsys.readouterr().out
    assert re.search(r"\| `ms` \| 1\.50x worse \|", text)
    assert "sh next_line.sh {model}" in text
    report = ["report", "HEAD", "--speed", str(timed.root / "speed.json"), "--out", "out", *folder]
    assert run(report) == 0
    assert json.loads((timed.root / "out" / "report.json").read_text())["speed"]["changes"][0]["verdict"] == "worse"


@pytest.mark.parametrize("change", ["commit", "clean", "project", "damage", "missing", "other", "large"])
def test_a_speed_test_of_something_else_is_refused(
    change: str, timed: Project, measured_once: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    place = timed.root / "speed.json"
    place.write_bytes(measured_once)
    if change == "commit":
        timed.commit("head")
        timed.write("a.txt", "changed").commit("another")
    elif change == "clean":
        place.write_text(place.read_text().replace('"is_dirty": true', '"is_dirty": false'))
    elif change == "project":
        place.write_text(place.read_text().replace('"project": ""', '"project": "models/de"'))
    elif change == "damage":
        place.write_bytes(place.read_bytes()[:300])
    elif change == "missing":
        place.unlink()
    elif change == "other":
        place.write_text('{"schema": "headway.report/2"}')
    else:
        with place.open("ab") as file:
            file.truncate(20 * 1024 * 1024)
    assert run(["diff", "HEAD~0", "--speed", str(place), "-C", str(timed.root)]) == 2
    said = capsys.readouterr().err
    assert "headway speed --out" in said or "Measure again" in said


def test_commits_are_fetched_by_dvc(timed: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    timed.commit("head")
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {tmp_path / 'remote'}\n"
    timed.write(".dvc/config.local", config).push()
    clone = timed.clone(tmp_path / "clone").write(".dvc/config.local", config)
    command = ["speed", "--base", "HEAD~1", "--head", "HEAD", "--rounds", "6", "-C", str(clone.root), "--", *COMMAND]
    assert run(command) == 3  # the remote lacks base's model
    said = capsys.readouterr().err
    assert "The model models/net.bin of HEAD~1 cannot be fetched" in said
    assert "dvc push" in said
    timed.checkout("HEAD~1").run("dvc", "checkout", "-q")
    timed.push()
    assert run(command) == 1
    assert "worse" in capsys.readouterr().out
    assert not (clone.root / "models").exists()  # only copies


def test_an_artifact_a_path_and_a_folder_can_be_named(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for name, command in (("net", COMMAND), ("models/net.bin", COMMAND), ("models", (*COMMAND[:2], "{model}/net.bin"))):
        (timed.root / "runs").unlink(missing_ok=True)
        assert speed(timed, "--model", name, command=command) == 1, name
        assert "worse" in capsys.readouterr().out
    assert speed(timed, "--model", "nothing") == 3
    assert "nothing" in capsys.readouterr().err
    assert speed(timed, "--model", "../else") == 3
    assert speed(timed, "--model", ".") == 3


def test_which_model_is_meant_is_never_guessed(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    timed.dvc_yaml({"stages": {"train": {"cmd": "true", "outs": ["models/net.bin"]}}}).commit("no artifact")
    assert speed(timed) == 3
    assert "--model" in capsys.readouterr().err
    artifacts = {"artifacts": {"net": {"path": "m", "type": "model"}}}
    timed.dvc_yaml(artifacts, "a").dvc_yaml(artifacts, "b").commit("two")
    assert speed(timed, "--model", "net") == 3
    assert "--model a:net" in capsys.readouterr().err


@pytest.mark.slow  # sixty starts of Python; test_a_slower_model_fails_its_gate measures in this process
def test_the_remedies_measure(timed: Project) -> None:
    timed.write("benchmark.py", "import pathlib, sys; print(pathlib.Path(sys.argv[1]).read_text().splitlines()[0])")
    refused = timed.paste("headway speed -- true", check=False)
    assert "does not name {model}" in refused
    timed.commit("head")
    remedy = refused.strip().splitlines()[-1]
    assert "ms 1.50x worse" in timed.paste(remedy, check=False)
    timed.paste(remedy.replace("headway speed", "headway speed --out speed.json"), check=False)
    assert measured(timed)["model"] == "models/net.bin"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("true",), "does not name {model}"),
        (("headway-no-such-command", "{model}"), "cannot be run"),
        (("sh", "-c", "echo broken >&2; exit 3", "{model}"), "fails with exit code 3 with base's model"),
        (("sh", "-c", "kill -9 $$", "{model}"), "ended by signal 9"),
        (("sh", "-c", "echo '{\"ms\": NaN}'", "{model}"), "no number from"),
        (("sh", "-c", "echo '{\"ms\": 1e101}'", "{model}"), "no number from"),
        (("sh", "-c", f"echo '{json.dumps({'n' * 201: 1})}'", "{model}"), "more than 200 characters"),
        (("sh", "-c", 'echo x >> runs; echo "{\\"n$(wc -l < runs)\\": 1}"', "{model}"), "other numbers in each run"),
        (("sh", "-c", "echo x >> runs; test $(wc -l < runs) = 1 && echo '{\"ms\": 1}'; :", "{model}"), "other numbers"),
        (("sh", "-c", "echo x >> runs; test $(wc -l < runs) = 2 && echo '{\"seconds\": 1}'; :", "{model}"), "no num"),
        (("sh", "-c", f"echo '{json.dumps({f'n{i}': 1 for i in range(51)})}'", "{model}"), "at most 50"),
    ],
)  # fmt: skip
def test_a_command_that_measures_nothing_is_an_error(
    command: tuple[str, ...], said: str, timed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert speed(timed, command=command) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_failure_shows_the_end_of_what_the_command_said(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    speed(timed, command=("sh", "-c", "seq 99 >&2; echo why >&2; exit 1", "{model}"))
    said = capsys.readouterr().err
    assert "why" in said
    assert "  99" in said
    assert "  42" not in said


def test_the_command_gets_no_token_and_no_input(
    timed: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "ACTIONS_RUNTIME_TOKEN"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("MINE", "kept")
    speed(timed, command=("sh", "-c", "env | sort > seen.txt; cat >> seen.txt; echo '{\"ms\": 1}'", "{model}"))
    seen = (timed.root / "seen.txt").read_text()
    assert "MINE=kept" in seen
    assert "secret" not in seen
    assert "no difference detected" in " ".join(capsys.readouterr().out.split())


def test_a_run_that_takes_too_long_is_ended_with_what_it_started(
    timed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(timed.root / "alive")
    watch = os.open(timed.root / "alive", os.O_RDONLY | os.O_NONBLOCK)
    timed.write("wait.py", "import signal; file = open('alive', 'w'); signal.pause()")
    script = f"{shlex.quote(sys.executable)} wait.py & wait"
    assert speed(timed, "--timeout", "1.5", command=("sh", "-c", script, "{model}")) == 2
    assert "takes longer than 1.5 seconds" in capsys.readouterr().err
    os.set_blocking(watch, True)
    assert os.read(watch, 1) == b""  # waits for the end of the last process that has it open
    os.close(watch)


def test_a_place_that_cannot_be_written_is_told_before_the_first_run(
    timed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    timed.write("file", "")
    assert speed(timed, "--out", "file/speed.json") == 3
    assert "could not be written" in capsys.readouterr().err
    assert not (timed.root / "runs").exists()


def test_what_is_measured_is_shown_even_if_it_cannot_be_written(
    timed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("sh", "-c", "mkdir -p speed.json; echo '{\"ms\": 1}'", "{model}")
    assert speed(timed, "--out", "speed.json", command=command) == 3
    assert "1.00x" in capsys.readouterr().out


def test_a_model_is_the_same_whatever_the_command_writes_beside_it(
    timed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    timed.write("models/net.bin", model([1, 1.01, 0.99]))
    (timed.root / "models/dangling").symlink_to("nowhere")
    command = ("sh", "-c", "date +%N > $0/cache.$$; echo '{\"ms\": 1}'", "{model}")
    assert speed(timed, "--model", "models", command=command) == 0
    assert "Both sides have the same model" in " ".join(capsys.readouterr().out.split())


def test_the_same_model_is_told(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    timed.write("models/net.bin", model([1, 1.01, 0.99]))
    assert speed(timed) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Both sides have the same model" in said
    assert "No difference in speed detected" in said


def test_an_entry_may_accept_that_it_is_slower(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    rules = (timed.root / "headway.yaml").read_text()
    timed.write("headway.yaml", f"{rules}accepted:\n  - {{what: ms, by: Ada, why: better, until: 2025-06-01}}\n")
    timed.commit("head")  # whose date is before the end
    assert speed(timed, "--base", "HEAD~1") == 0
    assert "accepted" in capsys.readouterr().out


def test_json_is_a_report_of_the_speed_alone(timed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    speed(timed, "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["scope"], found["speed"]["changes"][0]["verdict"]) == ("speed", "worse")
    assert found["gates"]["failed"] == ["ms"]
