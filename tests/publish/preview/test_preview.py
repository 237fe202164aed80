"""``headway post --preview``: the body that a forge would get, on a page that loads and runs nothing."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab
from msgspec.structs import replace
from PIL import Image
from playwright.sync_api import sync_playwright
from publish.forge_places import PULL_REQUEST, bitbucket_context, make_options, post_one
from rendered import Rendered
from samples import PIXEL, hostile_report, make_report

from headway.ci.read import read_context
from headway.cli.main import run
from headway.publish.comment.marker import Marker, read, text_of
from headway.publish.images.formats import DecodedImage
from headway.publish.post import PostableReport, read_reports
from headway.publish.preview.comment import preview_comment
from headway.publish.preview.markup import render_comment
from headway.publish.preview.page import render_page
from headway.publish.preview.place import UNKNOWN, guess_place
from headway.report import codec
from headway.settings import ImageSettings
from headway.values.chart import LineChart, Points, Series

if TYPE_CHECKING:
    from repos import Project

    from headway.ci.job import Context
    from headway.values.report import Report

IMAGE = re.compile(r'(?<=["(])[^"(]+/[^"(]*\.png(?=[")])')
CURVE = Series(name="", base=Points((1.0, 2.0), (3.0, 2.0)), head=Points((1.0, 2.0), (3.0, 1.0)))
CHART = LineChart(
    id="loss",
    title="loss",
    alt="down",
    series=(CURVE,),
    x_label="epoch",
    y_label="loss",
    image="charts/light.png",
    image_dark="charts/dark.png",
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
JOBS = ("CI", "GITHUB_ACTIONS", "GITLAB_CI", "BITBUCKET_PIPELINE_UUID", "HEADWAY_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")


def write(folder: Path, report: Report) -> Path:
    (folder / "charts").mkdir(parents=True)
    for name, color in (("light", "white"), ("dark", "black")):
        Image.new("RGB", (1, 1), color).save(folder / f"charts/{name}.png")
    (folder / "report.json").write_bytes(codec.encode(report))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "report", make_report("acc 0.90 -> 0.92 higher\nloss 0.3 -> 0.25 lower", charts=(CHART,)))


@pytest.fixture
def outside_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside any job and any clone, from which no connection can be opened."""

    def refuse(*_: object) -> None:
        pytest.fail("a connection was opened")

    for name in JOBS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fake_forge(kind: str) -> Any:
    if kind == "gitlab":
        return FakeGitLab(merge_requests=[PULL_REQUEST])
    return FakeGitHub(pull_requests=[PULL_REQUEST]) if kind == "github" else FakeBitbucket(pull_requests=[PULL_REQUEST])


def comparable(body: str) -> tuple[Marker, str]:
    """A comment's marker without its time, and its text without the addresses of images."""
    marker = read(body)
    assert marker is not None
    return replace(marker, time=""), IMAGE.sub("IMAGE", text_of(body))


def body_of_preview(folder: Path, context: Context, **more: Any) -> str:
    (report,) = read_reports([folder], context, label="nightly", combined=False)
    return preview_comment(report, context, make_options(), ImageSettings(**more)).body


@pytest.mark.parametrize("kind", ["github", "gitlab", "bitbucket"])
@pytest.mark.parametrize("store", ["auto", "none"])
def test_the_body_is_the_one_that_the_forge_receives(kind: str, store: Any, folder: Path) -> None:
    with fake_forge(kind) as fake:
        context = bitbucket_context(fake) if kind == "bitbucket" else read_context(fake.environ())
        delivery = post_one(folder, context, make_options(), images=ImageSettings(store=store), label="nightly")
        assert delivery.failures == ()
        (comment,) = fake.comments(7)
    previewed = body_of_preview(folder, context, store=store)
    assert comparable(previewed) == comparable(comment.body)
    assert ("IMAGE" in comparable(previewed)[1]) == (store == "auto" and kind != "bitbucket")


def test_no_token_and_no_network_is_needed(folder: Path, outside_ci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["post", str(folder), "--preview"]) == 0
    assert capsys.readouterr().out == f"{folder / 'preview.html'}\n"
    assert run(["post", str(folder), "--preview", "pages/comment.html", "--label", "nightly"]) == 0
    page = (outside_ci / "pages/comment.html").read_text()
    assert "Preview of the comment on GitHub" in page
    assert "Check run <b>headway: nightly</b>: <b>neutral</b>. 2 of 2 metrics changed" in page
    assert re.search(r"The comment has [\d,]+ of the 60,000 bytes that it may have \(\d+%\)\. It shows 2 images", page)


def test_several_reports_have_a_comment_each_or_one(folder: Path, outside_ci: Path) -> None:
    for options, number in (([], 2), (["--one-comment"], 1)):
        assert run(["post", str(folder), str(folder), "--preview", "all.html", *options]) == 0
        assert (outside_ci / "all.html").read_text().count("<article>") == number


def test_images_are_embedded_and_a_dark_page_has_its_own(folder: Path, outside_ci: Path) -> None:
    assert run(["post", str(folder), "--preview", "a.html"]) == 0
    tags = dict(Rendered((outside_ci / "a.html").read_text()).tags)
    assert str(tags["img"]["src"]).startswith("data:image/png;base64,")
    assert str(tags["source"]["srcset"]).startswith("data:image/png;base64,")
    assert tags["source"]["media"] == "(prefers-color-scheme: dark)"


