"""Documents of the user's own: pictures published and replaced in place, the rest of the text byte for byte."""

from __future__ import annotations

import base64
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import cmarkgfm  # type: ignore[import-untyped]  # it carries no types
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # likewise
from hypothesis import given
from hypothesis import strategies as st
from image_forges import png

from headway.errors import DocumentError
from headway.publish.documents.document import (
    Document,
    image_files,
    publish_images,
    read_document,
    title_of,
    unpublished_images,
)
from headway.publish.images.formats import IMAGE_LIMIT
from headway.publish.images.store import NoImages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
FILES = {
    "x.png": png(1),
    "my chart.png": png(2),
    "100%.png": png(3),
    "sub/x.png": png(4),
    "a&b.png": png(5),
    "p(1).png": png(6),
    "secret.png": b"AWS_SECRET_ACCESS_KEY=abc",
}


class Store:
    """A store that remembers, and gives addresses that tell what is behind them."""

    name = "a store"

    def __init__(self, template: str = "https://i/{}") -> None:
        self.template = template
        self.stored: dict[str, bytes] = {}

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        self.stored |= files
        known = {content: name for name, content in FILES.items()}
        return {name: self.template.format(known.get(content, "data")) for name, content in files.items()}


@pytest.fixture(autouse=True, scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The working directory holds the files."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "sub").mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    with contextlib.chdir(folder):
        yield


def document(text: str) -> Document:
    return Document(text=text, name="report.md", folder=Path())


def published(text: str, template: str = "https://i/{}") -> str:
    return publish_images(document(text), Store(template))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("![a](x.png)", "![a](https://i/x.png)"),
        ('![a]( ./x.png  "a title" ) rest', '![a]( https://i/x.png  "a title" ) rest'),
        ("![a](<my chart.png>)![b](my%20chart.png)", "![a](https://i/my%20chart.png)![b](https://i/my%20chart.png)"),
        ("![a](100%.png) ![b](100%25.png)", "![a](https://i/100%.png) ![b](https://i/100%.png)"),
        ("![a](p(1).png)", "![a](https://i/p%281%29.png)"),
        ("![a](x.png#gh-dark-mode-only)", "![a](https://i/x.png#gh-dark-mode-only)"),
        ("![a](x.png?raw=true)", "![a](https://i/x.png)"),
        (
            "![a][r] ![b](x.png)\n\n[r]: <x.png> 'title'  \n",
            "![a][r] ![b](https://i/x.png)\n\n[r]: <x.png> 'title'  \n",
        ),
        ("<img src='x.png' alt=\"a\">", "<img src='https://i/x.png' alt=\"a\">"),
        ("<img src=x.png width=40>", '<img src="https://i/x.png" width=40>'),
        ('<img src="a&amp;b.png">', '<img src="https://i/a&amp;b.png">'),
        (
            '<picture>\n<source media="dark" srcset="sub/x.png 2x">\n<img src="x.png">\n</picture>',
            '<picture>\n<source media="dark" srcset="sub/x.png 2x">\n<img src="https://i/x.png">\n</picture>',
        ),
        ("| a |\r\n|---|\r\n| ![p\\|q](x.png) |\r\n", "| a |\r\n|---|\r\n| ![p\\|q](https://i/x.png) |\r\n"),
        (
            "trailing  \r\n\ttabs\n\n\n![a](x.png)   \n&nbsp;",
            "trailing  \r\n\ttabs\n\n\n![a](https://i/x.png)   \n&nbsp;",
        ),
    ],
)
def test_only_the_address_changes(before: str, after: str) -> None:
    assert published(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "[link](x.png) <a href='x.png'>x</a> [r]\n\n[r]: x.png",
        "![a](https://example.org/x.png) ![b](//example.org/x.png) <img src=http://x/y.png> ![](HTTPS://x/y.png)",
        "![a](#x.png) ![b](mailto:x.png) ![c](/uploads/0123456789abcdef0123456789abcdef/x.png)",
        "`![a](x.png)` <!-- ![a](missing.png) -->\n\n```\n![a](missing.png)\n```\n\n    ![a](missing.png)\n",
        "\ufeff# Title\r\n\r\n* a\r* b\r\n\r\n***bold*** __under__  \r\n1) x\r\n",
    ],
)
def test_everything_else_stays_byte_for_byte(text: str) -> None:
    store = Store()
    assert publish_images(document(text), store).encode() == text.encode()
    assert store.stored == {}


