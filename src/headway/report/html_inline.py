"""Write what stands within a line as HTML: words with their tone, names, values, commits.

Every string becomes part of the page through :class:`markupsafe.Markup`, which escapes what is not markup already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from headway.report.blocks import MARKS, Command, Commit, Link, Name, Value, Version, Words
from headway.report.escaping import NAME_LIMIT, SENTENCE_LIMIT, SHORT_SHA, html_text, shorten_parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.report.blocks import Inline, Span

_SEAM = re.compile(r"(?<=[/_:-])(?=\w)|(?<=\w)(?=\.\w)")
"""Where a long name is broken into lines, if it has to be."""


def join(separator: str, parts: Iterable[Markup]) -> Markup:
    """Put markup together."""
    return Markup(separator).join(parts)  # noqa: S704 - ours


def classed(kinds: str) -> Markup:
    """The attribute for some classes, none where there are none."""
    return Markup(' class="{}"').format(kinds) if kinds else Markup("")


def toned(tone: str) -> Markup:
    """The attribute for the class of a tone."""
    return classed({"failed": "worse", "warning": "worse", "strong": "", "plain": ""}.get(tone, tone))


def write_line(content: Inline) -> Markup:
    """Spans one after the other."""
    return join("", map(write_span, content))


def write_span(span: Span) -> Markup:  # noqa: PLR0911 - one line for each span
    """Words, or a name or value as code."""
    code = Markup("<code>{}</code>")
    match span:
        case Words():
            return _words(span)
        case Name(tone="strong"):
            return Markup("<b>{}</b>").format(code.format(write_name(span.text)))
        case Name():
            return code.format(write_name(span.text))
        case Link() | Command():
            return code.format(html_text(span.text))
        case Value():
            return code.format(html_text(span.within(NAME_LIMIT), NAME_LIMIT))
        case Version():
            tag = Markup("<del>{}</del>") if span.side == "base" else Markup("<ins>{}</ins>")
            parts = ((html_text(part.text), part.is_changed) for part in shorten_parts(span.parts, SENTENCE_LIMIT))
            return code.format(join("", (tag.format(text) if changed else text for text, changed in parts)))
        case Commit():
            return Markup('<code class="sha">{}</code>').format(html_text(span.sha[:SHORT_SHA]))


def write_name(name: str, limit: int = SENTENCE_LIMIT) -> Markup:
    """A name that a narrow column breaks at its seams."""
    return Markup(_SEAM.sub("<wbr>", html_text(name, limit)))  # noqa: S704  entities have no seam


def _words(words: Words) -> Markup:
    text = html_text(words.text)
    if words.tone in MARKS:
        says_so = words.tone in words.text.lower()
        spoken = "aria-hidden" if says_so else Markup('role="img" aria-label')
        mark = Markup('<span {}="{}">{}</span>').format(spoken, "true" if says_so else words.tone, MARKS[words.tone])
        text = join(" ", (mark, text)) if text else mark
    kind = toned(words.tone)
    if words.tone in {"strong", "withheld", "failed", "warning"}:
        return Markup("<b{}>{}</b>").format(kind, text)
    return Markup("<span{}>{}</span>").format(kind, text) if kind else text
