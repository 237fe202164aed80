"""Pictures among what the forge itself keeps: a GitLab project's uploads, a Bitbucket repository's downloads.

GitLab gives every upload an address of its own, so the same picture has another one each time. An earlier version of
the comment is looked through for addresses that can be used again; their names tell what they hold.

Everybody who opens the page of Bitbucket's downloads finds the pictures as well, so that has to be asked for. A name
that is taken is replaced, so names change with the pictures.

Sources: "Project Markdown uploads API"; the group "Downloads" of the REST API 2.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import msgspec

from headway.publish.http.error_responses import Operation
from headway.publish.images.formats import DecodedImage, hashed_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headway.publish.http.session import Session

_UPLOAD = Operation("upload a picture", "api", idempotent=True)
_LIST = Operation("list the repository's downloads", "repository")
_STORE = Operation("store a picture among the downloads", "repository:write", idempotent=True)
_ADDRESS = re.compile(r"/uploads/[0-9a-f]{32}/([a-z0-9.-]+)")
_DRY = "/uploads/00000000000000000000000000000000"
_PREFIX = "headway-"


class _Upload(msgspec.Struct):
    """The answer to an upload; its address goes into the comment's Markdown, so nothing else may stand there."""

    url: Annotated[str, msgspec.Meta(pattern=rf"\A{_ADDRESS.pattern}\Z")]


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

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Upload pictures that were not uploaded before; see :class:`~headway.publish.images.store.ImageStore`."""
        return {name: self._address(hashed_name(content), content) for name, content in files.items()}

    def _address(self, name: str, content: DecodedImage) -> str:
        if self._known is None:
            self._known = {match[1]: match[0] for text in self._earlier() for match in _ADDRESS.finditer(text)}
        if name not in self._known:
            self._known[name] = self._upload(name, content)
        return self._known[name]

    def _upload(self, name: str, content: DecodedImage) -> str:
        form = {"file": (name, content, content.form.media_type)}
        return self._session.upload(_UPLOAD, self._path, form, _Upload(f"{_DRY}/{name}")).url


class _Download(msgspec.Struct):
    name: str


class DownloadImages:
    """Pictures among a repository's downloads.

    Args:
        session: with Bitbucket's API.
        repository: ``workspace/slug``.
        web_url: the repository's page.
    """

    name = "the repository's downloads"

    def __init__(self, session: Session, repository: str, web_url: str) -> None:
        self._session = session
        self._path = f"repositories/{repository}/downloads"
        self._web_url = web_url

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store pictures that are not there; see :class:`~headway.publish.images.store.ImageStore`."""
        if not files:
            return {}
        names = {name: f"{_PREFIX}{hashed_name(content)}" for name, content in files.items()}
        there = {each.name for each in self._session.pages(_LIST, self._path, _Download, {"pagelen": "100"})}
        for name, content in files.items():
            if names[name] not in there:
                form = {"files": (names[name], content, content.form.media_type)}
                self._session.upload(_STORE, self._path, form, None)
                there.add(names[name])
        return {name: f"{self._web_url}/downloads/{quote(hashed)}" for name, hashed in names.items()}
