"""Fake forges for tests: stateful GitHub, GitLab and Bitbucket Cloud as real HTTP servers on loopback.

Each serves the part of its forge's API that publishing a report needs, with the real paging, limits, error bodies,
permissions and rate limits, and each can be made to fail (:mod:`fakes.core.faults`). Every request and reply is checked
against the forge's description, GitHub's being its own.

    with FakeGitHub(repository="octo/digits", pull_requests=[PullRequest(number=7)]) as forge:
        run_my_tool(environ=forge.environ(number=7))
        assert len(forge.comments(7)) == 1
"""

from fakes.bitbucket.forge import FakeBitbucket
from fakes.core import faults
from fakes.core.comments import Comment
from fakes.core.description import ContractError
from fakes.core.messages import Request
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from fakes.gitlab.forge import FakeGitLab

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