@pytest.mark.parametrize(("forge", "words"), [("gitlab", "Commit status"), ("bitbucket", "31,000 characters")])
def test_each_forge_has_its_own_dialect_limit_and_status(
    forge: str, words: str, folder: Path, outside_ci: Path
) -> None:
    assert run(["post", str(folder), "--preview", "a.html", "--forge", forge]) == 0
    page = (outside_ci / "a.html").read_text()
    assert words in page
    assert "<b>success</b>" in page
    assert "<picture>" not in page
    assert ("<sub>" in page) == (forge == "gitlab")


HOSTILE = """
<script>document.title = "ran"</script><style>* {display: none}</style>
<img src="https://evil.example/a.png" onerror="document.title = 'ran'" alt="far away">
<a href="javascript:document.title='ran'" onclick="document.title='ran'">link</a> [link](javascript:alert(1))
<svg onload="document.title='ran'"><circle/></svg><iframe src="https://evil.example"></iframe>
<form action="https://evil.example"><input name="a" autofocus onfocus="document.title='ran'"></form>
<hr width="99999"><img src="//evil.example/b.png" srcset="https://evil.example/c.png 2x" width="99999">
<p style="position: fixed" class="facts" id="x">text</div></article></main><b>bold
"""


@pytest.mark.parametrize("forge", ["github", "gitlab", "bitbucket"])
def test_what_a_forge_removes_is_removed(forge: Any) -> None:
    html = render_comment(HOSTILE, forge, {})
    found = Rendered(html)
    assert {tag for tag, _ in found.tags} <= {"a", "b", "p", "em", "hr"}
    allowed = {"href", "rel", "width"}
    assert {name for _, given in found.tags for name in given} <= allowed
    assert not [given for _, given in found.tags if "javascript" in str(given.get("href"))]
    assert found.unclosed == []
    assert "far away" in found.text


def test_an_image_is_shown_only_if_it_is_the_report_s_own() -> None:
    ours = DecodedImage(PIXEL)
    html = render_comment(
        "![a](https://a.example/1.png) ![b](https://a.example/2.png)", "github", {"https://a.example/1.png": ours}
    )
    assert [str(given.get("src"))[:10] for tag, given in Rendered(html).tags if tag == "img"] == ["data:image"]
    assert html.endswith(" b</p>\n")


def test_columns_of_numbers_keep_their_side() -> None:
    assert '<td align="right">1</td>' in render_comment("| a |\n|--:|\n| 1 |\n", "github", {})


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--from-run", "--preview"], "omit --from-run"),
        (["--preview", "reports/headway"], "does not end in .html"),
    ],
    ids=["from a run", "no page"],
)
def test_wrong_usage(words: list[str], reason: str, outside_ci: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outside_ci.is_dir()
    assert run(["post", *words]) == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/octo/digits.git", ("github", "octo/digits")),
        ("git@gitlab.com:group/sub/digits.git", ("gitlab", "group/sub/digits")),
        ("ssh://git@gitlab.example:2222/group/digits", ("gitlab", "group/digits")),
        ("https://user@bitbucket.org/team/digits.git", ("bitbucket", "team/digits")),
        ("../digits", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_outside_ci_the_remote_says_where(address: str, place: tuple[str, str], project: Project) -> None:
    if address:
        project.git("remote", "add", "origin", address)
    assert guess_place(project.root) == place


def test_the_clone_that_has_the_report_counts(outside_ci: Path, project: Project, folder: Path) -> None:
    project.git("remote", "add", "origin", "https://gitlab.com/group/digits.git")
    shutil.copytree(folder, project.root / "report")
    assert run(["post", str(project.root / "report"), "--preview", "a.html"]) == 0
    assert "Preview of the comment on GitLab" in (outside_ci / "a.html").read_text()


def test_where_no_page_can_be_written_another_place_is_asked_for(
    outside_ci: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (outside_ci / "a.html").mkdir()
    assert run(["post", str(folder), "--preview", "a.html"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("error: The preview could not be written to a.html.")
    assert "--out" not in said


def test_a_folder_outside_git_is_anywhere(tmp_path: Path) -> None:
    assert guess_place(tmp_path) == UNKNOWN


@pytest.fixture(scope="module")
def hostile_page() -> str:
    """A report with hostile words in every place, and a body with all that a forge removes."""
    context = read_context({"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "a" * 40})
    report = PostableReport(folders=(Path("nowhere"),), reports=(hostile_report(),))
    found = preview_comment(report, context, make_options(), ImageSettings())
    return render_page([found, dataclasses.replace(found, body=HOSTILE)])


def test_a_hostile_report_reaches_for_nothing(hostile_page: str) -> None:
    found = Rendered(hostile_page)
    assert not {tag for tag, _ in found.tags} & {"script", "iframe", "object", "form", "svg", "link"}
    assert not [name for _, given in found.tags for name in given if name.startswith("on")]
    assert not [given for _, given in found.tags if not str(given.get("src", "data:")).startswith("data:")]


@pytest.mark.slow
def test_nothing_runs_and_nothing_is_loaded_in_a_browser(hostile_page: str, tmp_path: Path) -> None:
    file = tmp_path / "preview.html"
    file.write_text(hostile_page)
    path = os.environ.get("HEADWAY_CHROMIUM") or shutil.which("chromium")
    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 374, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(file.as_uri())
        title, width = page.title(), page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert (said, title, width) == ([], "Preview of the comment on GitHub", 374)