@given(st.text(st.characters(codec="utf-8", exclude_characters="!")))
def test_without_a_picture_the_text_stays_byte_for_byte(text: str) -> None:
    if "<img" in text.lower() or "<source" in text.lower():
        return
    assert publish_images(document(text), Store()).encode() == text.encode()


LINES = ("# Title", "* a  ", "> quote", "```", "    code", "", "| a | b |", "|---|---|", "<!-- c -->", "<div>")
LOOKALIKES = ("![a](https://x/y.png)", "[l](x.png)", "`![a](x.png)`", "<img src='http://x/y.png'>", "\\![a](x.png)")
ENDS = ("\n", "\r\n", "\r", "  \n", "\t\n", "\f\n")
REMOTE = st.lists(st.tuples(st.sampled_from([*LINES, *LOOKALIKES]), st.sampled_from(ENDS)))


@given(REMOTE)
def test_markdown_without_a_local_picture_stays_byte_for_byte(lines: list[tuple[str, str]]) -> None:
    text = "".join(line + end for line, end in lines)
    assert publish_images(document(text), Store()).encode() == text.encode()


LOCAL = ("![a](x.png)", "<img src='x.png'>", "![a][r]", "`", "\n", "\r\n", " ", "> ", "| ", "text", "- ")


@given(st.lists(st.sampled_from(LOCAL), max_size=30))
def test_nothing_but_addresses_ever_changes(parts: list[str]) -> None:
    text = "".join([*parts, "\n\n[r]: x.png"])
    assert published(text, "{}") == text  # every picture gets the address that it has


def test_github_shows_the_published_pictures() -> None:
    text = published("> ![a](x.png)\n\n- <img src='sub/x.png'>\n\n![b](my%20chart.png)")
    page = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    assert [part.split('"')[1] for part in page.replace("'", '"').split("src=")[1:]] == [
        "https://i/x.png",
        "https://i/sub/x.png",
        "https://i/my%20chart.png",
    ]


@pytest.mark.parametrize(
    ("address", "content"),
    [
        (f"data:image/png;base64,{base64.b64encode(png(7)).decode()}", png(7)),
        (f"data:;BASE64,{base64.b64encode(png(7)).decode()}", png(7)),
        (f"DATA:image/svg+xml;utf8,{SVG.decode().replace(' ', '%20').replace('<', '%3C').replace('>', '%3E')}", SVG),
    ],
)
def test_embedded_pictures_are_published(address: str, content: bytes) -> None:
    store = Store()
    text = publish_images(document(f"one ![a]({address} 't') <img src='{address}'>"), store)
    assert text == "one ![a](https://i/data 't') <img src='https://i/data'>"
    assert set(store.stored.values()) == {content}


def test_an_address_of_gitlabs_stays_relative() -> None:
    assert published("![a](x.png)", "/uploads/{}") == "![a](/uploads/x.png)"


def test_an_address_cannot_break_out_of_its_place() -> None:
    template = "https://i/a b)c|d'\"<e>\\{}"
    safe = "https://i/a%20b%29c%7Cd%27%22%3Ce%3E%5Cx.png"
    assert published("| ![a](x.png) |", template) == f"| ![a]({safe}) |"
    assert published("<img src='x.png'>", template) == f"<img src='{safe}'>"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\n> ![a](gone.png)", "report.md, line 3: the image gone.png does not exist"),
        ("<img\n src='gone.png'>", "report.md, line 1: the image gone.png does not exist"),
        ("a\r\nb\r![a](x.png)\r\n\r\n> ![b](gone.png)", "report.md, line 5: the image gone.png"),
        ("![a](secret.png)", "report.md, line 1: the image secret.png cannot be published"),
        ("![a](x\0.png)", "does not exist"),
        ("![a](data:image/png;base64,AAAA)", "report.md, line 1: the embedded image"),
        ("![a](data:nonsense)", "the embedded image"),
        ("![a](data:image/png;base64,A)", "the embedded image"),
    ],
)
def test_a_picture_that_is_none_is_an_error_that_names_the_line(text: str, message: str) -> None:
    store = Store()
    with pytest.raises(DocumentError) as caught:
        publish_images(document(text), store)
    assert message in caught.value.what
    assert store.stored == {}
    assert caught.value.exit_code == 2


