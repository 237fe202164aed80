"""Fake forges for tests: stateful GitHub, GitLab and Bitbucket Cloud as real HTTP servers on loopback.

Each speaks the part of its forge's API that a report's delivery needs, with the real paging, limits, error bodies,
permissions and rate limits, and each can be made to fail (:mod:`fakes.faults`). With openapi-core (GitHub)
or jsonschema (GitLab, Bitbucket) installed, every request and reply is checked against the forge's description.

    with FakeGitHub(repository="octo/digits", pull_requests=[PullRequest(number=7)]) as forge:
        run_my_tool(environ=forge.environ(pull_request=7))
        assert len(forge.comments(7)) == 1
"""

from fakes import faults
from fakes.bitbucket.forge import FakeBitbucket
from fakes.github.forge import FakeGitHub
from fakes.gitlab.forge import FakeGitLab
from fakes.kernel.comments import Comment
from fakes.kernel.contract import ContractError
from fakes.kernel.messages import Request
from fakes.kernel.pull_request import PullRequest

__all__ = [
    "Comment",
    "ContractError",
    "FakeBitbucket",
    "FakeGitHub",
    "FakeGitLab",
    "PullRequest",
    "Request",
    "faults",
]
