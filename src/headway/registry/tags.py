"""The registry's tags in a clone, read by one git command: 5,000 tags in milliseconds, where GTO takes minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.gather.git.executable import run_git
from headway.registry.grammar import TagName, parse_tag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAGS = "refs/tags/"
_FIELDS = (
    "%(refname:strip=2)",
    "%(objecttype)",
    "%(objectname)",
    "%(*objecttype)",
    "%(*objectname)",
    "%(taggername)",
    "%(taggeremail:trim)",
    "%(taggerdate:unix)",
    "%(contents:signature)",
    "%(contents:subject)",
    "%(contents:body)",
)


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """An annotated tag of the registry; GTO ignores lightweight ones, and so does this.

    Attributes:
        name: the tag's name: ``digits#production#7``.
        says: what the name says.
        id: the SHA of the tag object.
        commit: the SHA of the commit that is tagged.
        author, email: who made the tag.
        time: when, by the clock of that machine, in seconds since 1970.
        is_signed: whether the tag has a signature, which is not checked here.
        message: the message without the signature.
    """

    name: str
    says: TagName
    id: str
    commit: str
    author: str
    email: str
    time: int
    is_signed: bool
    message: str


def read_tags(root: Path) -> tuple[Tag, ...]:
    """The registry's tags in the clone of a folder, by name.

    Raises:
        RepositoryError: git cannot read the tags.
    """
    return tuple(_parse(run_git(root, "for-each-ref", f"--format={'%00'.join(_FIELDS)}%00", TAGS)))


def _parse(output: str) -> Iterator[Tag]:
    fields = output.split("\0")
    for start in range(0, len(fields) - len(_FIELDS), len(_FIELDS)):
        name, kind, tag_id, target_kind, commit, author, email, time, signature, subject, body = fields[
            start : start + len(_FIELDS)
        ]
        name = name.removeprefix("\n")
        says = parse_tag(name)
        if says and kind == "tag" and target_kind == "commit":
            yield Tag(
                name=name,
                says=says,
                id=tag_id,
                commit=commit,
                author=author,
                email=email,
                time=int(time or 0),
                is_signed=bool(signature),
                message=f"{subject}\n\n{body}".strip(),
            )