def test_every_missing_picture_is_named_at_once() -> None:
    with pytest.raises(DocumentError) as caught:
        published("![a](one.png)\n\n![b](x.png)\n\n![c](two.png)")
    assert "line 1: the image one.png" in str(caught.value)
    assert "line 5: the image two.png" in str(caught.value)


def test_a_picture_that_no_forge_would_show_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(png(1) + bytes(IMAGE_LIMIT))
    with pytest.raises(DocumentError, match="10,485,7"):
        publish_images(Document(text="![a](x.png)", name="report.md", folder=tmp_path), Store())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("![the *loss*](x.png)!", "(image: the loss)!"),
        ("[![](sub/x.png)](page)", "[(image: x.png)](page)"),
        ("![a][r] and ![b](x.png)\n\n[r]: x.png", "![a][r] and (image: b)\n\n[r]: x.png"),
        ("<img src='x.png' srcset='sub/x.png 2x' alt='a &lt; b'>", "(image: a &lt; b)"),
        (
            "<picture><source srcset='x.png'><img src='sub/x.png'></picture>",
            "<picture><source srcset='x.png'>(image: x.png)</picture>",
        ),
        ("| ![a](x.png) |\n|---|\n", "| (image: a) |\n|---|\n"),
    ],
)
def test_where_pictures_have_no_place_their_words_stand_for_them(before: str, after: str) -> None:
    assert publish_images(document(before), NoImages()) == after


def test_what_is_left_alone_is_said(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text(
        "![a](x.png)\n![b][r] ![c][far]\n<img src='x.png' srcset='sub/x.png 2x, //cdn.example.org/y.png'>\n\n"
        "`![d][r]` [link][r]\n\n[r]: x.png\n[far]: https://example.org/y.png\n"
    )
    notes = unpublished_images(read_document(path))
    assert [note.partition(" is not published")[0] for note in notes] == [
        "report.md, line 2: x.png",
        "report.md, line 3: sub/x.png",
    ]


def test_a_missing_picture_is_an_error_even_where_none_would_be_shown() -> None:
    with pytest.raises(DocumentError):
        publish_images(document("![a](gone.png)"), NoImages())


def test_the_files_that_a_document_shows() -> None:
    text = "![a](x.png) [link](y.png) ![b](my%20chart.png?raw) ![c](data:image/png;base64,AA==) ![d](https://x/y.png)"
    assert image_files(document(text)) == [Path("x.png"), Path("my chart.png")]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# A *fine* `title` #\n\ntext", "A fine title"),
        ("```\n# no\n```\n\nYes ![x](y.png)\n===", "Yes x"),
        ("no heading", "report.md"),
        ("# \n\n## Second", "report.md"),
    ],
)
def test_the_first_heading_is_the_title(text: str, title: str) -> None:
    assert title_of(document(text)) == title


def test_reading_keeps_line_ends_and_refuses_what_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_bytes("\ufeffa\r\nb\rc".encode())
    assert read_document(path).text == "\ufeffa\r\nb\rc"
    path.write_text(f"![x](data:image/png;base64,{'A' * 2_000_000}) b")
    assert read_document(path).text.endswith("A) b")
    path.write_text("word " * 300_000)
    with pytest.raises(DocumentError, match="too long"):
        read_document(path)
    with pytest.raises(DocumentError, match="too long"):
        read_document(Path("/dev/zero"))
    path.write_bytes(b"caf\xe9")
    with pytest.raises(DocumentError, match="not UTF-8"):
        read_document(path)
    with pytest.raises(DocumentError, match="No such file"):
        read_document(tmp_path / "gone.md")
