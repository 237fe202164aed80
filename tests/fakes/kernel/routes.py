"""Which function of a fake forge answers which method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import unquote

from fakes.kernel.messages import Call, Reply, Request

World = TypeVar("World")
Handler = Callable[[World, Call], Reply]

_PARAMETER = re.compile(r"\{(\w+)(\.\.\.)?\}")


@dataclass(frozen=True, kw_only=True)
class Route(Generic[World]):
    """One operation of a forge.

    Attributes:
        method: in capitals.
        template: the path; ``{name}`` stands for one segment, ``{name...}`` for one or more.
        needs: what the caller's token must be allowed, in the forge's own words.
        site: the server that it belongs to.
        handler: does the work.
    """

    method: str
    template: str
    needs: str
    site: str
    handler: Handler[World]

    @property
    def documented(self) -> str:
        """The template as forges print it in their documentation, without the dots."""
        return self.template.replace("...}", "}")


class Routes(Generic[World]):
    """An ordered table; the first route that fits answers."""

    def __init__(self) -> None:
        self._rows: list[tuple[Route[World], re.Pattern[str]]] = []

    def add(
        self, method: str, template: str, *, needs: str = "", site: str = "api"
    ) -> Callable[[Handler[World]], Handler[World]]:
        """Register the decorated function."""

        def register(handler: Handler[World]) -> Handler[World]:
            route = Route(method=method, template=template, needs=needs, site=site, handler=handler)
            self._rows.append((route, _pattern(template)))
            return handler

        return register

    def include(self, other: Routes[World]) -> None:
        """Append another table."""
        self._rows.extend(other._rows)

    def __iter__(self) -> Iterator[Route[World]]:
        return (route for route, _ in self._rows)

    def find(self, request: Request) -> tuple[Route[World], dict[str, str]] | None:
        """The route of a request and its path's parameters, decoded only after the match; HEAD goes where GET goes."""
        method = "GET" if request.method == "HEAD" else request.method
        for route, pattern in self._rows:
            if (route.site, route.method) == (request.site, method) and (match := pattern.fullmatch(request.path)):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None


def _pattern(template: str) -> re.Pattern[str]:
    """A regular expression over the still encoded path: an encoded slash never ends a segment."""
    pieces: list[str] = []
    end = 0
    for match in _PARAMETER.finditer(template):
        pieces.append(re.escape(template[end : match.start()]))
        pieces.append(f"(?P<{match[1]}>.+)" if match[2] else f"(?P<{match[1]}>[^/]+)")
        end = match.end()
    return re.compile("".join([*pieces, re.escape(template[end:])]))
