"""Where a forge shows the commits and files of a report; the URLs were tried on the three forges."""

from __future__ import annotations

import hashlib

import pytest
from rendered import github
from samples import digits_report, make_report

from headway.report import markdown
from headway.report.links import NO_LINKS, Links

BASE, HEAD = f"a1b2c3d{'0' * 33}", f"e4f5a6b{'0' * 33}"
REPORT = make_report(project="models/digits")
PATH = "models/digits/src/train.py"
GITHUB = Links(forge="github", repository_url="https://github.com/octo/digits", pull_request=7)
GITLAB = Links(forge="gitlab", repository_url="https://gitlab.com/group/digits", pull_request=7)
BITBUCKET = Links(forge="bitbucket", repository_url="https://bitbucket.org/octo/digits", pull_request=7)


@pytest.mark.parametrize(
    ("links", "commit", "change"),
    [
        (GITHUB, f"/commit/{HEAD}", f"/pull/7/files#diff-{hashlib.sha256(PATH.encode()).hexdigest()}"),
        (
            GITLAB,
            f"/-/commit/{HEAD}",
            f"/-/merge_requests/7/diffs#{hashlib.sha1(PATH.encode(), usedforsecurity=False).hexdigest()}",
        ),
        (BITBUCKET, f"/commits/{HEAD}", f"/pull-requests/7/diff#chg-{PATH}"),
    ],
    ids=["github", "gitlab", "bitbucket"],
)
def test_commits_and_the_change_of_a_file(links: Links, commit: str, change: str) -> None:
    assert links.commit(HEAD) == links.repository_url + commit
    assert links.change(REPORT, "src/train.py") == links.repository_url + change


@pytest.mark.parametrize(
    ("links", "path"),
    [
        (GITHUB, f"compare/{BASE}...{HEAD}#diff-"),
        (GITLAB, f"-/compare/{BASE}...{HEAD}#"),
        (BITBUCKET, f"branches/compare/{HEAD}%0D{BASE}#chg-"),
    ],
    ids=["github", "gitlab", "bitbucket"],
)
def test_without_a_pull_request_the_commits_are_compared(links: Links, path: str) -> None:
    alone = Links(forge=links.forge, repository_url=links.repository_url)
    assert alone.change(REPORT, "src/train.py").startswith(f"{links.repository_url}/{path}")


def test_what_is_not_known_is_not_linked() -> None:
    assert (NO_LINKS.commit(HEAD), NO_LINKS.change(REPORT, "a.py")) == ("", "")
    assert GITHUB.commit(None) == ""
    assert GITHUB.change(REPORT, "../../../elsewhere.py") == ""


def test_a_comment_links_commits_causes_run_and_page() -> None:
    links = Links(
        forge="github",
        repository_url=GITHUB.repository_url,
        pull_request=7,
        run="https://run.example",
        page="https://p.example",
    )
    found = [link["href"] for link in github(markdown.render(digits_report(), links=links)).elements("a")]
    root = GITHUB.repository_url
    anchor = hashlib.sha256(b"src/digits/train.py").hexdigest()
    assert found == [
        f"{root}/pull/7/files#diff-{anchor}",
        f"{root}/commit/{BASE}",
        f"{root}/commit/{HEAD}",
        "https://p.example",
        "https://run.example",
    ]
