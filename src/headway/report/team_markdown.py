"""Markdown files of the repository as HTML that is safe to show.

They are part of the change under review, so they keep their layout (headings, lists, tables, emphasis, code) but
nothing that reaches outside the report: no HTML, link, image or mention.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from headway.report.escaping import clean_block, part_contents, part_links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_REACHING_OUT = ("link", "image", "autolink", "linkify", "reference", "html_inline", "html_block", "entity")
_DEEPEST_HEADING = 6
_HEADINGS_ABOVE = 3
"""The deepest level of the report's own headings."""
_EMPTY_LINE = re.compile(r"\n(?=[ \t]*(?:\n|$))")


def render_markdown(text: str) -> Markup:
    """Markdown as one block of HTML that is safe in a page and inside a forge's Markdown.

    It contains no blank line, which would end CommonMark's HTML block, and no line that begins with a slash, which
    GitLab may execute as a quick action.
    """
    html = _parser().render(clean_block(text)).strip("\n").replace("\n/", "\n&#47;")
    return Markup(_EMPTY_LINE.sub("&#10;", html))  # noqa: S704  the parser escapes HTML and makes no links


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  only reports with such a section pay for it

    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    parser.disable(list(_REACHING_OUT), ignoreInvalid=True)
    parser.core.ruler.push("settle", _settle)
    parser.add_render_rule("text", _text)
    parser.add_render_rule("code_inline", _code)
    parser.add_render_rule("fence", _code_block)
    return parser


def _settle(state: StateCore) -> None:
    """Lower the headings below the report's own; align cells without ``style``, which pages and forges forbid."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + _HEADINGS_ABOVE, _DEEPEST_HEADING)}"
        style = token.attrs.pop("style", None)
        if style is not None:
            token.attrs["align"] = str(style).removeprefix("text-align:")


def _text(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG001  markdown-it's signature
    return str(escape(part_links(tokens[index].content)))


def _code(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG001  markdown-it's signature
    return f"<code>{escape(part_contents(tokens[index].content))}</code>"


def _code_block(_: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG001  markdown-it's signature
    """A code block without its language, because forges render some languages as diagrams and maps."""
    return f"<pre><code>{escape(tokens[index].content)}</code></pre>\n"
