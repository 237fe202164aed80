"""What GitHub says about a fork's change, read from a fake that checks every call against GitHub's description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub

from headway.ci.read import read_context
from headway.errors import DeniedError
from headway.publish.forges.connect import connect
from headway.publish.forges.github import GitHub
from headway.publish.fork.upstream import MOST_RULES, read_known
from headway.publish.http.options import ClientOptions
from headway.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.judge.untrusted.again import Known

PATIENT = ClientOptions(sleep=lambda _: None, write_gap=0)
YAML, TOML = b"metrics: {acc: {direction: higher}}", b"[tool.headway.metrics]\nacc = 'lower'\n"
MANY = "".join(f"  m{number}: {{direction: lower}}\n" for number in range(MOST_RULES + 1))


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(private=True) as forge:
        yield forge


def known(
    fake: FakeGitHub, default: dict[str, bytes], head: dict[str, bytes], project: str = "", token: str | None = None
) -> Known:
    """What is known about pull request 7, which starts where the default branch was one commit before."""
    start = fake.add_files({"README.md": b"start"}, "main")
    tip = fake.add_files({"README.md": b"tip", **default}, "main")
    sha = fake.add_files({"README.md": b"head", **head}, parent=start)
    request = PullRequest(number=7, head="new", head_repository="mallory/digits", base_sha=tip, head_sha=sha)
    fake.open_pull_request(request)
    forge = connect(read_context(fake.environ(number=7, token=token)), PATIENT)
    assert isinstance(forge, GitHub)
    found = read_known(forge, 7, sha, project, start)
    assert found.is_base
    assert not read_known(forge, 7, sha, project, tip).is_base
    return found


def directions(settings: Settings) -> dict[str, str | None]:
    return {pattern: rule.direction for pattern, rule in settings.metrics.items()}


def test_both_settings_are_read_where_they_are(fake: FakeGitHub) -> None:
    found = known(fake, {"a/b/headway.yaml": YAML, "headway.yaml": b"}"}, {"a/b/pyproject.toml": TOML}, "a/b")
    assert (directions(found.rules), directions(found.settings)) == ({"acc": "higher"}, {"acc": "lower"})
    assert not found.no_rules


@pytest.mark.parametrize("name", ["..", "../x", "/etc", "a/../..", "a//b", "a/.", "./a", "a/"])
def test_a_project_outside_of_the_repository_has_no_settings(fake: FakeGitHub, name: str) -> None:
    found = known(fake, {"headway.yaml": YAML}, {"headway.yaml": YAML}, name)
    assert (found.rules, found.settings) == (Settings(), Settings())
    assert "is no folder of the repository" in found.no_rules
    assert not any("contents" in request.path for request in fake.requests)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"metrics: [}", "is not valid YAML"), (b"#" * (1024 * 1024 + 1), "is too large"), (b"speed: 1", "is not valid")],
)
def test_settings_that_cannot_be_used(fake: FakeGitHub, content: bytes, why: str) -> None:
    found = known(fake, {"headway.yaml": content}, {"headway.yaml": content})
    assert why in found.no_rules
    assert found.no_rules.startswith("the default branch's settings cannot be used: ")
    assert found.settings == Settings()


def test_a_fork_has_few_rules(fake: FakeGitHub) -> None:
    found = known(fake, {"headway.yaml": f"metrics:\n{MANY}".encode()}, {"headway.yaml": f"metrics:\n{MANY}".encode()})
    assert len(found.rules.metrics) == MOST_RULES + 1
    assert found.settings == Settings()


def test_a_token_that_may_not_read_files_says_so(fake: FakeGitHub) -> None:
    token = fake.token(pull_requests="read")
    with pytest.raises(DeniedError) as caught:
        known(fake, {}, {}, token=token)
    assert "contents: read" in f"{caught.value.why} {caught.value.remedy}"
