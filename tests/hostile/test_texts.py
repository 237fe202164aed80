"""Untrusted text: what a forge would carry out, link or draw, in a report that is posted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab
from hostile.page import Row, Section
from publish.forge_places import PULL_REQUEST, bitbucket_context, make_options, post_one
from rendered import Rendered, github
from samples import make_report

from headway.ci.read import read_context
from headway.publish.comment import marker
from headway.report import codec
from headway.report.escaping import ZERO_WIDTH_SPACE
from headway.values.problem import Problem
from headway.values.report import Include

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.report import Report

BLOCK = "Steps:\n/close\n\n- one\n- two\n\nlast\n/label ~urgent\n\n```sh\n/merge\n/approve\n```\n"
_HTML, _QUOTE = r"^<[^>]+?>\n.+?\n</[^>]+?>$", "^>>>.+?\n>>>$"
EXCLUDED = (f"^```.+?\n```$|{_HTML}|{_QUOTE}", f"^```\n.+?\n```$|`\n*.+?\n*`|{_HTML}|{_QUOTE}", _HTML)
"""What older versions of GitLab leave out when they look for commands: code, HTML and quotes, each in another way."""
TO_THE_FORGES = (
    ("mentions", "@all, @octo/team and a@mail.example"),
    ("references", "#12+, !12, $3, %milestone, ~label, &4, ^alert#1, GH-7, group/project@4a5b6c7 and [issue:5]"),
    ("full SHAs", "da39a3ee5e6b4b0d3255bfef95601890afd80709 and DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"),
    ("Jira issue keys", "ABC-12 and closes R2_D2-3"),
    ("tables of contents and wiki links", "[[_TOC_]], [[home]] and [toc]"),
    ("URLs and emoji", "https://evil.example, www.evil.example, ftp://evil.example and :tada:"),
)


def commands(body: str) -> int:
    """How many commands those versions find in a note, all of them together."""
    forms = [re.compile(rf"{excluded}|^/(?P<command>\w+)", re.MULTILINE | re.DOTALL) for excluded in EXCLUDED]
    return sum(match["command"] is not None for form in forms for match in form.finditer(body))


def posted(folder: Path, report: Report) -> list[str]:
    """The texts of the comments on GitHub, GitLab and Bitbucket."""
    (folder / "report.json").write_bytes(codec.encode(report))
    fakes: tuple[Any, ...] = (
        FakeGitHub(pull_requests=[PULL_REQUEST]),
        FakeGitLab(merge_requests=[PULL_REQUEST]),
        FakeBitbucket(pull_requests=[PULL_REQUEST]),
    )
    bodies = []
    for fake in fakes:
        with fake:
            context = bitbucket_context(fake) if isinstance(fake, FakeBitbucket) else read_context(fake.environ())
            assert post_one(folder, context, make_options()).failures == ()
            bodies += [comment.body for comment in fake.comments(7)]
            assert getattr(fake, "quick_actions", []) == []
    assert len(bodies) == len(fakes)
    return bodies


def section(form: Any, base: str | None = None) -> Report:
    return make_report(
        "acc 0.9 -> 0.8", includes=(Include(path="notes.md", title="/close", form=form, base=base, head=BLOCK),)
    )


def slashes(form: Any, folder: Path) -> str:
    """A section whose lines are commands, on its own and as a difference."""
    _, note, _ = posted(folder, section(form))
    shown = github(marker.text_of(note)).text.replace(ZERO_WIDTH_SPACE, "")
    lines = [line for line in BLOCK.splitlines() if line.startswith("/")]
    kept = sum(f"\n{line}\n" in f"\n{shown}\n" for line in lines)
    found = sum(commands(body) for body in (*posted(folder, section(form, "other\n/merge\n")), note))
    return f"{found} commands by the rules of {len(EXCLUDED)} versions; {kept} of {len(lines)} lines shown as they are"


def linked(words: str, folder: Path) -> str:
    """A note and a section with words that a forge would link."""
    text = f"the file has {words}"
    sections = tuple(Include(path=form, title=words, form=form, base=None, head=words) for form in ("text", "markdown"))
    report = make_report("acc 0.9 -> 0.8", notes=(text,), problems=(Problem(path="a", what=text),), includes=sections)
    pages = [github(marker.text_of(body)) for body in posted(folder, report)]
    seen = sum(words in page.text.replace(ZERO_WIDTH_SPACE, "") for page in pages)
    return f"{len(by_a_forge(pages))} links; the text is shown in {seen} of {len(pages)} comments"


def by_a_forge(pages: list[Rendered]) -> list[str]:
    """What a forge would link, without the two commits that the report compares."""
    return [
        each
        for page in pages
        for each in page.linked_by_a_forge + page.linked_commits
        if each not in {"a1b2c3d", "e4f5a6b"}
    ]


def own_commits(folder: Path) -> str:
    pages = [github(marker.text_of(body)) for body in posted(folder, make_report("acc 0.9 -> 0.8"))]
    links = [{str(link["href"]).rpartition("/")[2][:7] for link in page.elements("a")} for page in pages]
    return f"linked in {sum({'a1b2c3d', 'e4f5a6b'} <= found for found in links)} of 3 comments"


SECTION = Section(
    "Untrusted text",
    (
        Row("GitLab commands in a plain-text section", lambda folder: slashes("text", folder)),
        Row("GitLab commands in a Markdown section", lambda folder: slashes("markdown", folder)),
        *(
            Row(f"{what}: `{words}`", lambda folder, words=words: linked(words, folder))  # type: ignore[misc]
            for what, words in TO_THE_FORGES
        ),
        Row("the two commits that the report compares", own_commits),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried)
def test_what_strangers_write_stays_text(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))


def test_the_rules_find_commands() -> None:
    """One of them takes a block with a language for text, which is why no line of a report begins with a slash."""
    assert [commands(f"{fence}\n/close\n```\n") for fence in ("", "```", "```text")] == [3, 1, 2]
