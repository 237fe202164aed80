"""docs/which-tool.md: what it says of other tools has its sources and their date, and of Headway is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/which-tool.md").read_text()
OFFICIAL = {
    "DVC alone": r"github\.com/treeverse/dvc/|dvc\.org/doc/",
    "CML": r"github\.com/iterative/(cml|setup-cml)/",
    "DVC Studio, now DataChain Studio": r"docs\.datachain\.ai/studio/|github\.com/treeverse/dvc\.org/pull/",
    "MLflow": r"github\.com/mlflow/mlflow/|mlflow\.org/docs/",
    "Weights and Biases": r"docs\.wandb\.ai/|docs\.coreweave\.com/products/wandb/",
    "Evidently": r"github\.com/evidentlyai/evidently/|docs\.evidentlyai\.com/",
    "Bencher": r"github\.com/bencherdev/bencher/|bencher\.dev/docs/",
}


def sections() -> dict[str, str]:
    parts = [part.partition("\n") for part in PAGE.split("\n## ")[1:]]
    return {heading: text for heading, _, text in parts}


def test_every_tool_has_a_section_and_the_page_says_when_it_was_read() -> None:
    assert set(sections()) == {"What Headway does not do", "Headway, CML and a shell script", *OFFICIAL}
    assert re.search(r"read on \d+ [A-Z][a-z]+ 20\d\d\b", PAGE)


@pytest.mark.parametrize("tool", OFFICIAL)
def test_each_section_says_when_the_tool_is_better_and_names_its_own_documentation(tool: str) -> None:
    text, _, sources = sections()[tool].partition("\nRead: ")
    assert "**Better than Headway if**" in text
    assert "**Together**" in text
    links = re.findall(r"\]\(https://([^)]+)\)", sources)
    assert len(links) > 1
    assert [link for link in links if not re.match(OFFICIAL[tool], link)] == []


def test_the_headings_that_the_table_links_to_exist() -> None:
    kept = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in sections()}
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(links) == len(OFFICIAL) + 1
    assert links <= kept
