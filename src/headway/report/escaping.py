"""Every escape in one place: what came from a repository is shown as text and never means anything.

Three steps, in this order:

1. :func:`clean` (one line) or :func:`clean_block` (several) takes out what no reader sees: control and bidirectional
   characters, zero-width characters, lone surrogates.
2. The other functions write the result for one place: Markdown as a forge reads it (:func:`code`, :func:`words`,
   :func:`text`, :func:`cell`, :func:`fence`), Markdown of a forge that shows tags and entities as text
   (``plain_...``), HTML inside Markdown (``forge_...``), or HTML (``html_...``).
   Nothing inside a code span or a fence has a meaning to a forge, so names are shown as code. Elsewhere a zero-width
   space parts what a forge would link: mentions, references, addresses, emoji.
3. The result is :class:`markupsafe.Markup`. The HTML page escapes any other string that it is given; in Markdown,
   only :class:`~headway.report.markdown.MarkdownWriter` puts texts together, from what these functions return.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.text import Part

NAME_LIMIT = 100
SENTENCE_LIMIT = 600
SHORT_SHA = 7
"""The characters of a SHA that git and the forges show."""
ELLIPSIS = "…"
_LEAST_BETWEEN = 12
"""Characters of what did not change that are shown between two changes, where there is little room."""
LINE_BREAK = "↵"
"""Stands for a line break inside a name: a name never runs over two lines, and never hides that it wants to."""
ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"

_KEPT_FORMAT_CHARACTERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"  # emoji and Persian need them
_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_TERMINAL_SEQUENCES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")

_LINKED = re.compile(r"(?<=[@#!$%&~^*:])(?=\S)|(?<=\[)|(?i:(?<=www)(?=\.)|(?<=GH)(?=-))|(?=\$)|(?<=\$)|^(?=/)")
"""Where a forge may begin a link: to a person, an issue, a merge request, a milestone, an address, or an emoji.

A table of contents begins with a bracket, and one of GitLab's commands with the slash of a line.
"""
_KEY_OF_AN_ISSUE = re.compile(r"\b[A-Z][A-Z0-9_]*(?=-\d)")
"""As Jira names issues, which Bitbucket and GitLab link."""
_SHA = re.compile(r"(?<![a-z0-9])(?=\d*[a-f])[0-9a-f]{7,}(?![a-z0-9])", re.IGNORECASE)
"""Forges link seven hexadecimal digits and more where they begin a commit's SHA, and some note it at the commit."""
_WHOLE_SHA = re.compile(r"[0-9a-f]{7,64}")
_CONTENTS = re.compile(r"^\[(?=toc\]$)", re.IGNORECASE)
"""GitLab makes a table of contents of a paragraph's part that says so, code spans included."""
_PUNCTUATION = re.compile(r"[\\`*_\[\]<>&~$^#]")
_PLAIN_PUNCTUATION = re.compile(r"[\\`*_\[\]>#|]")
"""What a backslash escapes in every Markdown, also in those older than CommonMark, which show it before other marks."""
_PLAIN_PARTED = re.compile(r"(?<=<)|(?=\^)")
"""What those leave: the beginning of a tag, and of a footnote."""
_BLOCK_START = re.compile(r"^(?:[-+](?= |$)|[-=](?=[-= ]*$)|\d{1,9}(?=[.)](?: |$)))")
"""A list's marker, or the line that makes a heading of the one above."""
CODE_PARTS = re.compile(r"`([^`]+)`")
_CODE = Markup("<code>{}</code>")
_LINE_START = re.compile("^", re.MULTILINE)
_BACKTICKS = re.compile("`+")
_ENDS_AN_ADDRESS = re.compile(r"""[\s\x00-\x1f\x7f<>()\[\]{}"'`\\|^]""")


def clean(value: str) -> str:
    """One line of what a reader can see; a line break in it is shown as an arrow."""
    if value.isprintable():  # as most texts are; nothing that is taken out or replaced here is printable
        return value
    return _visible(_BREAKS.sub(LINE_BREAK, _TERMINAL_SEQUENCES.sub("", value)))


