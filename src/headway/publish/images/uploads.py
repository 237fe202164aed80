"""Images among what the forge itself keeps: a GitLab project's uploads, a Bitbucket repository's downloads.

GitLab gives every upload a URL of its own, so the same image gets another one each time. URLs in earlier versions of
the comment are used again; their names tell what they hold. It takes one file a request, and asks for no time between
two of them. Its commits API takes many files, but a branch there begins at a commit of the code and starts pipelines.

Everybody who opens the page of Bitbucket's downloads also finds the images, so that has to be asked for. A new file
replaces another of the same name there, so names change with the images. One request has many files.

Sources: GitLab's "Project Markdown uploads API", "Commits API" and "Rate limits on GitLab.com"; the group "Downloads"
of Bitbucket's REST API 2.0.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import msgspec

from headway.publish.http.error_responses import Operation
from headway.publish.images.batches import in_batches, reported
from headway.publish.images.formats import DecodedImage, hashed_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headway.publish.http.session import Session

_UPLOAD = Operation("upload an image", "api", idempotent=True, spaced=False)
_LIST = Operation("list the repository's downloads", "repository")
_STORE = Operation("store images among the downloads", "repository:write", idempotent=True)
_FORM_LIMIT = 10_000_000
_FILES_LIMIT = 50
"""Bytes and files of one form. Bitbucket names no limits; these are far below those that web servers usually have."""
_PART_ENVELOPE = 300  # bytes of a form beside a file's content
_URL = re.compile(r"/uploads/[0-9a-f]{32}/([a-z0-9.-]+)")
_DRY = "/uploads/00000000000000000000000000000000"


class _Upload(msgspec.Struct):
    """The answer to an upload; its URL goes into the comment's Markdown, so nothing else may be in it."""

    url: Annotated[str, msgspec.Meta(pattern=rf"\A{_URL.pattern}\Z")]


class UploadImages:
    """Images among the uploads of a GitLab project; ``earlier`` gives the texts of earlier versions of the comment."""

    def __init__(self, session: Session, project: str, earlier: Callable[[], Iterable[str]] = tuple) -> None:
        self._session = session
        self._path = f"projects/{quote(project, safe='')}/uploads"
        self._earlier = earlier

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Upload the images that were not uploaded before."""
        images = {hashed_name(content): content for content in files.values()}
        missing = {name: content for name, content in images.items() if name not in self._known}
        single = ({name: content} for name, content in missing.items())  # GitLab takes one file a request
        for batch in reported(single, len(missing), self._session.options.uploading):
            self._known |= {name: self._upload(name, content) for name, content in batch.items()}
        return {name: self._known[hashed_name(content)] for name, content in files.items()}

    @cached_property
    def _known(self) -> dict[str, str]:
        """URLs by name; asked for once, when there is something to store."""
        return {match[1]: match[0] for text in self._earlier() for match in _URL.finditer(text)}

    def _upload(self, name: str, content: DecodedImage) -> str:
        form = [("file", (name, content, content.form.media_type))]
        return self._session.upload(_UPLOAD, self._path, form, _Upload(f"{_DRY}/{name}")).url


class _Download(msgspec.Struct):
    name: str


class DownloadImages:
    """Images among the downloads of a Bitbucket repository, ``workspace/slug``, with the page ``web_url``."""

    def __init__(self, session: Session, repository: str, web_url: str) -> None:
        self._session = session
        self._path = f"repositories/{repository}/downloads"
        self._web_url = web_url

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store the images that are not there."""
        if not files:
            return {}
        names = {name: f"headway-{hashed_name(content)}" for name, content in files.items()}
        there = {each.name for each in self._session.pages(_LIST, self._path, _Download, {"pagelen": "100"})}
        missing = {names[name]: content for name, content in files.items() if names[name] not in there}
        batches = in_batches(missing, _FORM_LIMIT, lambda _, image: len(image) + _PART_ENVELOPE, _FILES_LIMIT)
        for batch in reported(batches, len(missing), self._session.options.uploading):
            form = [("files", (name, content, content.form.media_type)) for name, content in batch.items()]
            self._session.upload(_STORE, self._path, form, None)
        return {name: f"{self._web_url}/downloads/{quote(hashed)}" for name, hashed in names.items()}
