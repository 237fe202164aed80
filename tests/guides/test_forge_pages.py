"""docs/forks.md, docs/gitlab.md and docs/bitbucket.md, by hand: commands run, and pages name what the files need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from guides.walk import ROOT, Walk

if TYPE_CHECKING:
    from repos import Project

OUTPUTS = {"forks": 2, "gitlab": 2, "bitbucket": 2}
TEMPLATES = {"gitlab": "gitlab-ci.yml", "bitbucket": "bitbucket-pipelines.yml"}


@pytest.mark.slow  # four commands a page; each has usual tests of its own
@pytest.mark.parametrize("page", OUTPUTS)
def test_each_command_of_the_page_prints_what_it_shows(page: str, project: Project) -> None:
    project.dvc_yaml({"metrics": ["metrics.json"]}).json("metrics.json", {"accuracy": 0.9}).commit("base")
    project.branch("change").json("metrics.json", {"accuracy": 0.95}).commit("head")
    assert Walk(project.root, {}).run_page(page) == OUTPUTS[page]
    assert "accuracy" in (project.root / "reports/headway/preview.html").read_text()


@pytest.mark.parametrize(("page", "template"), TEMPLATES.items())
def test_the_page_and_the_file_to_copy_name_the_same_variables(page: str, template: str) -> None:
    """Those of the first column of the page's table, and those that the file's comments name."""
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", (ROOT / f"docs/{page}.md").read_text()))
    comments = re.findall(r"^#.*", (ROOT / f"docs/ci/{template}").read_text(), re.MULTILINE)
    needed = set(re.findall(r"\b(?:[A-Z]+_)+(?:TOKEN|URL|ID|KEY|CREDENTIALS)\b", "\n".join(comments)))
    assert len(needed) >= 5
    assert needed <= named
