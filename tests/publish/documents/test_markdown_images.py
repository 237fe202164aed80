"""Where images are in a document: cases by hand, and arbitrary text against markdown-it's own reading of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from headway.publish.documents.markdown_images import ImageReference, find_image_references, parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token


def found(text: str) -> list[str]:
    """The addresses that can be rewritten, each checked to be where it is said to be."""
    images = [image for image in find_image_references(text) if image.span]
    for image in images:
        assert text[slice(*image.span or ())], image
        assert text[slice(*image.whole)].startswith(("![", "<")), image
    return [image.address for image in images]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("![a](x.png)", ["x.png"]),
        ("![a](x.png \"title\") ![b]( <y z.png>\t't' )", ["x.png", "y z.png"]),
        ("[![a](x.png)](page.html)", ["x.png"]),
        ("**bold ![a](x.png)** ~~![b](y.png)~~", ["x.png", "y.png"]),
        ("# ![a](x.png) #\n\n![b](y.png)\n===", ["x.png", "y.png"]),
        ("> quote ![a\n> b](x.png)\n> - item\n>   ![c](y.png)", ["x.png", "y.png"]),
        ("1. a\n\n\t![a](x.png)\n   - b\n\n\t\t![b](y.png)", ["x.png", "y.png"]),
        ("![a](x\\_1.png) ![b](a&amp;b.png) ![c](p(1).png)", ["x_1.png", "a&b.png", "p(1).png"]),
        ('> ![a](x.png\n> "title")', ["x.png"]),
        ("![a](x\0.png)", ["x\ufffd.png"]),
        ("| ` | ` ![a](x.png) |\n|---|---|\n| ` ![b](y.png) | ` |", ["x.png", "y.png"]),
        ("| a | b |\n|---|---|\n| ![p\\|q](x.png) | ![x](x.png) ![x](x.png) |", ["x.png", "x.png", "x.png"]),
        ("| ![x](x.png) | |\n|---|---|\n| x |", ["x.png"]),
        ("> | a |\n> |---|\n> | ![x](x.png) | ![no](column.png) |", ["x.png"]),
        ('<img src="x.png"> <IMG\n SRC = \'y.png\' alt="a > b"> <img alt=a src=z.png/>', ["x.png", "y.png", "z.png/"]),
        ('<p align="center">\n<img src="a&amp;b.png">\n</p>', ["a&b.png"]),
        ('<picture><source srcset="d.png 2x, e.png"><img src="l.png"></picture>', ["l.png"]),
        ("<img alt= src='x.png'> <img alt='' src='y.png' src='z.png'>", ["y.png"]),
        ("![a](data:image/svg+xml,%3Csvg%3E)", ["data:image/svg+xml,%3Csvg%3E"]),
        ("\f\n![a](x.png)\v\n", ["x.png"]),
        ("![a](x.png)\0![b](y.png)", ["x.png", "y.png"]),
        ("a <!-- b --> ![c](x.png)", ["x.png"]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_pictures_are_found(text: str, addresses: list[str], newline: str) -> None:
    assert found(text.replace("\n", newline)) == addresses


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[link](x.png) <x.png> x.png ![no] ![no][no] ![](  ) \\![a](x.png) !\\[a](x.png)",
        "`![a](x.png)` ``<img src='x.png'>``",
        "```md\n![a](x.png)\n```\n\n~~~\n<img src=x.png>\n~~~\n\n    ![a](x.png)\n",
        "> ```\n> ![a](x.png)\n> ```\n- ```\n  ![a](x.png)",
        "<!-- ![a](x.png)\n\n<img src='x.png'> -->",
        "text <!-- <img src='x.png'> --> text",
        "<div><!-- <img src='x.png'> --></div>",
        "<script>\n'<img src=x.png>'\n</script>",
        "<video src='x.mp4'></video> <source src='x.mp4'> <img data-src='x.png'> <imgsrc='x.png'>",
        "<img alt=\" src='x.png' \">",
        "[one]: x.png\n\n[one] [two][one]",
    ],
)
def test_what_is_no_picture_is_not_found(text: str) -> None:
    assert found(text) == []


def test_words_in_a_picture_are_words_and_pictures_in_them_are_not_shown() -> None:
    (image,) = find_image_references("![a *b* ![c `d`](no.png) 1\\*2](x.png)")
    assert (image.address, image.alt) == ("x.png", "a b c d 1*2")


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("![a][one]\n\n[one]: x.png", ["x.png"]),
        ("![one][] ![One]\n\n> [one]:\n> <x y.png>\n> 'title'", ["x y.png", "x y.png"]),
        ("[one]: x.png\n[one]: y.png\n\n![one]", ["x.png"]),
        ('<picture><source srcset="d.png 2x, e.png"><img src="l.png"></picture>', ["d.png", "e.png"]),
        ("<img\nsrcset='a.png' src=\"l.png\"> `![a][one]`", ["a.png"]),
    ],
)
def test_other_forms_are_found_and_have_no_place(text: str, addresses: list[str]) -> None:
    assert [image.address for image in find_image_references(text) if image.span is None] == addresses


MARKS = ("![", "]", "(", ")", "](", "[r]", "[r]: ", "`", "``", "```", "~~~", "> ", "- ", "1. ", "# ", " ##", "===", "|")
MORE_MARKS = (
    "\n|---|\n",
    "\\",
    "\\|",
    "*",
    "_",
    "**",
    "&",
    "&amp;",
    "<!--",
    "-->",
    "<div>",
    "</div>",
    "<pre>",
    "<script>",
)
WORDS = ("a", "x.png", "<x y.png>", ' "t"', "'", "data:image/png;base64,AA==", "é", "\u2028", "😀", "</script>")
PICTURES = (
    "![a](x.png)",
    "![b][r]",
    "![r]",
    "[![c](y.png)](z)",
    '![d](<e f.png> "t")',
    "\n\n[r]: x.png\n",
    "\n> [r]:\n> y.png\n",
)
TAGS = ('<img src="x.png">', "<img src='y.png'/>", '<img srcset="a.png 1x">', "<img", ">", "![a\n> b](x.png)")
SPACES = (
    " ",
    "    ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "\f",
    "\v",
    "\0",
    "\xa0",
    "\n> ",
    "\n  ",
    "\n- ",
    "\n| ",
    " | ",
)
PIECES = st.sampled_from((*MARKS, *MORE_MARKS, *WORDS, *PICTURES, *PICTURES, *TAGS, *SPACES, *SPACES))
DOCUMENTS = st.lists(PIECES, max_size=40).map("".join)


@given(DOCUMENTS)
def test_the_addresses_of_markdown_are_those_that_markdown_it_renders(text: str) -> None:
    assert [image.address for image in in_markdown(text) if image.address] == list(rendered(text))


@given(DOCUMENTS)
def test_another_address_in_the_same_place_is_read_as_that_one(text: str) -> None:
    images = [image for image in in_markdown(text) if image.span]
    changed, at = "", 0
    for image in images:
        start, end = image.span or (0, 0)
        changed += text[at:start] + "new.png"
        at = end
    changed += text[at:]
    again = [image for image in in_markdown(changed) if image.span]
    assert [image.address for image in again] == ["new.png"] * len(images)
    assert [changed.count("\n", 0, image.whole.start) for image in again] == [
        text.count("\n", 0, image.whole.start) for image in images
    ]


def in_markdown(text: str) -> list[ImageReference]:
    return [image for image in find_image_references(text) if text.startswith("![", image.whole.start)]


def rendered(text: str) -> Iterator[str]:
    """The addresses that a plain markdown-it, with the same rules for addresses, gives to its renderer."""
    plain = MarkdownIt("commonmark", {"html": True, "maxNesting": 100}).enable(["table", "strikethrough"])
    plain.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005 - the base class has this name
    plain.normalizeLink = lambda url: url  # type: ignore[method-assign]
    for token in plain.parse(text):
        yield from _images(token.children or [])


def _images(tokens: list[Token]) -> Iterator[str]:
    return (str(token.attrs["src"]) for token in tokens if token.type == "image" and token.attrs["src"])


def test_a_long_embedded_picture_takes_no_long_time() -> None:
    text = f"![a](data:image/png;base64,{'A' * 300_000})"
    assert len(found(text)) == 1


def test_the_parser_is_made_once() -> None:
    assert parser() is parser()
