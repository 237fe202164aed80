"""A stage as the anchor: reports say how far head is from the version that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from git_server import actions_checkout, git_daemon
from registries import RULES, at, trained_versions
from registry.test_readers import tag_all

from headway.app.comparison import Request, build_diff
from headway.ci.job import Job
from headway.errors import RepositoryError
from headway.report import markdown

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Project

    from headway.values.report import Report


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Versions of which v0.0.2 is in production, and settings that name this as the anchor on main."""
    project = trained_versions(tmp_path_factory.mktemp("anchor") / "project")
    tags = [(f"digits@v0.0.{number}", project.git("rev-parse", at(number)), number) for number in (1, 2, 3)]
    stages = [("digits#production#1", tags[0][1], 4), ("digits#production#2", tags[1][1], 5)]
    tag_all(project, [*tags, *stages])
    project.write("headway.yaml", f"anchor: production\n{RULES}").commit("anchor")
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    return template.copied(tmp_path / "project")


def diff(project: Project, **more: Any) -> Report:
    asked = {"base": "main", "head": "head", "settings": None, "fetch": False, **more}
    return build_diff(Request(folder=project.root, **asked))


def changed(project: Project, anchor: str = "") -> Project:
    """A branch with another commit, whose settings may name another anchor."""
    project.branch("head").write("note.txt", anchor or "-")
    if anchor:
        project.write("headway.yaml", f"anchor: {anchor}\n{RULES}")
    project.commit("head")
    return project


def test_a_stage_is_the_version_that_has_it(project: Project) -> None:
    report = diff(changed(project))
    assert report.anchor
    assert (report.anchor.name, report.anchor.sha) == (
        "production (v0.0.2)",
        project.git("rev-parse", "digits@v0.0.2^{}"),
    )
    assert "production (v0.0.2)" in markdown.render(report)
    (metric,) = report.metrics
    assert metric.since_anchor
    assert metric.since_anchor.anchor == pytest.approx(0.8)


def test_a_tag_or_branch_of_the_name_comes_first(project: Project) -> None:
    project.git("branch", "production", "digits@v0.0.1^{commit}")
    report = diff(changed(project))
    assert report.anchor
    assert (report.anchor.name, report.anchor.sha) == ("production", project.git("rev-parse", "production"))


def test_several_models_in_a_stage_need_their_names(project: Project) -> None:
    tag_all(project, [("letters#production#1", project.git("rev-parse", "main"), 9)])
    (problem,) = [each for each in diff(changed(project)).problems if each.where == "settings: anchor"]
    assert "Several models have a version in production" in problem.what
    assert "digits#production, letters#production" in problem.remedy


def test_a_stage_that_nobody_has_is_an_error_for_the_change_that_names_it(project: Project) -> None:
    with pytest.raises(RepositoryError, match="There is no revision 'staging'"):
        diff(changed(project, "staging"))


def test_a_clone_of_ci_asks_the_remote_for_the_tags(template: Project, tmp_path: Path) -> None:
    with git_daemon(template.git_root.parent) as address:
        url = f"{address}/{template.git_root.name}"
        sha = template.git("rev-parse", "main")
        clone = actions_checkout(tmp_path / "clone", url, sha, "refs/remotes/origin/main")
        clone.branch("head").write("note.txt", "-").commit("head")
        report = diff(clone, base="refs/remotes/origin/main", fetch=True, job=Job(in_ci=True))
    assert report.anchor
    assert report.anchor.name == "production (v0.0.2)"
