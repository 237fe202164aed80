"""Which function of a fake forge answers which method and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import unquote

from fakes.core.messages import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.core.tokens import Token

AnyState = TypeVar("AnyState")
Handler = Callable[[AnyState, "Call"], Reply]

_PARAMETER = re.compile(r"\{(\w+)(\.\.\.)?\}")


@dataclass(frozen=True, kw_only=True)
class Route(Generic[AnyState]):
    """One operation: in its template, ``{name}`` is one segment and ``{name...}`` one or more.

    ``needs`` is what the caller's token must be allowed, in the forge's own words; ``site`` the server it belongs to.
    """

    method: str
    template: str
    needs: str
    site: str
    handler: Handler[AnyState]

    @property
    def documented(self) -> str:
        """The template as forges print it in their documentation, without the dots."""
        return self.template.replace("...}", "}")

    @property
    def name(self) -> str:
        return f"{self.method} {self.documented}"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request that found its route, with the path's parameters decoded; an anonymous one has no caller."""

    request: Request
    route: Route[Any]
    params: Mapping[str, str]
    caller: Token | None = None

    @property
    def login(self) -> str:
        return self.caller.login if self.caller is not None else ""

    def number(self, name: str) -> int:
        """A path parameter as a number; -1, which nothing has, where it is none."""
        text = self.params[name]
        return int(text) if text.isascii() and text.isdigit() else -1


class Routes(Generic[AnyState]):
    """An ordered table; the first route that fits answers."""

    def __init__(self, *parts: Routes[AnyState]) -> None:
        self._rows = [(route, _pattern(route.template)) for part in parts for route in part]

    def add(
        self, method: str, template: str, *, needs: str = "", site: str = "api"
    ) -> Callable[[Handler[AnyState]], Handler[AnyState]]:
        """Register the decorated function."""

        def register(handler: Handler[AnyState]) -> Handler[AnyState]:
            route = Route(method=method, template=template, needs=needs, site=site, handler=handler)
            self._rows.append((route, _pattern(template)))
            return handler

        return register

    def __iter__(self) -> Iterator[Route[AnyState]]:
        return (route for route, _ in self._rows)

    def find(self, request: Request) -> Call | None:
        """The route of a request, its path's parameters decoded only after the match; HEAD goes where GET goes."""
        method = "GET" if request.method == "HEAD" else request.method
        for route, pattern in self._rows:
            if (route.site, route.method) == (request.site, method) and (match := pattern.fullmatch(request.path)):
                params = {name: unquote(value) for name, value in match.groupdict().items()}
                return Call(request=request, route=route, params=params)
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