def clean_block(value: str) -> str:
    """Lines of what a reader can see, ended by plain newlines, tabs made spaces."""
    return _visible(_BREAKS.sub("\n", _TERMINAL_SEQUENCES.sub("", value).expandtabs(4)))


def _visible(value: str) -> str:
    return value.translate(_SHOWN)


class _Shown(dict[int, str]):
    """What is shown of each character, by code point, determined when the character first occurs."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _visible_character(chr(code))
        return shown


_SHOWN = _Shown()


def _visible_character(character: str) -> str:
    if character.isspace():
        return character if character == "\n" else " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    return "" if category in {"Cc", "Cf"} and character not in _KEPT_FORMAT_CHARACTERS else character


def shorten(value: str, limit: int) -> str:
    """At most ``limit`` characters: the middle gives way, because long keys differ at their ends."""
    if len(value) <= limit:
        return value
    tail = (limit - 1) // 2
    return value[: limit - 1 - tail] + ELLIPSIS + value[len(value) - tail :]


def shorten_parts(parts: Sequence[Part], limit: int) -> Iterator[Part]:
    """At most ``limit`` characters of a text in parts: what did not change gives way first, farthest from a change."""
    lengths = [len(part.text) for part in parts]
    if sum(lengths) <= limit:
        yield from parts
        return
    changed = sum(length for part, length in zip(parts, lengths, strict=True) if part.is_changed)
    shared = sum(not part.is_changed for part in parts)
    room = max((limit - changed) // max(shared, 1), _LEAST_BETWEEN)
    for place, part in enumerate(parts):
        own = limit - (place < len(parts) - 1)  # the ellipsis of what is left out has room
        most = own if part.is_changed else min(own, room)
        if most <= 1 and len(part.text) > most:
            yield part._replace(text=ELLIPSIS, is_changed=any(each.is_changed for each in parts[place:]))
            return
        text = _shorten_shared(part.text, most, place, len(parts)) if not part.is_changed else shorten(part.text, most)
        yield part._replace(text=text)
        limit -= len(text)


def _shorten_shared(text: str, limit: int, place: int, parts: int) -> str:
    """What did not change: its end before the first change, its beginning after the last one, both in between."""
    if len(text) <= limit:
        return text
    if place == 0:
        return f"{ELLIPSIS}{text[1 - limit :]}"
    return f"{text[: limit - 1]}{ELLIPSIS}" if place == parts - 1 else shorten(text, limit)


def part_links(value: str) -> str:
    """The text with a zero-width space wherever a forge would see a mention, a reference, an address or an emoji."""
    parted = _KEY_OF_AN_ISSUE.sub(rf"\g<0>{ZERO_WIDTH_SPACE}", _SHA.sub(_part_sha, value))
    return _LINKED.sub(ZERO_WIDTH_SPACE, parted)


def _part_sha(match: re.Match[str]) -> str:
    return re.sub(r".{6}(?=.)", rf"\g<0>{ZERO_WIDTH_SPACE}", match.group())


def part_contents(name: str) -> str:
    """A name for a code span, which nobody searches for links, but which must not make a table of contents."""
    return _CONTENTS.sub(rf"\g<0>{ZERO_WIDTH_SPACE}", name)


def code(value: str, limit: int = NAME_LIMIT) -> Markup:
    """A Markdown code span, fenced by more backticks than the text holds."""
    shown = shorten(clean(value), limit)
    if not shown:
        return Markup("*(empty)*")
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` ") else ""
    return Markup(f"{ticks}{pad}{part_contents(shown)}{pad}{ticks}")  # noqa: S704  a code span takes everything literally


@lru_cache(maxsize=8192, typed=True)  # a report that has to fit is rendered about ten times, with the same words
def words(value: str, *, html: bool = True) -> Markup:
    """Plain words inside a line of Markdown; without ``html``, for a forge that shows tags and entities as text."""
    shown = part_links(shorten(clean(value), SENTENCE_LIMIT))
    if html:
        return Markup(_PUNCTUATION.sub(r"\\\g<0>", shown).replace("|", "&#124;"))  # noqa: S704  nothing keeps a meaning
    # A zero-width space keeps "<" from a tag, as the one of part_links keeps "&" from an entity.
    return Markup(_PLAIN_PUNCTUATION.sub(r"\\\g<0>", _PLAIN_PARTED.sub(ZERO_WIDTH_SPACE, shown)))  # noqa: S704  likewise


def line_start(line: str) -> Markup:
    """A line of Markdown that begins no list and makes no heading of the line above."""
    return Markup(_BLOCK_START.sub(_escape_block_start, line))  # noqa: S704  only takes meaning away


def text(value: str) -> Markup:
    """Plain words as a line of Markdown."""
    return line_start(words(clean(value).strip(" ")))


def plain_text(value: str) -> Markup:
    """Like :func:`text`, for a forge that shows tags and entities as text."""
    return line_start(words(clean(value).strip(" "), html=False))


def short_sha(sha: str) -> str:
    """The digits of a commit that a forge links; empty where the SHA is no SHA."""
    return sha[:SHORT_SHA] if _WHOLE_SHA.fullmatch(sha) else ""


def plain_address(url: str) -> Markup:
    """A URL between the parentheses of a Markdown link, which nothing in it ends early."""
    encoded = _ENDS_AN_ADDRESS.sub(lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode()), url)
    return Markup(encoded)  # noqa: S704  what could end the address is encoded


def _escape_block_start(match: re.Match[str]) -> str:
    start = match.group()
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def cell(markdown: str) -> Markup:
    """A code span or a link for a table's cell, where a pipe would end it; words hold no pipe."""
    return Markup(markdown.replace("|", "\\|"))  # noqa: S704  a table reads \| as a pipe everywhere, code spans included


