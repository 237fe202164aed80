"""Addresses that a forge or a job's environment names, and files that are called images: where tokens and files go."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from fakes import FakeGitHub
from hostile.page import Row, Section, ended
from image_forges import png
from publish.forge_places import PULL_REQUEST, SECRET, Scripted, forge_at, make_options, scripted
from publish.http.test_http_addresses import TARGET, artifact, upload
from publish.images.test_images_decoded import IMAGES, NONE, archive
from samples import make_report

from headway.cli import options
from headway.cli.main import cli
from headway.errors import ForgeError, HeadwayError
from headway.report import codec
from headway.values.chart import ImageChart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from headway.ci.job import ForgeKind
    from headway.publish.forges.forge import Forge


@contextmanager
def two_hosts() -> Iterator[tuple[Scripted, Scripted]]:
    with scripted() as forge, scripted("127.0.0.2") as other:
        yield forge, other


def trick(forge: Scripted, other: Scripted) -> str:
    """An address on the other host that one parser takes for the forge's."""
    return f"{other.url}\\@{forge.url.removeprefix('http://')}/x"


def what_came(forge: Scripted, other: Scripted, ask: Callable[[], object]) -> str:
    """How a call ended, what the other host heard, and whether the token was in it."""
    try:
        ask()
        said = "done"
    except HeadwayError as error:
        said = f"refused: {error.why}"
    for server, name in ((forge, "forge.example"), (other, "other.example")):
        said = said.replace(server.url.removeprefix("http://"), name)
    said = said.replace(" (http://forge.example)", "").splitlines()[0]
    token = "the token among them" if SECRET in str(other.asked) else "without the token"
    return f"{said.rstrip('.')}. Requests to the other host: {len(other.asked)}" + (f", {token}" if other.asked else "")


def redirected(ask: Callable[[Forge], object], kind: ForgeKind = "github", *, plain: bool = False) -> str:
    with two_hosts() as (forge, other):
        forge.will(307, Location=f"{other.url}/x" if plain else trick(forge, other))
        other.will(200, b"PK")
        return what_came(forge, other, lambda: ask(forge_at(kind, forge.url)))


def a_redirect(_: Path) -> str:
    return redirected(artifact)


def an_artifact_elsewhere(_: Path) -> str:
    return redirected(artifact, plain=True)


def an_upload(_: Path) -> str:
    return redirected(upload, "gitlab", plain=True)


def a_page(_: Path) -> str:
    with two_hosts() as (forge, other):
        forge.will(200, [], Link=f'<{trick(forge, other)}>; rel="next"')
        return what_came(forge, other, lambda: forge_at("gitlab", forge.url).comments(TARGET))


def a_next(_: Path) -> str:
    with two_hosts() as (forge, other):
        forge.will(200, {"values": [], "next": f"{other.url}/x"})
        return what_came(forge, other, lambda: forge_at("bitbucket", forge.url).comments(TARGET))


def back_again(_: Path) -> str:
    with two_hosts() as (forge, other):
        forge.will(302, Location=f"{other.url}/x").will(200, b"PK")
        other.will(302, Location=f"{forge.url}/user")
        artifact(forge_at("github", forge.url))
        return f"the token goes with {sum(SECRET in str(asked) for asked in forge.asked)} of 2 requests to the forge"


def an_api(_: Path) -> str:
    with two_hosts() as (forge, other):
        return what_came(forge, other, lambda: forge_at("gitlab", trick(forge, other)).comments(TARGET))


def a_name(_: Path) -> str:
    with scripted() as forge:
        api = forge_at("github", f"{forge.url}/api/v3")
        with pytest.raises(ForgeError) as caught:
            api.open_pull_requests("../../../../user", "", "")
        said = caught.value.why.replace(forge.url, "http://forge.example").partition(" (")[0]
        return f"{said} Requests: {len(forge.asked)}"


def headway(fake: FakeGitHub, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headway", *arguments]
    environ = {**os.environ, **fake.environ()}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def posted(folder: Path, files: Mapping[str, bytes]) -> str:
    """What ``headway post`` says of a report with these charts, and what then is on the branch of images."""
    (folder / "charts").mkdir()
    for name, content in files.items():
        (folder / f"charts/{name}.png").write_bytes(content)
    picture = partial(ImageChart, base=None, head="x")
    charts = tuple(picture(id=name, title=name, alt=name, image=f"charts/{name}.png") for name in files)
    (folder / "report.json").write_bytes(codec.encode(make_report("acc 0.90 -> 0.92", charts=charts)))
    with FakeGitHub(pull_requests=[PULL_REQUEST], validate=False) as fake, pytest.MonkeyPatch.context() as patch:
        patch.setattr(options, "ClientOptions", make_options)  # whose clock nobody waits for between two writes
        done = CliRunner().invoke(cli, ["post", str(folder)], env=dict(fake.environ()))
        branch = fake.branch_files("headway-images")
    refused = re.findall(r"charts/(\w+)\.png (?:is|has) ", done.stderr)
    kept = {content for path, content in branch.items() if "/" in path}
    as_they_were = [name for name, content in files.items() if content in kept]
    cut = [name for name, content in files.items() if content not in kept and content.startswith(tuple(kept))]
    assert len(as_they_were) + len(cut) == len(kept)
    told = {"refused by name": refused, "posted": as_they_were, "posted without what follows the image": cut}
    said = (f"{what}: {', '.join(names)}" for what, names in told.items() if names)
    return "; ".join([f"exit {done.exit_code}", *said])


def no_images(folder: Path) -> str:
    return posted(folder, {"good": png(1), **NONE})


def polyglots(folder: Path) -> str:
    return posted(folder, {name: IMAGES[name] + archive() for name in ("png", "jpeg", "gif", "webp")})


def a_secret_in_a_document(folder: Path) -> str:
    (folder / "report.md").write_text("![loss](loss.png)")
    (folder / "loss.png").write_bytes(NONE["text"])
    with FakeGitHub(pull_requests=[PULL_REQUEST], validate=False) as fake:
        return ended(headway(fake, folder, "comment", "report.md"), folder)


def a_program_in_an_svg(folder: Path) -> str:
    (folder / "icon.svg").write_bytes(NONE["script"])
    with FakeGitHub(pull_requests=[PULL_REQUEST], validate=False) as fake:
        return ended(headway(fake, folder, "upload", "icon.svg"), folder)


SECTION = Section(
    "URLs and uploads",
    (
        Row(
            r"A forge redirects to `http://other.example\@forge.example/x`, which URL parsers interpret differently",
            a_redirect,
        ),
        Row("A forge names such a URL as the next page of a listing", a_page),
        Row("Bitbucket's JSON names another host for the next page", a_next),
        Row("A forge redirects an upload to another host with status 307", an_upload),
        Row("A forge redirects the download of an artifact to another host, as GitHub does", an_artifact_elsewhere),
        Row("That other host redirects back to a URL of the forge", back_again),
        Row("`CI_API_V4_URL` is a URL that parsers interpret differently", an_api),
        Row("A commit is named `../../../../user`", a_name),
        Row("A report names several files with the extension `.png`, of which only one is an image", no_images),
        Row("The images of a report have a zip archive appended", polyglots),
        Row("A Markdown file shows a file with a secret whose extension is `.png`", a_secret_in_a_document),
        Row("You upload an SVG with a script", a_program_in_an_svg),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.play.__name__)
def test_the_page_says_what_happens(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
