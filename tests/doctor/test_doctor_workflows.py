"""The files of CI: Headway's own templates are in order once their placeholders are filled, and each slip is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from doctor.checkups import TOPICS, check, status
from repos import Project

TEMPLATES = Path(__file__).parents[2] / "docs/ci"
WORKFLOWS = [topic.name for family, topic in TOPICS.values() if family == "Workflows"]
OF_GITHUB = ("checkout", "workflow permissions", "forks")
ACTION = """\
on: pull_request
jobs:
  report:
    permissions: {contents: write, pull-requests: write, checks: write}
    steps:
      - uses: actions/checkout@v5
      - uses: acme/headway@v1
"""

REPORT = """\
name: report
on:
  pull_request:
permissions: {}
jobs:
  report:
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0
          persist-credentials: false
      - name: Report
        run: headway report
"""
POST = """\
name: post
on:
  workflow_run:
    workflows: [report, data]
permissions: {}
jobs:
  post:
    permissions:
      actions: read
      checks: write
      contents: write
      pull-requests: write
    steps:
      - run: headway post --from-run
        env:
          GITHUB_TOKEN: ${{ github.token }}
"""


def filled(name: str) -> str:
    """A template with the placeholders replaced, as its first lines ask for."""
    text = (TEMPLATES / name).read_text().replace("git.example/team", "git.acme.example/ml")
    text = text.replace("team/headway/", "acme/headway/").replace("team/headway@", "acme/headway@")
    return text.replace("0123456789abcdef0123456789abcdef01234567", "89abcdef" * 5)


@pytest.fixture
def forked(tmp_path: Path) -> Project:
    """The two workflows that report on pull requests from forks."""
    project = Project(tmp_path, dvc=False).write(".github/workflows/report.yml", REPORT)
    return project.write(".github/workflows/post.yml", POST)


def edited(project: Project, file: str, old: str, new: str) -> Project:
    path = f".github/workflows/{file}"
    text = (project.root / path).read_text()
    assert old in text
    return project.write(path, text.replace(old, new))


def found(project: Project) -> dict[str, str]:
    return {name: status(project.root, name) for name in WORKFLOWS}


def test_a_repository_without_ci_is_told_to_begin(tmp_path: Path) -> None:
    assert found(Project(tmp_path, dvc=False)) == {**dict.fromkeys(WORKFLOWS, "skipped"), "report": "warning"}


def test_githubs_templates_are_in_order(forked: Project) -> None:
    assert found(forked) == dict.fromkeys(WORKFLOWS, "ok")
    for name in ("report", "post"):
        forked.write(f".github/workflows/{name}.yml", filled(f"github-{name}.yml"))
    assert found(forked) == dict.fromkeys(WORKFLOWS, "ok")


def test_headways_own_workflows_can_be_called(forked: Project) -> None:
    for name, text in (("report", REPORT), ("post", POST)):
        called = f"    uses: acme/headway/.github/workflows/reusable-{name}.yml@v1\n"
        forked.write(f".github/workflows/{name}.yml", text.partition("    steps:")[0] + called)
    assert found(forked) == dict.fromkeys(WORKFLOWS, "ok")
    edited(forked, "post.yml", "pull-requests: write", "pull-requests: read")
    edited(forked, "report.yml", "@v1", "@0123456789abcdef0123456789abcdef01234567")
    assert [status(forked.root, name) for name in ("workflow permissions", "placeholders")] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("template", "file"),
    [("gitlab-ci.yml", ".gitlab-ci.yml"), ("bitbucket-pipelines.yml", "bitbucket-pipelines.yml")],
)
def test_the_templates_of_the_other_forges_are_in_order(tmp_path: Path, template: str, file: str) -> None:
    project = Project(tmp_path, dvc=False).write(file, filled(template))
    assert found(project) == {**dict.fromkeys(WORKFLOWS, "ok"), **dict.fromkeys(OF_GITHUB, "skipped")}


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.glob("git[hl]*-*.yml")))
def test_each_placeholder_of_each_template_is_found(tmp_path: Path, template: str) -> None:
    text = (TEMPLATES / template).read_text()
    project = Project(tmp_path, dvc=False).write(".github/workflows/ci.yml", text)
    is_filled = filled(template) == text
    assert status(project.root, "placeholders") == ("ok" if is_filled else "failed")
    project.write(".github/workflows/ci.yml", filled(template))
    assert status(project.root, "placeholders") == "ok"


def test_a_placeholder_has_its_line_and_what_belongs_there(tmp_path: Path) -> None:
    project = Project(tmp_path, dvc=False).write(".gitlab-ci.yml", (TEMPLATES / "gitlab-ci.yml").read_text())
    remedy = check(project.root, "placeholders").remedy
    assert remedy.startswith("In .gitlab-ci.yml, line 8, replace git.example/team/headway")


@pytest.mark.parametrize(
    ("file", "old", "new", "name", "expected"),
    [
        ("post.yml", "[report, data]", "[build]", "forks", "failed"),
        ("post.yml", "pull-requests: write", "issues: write", "workflow permissions", "failed"),
        ("post.yml", "actions: read", "issues: read", "workflow permissions", "failed"),
        ("post.yml", "checks: write", "statuses: write", "workflow permissions", "ok"),
        ("post.yml", "contents: write", "contents: read", "workflow permissions", "warning"),
        ("post.yml", "github.token", "secrets.BOT_TOKEN", "workflow permissions", "ok"),
        ("post.yml", "    permissions:\n", "    env:\n", "workflow permissions", "failed"),
        ("post.yml", "headway post --from-run", "headway version", "post", "warning"),
        ("report.yml", "fetch-depth: 0", "fetch-depth: 2", "checkout", "warning"),
        ("report.yml", "actions/checkout@", "acme/fetch@", "checkout", "failed"),
        ("report.yml", "pull_request:", "pull_request_target:", "forks", "warning"),
        ("report.yml", "- name: Report\n", "- name: [\n", "files", "failed"),
    ],
)
def test_each_slip_is_found(  # noqa: PLR0913, PLR0917 - a table
    forked: Project, file: str, old: str, new: str, name: str, expected: str
) -> None:
    one = check(edited(forked, file, old, new).root, name)
    assert one.status == expected, one
    assert bool(one.remedy) == (expected != "ok")


def test_the_names_that_the_poster_waits_for_are_mended_by_the_remedy(forked: Project) -> None:
    edited(forked, "post.yml", "[report, data]", "[build]")
    line = check(forked.root, "forks").remedy.splitlines()[-1].strip()
    edited(forked, "post.yml", "workflows: [build]", line)
    assert status(forked.root, "forks") == "ok"


def test_the_action_alone_serves_no_forks(tmp_path: Path) -> None:
    project = Project(tmp_path, dvc=False).write(".github/workflows/ci.yml", ACTION)
    assert found(project) == {**dict.fromkeys(WORKFLOWS, "ok"), "forks": "ok"}
    assert "headway init --forks" in check(project.root, "forks").what
    project.write(".github/workflows/ci.yml", ACTION.replace("permissions:", "env:"))
    assert status(project.root, "workflow permissions") == "warning"
    project.write(".github/workflows/ci.yml", ACTION.replace("acme/headway@v1", "team/headway@FULL_SHA"))
    assert status(project.root, "placeholders") == "failed"


def test_a_release_by_its_version_or_its_commit_is_no_placeholder(tmp_path: Path) -> None:
    project = Project(tmp_path, dvc=False)
    project.write(".github/workflows/ci.yml", ACTION.replace("headway@v1", f"headway@{'ab' * 20} # v1.2.3"))
    assert status(project.root, "placeholders") == "ok"
    script = (
        "report:\n  script:\n    - pip install 'dvc-headway[s3]==1.2.3'\n    - headway report\n    - headway post\n"
    )
    project.write(".gitlab-ci.yml", script)
    assert [status(project.root, name) for name in ("report", "post", "placeholders")] == ["ok", "ok", "ok"]


def test_a_file_that_gitlab_includes_is_read(tmp_path: Path) -> None:
    project = Project(tmp_path, dvc=False).write(".gitlab-ci.yml", "include:\n  - local: /ci/model.yml\n  - ../x.yml\n")
    assert status(project.root, "report") == "skipped"
    project.write("ci/model.yml", filled("gitlab-ci.yml"))
    assert [status(project.root, name) for name in ("report", "post", "placeholders")] == ["ok", "ok", "ok"]


def test_strange_files_end_no_check(tmp_path: Path) -> None:
    project = Project(tmp_path, dvc=False).write(".gitlab-ci.yml", "a: !reference [b, c]\ninclude: x.yml\n")
    assert [status(project.root, name) for name in ("files", "report")] == ["ok", "skipped"]
    for text in ("- headway report\n", "on: [1]\njobs: {a: [headway], b: {steps: 3}}\n", "\0"):
        project.write(".github/workflows/ci.yml", text)
        assert "This cannot be checked" not in " ".join(check(project.root, name).what for name in WORKFLOWS)
