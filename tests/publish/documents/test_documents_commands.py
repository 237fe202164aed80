"""The commands for documents and pictures, as a person or a workflow calls them, against the fake forges."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
import requests
from click.testing import CliRunner
from fakes import FakeBitbucket, FakeGitLab, PullRequest
from image_forges import DAY, Bench, bench, png
from PIL import Image
from publish.forge_places import make_options

from headway.cli import options
from headway.cli.main import cli, run
from headway.errors import SettingsError
from headway.publish.documents.delivery import TargetSpec, parse_target
from headway.publish.images.formats import hashed_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from click.testing import Result
    from fakes import Comment

TEXT = "# Smoke *test*\r\n\r\n![loss](./loss.png)  \r\n<img src='loss.png'>\r\n"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "ClientOptions", make_options)


@pytest.fixture
def at() -> Iterator[Bench]:
    with bench(validate=False) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a document and the picture in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.md").write_bytes(TEXT.encode())
    (tmp_path / "loss.png").write_bytes(png(1))
    return tmp_path


def headway(environ: Mapping[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env=dict(environ))


def comment_on(at: Bench, number: int = 1) -> str:
    (comment,) = at.github.comments(number)
    return comment.body.split("\n\n", 1)[1]


def address_in(text: str) -> str:
    return text.split("![loss](")[1].split(")", maxsplit=1)[0]


def test_a_document_becomes_a_comment_with_its_pictures(at: Bench, here: Path) -> None:
    result = headway(at.github.environ(), "comment", "report.md")
    assert result.exit_code == 0, result.output
    address = address_in(comment_on(at))
    assert requests.get(address, timeout=5).content == png(1)
    assert comment_on(at) == TEXT.replace("./loss.png", address).replace("'loss.png'", f"'{address}'")
    assert (
        result.stdout
        == f"created {at.github.server_url}/octo/digits/pull/1#issuecomment-{at.github.comments(1)[0].id}\n"
    )
    assert "the branch headway-images" in result.stderr
    assert (here / "report.md").read_bytes() == TEXT.encode()


@pytest.mark.usefixtures("here")
def test_again_nothing_changes_and_nothing_is_sent(at: Bench) -> None:
    environ = at.github.environ()
    headway(environ, "comment", "report.md")
    written = len(at.writes())
    result = headway(environ, "comment", "report.md")
    assert result.stdout.startswith("unchanged ")
    assert at.writes()[written:] == []


def test_images_in_other_forms_stay_and_a_note_says_so(at: Bench, here: Path) -> None:
    (here / "report.md").write_text("![a][r]\n\n[r]: loss.png\n")
    for command in ("comment", "check"):
        result = headway(at.github.environ(), command, "report.md")
        assert result.exit_code == 0, result.output
        assert "note: report.md, line 1: loss.png is not published" in result.stderr
    assert comment_on(at) == "![a][r]\n\n[r]: loss.png\n"


@pytest.mark.parametrize(
    ("link", "arguments"),
    [
        ("report.md", ("comment", "report.md")),
        ("report.md", ("check", "report.md")),
        ("loss.png", ("upload", "loss.png")),
        ("headway.yaml", ("comment", "report.md")),
        ("folder", ("comment", "folder/report.md")),
    ],
)
def test_a_link_in_a_checkout_publishes_nothing_from_elsewhere(
    at: Bench, here: Path, tmp_path_factory: pytest.TempPathFactory, link: str, arguments: tuple[str, ...]
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (here / ".git").mkdir()
    for name, content in {"report.md": b"SECRET", "loss.png": png(9), "headway.yaml": b"SECRET: 1"}.items():
        (outside / name).write_bytes(content)
    (here / link).unlink(missing_ok=True)
    (here / link).symlink_to(outside / link if link != "folder" else outside)
    result = headway(at.github.environ(), *arguments)
    assert f"{link} is a symbolic link to a place outside the repository" in str(getattr(result.exception, "why", ""))
    assert "SECRET" not in f"{result.exception}{result.output}"
    assert at.writes() == []


def test_an_image_beside_a_document_outside_of_git_is_published(at: Bench, here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub/report.md").write_text(f"![loss]({here}/sub/loss.png)")
    (here / "sub/loss.png").write_bytes(png(2))
    assert headway(at.github.environ(), "comment", "sub/report.md").exit_code == 0


def test_each_file_and_each_label_has_a_comment(at: Bench, here: Path) -> None:
    (here / "other.md").write_text("other")
    environ = at.github.environ()
    for arguments in (["report.md"], ["other.md"], ["other.md", "--label", "nightly"], ["other.md"]):
        assert headway(environ, "comment", *arguments).exit_code == 0
    assert len(at.github.comments(1)) == 3


@pytest.mark.usefixtures("here")
def test_targets(at: Bench) -> None:
    at.github.add_issue(12)
    head = at.github.pull_request(1).head_sha
    environ = at.github.environ()
    for target in ("pr/2", "issue/12", f"commit/{head}"):
        result = headway(environ, "comment", "report.md", "--target", target, "--images", "none")
        assert result.exit_code == 0, result.output
    assert "(image: loss)" in comment_on(at, 2)
    assert "(image: loss)" in comment_on(at, 12)
    assert len(at.github.commit_comments(head)) == 1
    assert at.github.comments(1) == []


def test_targets_on_gitlab(here: Path) -> None:
    with FakeGitLab(merge_requests=[PullRequest(number=7)], sub_path="/tools") as gitlab:
        gitlab.add_issue(12)
        head = gitlab.pull_request(7).head_sha
        outcomes = said_on_each_target(here, gitlab.environ(), "pr/7", "issue/12", f"commit/{head}", "commit")
        kept = [gitlab.comments(7), gitlab.issue_comments(12), gitlab.commit_comments(head)]
        assert [text_in(comments) for comments in kept] == ["again\n"] * 3
        page = f"{gitlab.server_url}/octo/digits/-"
        assert f"created {page}/issues/12#note_{kept[1][0].id}" in outcomes
        result = headway(gitlab.environ(), "comment", "report.md", "--target", "issue/13", "--strict")
        assert result.exit_code == 4
        assert "GitLab refused to list the comments on issue 13 (status 404)." in result.stderr


def test_targets_on_bitbucket(here: Path) -> None:
    with FakeBitbucket(pull_requests=[PullRequest(number=7)]) as bitbucket:
        head = bitbucket.pull_request(7).head_sha
        said_on_each_target(here, bitbucket.environ(), "pr/7", f"commit/{head}", "commit")
        kept = [bitbucket.comments(7), bitbucket.commit_comments(head)]
        assert [text_in(comments) for comments in kept] == ["again\n"] * 2
        result = headway(bitbucket.environ(), "comment", "report.md", "--target", "issue/12", "--strict")
        assert result.exit_code == 4
        assert "Headway does not comment on Bitbucket's issues." in result.stderr


def said_on_each_target(here: Path, environ: Mapping[str, str], *targets: str) -> str:
    """What the command prints when a document is brought to each target, and brought up to date there."""
    results = []
    for text in ("once\n", "again\n"):
        (here / "report.md").write_text(text)
        results += [headway(environ, "comment", "report.md", "--target", target) for target in targets]
    assert [result.exit_code for result in results] == [0] * len(results), results[-1].output
    return "".join(result.stdout for result in results)


def text_in(comments: list[Comment]) -> str:
    (comment,) = comments
    return comment.body.split("\n\n", 1)[1]


@pytest.mark.usefixtures("here")
def test_a_push_comments_on_its_pull_request_and_else_on_the_commit(at: Bench) -> None:
    for branch in ("feature-2", "main"):
        environ = at.github.environ(event="push", branch=branch)
        assert headway(environ, "comment", "report.md", "--images", "none").exit_code == 0
    assert len(at.github.comments(2)) == 1
    assert len(at.github.commit_comments(at.github.branches()["main"])) == 1
    head = at.github.pull_request(2).head_sha
    at.github.open_pull_request(PullRequest(number=9, head="feature-2", base="release", head_sha=head))
    again = headway(at.github.environ(event="push", branch="feature-2"), "comment", "report.md", "--images", "none")
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["created", "unchanged"], (
        "on both, the newest first"
    )
    result = headway(at.github.environ(event="push"), "comment", "report.md", "--target", "pr", "--strict")
    assert result.exit_code == 4
    assert "No open pull request has the commit" in result.stderr


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("auto", TargetSpec("auto")),
        ("pr", TargetSpec("pr")),
        ("pr/7", TargetSpec("pr", number=7)),
        ("issue/7", TargetSpec("issue", number=7)),
        ("commit", TargetSpec("commit")),
        (f"commit/{'a' * 40}", TargetSpec("commit", sha="a" * 40)),
    ],
)
def test_targets_are_read(text: str, wanted: TargetSpec) -> None:
    assert parse_target(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "issue", "pr/", "pr/x", "pr/0", "pr/²", "commit/abc", "commit/HEAD", "auto/1", "PR/7"]
)
def test_anything_else_is_no_target(text: str) -> None:
    with pytest.raises(SettingsError, match="cannot comment on"):
        parse_target(text)


def test_a_missing_picture_is_an_error_that_names_the_line(
    at: Bench, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "loss.png").unlink()
    for name, value in at.github.environ().items():
        monkeypatch.setenv(name, value)
    assert run(["comment", "report.md"]) == 2
    assert "report.md, line 3: the image ./loss.png does not exist" in capsys.readouterr().err
    assert at.github.comments(1) == []
    assert "headway-images" not in at.github.branches()


@pytest.mark.usefixtures("here")
def test_a_token_that_may_only_read_turns_no_job_red_and_leaves_the_text_in_the_summary(at: Bench) -> None:
    environ = at.github.environ(token=at.github.token("read"))
    result = headway(environ, "comment", "report.md")
    assert result.exit_code == 0
    assert "not published: GitHub refused" in result.stderr
    assert "pull-requests: write" in result.stderr
    assert "::warning title=Headway::" in result.stderr
    with open(environ["GITHUB_STEP_SUMMARY"], encoding="utf-8", newline="") as summary:  # noqa: PTH123 - keeps line ends
        assert "Smoke *test*" in summary.read()
    assert headway(environ, "comment", "report.md", "--strict").exit_code == 4
    assert environ["GITHUB_TOKEN"] not in result.output


@pytest.mark.usefixtures("here")
def test_a_token_that_may_comment_but_not_push_has_words_for_pictures(at: Bench) -> None:
    token = at.github.token("write", pull_requests="write", contents="read", issues="write")
    result = headway(at.github.environ(token=token), "comment", "report.md")
    assert result.exit_code == 0, result.output
    assert comment_on(at) == "# Smoke *test*\r\n\r\n(image: loss)  \r\n(image: loss.png)\r\n"
    assert "text instead" in result.stderr


def test_a_document_that_is_too_long_is_an_error_and_is_not_cut(at: Bench, here: Path) -> None:
    (here / "report.md").write_text("x" * 60_001)
    result = headway(at.github.environ(), "comment", "report.md")
    assert type(result.exception).__name__ == "DocumentError"
    assert "too long for a comment" in str(result.exception)
    assert at.github.comments(1) == []


def test_an_embedded_picture_may_be_longer_than_a_comment(at: Bench, here: Path) -> None:
    stream = BytesIO()
    Image.effect_noise((400, 400), 90).save(stream, "PNG")
    large = stream.getvalue()
    assert len(large) > 60_000
    (here / "report.md").write_text(f"![loss](data:image/png;base64,{base64.b64encode(large).decode()})")
    assert headway(at.github.environ(), "comment", "report.md").exit_code == 0
    assert requests.get(address_in(comment_on(at)), timeout=5).content == large


@pytest.mark.usefixtures("here")
def test_a_dry_run_writes_nothing(at: Bench) -> None:
    environ = at.github.environ()
    for command in (["comment", "report.md"], ["check", "report.md"], ["upload", "loss.png"]):
        result = headway(environ, *command, "--dry-run")
        assert result.exit_code == 0, result.output
        assert "POST " in result.stdout
        assert environ["GITHUB_TOKEN"] not in result.output
    assert at.writes() == []


@pytest.mark.usefixtures("here")
def test_a_check_has_the_document_and_its_title(at: Bench) -> None:
    environ = at.github.environ()
    headway(environ, "check", "report.md", "--conclusion", "pending", "--title", "Still running")
    (check,) = at.github.check_runs(at.github.pull_request(1).head_sha)
    assert check.fields["status"] == "in_progress"
    result = headway(environ, "check", "report.md", "--conclusion", "success")
    assert result.exit_code == 0, result.output
    (check,) = at.github.check_runs(at.github.pull_request(1).head_sha)
    assert (check.fields["name"], check.fields["conclusion"]) == ("headway: report.md", "success")
    output = check.fields["output"]
    assert isinstance(output, dict)
    assert output["title"] == "Smoke test"
    assert requests.get(address_in(str(output["summary"])), timeout=5).content == png(1)


@pytest.mark.usefixtures("here")
def test_a_check_without_a_say_is_neutral(at: Bench) -> None:
    headway(at.github.environ(), "check", "report.md")
    (check,) = at.github.check_runs(at.github.pull_request(1).head_sha)
    assert check.fields["conclusion"] == "neutral"


@pytest.mark.usefixtures("here")
def test_a_check_that_is_refused_turns_no_job_red(at: Bench) -> None:
    environ = at.github.environ(token=at.github.token("read"))
    result = headway(environ, "check", "report.md", "--images", "none")
    assert (result.exit_code, "checks: write" in result.stderr) == (0, True)
    assert headway(environ, "check", "report.md", "--images", "none", "--strict").exit_code == 4


def test_pictures_are_published_and_their_addresses_printed_in_order(at: Bench, here: Path) -> None:
    (here / "roc curve.png").write_bytes(png(2))
    result = headway(at.github.environ(), "upload", "roc curve.png", "loss.png")
    assert result.exit_code == 0, result.output
    assert [requests.get(line, timeout=5).content for line in result.stdout.split()] == [png(2), png(1)]


def test_markdown_of_a_published_picture(at: Bench, here: Path) -> None:
    (here / "roc curve.png").write_bytes(png(2))
    plain = headway(at.github.environ(), "upload", "roc curve.png", "--md").stdout
    assert plain.startswith("![roc curve](http")
    titled = headway(at.github.environ(), "upload", "loss.png", "--md", "--title", 'The "loss"').stdout
    assert titled.startswith('![The "loss"](http')
    assert titled.endswith(' "The \\"loss\\"")\n')


@pytest.mark.parametrize(("name", "error"), [("report.md", "It is not a PNG"), ("gone.png", "cannot be read")])
@pytest.mark.usefixtures("here")
def test_only_pictures_are_published(at: Bench, name: str, error: str) -> None:
    result = headway(at.github.environ(), "upload", "loss.png", name)
    assert error in str(result.exception)
    assert at.writes() == []


@pytest.mark.usefixtures("here")
def test_a_picture_without_a_place_is_an_error(at: Bench) -> None:
    result = headway(at.github.environ(), "upload", "loss.png", "--images", "none")
    assert "place for images" in str(result.exception)
    refused = headway(at.github.environ(token=at.github.token("read")), "upload", "loss.png")
    assert "contents: write" in str(refused.exception)


def test_prune_removes_what_is_old_and_what_is_closed(at: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    at.store("pr-1").put({"a.png": png(1)})
    at.store("pr-2").put({"b.png": png(2)})
    at.store("commit").put({"c.png": png(3)})
    at.github.close_pull_request(1)
    now = at.now + 30 * DAY
    monkeypatch.setattr(options, "ClientOptions", lambda **more: make_options(**{"now": lambda: now, **more}))
    environ = at.github.environ(number=2)
    assert headway(environ, "prune").stdout == "0 of 3 versions removed from the branch headway-images.\n"
    dry = headway(environ, "prune", "--closed", "--dry-run")
    assert "updateRefs" in dry.stdout
    assert png(1) in at.files().values()
    assert headway(environ, "prune", "--closed").stdout.startswith("1 of 3 ")
    assert headway(environ, "prune", "--older-than", "29").stdout.startswith("1 of 2 ")
    assert list(at.files().values()) == [at.files()[".headway-images"], png(2)]


@pytest.mark.usefixtures("here")
def test_gitlab_takes_uploads_and_a_title() -> None:
    with FakeGitLab(merge_requests=[PullRequest(number=3)]) as gitlab:
        environ = gitlab.environ()
        assert headway(environ, "comment", "report.md").exit_code == 0
        assert headway(environ, "comment", "report.md").stdout.startswith("unchanged ")
        (note,) = gitlab.comments(3)
        (upload,) = gitlab.uploads()
        assert f"![loss](/uploads/{upload.secret}/{upload.name})" in note.body
        result = headway(environ, "check", "report.md", "--conclusion", "failure")
        assert result.exit_code == 0, result.output
        (status,) = gitlab.statuses()
        assert (status.state, status.name) == ("failed", "headway: report.md")
        printed = headway(environ, "upload", "loss.png").stdout
        assert printed.startswith(f"{gitlab.server_url}/octo/digits/uploads/")
        assert "(/uploads/" in headway(environ, "upload", "loss.png", "--md").stdout
        assert "GitHub only" in str(headway(environ, "prune").exception)


@pytest.mark.usefixtures("here")
def test_bitbucket_has_words_or_downloads() -> None:
    with FakeBitbucket(pull_requests=[PullRequest(number=3)]) as bitbucket:
        environ = bitbucket.environ()
        assert headway(environ, "comment", "report.md").exit_code == 0
        (comment,) = bitbucket.comments(3)
        assert "(image: loss)" in comment.body
        result = headway(environ, "comment", "report.md", "--images", "upload")
        assert result.exit_code == 0, result.output
        (comment,) = bitbucket.comments(3)
        assert f"/downloads/headway-{hashed_name(png(1))}" in comment.body
        assert headway(environ, "check", "report.md").exit_code == 0
        assert "place for images" in str(headway(environ, "upload", "loss.png").exception)
