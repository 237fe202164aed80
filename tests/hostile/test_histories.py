"""Revisions and clones: bases that a clone lacks, names of every kind, and projects that are not checked out."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from hostile.page import Row, Section
from repos import PIPELINE, Project

from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


def headway(project: Project, *arguments: str) -> tuple[int, str, str]:
    """A command in a project: its exit code, standard output and standard error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        code = run([*arguments, "-C", str(project.root)])
    return code, said(out), said(err)


def said(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def diff(project: Project, *arguments: str) -> str:
    """How ``headway diff`` ends: what became of the accuracy, else the exit code and the first line of the error."""
    code, out, err = headway(project, "diff", "--json", *arguments)
    return moved(json.loads(out)) if out else f"exit {code}: {err.splitlines()[0].replace(project.root.name, 'DIR')}"


def moved(report: dict[str, Any]) -> str:
    (metric,) = [each for each in report["metrics"] if each["key"] == "acc"]
    sides = " to ".join("nothing" if metric[side] is None else str(metric[side]) for side in ("base", "head"))
    return f"accuracy {sides}, {metric['status']}"


def remedy(project: Project, *arguments: str) -> str:
    """The last line of what ``headway diff`` writes to standard error, pasted into a shell; its exit code in words."""
    command = headway(project, "diff", *arguments)[2].splitlines()[-1].strip()
    done = subprocess.run(command, shell=True, cwd=project.root, capture_output=True, check=False)  # noqa: S602 - as a reader would
    return "works" if done.returncode == 0 else f"fails with {done.returncode}"


def origin(folder: Path, count: int = 2) -> Project:
    """So many commits, the accuracy in each a tenth higher."""
    project = Project(folder / "origin")
    for number in range(1, count + 1):
        project.write("code.py", "").write("params.yaml", f"lr: {number}\n").json("metrics.json", {"acc": number / 10})
        project.dvc_yaml({"metrics": ["metrics.json"], "params": ["params.yaml"]}).commit(f"{number}")
    return project


def shallow(folder: Path, count: int = 2) -> Project:
    return origin(folder, count).clone(folder / "clone", "--depth=1")


def stage(folder: Path) -> str:
    project = Project(folder / "origin")
    report = f"{shlex.quote(sys.executable)} -m headway report"
    train = {**PIPELINE["stages"]["train"], "outs": []}
    for lr in (0.1, 0.2):
        project.write("code.py", "").write("params.yaml", f"lr: {lr}\n").json("metrics.json", {"acc": lr})
        stages = {"train": train, "report": {"cmd": report, "deps": ["metrics.json"], "always_changed": True}}
        project.dvc_yaml({"stages": stages}).write(".gitignore", "/reports\n").recorded().commit()
    clone = project.clone(folder / "clone", "--depth=1")
    done = clone.run("dvc", "repro", check=False)
    found = json.loads((clone.root / "reports/headway/report.json").read_text())
    (note,) = found["notes"]
    told = "standard error names it" if note in done.stderr else "standard error does not"
    note = note.replace(clone.git("rev-parse", "HEAD")[:7], "SHA").rstrip(".")
    fixed = f"{remedy(clone)}: {diff(clone)}"
    return f"dvc repro exits {done.returncode}; {moved(found)}: {note}; {told}; the remedy, pasted, {fixed}"


def named(folder: Path) -> str:
    clone = shallow(folder)
    return f"{diff(clone, 'HEAD~1')} The remedy, pasted, {remedy(clone, 'HEAD~1')}: {diff(clone, 'HEAD~1')}"


def short(folder: Path) -> str:
    project = origin(folder)
    sha = project.git("rev-parse", "HEAD~1")[:9]
    clone, other = (project.clone(folder / name, "--depth=1") for name in ("clone", "other"))
    before = diff(clone, sha)
    fixed = f"{remedy(clone, sha)}: {diff(clone, sha)}"
    said = f"{before} The remedy, pasted, {fixed}; with --fetch, {diff(other, sha, '--fetch')}"
    return said.replace(sha, "SHA")


def fetched(folder: Path) -> str:
    project = origin(folder, 9)
    words = []
    for name in ("HEAD~1", "HEAD~5"):
        clone = project.clone(folder / name, "--depth=1")
        found = diff(clone, name, "--fetch")
        words.append(
            f"`{name}`: {int(clone.git('rev-list', '--count', '--all')) - 1} of 8 missing commits come, {found}"
        )
    return "; ".join(words)


def away(folder: Path) -> str:
    project = origin(folder)
    project.branch("feature").commit()
    clone = project.clone(folder / "clone", "--depth=1", "--branch=feature")
    clone.git("remote", "set-url", "origin", f"file://{folder}/gone")
    code, out, err = headway(clone, "diff", "--json", "--fetch")
    (warning,) = [line for line in err.splitlines() if line.startswith("warning")]
    return f"exit {code}: {moved(json.loads(out))}; {warning}"


def command_as_a_name(folder: Path) -> str:
    clone = shallow(folder)
    pasted = remedy(clone, "$(touch${IFS}stranger)")
    return f"the remedy, pasted, {pasted}, and {'runs it' if (clone.root / 'stranger').exists() else 'runs no command'}"


def experiment(folder: Path) -> str:
    project = origin(folder)
    start = project.git("rev-parse", "HEAD")
    for name, accuracy in (("wide-net", 0.7), ("main", 0.9)):
        made = project.json("metrics.json", {"acc": accuracy}).commit(name)
        project.git("update-ref", f"refs/exps/{start[:2]}/{start[2:]}/{name}", made)
        project.git("reset", "--quiet", "--hard", start)
    same = json.loads(headway(project, "diff", "wide-net", "main", "--json")[1])
    note = "; ".join(same["notes"]).replace(f"{start[:2]}/{start[2:]}", "START")
    return f"main wide-net: {diff(project, 'main', 'wide-net')}; wide-net main: {moved(same)}: {note}"


def twice(folder: Path) -> str:
    code, _, err = headway(origin(folder), "diff", "main", "feature", "--head", "other")
    return f"exit {code}: {err.splitlines()[-1]}"


def monorepo(folder: Path) -> Project:
    """Main has the projects ``old`` and ``same``; the branch ``moved`` has ``new`` in place of ``old``."""
    project = Project(folder / "mono", dvc=False)
    for name in ("old", "same"):
        inner = Project(project.root, subdir=name, git=False).dvc_init()
        inner.dvc_yaml({"metrics": ["metrics.json"]}).json("metrics.json", {"acc": 0.1})
    project.commit()
    project.branch("moved").git("mv", "old", "new")
    project.commit()
    return project.checkout("main")


def projects(project: Project) -> str:
    code, out, _ = headway(project, "diff", "main", "moved", "--all-projects", "--json")
    found = [f"{each['project']}: {moved(each)} ({each['notes'][0]})" for each in json.loads(out)]
    return f"exit {code}: {'; '.join(found)}"


def elsewhere(folder: Path) -> str:
    return projects(monorepo(folder))


def bare(folder: Path) -> str:
    project = monorepo(folder)
    project.git("clone", "--quiet", "--bare", ".", str(folder / "bare.git"))
    clone = Project(folder / "bare.git", git=False)
    code, _, err = headway(clone, "diff", "main", "--all-projects")
    return f"{projects(clone)}; without HEAD, exit {code}: {err.splitlines()[0].replace(f'{folder}/', '')}"


def broken(folder: Path) -> str:
    project = origin(folder, 1)
    words = []
    for name, text in {"conflict markers": "<<<<<<< HEAD\n", "3,000 brackets": "[" * 3000, "a link out": ""}.items():
        project.checkout("main").branch(name.replace(" ", "-").replace(",", ""))
        if text:
            project.write("dvc.yaml", text)
        else:
            project.remove("dvc.yaml").root.joinpath("dvc.yaml").symlink_to("/etc/passwd")
        project.commit()
        base = project.git("rev-parse", "HEAD")
        project.git("checkout", "--quiet", "main", "--", "dvc.yaml")
        project.json("metrics.json", {"acc": 0.2}).commit()
        report = json.loads(headway(project, "diff", base, "HEAD", "--json")[1])
        is_told = any("is not valid" in problem["what"] for problem in report["problems"])
        words.append(f"{name}: {moved(report)}, {'and a note says why' if is_told else 'and no note'}")
    return "; ".join(words)


SECTION = Section(
    "Revisions and clones",
    (
        Row("`headway report` as a stage of `dvc repro`, in a clone of one commit outside CI", stage, slow=True),
        Row("an explicit base that a clone of one commit lacks", named),
        Row("a short SHA as the base, in a clone of one commit", short),
        Row("`HEAD~1` and `HEAD~5` with `--fetch`, in a clone of one commit", fetched),
        Row("`--fetch` without a reachable remote, with a base that Headway chooses", away),
        Row("a base named `$(touch${IFS}stranger)`", command_as_a_name),
        Row("a DVC experiment as base and as head, and one with the name of a branch", experiment),
        Row("`headway diff main feature --head other`", twice),
        Row(
            "`--all-projects` for two branches, with one project only in the first and another only in the second",
            elsewhere,
        ),
        Row("the same in a bare repository", bare),
        Row(
            "a base whose `dvc.yaml` contains conflict markers or 3,000 brackets, or is a link out of git",
            broken,
            slow=True,
        ),
    ),
)


@pytest.mark.parametrize(
    "row",
    SECTION.params(),
    ids=[row.play.__name__ for row in SECTION.rows],
)
def test_the_row_is_as_the_page_says(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
