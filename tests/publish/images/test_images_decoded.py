"""Only what decodes as an image is published, whatever it is called, by every command and to every store."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING

import fsspec  # type: ignore[import-untyped]  # it carries no types
import pytest
from click.testing import CliRunner
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab
from hypothesis import given
from hypothesis import strategies as st
from image_forges import png
from PIL import Image
from publish.forge_places import PULL_REQUEST, bitbucket_context, make_options
from samples import make_report

from headway.ci.read import read_context
from headway.cli import options
from headway.cli.main import cli
from headway.publish.images.formats import DecodedImage, NotAnImageError
from headway.publish.post import post
from headway.report import codec
from headway.settings import ImageSettings
from headway.values.chart import ImageChart

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"AWS_SECRET_ACCESS_KEY=hunter2-hunter2"
ICON = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


def archive() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        written.writestr("secret", SECRET)
    return stream.getvalue()


def encoded(form: str, *, frames: int = 1, **options: object) -> bytes:
    stream = io.BytesIO()
    first, *rest = (Image.effect_noise((40, 30), 60).convert("RGB") for _ in range(frames))
    more = {"save_all": True, "append_images": rest} if rest else {}
    first.save(stream, form, **more, **options)
    return stream.getvalue()


IMAGES = {
    "png": encoded("PNG"),
    "animated png": encoded("PNG", frames=2),
    "jpeg": encoded("JPEG", comment=b"\xff\xd9 ;", restart_marker_blocks=2),
    "progressive jpeg": encoded("JPEG", progressive=True),
    "gif": encoded("GIF", comment=b";"),
    "animated gif": encoded("GIF", frames=3),
    "webp": encoded("WEBP"),
    "animated webp": encoded("WEBP", frames=2),
    "avif": encoded("AVIF"),
    "svg": ICON.format('<a href="https://example.org"><image href="data:image/png;base64,AAAA"/></a>').encode(),
}
RASTER = {name: content for name, content in IMAGES.items() if name != "svg"}
NONE = {
    "text": SECRET,
    "empty": b"",
    "page": b"<!DOCTYPE html><script>alert(1)</script>",
    "program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "archive": archive(),
    "cut": IMAGES["png"][:-20],
    "signature": b"\x89PNG\r\n\x1a\n" + SECRET,
    "marked": b"\x89PNG\r\n\x1a\n" + SECRET + b"\0\0\0\0IEND\xaeB`\x82",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10" + SECRET + b"\xff\xd9",
    "script": ICON.format("<script>alert(1)</script>").encode(),
}
"""What is no image, though each of them may be called one."""


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_published_as_it_is(name: str) -> None:
    assert DecodedImage(IMAGES[name]) == IMAGES[name]


@pytest.mark.parametrize("name", RASTER)
@pytest.mark.parametrize("more", [archive(), b"<script>alert(1)</script>", SECRET, b"\xff\xd9", b";", bytes(9)])
def test_what_follows_an_image_is_cut_off(name: str, more: bytes) -> None:
    assert DecodedImage(RASTER[name] + more) == RASTER[name]


@pytest.mark.parametrize("name", RASTER)
def test_an_image_that_is_cut_off_is_refused(name: str) -> None:
    for missing in (1, 2, 12, len(RASTER[name]) // 2, len(RASTER[name]) - 13):
        with pytest.raises(NotAnImageError):
            DecodedImage(RASTER[name][:-missing])


@given(st.sampled_from(sorted(RASTER)), st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=4))), st.binary())
def test_whatever_the_bytes_are_they_decode_or_are_refused(
    name: str, changes: list[tuple[int, bytes]], more: bytes
) -> None:
    content = bytearray(RASTER[name] + more)
    for at, new in changes:
        content[at : at + len(new)] = new
    try:
        image = DecodedImage(bytes(content))
    except NotAnImageError:
        return
    assert content.startswith(image)
    Image.open(io.BytesIO(image)).load()
    assert DecodedImage(image) == image


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_image_is_refused(name: str) -> None:
    with pytest.raises(NotAnImageError):
        DecodedImage(NONE[name])


def test_an_image_of_too_many_pixels_is_refused_before_they_are_decoded() -> None:
    stream = io.BytesIO()
    Image.new("1", (9000, 9000)).save(stream, "PNG")
    with pytest.raises(NotAnImageError, match="9000 x 9000 pixels"):
        DecodedImage(stream.getvalue())


@pytest.mark.parametrize(
    "inside",
    [
        "<script/>",
        '<x:script xmlns:x="http://www.w3.org/1999/xhtml"/>',
        '<b xmlns="http://www.w3.org/1999/xhtml"/>',
        "<foreignObject/>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"/>',
        '<a xlink:href=" java\tscript:alert(1)"/>',
        '<a xlink:href="&#x6a;avascript:alert(1)"/>',
        '<use href="data:image/svg+xml,%3Csvg/%3E"/>',
        '<a><animate attributeName="xlink:href" values="javascript:alert(1)"/></a>',
        '<?xml-stylesheet href="x.xsl"?>',
        "<g>",
    ],
)
def test_an_svg_that_could_run_a_program_is_refused(inside: str) -> None:
    with pytest.raises(NotAnImageError):
        DecodedImage(ICON.format(inside).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"<svg/>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"/><script/>',
        b'<svg xmlns="http://www.w3.org/1999/xhtml"><script/></svg>',
    ],
)
def test_a_document_that_only_begins_like_an_svg_is_refused(content: bytes) -> None:
    with pytest.raises(NotAnImageError):
        DecodedImage(content)


def test_an_svg_of_matplotlib_is_published() -> None:
    head = (
        b'<?xml version="1.0" encoding="utf-8" standalone="no"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"\n'
        b'  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
    )
    metadata = (
        '<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:li rdf:resource="x"/>'
        '</rdf:RDF></metadata><defs><style type="text/css">*{{}}</style></defs><use xlink:href="#m1" x="1"/>'
    )
    content = head + ICON.format(metadata).encode()
    assert DecodedImage(content) == content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report with a picture and with every file that is none, each called a picture."""
    (tmp_path / "charts").mkdir()
    files = {"good": png(1), **NONE}
    for name, content in files.items():
        (tmp_path / f"charts/{name}.png").write_bytes(content)
    charts = [
        ImageChart(id=name, title=name, alt=name, base=None, head="x.png", image=f"charts/{name}.png") for name in files
    ]
    (tmp_path / "report.json").write_bytes(codec.encode(make_report("acc 0.90 -> 0.92", charts=tuple(charts))))
    return tmp_path


