"""Jinja2 as the renderings use it: nothing reaches the output unescaped, and nothing is loaded before it is needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from headway.report import escaping
from headway.report.formatting import count, short_sha
from headway.report.includes import difference, excerpt, render_markdown, state
from headway.report.metric_rows import by_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from jinja2 import Environment, Template

_MARKDOWN = ("report.md.j2", "body.md.j2", "sections.md.j2")
_TEMPLATES = {"md": _MARKDOWN, "plain": _MARKDOWN, "html": ("page.html.j2", "parts.html.j2")}
_USUAL = ("md", "html")
"""Every run writes these; Markdown without HTML is for one forge."""

_SHARED_FILTERS: dict[str, Callable[..., object]] = {
    "by_file": by_file,
    "count": count,
    "difference": difference,
    "excerpt": excerpt,
    "short_sha": short_sha,
    "state": state,
}


def template(form: str, name: str = "") -> Template:
    """The template that writes ``"md"``, ``"html"``, or ``"plain"``, which is Markdown without HTML.

    ``name`` says which one, where it is not that of a whole report.
    """
    return _environment(form).get_template(name or _TEMPLATES[form][0])


def warm_up() -> None:
    """Load Jinja2 and compile the templates.

    That takes ten times as long as writing a report. A caller that waits for something else anyway, such as the process
    that draws the pictures, can have it done meanwhile.
    """
    for form in _USUAL:
        for name in _TEMPLATES[form]:
            _environment(form).get_template(name)


@cache
def _environment(form: str) -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  loaded only when rendering

    environment = Environment(
        loader=PackageLoader("headway.report"),
        autoescape=True,  # so that macros return Markup: what they made safe stays so when it is passed on
        finalize=_ESCAPES[form],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _SHARED_FILTERS | _FILTERS[form]
    return environment


def _unless_safe(escape: Callable[[str], Markup]) -> Callable[[object], object]:
    return lambda value: value if hasattr(value, "__html__") else escape(str(value))


def _rendered_for_no_forge(text: str) -> Markup:
    """A team's Markdown for a page of our own, where nobody links mentions and a reader may copy the text."""
    return Markup(render_markdown(text).replace(escaping.ZERO_WIDTH_SPACE, ""))  # noqa: S704  takes only spaces out


_ESCAPES = {
    "md": _unless_safe(escaping.text),
    "plain": _unless_safe(escaping.plain_text),
    "html": _unless_safe(escaping.html_text),
}
"""What a template prints goes through these, unless it is safe already."""

_MARKDOWN_FILTERS: dict[str, Callable[..., object]] = {
    "rendered": render_markdown,
    "attribute": escaping.html_text,
    "cell": escaping.cell,
    "code": escaping.code,
    "fence": escaping.fence,
    "forge_code": escaping.forge_code,
    "prose": escaping.prose,
}

_FILTERS: dict[str, dict[str, Callable[..., object]]] = {
    "md": _MARKDOWN_FILTERS,
    "plain": _MARKDOWN_FILTERS
    | {"fence": escaping.plain_fence, "forge_code": escaping.code, "prose": escaping.plain_prose},
    "html": {
        "rendered": _rendered_for_no_forge,
        "block": escaping.html_block,
        "name": escaping.html_name,
        "prose": escaping.html_prose,
    },
}
