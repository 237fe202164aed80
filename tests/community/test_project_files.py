"""What the files for contributors name exists, and they name one address. ``make lint`` checks their schemas."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FORMS = ROOT / ".github/ISSUE_TEMPLATE"
PAGES = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", ".github/pull_request_template.md")]


def parsed(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def test_all_addresses_of_the_project_are_the_same() -> None:
    files = [*PAGES, *FORMS.iterdir(), ROOT / "CITATION.cff", ROOT / "pyproject.toml", ROOT / "docs/verify.md"]
    named = [re.findall(r"https://github\.com/([\w-]+/headway)\b", file.read_text()) for file in files]
    assert {name for names in named for name in names} == {"dvc-headway/headway"}


def test_a_wrong_verdict_cannot_be_reported_without_what_it_came_from() -> None:
    fields = {each.get("id"): each for each in parsed(FORMS / "wrong-verdict.yml")["body"]}
    required = {name for name, each in fields.items() if each.get("validations", {}).get("required")}
    assert {"report", "settings", "version"} <= required
    assert "reports/headway/report.json" in fields["report"]["attributes"]["description"]


def test_the_forms_lead_to_private_reports_of_vulnerabilities() -> None:
    links = {each["url"] for each in parsed(FORMS / "config.yml")["contact_links"]}
    (form,) = re.findall(r"https://\S+/security/advisories/new", (ROOT / "SECURITY.md").read_text())
    assert form in links


def test_no_address_of_a_person_is_invented() -> None:
    (author,) = parsed(ROOT / "CITATION.cff")["authors"]
    assert author == {"name": "Headway's authors"}
    assert not [page.name for page in PAGES if re.search(r"\w@\w+\.\w", page.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_and_path_exists(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", "\n".join(re.findall(r"`[^`]+`|```.*?```", text, re.DOTALL)))) <= targets
    paths = re.findall(r"`((?:src|tests|scripts|docs|benchmarks|\.github)/[\w./-]*)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_update_bot_knows_every_lock_file_that_make_lock_does_not_write() -> None:
    managers = json.loads((ROOT / ".github/renovate.json").read_text())["enabledManagers"]
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    known = {"package-lock.json": "npm", ".pre-commit-config.yaml": "pre-commit"}
    assert {known[name] for path in listed if (name := Path(path).name) in known} <= set(managers)
