"""GitLab: pictures among a project's uploads, shown by an address relative to the project.

GitLab gives every upload an address of its own, so the same picture has another one each time. An earlier version of
the comment is looked through for addresses that can be used again; their names tell what they hold.

Source: "Project Markdown uploads API".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from headway.publish.http.responses import Intent
from headway.publish.images.formats import hashed_name, media_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headway.publish.http.session import Session

_UPLOAD = Intent("upload a picture", "api", repeatable=True)
_ADDRESS = re.compile(r"/uploads/[0-9a-f]{32}/([a-z0-9.-]+)")
_DRY = "/uploads/00000000000000000000000000000000"


class _Upload(msgspec.Struct):
    url: str


class UploadImages:
    """Pictures among a project's uploads.

    Args:
        session: with GitLab's API.
        project: the project's id or path.
        earlier: gives the texts of earlier versions of the comment; asked once, when there is something to store.
    """

    name = "the project's uploads"

    def __init__(self, session: Session, project: str, earlier: Callable[[], Iterable[str]] = tuple) -> None:
        self._session = session
        self._path = f"projects/{quote(project, safe='')}/uploads"
        self._earlier = earlier
        self._known: dict[str, str] | None = None

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Upload pictures that were not uploaded before.

        Raises:
            ForgeError: they could not be stored; no address must then be used.
        """
        return {name: self._address(hashed_name(name, content), content) for name, content in files.items()}

    def _address(self, name: str, content: bytes) -> str:
        if self._known is None:
            self._known = {match[1]: match[0] for text in self._earlier() for match in _ADDRESS.finditer(text)}
        if name not in self._known:
            self._known[name] = self._upload(name, content)
        return self._known[name]

    def _upload(self, name: str, content: bytes) -> str:
        form = {"file": (name, content, media_type(content))}
        return self._session.upload(_UPLOAD, self._path, form, _Upload, _Upload(f"{_DRY}/{name}")).url
