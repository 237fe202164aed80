"""Which DVC projects of a git repository a change touches, asked of git alone."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.gather.git.history import History
from headway.gather.git.revisions import choose_base
from headway.gather.monorepo import Monorepo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Changed = Callable[..., list[str]]

PROJECTS = ("", "teams/speech", "teams/vision", "teams/vision/nested")


@pytest.fixture
def mono(tmp_path: Path) -> Project:
    """Four projects, one at git's root and one inside another."""
    project = Project(tmp_path / "mono", dvc=False)
    for folder in PROJECTS:
        place = f"{folder}/" if folder else ""
        project.write(f"{place}.dvc/config", "").write(f"{place}metrics.json", "{}").write(f"{place}dvc.yaml", "")
    project.write("shared/params.yaml", "lr: 1\n").write("shared/unused.txt", "")
    project.write("teams/speech/dvc.yaml", "stages:\n  t: {cmd: a, params: [../../shared/params.yaml: [lr]]}\n")
    project.write("teams/vision/data.dvc", "outs: [{path: data}]\n").write(".gitignore", "ignored\n")
    project.commit("base")
    return project


@pytest.fixture
def changed() -> Changed:
    def projects(mono: Project, base: str = "main", head: str | None = None, **more: str) -> list[str]:
        with Monorepo.open(mono.git_root, head) as repository:
            assert repository.projects == tuple(sorted(PROJECTS))
            found = repository.base(base, None)
            return [each for each in repository.projects if repository.has_changed(each, found, **more)]

    return projects


def test_nothing_changed(mono: Project, changed: Changed) -> None:
    assert changed(mono) == []


@pytest.mark.parametrize(
    ("path", "projects"),
    [
        ("metrics.json", [""]),
        ("shared/unused.txt", [""]),
        ("teams/speech/src/code.py", ["teams/speech"]),
        ("teams/vision/metrics.json", ["teams/vision"]),
        ("teams/vision/nested/metrics.json", ["teams/vision/nested"]),
        ("teams/vision/data.dvc", ["teams/vision"]),
        ("teams/visionary.txt", [""]),
        ("shared/params.yaml", ["", "teams/speech"]),
    ],
)
@pytest.mark.parametrize("state", ["committed", "uncommitted"])
def test_a_change_belongs_to_the_innermost_project_and_to_those_that_name_it(
    mono: Project, changed: Changed, path: str, projects: list[str], state: str
) -> None:
    mono.branch("feature").write(path, "changed: 1\n")
    if state == "committed":
        mono.commit()
        assert changed(mono, head="feature") == projects
    assert changed(mono) == projects


def test_a_file_that_git_ignores_is_no_change(mono: Project, changed: Changed) -> None:
    assert changed(mono.write("teams/vision/ignored", "x")) == []


def test_what_dvc_does_to_its_own_folder_is_no_change(mono: Project, changed: Changed) -> None:
    assert changed(mono.write("teams/vision/.dvc/.gitignore", "/cache\n")) == []


def test_the_reports_own_folder_is_no_change(mono: Project, changed: Changed) -> None:
    mono.write("teams/vision/out/report.json", "{}")
    assert changed(mono) == ["teams/vision"]
    assert changed(mono, apart_from="teams/vision/out") == []


def test_a_removed_file_is_a_change(mono: Project, changed: Changed) -> None:
    assert changed(mono.remove("teams/speech/metrics.json")) == ["teams/speech"]


def test_before_the_first_commit_everything_is_new(mono: Project) -> None:
    with Monorepo.open(mono.git_root, None) as repository:
        base = repository.base(None, None)
        assert base.sha is None
        assert all(repository.has_changed(project, base) for project in repository.projects)


def test_a_folder_inside_a_project_finds_all_of_them(mono: Project) -> None:
    with Monorepo.open(mono.root / "teams/vision/nested", None) as repository:
        assert repository.projects == tuple(sorted(PROJECTS))
        assert repository.read("teams/vision/data.dvc", 1000) is not None
        assert repository.read("teams/vision/data.dvc", 3) is None
        assert repository.read("nothing", 1000) is None


def test_the_base_is_the_one_of_a_single_comparison(mono: Project) -> None:
    mono.branch("feature").commit()
    history = History(mono.git_root)
    with Monorepo.open(mono.git_root, None) as repository:
        assert repository.base(None, None) == choose_base(history, None, repository.head, None)


def test_dvc_is_not_loaded(mono: Project) -> None:
    code = (
        "import sys, pathlib\nfrom headway.gather.monorepo import Monorepo\n"
        "with Monorepo.open(pathlib.Path(sys.argv[1]), None) as r:\n"
        "    assert not r.has_changed('teams/vision', r.base('main', {}))\n"
        "sys.exit('loaded' if 'dvc' in sys.modules else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(mono.git_root)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