def check_refusals(said: list[str], comment: str, stored: list[bytes]) -> None:
    assert stored == [png(1)]
    for name in NONE:
        assert any(f"charts/{name}.png is not published" in line for line in said), name
    assert f"{len(NONE)} images cannot be shown here" in comment


@pytest.mark.parametrize("combined", [False, True])
def test_post_to_githubs_branch(folder: Path, *, combined: bool) -> None:
    said: list[str] = []
    with FakeGitHub(pull_requests=[PULL_REQUEST], validate=False) as fake:
        context = read_context(fake.environ())
        transport = make_options(log=said.append)
        (done,) = post([folder], context, transport, images=ImageSettings(store="branch"), combined=combined)
        assert done.failures == ()
        files = fake.branch_files("headway-images")
        check_refusals(said, fake.comments(7)[0].body, [files[name] for name in files if name.endswith(".png")])


def test_post_to_gitlabs_uploads(folder: Path) -> None:
    said: list[str] = []
    with FakeGitLab(merge_requests=[PULL_REQUEST], validate=False) as fake:
        context = read_context(fake.environ())
        post([folder], context, make_options(log=said.append), images=ImageSettings(store="upload"))
        check_refusals(said, fake.comments(7)[0].body, [each.content for each in fake.uploads()])


def test_post_to_bitbuckets_downloads(folder: Path) -> None:
    said: list[str] = []
    with FakeBitbucket(pull_requests=[PULL_REQUEST], validate=False) as fake:
        context = bitbucket_context(fake)
        post([folder], context, make_options(log=said.append), images=ImageSettings(store="upload"))
        check_refusals(said, fake.comments(7)[0].body, list(fake.downloads().values()))


def test_post_to_a_bucket(folder: Path) -> None:
    said: list[str] = []
    images = ImageSettings(store="bucket", bucket="memory://gate", bucket_url="https://cdn.example.org")
    with FakeGitHub(pull_requests=[PULL_REQUEST], validate=False) as fake:
        post([folder], read_context(fake.environ()), make_options(log=said.append), images=images)
        files = fsspec.filesystem("memory")
        check_refusals(said, fake.comments(7)[0].body, [files.cat_file(path) for path in files.find("/gate")])


@pytest.mark.parametrize("name", NONE)
@pytest.mark.parametrize("command", ["comment", "check --conclusion neutral", "upload"])
def test_a_document_with_a_file_that_is_no_image_is_an_error_that_names_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    monkeypatch.setattr(options, "ClientOptions", make_options)
    embedded = f"data:image/png;base64,{base64.b64encode(NONE[name]).decode()}"
    (folder / "a.md").write_text(f"![x](charts/good.png) ![x](charts/{name}.png) ![y]({embedded})")
    monkeypatch.chdir(folder)
    given_files = ["charts/good.png", f"charts/{name}.png"] if command == "upload" else ["a.md"]
    with FakeGitHub(pull_requests=[PULL_REQUEST], validate=False) as fake:
        done = CliRunner().invoke(cli, [*command.split(), *given_files], env=dict(fake.environ()))
        assert [each for each in fake.requests if each.method != "GET"] == []
    assert f"charts/{name}.png" in str(done.exception)
    assert getattr(done.exception, "exit_code", 0) == 2
