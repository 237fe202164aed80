"""The routes of the service. Whatever is sent, the answer is JSON, or for a CSV table a CSV table."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from digits.inference.samples import BadRowsError, InputError, MalformedError, Sample, TooManyRowsError
from digits.inference.tables import read_table, write_table
from digits.serve.bodies import BodyDrain
from digits.serve.log import RequestLog
from digits.serve.messages import Failure, Health, InvalidDocumentError, read_json, to_json, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from digits.inference.sources import Model
    from digits.serve.limits import Limits

JSON = "application/json"
CSV = "text/csv"

_STATUS = {
    MalformedError: HTTPStatus.BAD_REQUEST,
    TooManyRowsError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BadRowsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidDocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class Service:
    """One model, and the requests in flight."""

    def __init__(self, model: Model, limits: Limits) -> None:
        self._model = model
        self._limits = limits
        self._in_flight = 0
        self._worker = ThreadPoolExecutor(max_workers=1)  # the network itself is never used by two threads
        self.is_stopping = False

    def app(self) -> BodyDrain:
        """The ASGI application."""
        routes = [Route("/health", self._health, methods=["GET"]), Route("/predict", self._predict, methods=["POST"])]
        handlers = {HTTPException: _on_http_error, Exception: _on_crash}
        app = Starlette(routes=routes, exception_handlers=handlers)
        app.router.redirect_slashes = False  # `/predict/` is a mistake to name, not a page that moved
        return BodyDrain(RequestLog(app), self._limits.body_seconds)

    async def _health(self, _: Request) -> Response:
        status = HTTPStatus.SERVICE_UNAVAILABLE if self.is_stopping else HTTPStatus.OK
        health = Health("stopping" if self.is_stopping else "ok", self._model.origin)
        return Response(to_json(health), status, media_type=JSON)

    async def _predict(self, request: Request) -> Response:
        kind = _content_type(request.headers)
        if self._in_flight >= self._limits.concurrency:
            words = f"{self._limits.concurrency} requests are in flight: try again"
            return _failure(HTTPStatus.SERVICE_UNAVAILABLE, words, {"Retry-After": "1"})
        self._in_flight += 1
        try:
            body = await self._read_body(request)
            sample, answer = await asyncio.get_running_loop().run_in_executor(self._worker, self._answer, kind, body)
        except InputError as error:
            return Response(to_json(Failure.of(error)), _STATUS[type(error)], media_type=JSON)
        except asyncio.CancelledError:
            if not self.is_stopping:
                raise
            return _failure(HTTPStatus.SERVICE_UNAVAILABLE, "the service stops", {"Retry-After": "1"})
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it
        finally:
            self._in_flight -= 1
        request.state.rows = len(sample.ids)
        return Response(answer, media_type=kind)

    async def _read_body(self, request: Request) -> bytes:
        """Read a body, as long as it is neither too long nor too slow."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for part in request.stream():
                    body += part
                    if len(body) > self._limits.body_bytes:
                        most = f"more than {self._limits.body_bytes} bytes: send fewer rows at once"
                        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, most)
        except TimeoutError as error:
            late = f"the body has not arrived within {self._limits.body_seconds:g} seconds"
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, late, {"Connection": "close"}) from error
        return bytes(body)

    def _answer(self, kind: str, body: bytes) -> tuple[Sample, bytes]:
        """Read, predict and write in a thread of its own, while the event loop answers others."""
        if kind == JSON:
            sample = read_json(body, self._limits.rows)
            return sample, write_json(self._model.classifier.predict(sample), self._model.origin)
        lines = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
        sample = read_table(lines, self._limits.rows)
        return sample, write_table(self._model.classifier.predict(sample)).encode()


def _content_type(headers: Mapping[str, str]) -> str:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (JSON, CSV):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type is neither {JSON} nor {CSV}")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body is compressed: send it as it is")
    return kind


def _failure(status: int, words: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(to_json(Failure(words)), status, headers, media_type=JSON)


async def _on_http_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return _failure(error.status_code, error.detail, error.headers)


async def _on_crash(_: Request, __: Exception) -> Response:
    """The server logs the error; the client learns nothing of the code."""
    return _failure(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed: see its log")
