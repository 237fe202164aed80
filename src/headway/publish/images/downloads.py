"""Bitbucket: pictures among a repository's downloads, where everybody who opens that page finds them as well.

That is why it has to be asked for. A name that is taken is replaced, so names change with the pictures.

Source: the group "Downloads" of the REST API 2.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from headway.publish.http.responses import Intent
from headway.publish.images.formats import hashed_name, media_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.publish.http.session import Session

_LIST = Intent("list the repository's downloads", "repository")
_UPLOAD = Intent("store a picture among the downloads", "repository:write", repeatable=True)
_PREFIX = "headway-"


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

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Store pictures that are not there.

        Raises:
            ForgeError: they could not be stored; no address must then be used.
        """
        if not files:
            return {}
        names = {name: f"{_PREFIX}{hashed_name(name, content)}" for name, content in files.items()}
        there = {each.name for each in self._session.values(_LIST, self._path, _Download, {"pagelen": "100"})}
        for name, content in files.items():
            if names[name] not in there:
                form = {"files": (names[name], content, media_type(content))}
                self._session.upload(_UPLOAD, self._path, form, type(None), None)
                there.add(names[name])
        return {name: f"{self._web_url}/downloads/{quote(hashed)}" for name, hashed in names.items()}
