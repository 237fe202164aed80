"""The page of a preview: comments in a frame like a forge's, and below each its size and the status of the commit."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from headway.publish.comment.marker import text_of
from headway.publish.preview.markup import render_comment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.ci.job import ForgeKind
    from headway.publish.forges.forge import State
    from headway.publish.preview.comment import Preview

_PAGE = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-{hash}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Preview of the comment on {forge}</title>
<style>{style}</style>
</head>
<body>
<main class="{kind}">
<p class="about">Preview of the comment on {forge}. Nothing was sent.</p>
{comments}
</main>
</body>
</html>
""")
_COMMENT = Markup("""<article>
<header><span class="author">headway</span> commented</header>
<div class="body">
{body}
</div>
</article>
<ul class="facts">
<li class="{conclusion}">{kind} <b>{name}</b>: <b>{conclusion}</b>. {title}</li>
<li>The comment has {length} of the {size} {unit} that it may have ({share}).{note}</li>
</ul>
""")
_STATUS = {"github": "Check run", "gitlab": "Commit status", "bitbucket": "Build status and Code Insights report"}
_NEUTRAL = "success"
"""What a neutral state is on a forge that has none."""


def render_page(previews: Sequence[Preview]) -> str:
    """The previews as one page that loads nothing; there is at least one."""
    style = files(__package__).joinpath("preview.css").read_text()
    return _PAGE.format(
        hash=b64encode(sha256(style.encode()).digest()).decode(),
        style=Markup(style),  # noqa: S704 - ours
        forge=previews[0].forge_name,
        kind=previews[0].forge,
        comments=Markup().join(map(_comment, previews)),
    )


def _comment(preview: Preview) -> Markup:
    limit, status = preview.limit, preview.status
    length = limit.length(preview.body)
    return _COMMENT.format(
        body=render_comment(text_of(preview.body), preview.forge, preview.images),
        kind=_STATUS[preview.forge],
        name=status.name,
        conclusion=_conclusion(preview.forge, status.state),
        title=status.title,
        length=f"{length:,}",
        size=f"{limit.size:,}",
        unit=limit.unit,
        share=f"{length / limit.size:.0%}",
        note=f" {_images(len(preview.images))}" if preview.images else "",
    )


def _conclusion(forge: ForgeKind, state: State) -> str:
    return _NEUTRAL if state == "neutral" and forge != "github" else state


def _images(number: int) -> str:
    return f"It shows {number} image{'s' if number > 1 else ''}, which a post uploads first."