def fence(value: str, info: str = "text") -> Markup:
    """A fenced code block in which no line begins with a slash: older versions of GitLab carry out commands in some.

    Where the fence is indented by a space, CommonMark takes one from each line, so that the block shows no space more.
    """
    fenced = plain_fence(value, info)
    return Markup(_LINE_START.sub(" ", fenced)) if "\n/" in fenced else fenced  # noqa: S704  a fence, too


def plain_fence(value: str, info: str = "text") -> Markup:
    """A fenced code block, fenced by more backticks than the content holds in one run."""
    body = clean_block(value).rstrip("\n")
    ticks = "`" * max(3, _longest_run(body) + 1)
    return Markup(f"{ticks}{info}\n{body}\n{ticks}")  # noqa: S704  a fence takes everything literally


def _longest_run(value: str) -> int:
    return max(map(len, _BACKTICKS.findall(value)), default=0)


def forge_text(value: str, limit: int = SENTENCE_LIMIT) -> Markup:
    """Plain words in HTML that a forge will still search for mentions and references."""
    return escape(part_links(shorten(clean(value), limit)))


def forge_code(value: str) -> Markup:
    """A name in HTML inside Markdown, where a code span has no meaning."""
    return _CODE.format(part_contents(shorten(clean(value), NAME_LIMIT)))


def html_text(value: str, limit: int = SENTENCE_LIMIT) -> Markup:
    """Plain words in HTML, in an element or in a quoted attribute."""
    return escape(shorten(clean(value), limit))


def html_block(value: str) -> Markup:
    """Several lines in HTML, for a ``pre`` element."""
    return escape(clean_block(value))


def script_json(encoded: bytes) -> Markup:
    """JSON for a ``script`` element, in which neither ``</script>`` nor ``<!--`` can occur.

    JSON knows ``<`` only inside strings, so the escaped form means the same. U+2028 and U+2029 are line ends to old
    parsers.
    """
    escaped = encoded.decode().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(escaped)  # noqa: S704  no markup can begin without "<"
